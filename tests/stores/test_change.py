"""A change is one transaction: all of it, once, on the version that was read, with its leaf; or none of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from bitting.domain.errors import Conflict, NotFound, Tampered
from bitting.domain.holds import Hold
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment
from bitting.gate.totals import DAY_NS
from bitting.journal import audit
from bitting.lifecycle.accounts import freeze_account
from bitting.lifecycle.act import Act
from bitting.lifecycle.edit import edit
from bitting.lifecycle.hold import lock, pause
from bitting.lifecycle.house import edit_house, freeze_house
from bitting.lifecycle.revoke import revoke
from bitting.lifecycle.rotate import roll_back, rotate
from bitting.stores.ports import Touched
from tests.stores.trial import HMAC, START_NS, Trial, binance_dialect, policy


def test_what_is_written_is_read_back(trial: Trial) -> None:
    """Accounts, keys and house rules come back as the very values that were put in."""
    account = trial.account()
    key = trial.key(account)
    rules = trial.do(lambda act: edit_house(act, HousePolicy(keys_per_account=7, dialects=frozenset({"binance"}))))
    assert trial.look(lambda shelf: shelf.keys(None)) == [key]
    assert trial.look(lambda shelf: shelf.accounts()) == [account]
    assert trial.look(lambda shelf: shelf.house()) == (rules, 1)


def test_a_life_is_kept_step_by_step(trial: Trial) -> None:
    """Edited, rotated, rolled back, held, revoked: each step is read back as it was made, with its credentials."""
    key = trial.key()
    steps = [
        lambda act: edit(act, key.id, policy("renamed", "read-only")),
        lambda act: rotate(act, key.id, binance_dialect(), HMAC, 3600).key,
        lambda act: roll_back(act, key.id),
        lambda act: rotate(act, key.id, binance_dialect(), HMAC, 3600).key,
        lambda act: lock(act, key.id, Hold.LEAK),
        lambda act: revoke(act, key.id),
    ]
    for number, step in enumerate(steps, 2):
        made = trial.do(step)
        assert made.version == number
        assert trial.look(lambda shelf: shelf.find_key(key.id)) == made


def test_a_failure_takes_everything_back(trial: Trial) -> None:
    """When the last thing in a change fails, nothing that was written before it is there."""
    account = trial.account()
    key = trial.key(account)
    size = trial.store.journal_size()

    def fail(act: Act) -> None:
        pause(act, key.id)
        freeze_account(act, account.id)
        freeze_house(act)
        act.work.spend("consent-1", trial.now_ns // 1_000_000)
        raise RuntimeError("the lights went out")

    with pytest.raises(RuntimeError):
        trial.do(fail)
    assert trial.look(lambda shelf: shelf.keys(None)) == [key]
    assert trial.look(lambda shelf: shelf.accounts()) == [account]
    assert trial.look(lambda shelf: shelf.house()) == (HousePolicy(), 0)
    assert trial.store.journal_size() == size
    trial.do(lambda act: act.work.spend("consent-1", trial.now_ns // 1_000_000))


def test_nothing_is_kept_without_its_leaf(trial: Trial) -> None:
    """A row that is written and not recorded in the journal undoes its whole change (promise 6)."""
    key = trial.key()
    with pytest.raises(Tampered, match="the journal's newest is 1"):
        trial.do(lambda act: act.work.put_key(replace(key, version=2), 1))
    account = trial.account()
    with pytest.raises(Tampered, match="knows nothing of account"):
        trial.do(lambda act: act.work.put_account(replace(account, id="another"), 0))
    with pytest.raises(Tampered, match="knows nothing of house"):
        trial.do(lambda act: act.work.put_house(HousePolicy(frozen=True), 0))
    assert trial.load(key) is not None


def test_a_row_that_moved_on_is_a_conflict(trial: Trial) -> None:
    """A write says which version it read, and is refused when another one is there."""
    account = trial.account()
    key = trial.key(account)
    trial.do(lambda act: pause(act, key.id))
    trial.do(lambda act: edit_house(act, HousePolicy()))
    with pytest.raises(Conflict):
        trial.do(lambda act: act.keep_key("key.edit", key, key.changed(policy("late"))))
    with pytest.raises(Conflict):
        trial.do(lambda act: act.keep_account("account.limit", None, account))
    late = replace(account, version=8)
    with pytest.raises(Conflict):
        trial.do(lambda act: act.keep_account("account.limit", replace(account, version=7), late))
    for version in (0, 7):
        with pytest.raises(Conflict):
            trial.do(partial(Act.keep_house, deed="h", before=HousePolicy(), version=version, after=HousePolicy()))


def test_a_wire_id_is_taken_once(trial: Trial) -> None:
    """The same wire id in the same dialect and environment is a conflict, revoked or not; elsewhere it is another's."""
    account = trial.account()
    key = trial.adopt(account, "foreign-key-1")
    trial.do(lambda act: revoke(act, key.id))
    double = replace(key, id="another-id")
    with pytest.raises(Conflict, match="is here already"):
        trial.do(lambda act: act.keep_key("key.import", None, double))
    with pytest.raises(Conflict, match="is here already"):
        trial.adopt(account, "foreign-key-1")
    elsewhere = replace(double, environment=Environment.TEST)
    trial.do(lambda act: act.keep_key("key.import", None, elsewhere))

    def names(act: Act) -> list[bool]:
        places = [(Environment.LIVE, "binance"), (Environment.TEST, "binance"), (Environment.LIVE, "bitfinex")]
        return [act.work.has_wire_id(*place, "foreign-key-1") for place in places]

    assert trial.do(names) == [True, True, False]


def test_unrevoked_keys_are_counted(trial: Trial) -> None:
    """What the house's limit on keys counts are the keys of that account that are not revoked."""
    account, other = trial.account("one"), trial.account("two")
    keys = [trial.key(account, f"bot {n}") for n in range(3)]
    trial.key(other)
    trial.do(lambda act: revoke(act, keys[0].id))
    trial.do(lambda act: pause(act, keys[1].id))
    assert trial.do(lambda act: act.work.unrevoked_keys(account.id)) == 2
    assert trial.do(lambda act: act.work.unrevoked_keys("nobody")) == 0


def test_a_consent_is_spent_once(trial: Trial) -> None:
    """The second use of a consent is refused; a day after its end its id may be forgotten, not before."""
    expires_at_ms = trial.now_ns // 1_000_000
    trial.do(lambda act: act.work.spend("consent-1", expires_at_ms))
    with pytest.raises(Conflict, match="used already"):
        trial.do(lambda act: act.work.spend("consent-1", expires_at_ms))
    trial.now_ns = START_NS + DAY_NS - 1_000_000
    with pytest.raises(Conflict, match="used already"):
        trial.do(lambda act: act.work.spend("consent-1", expires_at_ms))
    trial.do(lambda act: act.work.spend("consent-2", expires_at_ms + 86_400_000))
    trial.do(lambda act: act.work.spend("consent-1", expires_at_ms))


def test_a_change_tells_what_it_touched(trial: Trial) -> None:
    """Whoever caches is told the names of keys, the accounts, and whether the house's rules are other ones."""
    account = trial.account()
    assert trial.touched == Touched(frozenset(), frozenset({account.id}), house=False)
    key = trial.key(account)
    names = frozenset({(Environment.LIVE, "binance", key.wire_id)})
    assert trial.touched == Touched(names, frozenset(), house=False)
    trial.do(lambda act: (pause(act, key.id), freeze_house(act)))
    assert trial.touched == Touched(names, frozenset(), house=True)
    trial.do(lambda act: act.work.key(key.id))
    assert trial.touched == Touched(frozenset(), frozenset(), house=False)


def test_what_is_not_there_is_not_found(trial: Trial) -> None:
    """Ids nobody ever had are NotFound."""
    for look in (
        lambda act: act.work.key("nobody"),
        lambda act: act.work.account("nobody"),
        lambda act: act.work.account_key("nobody"),
    ):
        with pytest.raises(NotFound):
            trial.do(look)


def test_every_change_is_in_the_journal(trial: Trial) -> None:
    """The journal of a busy house checks out from its first leaf to its last."""
    account = trial.account()
    for number in range(5):
        key = trial.key(account, f"bot {number}")
        trial.do(partial(pause, key_id=key.id))
    report = trial.look(lambda shelf: audit.check(shelf.journal_storage(), []))
    assert report.size == 11
