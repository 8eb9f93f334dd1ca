"""A shard gets a new key: everything is readable before and after, and nothing that is under the old one counts any
more."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from bitting.domain.errors import BittingError, Tampered, Unavailable
from bitting.domain.keys import Key
from bitting.lifecycle.act import Act
from bitting.lifecycle.hold import lock
from bitting.lifecycle.house import freeze_house, thaw_house
from bitting.lifecycle.vault import plan_turns, turn, turns_left
from bitting.stores.ports import InDoubt
from bitting.stores.seals import HOUSE, Seals
from bitting.stores.turn import Turn
from bitting.stores.work import UnitOfWork
from bitting.vault.keyring import SHARDS, Keyring, shard_of
from bitting.vault.shard import open_shard
from tests.stores.trial import OPERATOR, Trial, new_keyring, root
from tests.stores.vandal import Row, Vandal

ALL = tuple(range(SHARDS))


def new_turn(trial: Trial, number: int) -> Turn:
    """A shard's new key, made and wrapped."""
    box = Keyring.new_shard(root(), "house", number, os.urandom)
    return Turn("house", trial.store.keyring, open_shard(root(), "house", number, box), box, os.urandom)


def recorded(trial: Trial, made: Turn) -> Callable[[UnitOfWork], None]:
    """What is written into the journal with it."""

    def record(work: UnitOfWork) -> None:
        trial.now_ns += 1_000_000
        turn(Act(work, OPERATOR, trial.now_ns, work.entropy), made.number, made.before, made.after)

    return record


def turn_all(trial: Trial, *shards: int) -> list[Turn]:
    """Rotate shards, as the desk does."""
    planned = trial.do(lambda act: plan_turns(act, shards))
    return [turn_one(trial, each) for each in planned]


def turn_one(trial: Trial, number: int) -> Turn:
    made = new_turn(trial, number)
    trial.store.prepare(made)
    trial.store.turn(trial.now_ns, made, recorded(trial, made))
    return made


def secret(trial: Trial, key: Key) -> bytes:
    """What the gate would check a signature with."""
    loaded = trial.load(key)
    assert loaded is not None
    return loaded.snapshot.proofs[0].material()


def only(rows: list[Row], **wanted: Any) -> Row:
    [found] = [each for each in rows if wanted.items() <= each.items()]
    return found


def test_everything_is_readable_before_and_after(trial: Trial) -> None:
    """Keys and their secrets, accounts, the house's rules; and all goes on being changed."""
    accounts = [trial.account(f"desk {n}") for n in range(6)]
    keys = [trial.key(each) for each in accounts]
    trial.do(freeze_house)
    before = [secret(trial, each) for each in keys]
    turned = turn_all(trial)
    assert [each.number for each in turned] == list(ALL)
    assert sum(each.rows for each in turned) == len(accounts) + len(keys) + 1
    assert [each.left for each in turned] == [{}] * SHARDS
    assert [secret(trial, each) for each in keys] == before
    trial.do(thaw_house)
    trial.do(lambda act: lock(act, keys[0].id))
    trial.key(accounts[1], "another")
    assert trial.look(lambda shelf: shelf.scrub()) == []


def test_what_was_under_the_old_key_is_refused(trial: Trial, vandal: Vandal) -> None:
    """Each row, put back as it was a moment ago, is another house's; so is the account's wrapped key."""
    key = trial.key()
    before = {table: only(vandal.rows(table), account_id=key.account) for table in ("keys", "accounts", "account_keys")}
    turn_all(trial)
    for table, words in (
        ("keys", "a row of keys does not match its MAC"),
        ("accounts", "a row of accounts does not match its MAC"),
        ("account_keys", "not under this key"),
    ):
        after = only(vandal.rows(table), account_id=key.account)
        vandal.edit(table, after, **before[table])
        with pytest.raises(Tampered, match=words):
            trial.load(key)
        vandal.edit(table, before[table], **after)
        secret(trial, key)


def test_only_the_shard_that_was_meant_turns(trial: Trial) -> None:
    """The rows of the others are not touched."""
    keys = [trial.key(trial.account(f"desk {n}")) for n in range(8)]
    number = shard_of(keys[0].account)

    def macs() -> dict[str, bytes]:
        with trial.engine.reading() as tables:
            return {each.id: each.mac for each in tables.objects.macs()}

    before = macs()
    [turned] = turn_all(trial, number)
    changed = {id for id, mac in macs().items() if mac != before[id]}
    assert changed == {id for each in keys if shard_of(each.account) == number for id in (each.id, each.account)}
    assert turned.rows == len(changed)


def test_what_changes_while_it_is_prepared(trial: Trial) -> None:
    """A key that was locked, and one that was issued, between preparing and turn: both are as they were left."""
    account = trial.account()
    key = trial.key(account)
    number = shard_of(account.id)
    trial.do(lambda act: plan_turns(act, [number]))
    made = new_turn(trial, number)
    trial.store.prepare(made)
    trial.do(lambda act: lock(act, key.id))
    other = trial.key(account, "other")
    trial.store.turn(trial.now_ns, made, recorded(trial, made))
    loaded = trial.load(key)
    assert loaded is not None
    assert loaded.snapshot.key.holds
    secret(trial, other)
    assert trial.look(lambda shelf: shelf.scrub()) == []


@pytest.mark.parametrize("when", ["before", "between"])
def test_a_forgery_is_not_made_genuine(trial: Trial, vandal: Vandal, when: str) -> None:
    """A row that was edited before the turn, or while it was prepared, is refused after it as before."""
    account = trial.account()
    key, other = trial.key(account), trial.key(account, "other")
    number = shard_of(account.id)
    trial.do(lambda act: plan_turns(act, [number]))
    made = new_turn(trial, number)

    def forge() -> None:
        row = only(vandal.rows("keys"), key_id=key.id)
        vandal.edit("keys", row, created_at_ms=row["created_at_ms"] + 1)

    if when == "before":
        forge()
    trial.store.prepare(made)
    if when == "between":
        forge()
    trial.store.turn(trial.now_ns, made, recorded(trial, made))
    assert list(made.left) == ([f"keys {key.id}"] if when == "before" else [])
    with pytest.raises(Tampered):
        trial.load(key)
    secret(trial, other)


def test_a_row_of_before_is_not_made_genuine(trial: Trial, vandal: Vandal) -> None:
    """A row that was put back, old MAC and all, is the journal's to refuse; it is not sealed anew."""
    account = trial.account()
    key = trial.key(account)
    before = only(vandal.rows("keys"), key_id=key.id)
    trial.do(lambda act: lock(act, key.id))
    vandal.edit("keys", only(vandal.rows("keys"), key_id=key.id), **before)
    [turned] = turn_all(trial, shard_of(account.id))
    assert "its row was put back" in turned.left[f"keys {key.id}"]
    assert only(vandal.rows("keys"), key_id=key.id)["mac"] == before["mac"]


def test_an_account_whose_key_was_spoilt(trial: Trial, vandal: Vandal) -> None:
    """It stays as it is, and is named; what is not sealed under it goes on."""
    account = trial.account()
    row = only(vandal.rows("account_keys"), account_id=account.id)
    vandal.edit("account_keys", row, box=b"\x01" + bytes(100))
    [turned] = turn_all(trial, shard_of(account.id))
    assert list(turned.left) == [f"the key of account {account.id}"]
    assert only(vandal.rows("account_keys"), account_id=account.id)["box"] == b"\x01" + bytes(100)


def test_a_turn_that_nobody_wrote_down(trial: Trial) -> None:
    """Nothing of it happens."""
    key = trial.key()
    made = new_turn(trial, shard_of(key.account))
    with pytest.raises(Tampered, match=f"the new key of shard {made.number} was not recorded"):
        trial.store.turn(trial.now_ns, made, lambda work: None)
    assert trial.store.keyring.check(made.number) == made.before
    secret(trial, key)


def test_a_turn_that_fails(trial: Trial) -> None:
    """All is under the old key, and the same shard can be turned later."""
    key = trial.key()
    number = shard_of(key.account)
    trial.do(lambda act: plan_turns(act, [number]))
    made = new_turn(trial, number)

    def fail(work: UnitOfWork) -> None:
        raise Unavailable("the disk is full")

    with pytest.raises(Unavailable):
        trial.store.turn(trial.now_ns, made, fail)
    secret(trial, key)
    assert trial.look(lambda shelf: shelf.scrub()) == []
    again = turn_one(trial, number)
    assert trial.store.keyring.check(number) == again.after
    secret(trial, key)


@pytest.mark.parametrize("written", [True, False])
def test_a_commit_in_doubt(trial: Trial, monkeypatch: pytest.MonkeyPatch, written: bool) -> None:
    """What is there decides: the rows are read under the key that they are under."""
    key = trial.key()
    number = shard_of(key.account)
    trial.do(lambda act: plan_turns(act, [number]))
    made = new_turn(trial, number)
    writing = trial.engine.writing

    class Doubt:
        """Commits, or does not, and says that it does not know."""

        def __enter__(self) -> Any:
            self._inner = writing()
            return self._inner.__enter__()

        def __exit__(self, *_: object) -> None:
            problem = InDoubt("the disk failed")
            self._inner.__exit__(*((None, None, None) if written else (InDoubt, problem, None)))
            raise problem

    with monkeypatch.context() as patch:
        patch.setattr(trial.engine, "writing", Doubt)
        with pytest.raises(InDoubt):
            trial.store.turn(trial.now_ns, made, recorded(trial, made))
    assert trial.store.keyring.check(number) == (made.after if written else made.before)
    secret(trial, key)
    assert trial.look(lambda shelf: shelf.scrub()) == []


def test_whoever_looks_meanwhile_sees_one_state(engine: Any, database: Any) -> None:
    """People who began to look before the turn see the rows under the old key, and the gate loads under the new."""
    trial = Trial(engine)
    key = trial.key()
    looking, turned = threading.Event(), threading.Event()
    seen: list[list[str]] = []

    def look() -> None:
        def both(shelf: Any) -> list[str]:
            looking.set()
            assert turned.wait(30)
            wrong: list[str] = shelf.scrub()
            return wrong

        seen.append(trial.look(both))

    thread = threading.Thread(target=look)
    thread.start()
    assert looking.wait(30)
    turn_all(trial)
    secret(trial, key)
    turned.set()
    thread.join()
    assert seen == [[]]
    assert trial.look(lambda shelf: shelf.scrub()) == []


def test_a_turn_between_the_state_and_its_keys(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as somebody who looks lets it, a shard turns: what is seen and the keys it is under still belong
    together."""
    trial = Trial(engine)
    trial.key()
    lock = trial.store._turning

    class Eager:
        """Turns the shards the first time it is let go."""

        turned = False

        def __enter__(self) -> None:
            lock.acquire()

        def __exit__(self, *_: object) -> None:
            lock.release()
            if not self.turned:
                Eager.turned = True
                turn_all(trial)

    monkeypatch.setattr(trial.store, "_turning", Eager())
    assert trial.look(lambda shelf: shelf.scrub()) == []
    assert Eager.turned


def test_the_gate_loads_while_shards_turn(trial: Trial) -> None:
    """Not one load in between finds a row under another key than it knows."""
    keys = [trial.key(trial.account(f"desk {n}")) for n in range(4)]
    done = threading.Event()
    loads: list[int] = []
    problems: list[BittingError] = []

    def load() -> None:
        while not done.is_set():
            for key in keys:
                try:
                    secret(trial, key)
                    loads.append(1)
                except BittingError as problem:
                    problems.append(problem)
                    return

    thread = threading.Thread(target=load)
    thread.start()
    for _ in range(3):
        turn_all(trial)
    done.set()
    thread.join()
    assert problems == []
    assert loads


def test_the_house_s_own_key_turns(trial: Trial) -> None:
    """Under it lie the addresses of strangers."""
    trial.account()
    with trial.engine.writing() as tables:
        Seals(new_keyring(), os.urandom).new_account_key(tables.wrapped, *HOUSE)
    turn_all(trial, shard_of(""))
    with trial.engine.reading() as tables:
        Seals(trial.store.keyring, os.urandom).account_key(tables.wrapped, *HOUSE, trial.now_ns)
        with pytest.raises(Tampered):
            Seals(new_keyring(), os.urandom).account_key(tables.wrapped, *HOUSE, trial.now_ns)


def test_the_journal_knows_what_is_left(trial: Trial) -> None:
    """The plan, and the turns made since."""

    def left() -> list[int]:
        return trial.do(lambda act: turns_left(act.work.last))

    assert left() == []
    trial.do(lambda act: plan_turns(act, [3, 1]))
    assert left() == [1, 3]
    turn_one(trial, 1)
    assert left() == [3]
    turn_one(trial, 3)
    assert left() == []
