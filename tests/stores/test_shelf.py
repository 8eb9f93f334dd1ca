"""What people are shown: lists in the order of age, and names that mean one thing or are refused."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.domain.account import Account
from bitting.domain.errors import MalformedValue, NotFound, Refused
from bitting.domain.keys import Key
from bitting.journal import audit
from bitting.journal.checkpoint import Checkpointer
from bitting.journal.note import Signer
from bitting.lifecycle.revoke import revoke
from bitting.stores import shelf as shelf_module
from bitting.stores.memory import objects as memory_objects
from bitting.stores.scrub import FIRST, Place
from bitting.stores.sqlite import objects as sqlite_objects
from tests.stores.trial import Trial
from tests.stores.vandal import Vandal


def find_key(trial: Trial, text: str) -> Key:
    return trial.look(lambda shelf: shelf.find_key(text))


def find_account(trial: Trial, text: str) -> Account:
    return trial.look(lambda shelf: shelf.find_account(text))


def test_lists_are_in_the_order_of_age(trial: Trial) -> None:
    """Accounts and keys, oldest first; those of an account, and of nobody."""
    accounts = [trial.account(name) for name in ("zoe", "ada", "max")]
    keys = [trial.key(accounts[number % 3], f"bot {number}") for number in range(6)]
    assert trial.look(lambda shelf: shelf.accounts()) == accounts
    assert trial.look(lambda shelf: shelf.keys(None)) == keys
    assert trial.look(lambda shelf: shelf.keys(accounts[1].id)) == keys[1::3]
    assert trial.look(lambda shelf: shelf.keys("nobody")) == []


def test_a_key_has_three_names(trial: Trial) -> None:
    """Id, wire id and unique label each find it."""
    key = trial.key(label="market maker")
    trial.key(trial.account("other"), "another")
    for name in (key.id, key.wire_id, "market maker"):
        assert find_key(trial, name) == key
    with pytest.raises(NotFound):
        find_key(trial, "market")


def test_a_label_that_is_not_unique_is_refused_with_the_candidates(trial: Trial) -> None:
    """Of several keys with one label none is meant; the refusal names them. Revoked ones step back."""
    account = trial.account()
    first, second = trial.key(account), trial.key(account)
    with pytest.raises(Refused) as caught:
        find_key(trial, "bot")
    assert "2 keys" in str(caught.value)
    assert all(part in str(caught.value) for each in (first, second) for part in (each.id, each.wire_id))
    trial.do(lambda act: revoke(act, first.id))
    assert find_key(trial, "bot") == second
    trial.do(lambda act: revoke(act, second.id))
    with pytest.raises(Refused):
        find_key(trial, "bot")
    for _ in range(6):
        trial.key(account)
    with pytest.raises(Refused, match=r"6 keys .* and 1 more"):
        find_key(trial, "bot")


def test_a_name_that_thousands_have_is_not_read_to_the_end(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough is read to refuse it, and the refusal says that there are more; among many revoked ones the one that is
    not revoked is found."""
    for engine in (sqlite_objects, memory_objects):
        monkeypatch.setattr(engine, "MOST_CALLED", 3)
    monkeypatch.setattr(shelf_module, "MOST_CALLED", 3)
    account = trial.account("twin")
    keys = [trial.key(account) for _ in range(5)]
    with pytest.raises(Refused, match="3 or more keys are called"):
        find_key(trial, "bot")
    for each in keys[:4]:
        trial.do(lambda act, each=each: revoke(act, each.id))  # type: ignore[misc]
    assert find_key(trial, "bot") == keys[4]
    for _ in range(3):
        trial.account("twin")
    with pytest.raises(Refused, match="3 or more accounts are called"):
        find_account(trial, "twin")


def test_a_walk_in_stretches_finds_what_a_whole_one_finds(trial: Trial, vandal: Vandal) -> None:
    """However long the stretches are: a row that was edited, one that was deleted, and nothing twice."""
    keys = [trial.key() for _ in range(3)]
    edited, deleted = (
        next(row for row in vandal.rows("keys") if each.id in row.values()) for each in (keys[0], keys[2])
    )
    vandal.edit("keys", edited, holds="operator")
    vandal.delete("keys", deleted)
    whole = trial.look(lambda shelf: shelf.scrub())
    # Where credentials lie in a table of their own, that of the deleted key is missing its key, too.
    assert {each.split(" ")[0] for each in whole} - {"credential"} == {"key"}
    assert len({each for each in whole if each.startswith("key")}) == 2
    for most in range(1, 20):
        wrong: list[str] = []
        place: Place | None = FIRST
        while place is not None:
            since = place
            found, place = trial.look(lambda shelf, since=since, most=most: shelf.scrub_on(since, most))  # type: ignore[misc]
            wrong += found
        assert wrong == whole


def test_a_label_cannot_stand_in_for_an_id(trial: Trial) -> None:
    """Whoever labels a key with the id or wire id of another one does not draw that name to it."""
    victim = trial.key(trial.account("victim"), "victim's")
    thief = trial.account("thief")
    trial.key(thief, victim.id)
    trial.key(thief, victim.wire_id)
    assert find_key(trial, victim.id) == victim
    assert find_key(trial, victim.wire_id) == victim


def test_an_account_has_two_names(trial: Trial) -> None:
    """Id and unique name find it; a name that two have is refused with both."""
    account, other = trial.account("desk"), trial.account("fund")
    assert find_account(trial, "desk") == find_account(trial, account.id) == account
    trial.account(account.id)
    assert find_account(trial, account.id) == account
    twin = trial.account("fund")
    with pytest.raises(Refused, match=f"{other.id}, {twin.id}"):
        find_account(trial, "fund")
    with pytest.raises(NotFound):
        find_account(trial, "nobody")


def test_what_is_no_text_is_found_nowhere(trial: Trial) -> None:
    """Half a surrogate pair, which a command line can hold, is no name of anything."""
    for find in (find_key, find_account):
        with pytest.raises((NotFound, MalformedValue)):
            find(trial, "\udcff")


def test_the_journal_is_signed_and_read_in_one_state(trial: Trial) -> None:
    """A checkpoint is signed in a transaction of its own, and whoever checks sees leaves and checkpoints that fit."""
    signer = Signer("bitting.example/journal", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    checkpointer = Checkpointer(signer)
    trial.key()
    first = trial.store.sign(checkpointer, None)
    assert trial.store.sign(checkpointer, first) == first
    trial.account("later")
    second = trial.store.sign(checkpointer, first)
    assert (first.size, second.size) == (2, 3) == (2, trial.store.journal_size())
    report = trial.look(lambda shelf: audit.check(shelf.journal_storage(), [signer.verifier], second))
    assert (report.size, report.signed_size, report.checkpoints) == (3, 3, 2)


def test_a_sound_store_scrubs_clean(trial: Trial) -> None:
    """Nothing is wrong with a house that nobody has touched."""
    trial.key()
    assert trial.look(lambda shelf: shelf.scrub()) == []
