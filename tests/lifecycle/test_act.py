"""The frame round every change: what is written is recorded, and what moved on is not overwritten."""

from dataclasses import replace

import pytest

from bitting.domain.change import Personal
from bitting.domain.errors import Conflict
from bitting.domain.holds import Authority
from bitting.domain.house_policy import HousePolicy
from bitting.domain.keys import Key
from bitting.lifecycle.act import must_match
from bitting.lifecycle.revoke import revoke
from tests.lifecycle.requests import issued, rotated
from tests.lifecycle.work import NOW_MS, OPERATOR, SESSION, House


def test_milliseconds_are_whole(house: House) -> None:
    """Nanoseconds are cut, not rounded up into a time that has not come."""
    assert house.do(lambda act: replace(act, now_ns=1_999_999).now_ms) == 1


def test_every_change_leaves_one_leaf(house: House) -> None:
    """Promise 6: as many leaves as versions, each with its digests chained to the one before."""
    key = issued(house).key
    rotated(house, key.id)
    house.do(lambda act: revoke(act, key.id), SESSION)
    leaves = [each for each in house.rows.journal if each.id == key.id]
    assert [each.version for each in leaves] == [1, 2, 3]
    assert [each.before for each in leaves] == [b"", leaves[0].digest, leaves[1].digest]
    assert [each.request_id for each in leaves] == ["request-0", "request-0", "request-1"]


def test_a_deed_without_an_object_is_recorded_too(house: House) -> None:
    """A backup, a look at the root: it changes no row, and somebody did it."""
    house.do(lambda act: act.note("house.backup", {"path": "b.db"}), OPERATOR)
    leaf = house.rows.journal[-1]
    assert (leaf.deed, leaf.kind, leaf.version, leaf.before, leaf.digest) == ("house.backup", "house", 0, b"", b"")
    assert (leaf.actor, leaf.strength, leaf.facts) == ("operator:0", "local", {"path": "b.db"})
    assert leaf.at_ns == NOW_MS * 1_000_000


def test_a_change_over_a_row_that_moved_on_conflicts(house: House, key: Key) -> None:
    """L-11: two editors at once: the second one's transaction is not kept, state and leaf alike."""
    rotated(house, key.id)
    rules, account, before = HousePolicy(), house.rows.accounts[house.account], repr(house.rows)
    for make in (
        lambda act: act.keep_key("key.edit", key, key.changed(key.policy)),
        lambda act: act.keep_key("key.issue", None, key),
        lambda act: act.keep_account("account.open", None, account),
        lambda act: act.keep_house("house.edit", rules, 7, rules),
    ):
        with pytest.raises(Conflict):
            house.do(make)
    assert repr(house.rows) == before


def test_the_version_that_was_seen_must_match(house: House) -> None:
    """None is *I did not look*; the message says what to do."""
    must_match(3, None)
    must_match(3, 3)
    for seen in (0, 2, 4):
        with pytest.raises(Conflict, match=f"version 3, you saw {seen}"):
            must_match(3, seen)


def test_a_refusal_is_recorded_beside_the_object(house: House) -> None:
    """It changes nothing, and is not taken for the newest word about the key."""
    key = issued(house).key
    house.do(lambda act: act.refuse("key.resume", key.id, key.account, {"why": "not yours"}), SESSION)
    leaf = house.rows.journal[-1]
    assert (leaf.deed, leaf.result, leaf.facts) == ("key.resume", "refused", {"why": "not yours"})
    assert (leaf.kind, leaf.id, leaf.account, leaf.version) == ("refusal", key.id, key.account, 0)


@pytest.mark.parametrize(("authority", "key"), [(Authority.HOLDER, b"account:"), (Authority.OPERATOR, b"house:")])
def test_what_is_known_of_a_person_is_sealed_with_the_record(house: House, authority: Authority, key: bytes) -> None:
    """Of the account's people under its key, of the house's under the house's own; of nobody, nothing is sealed."""
    known = replace(SESSION, authority=authority, personal=Personal("203.0.113.7", "", "ada@example.com"))
    house.do(lambda act: act.note("house.looked_at", {}), known)
    assert house.rows.journal[-1].sealed == key + known.personal.to_bytes()
    house.do(lambda act: act.note("house.looked_at", {}), SESSION)
    assert house.rows.journal[-1].sealed == b""
