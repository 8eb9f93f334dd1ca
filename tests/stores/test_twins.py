"""Two engines under the same deeds are one store: the same rows, the same journal, the same refusals."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from bitting.activity.ports import ALWAYS_NS, Alike, Batch, By, CountQuery, Line, Query, Retention, Step
from bitting.domain.action_table import ActionTable
from bitting.domain.activity import Outcome
from bitting.domain.errors import BittingError
from bitting.domain.house_policy import HousePolicy
from bitting.gate.ports import Effects
from bitting.gate.totals import DAY_NS
from bitting.lifecycle.accounts import freeze_account, thaw_account
from bitting.lifecycle.act import Act
from bitting.lifecycle.edit import edit
from bitting.lifecycle.hold import pause, resume
from bitting.lifecycle.house import edit_house, set_actions
from bitting.lifecycle.revoke import revoke
from bitting.lifecycle.rotate import roll_back, rotate
from bitting.stores.memory.engine import MemoryEngine
from bitting.stores.sqlite import SqliteEngine
from tests.stores.trial import COUNTER, HMAC, Trial, binance_dialect, policy, record

Deed = Callable[[Trial, int], object]


def table(rows: int) -> ActionTable:
    row = {"method": "GET", "name": "x", "public": True}
    return ActionTable.from_plain({"action": [{**row, "path": f"/{number}"} for number in range(rows)]})


def on_a_key(deed: Callable[..., object], *more: object) -> Deed:
    def do(trial: Trial, which: int) -> object:
        keys = trial.look(lambda shelf: shelf.keys(None))
        return keys and trial.do(lambda act: deed(act, keys[which % len(keys)].id, *more))

    return do


def on_an_account(deed: Callable[..., object]) -> Deed:
    def do(trial: Trial, which: int) -> object:
        accounts = trial.look(lambda shelf: shelf.accounts())
        return accounts and trial.do(lambda act: deed(act, accounts[which % len(accounts)].id))

    return do


def new_key(trial: Trial, which: int) -> object:
    accounts = trial.look(lambda shelf: shelf.accounts())
    return accounts and trial.key(accounts[which % len(accounts)], f"bot {which % 3}", (HMAC, COUNTER)[which % 2])


def adopted(trial: Trial, which: int) -> object:
    accounts = trial.look(lambda shelf: shelf.accounts())
    return accounts and trial.adopt(accounts[which % len(accounts)], f"foreign-{which % 3}")


def request(trial: Trial, which: int) -> object:
    keys = [each for each in trial.look(lambda shelf: shelf.keys(None)) if each.revoked_at_ms is None]
    key = keys[which % len(keys)] if keys else None
    made = record(key, request_id=f"request-{trial.now_ns}", at_ns=trial.now_ns)
    if key is None:
        return trial.store.write(Batch([Line(made, None)], [], {}, {Alike.of(made): which + 1}))
    sums = {(key.id, "orders", "USDT", trial.now_ns // DAY_NS): Decimal(which) / 4}
    effects = Effects({key.primary.id: which}, sums, (key.id, which % 3 + 1))
    return [
        str(each)
        for each in trial.store.write(Batch([Line(made, effects)], [Outcome(made.request_id, 200, "")], {}, {}))
    ]


def broken(trial: Trial, which: int) -> object:
    """Half of a change, and then a refusal."""

    def half(act: Act) -> None:
        edit_house(act, HousePolicy(keys_per_account=which))
        revoke(act, "nobody")

    return trial.do(half)


DEEDS: list[Deed] = [
    lambda trial, which: trial.account(f"desk {which % 3}"),
    new_key,
    new_key,
    adopted,
    request,
    request,
    broken,
    on_a_key(pause),
    on_a_key(resume),
    on_a_key(revoke),
    on_a_key(edit, policy("renamed", "read-only")),
    on_a_key(rotate, binance_dialect(), HMAC, 60),
    on_a_key(roll_back),
    on_an_account(freeze_account),
    on_an_account(thaw_account),
    lambda trial, which: trial.do(lambda act: edit_house(act, HousePolicy(keys_per_account=which % 5))),
    lambda trial, which: trial.do(lambda act: set_actions(act, "native", table(which % 3))),
    lambda trial, which: trial.store.commit_floor(which),
    lambda trial, which: trial.store.forget(Retention(0, 0, 0, 0), trial.now_ns + which % 3 * DAY_NS),
]


def outcome(deed: Deed, trial: Trial, which: int) -> object:
    try:
        made = deed(trial, which)
    except BittingError as problem:
        return type(problem)
    return (made, trial.touched)


def state(trial: Trial) -> object:
    """Everything there is to see."""
    keys = trial.look(lambda shelf: shelf.keys(None))
    loaded = [trial.load(each) for each in keys]
    return (
        keys,
        [
            each and (each.snapshot.key, each.snapshot.accounts, each.snapshot.house, each.marks, each.sums)
            for each in loaded
        ],
        [[proof.material() for proof in each.snapshot.proofs] for each in loaded if each],
        trial.look(
            lambda shelf: (
                shelf.accounts(),
                shelf.house(),
                shelf.actions("native"),
                shelf.ground(),
                shelf.counted(
                    CountQuery(Step.DAY, 0, ALWAYS_NS, strangers=True, by=(By.REASON, By.BLOCK)), trial.now_ns
                ),
                shelf.counted(CountQuery(Step.MINUTE, 0, ALWAYS_NS, by=(By.ACTION, By.VERDICT)), trial.now_ns),
                [shelf.counted(CountQuery(Step.HOUR, 0, ALWAYS_NS, each.id, "", False, tuple(By)), 0) for each in keys],
                [shelf.uses(each.id, trial.now_ns) for each in keys],
                shelf.observed(0),
                shelf.scrub(),
            )
        ),
        trial.look(lambda shelf: list(shelf.journal_storage().journal_leaves(0, 1000))),
        trial.store.activity(Query(), trial.now_ns),
        trial.look(lambda shelf: [shelf.usage(each.id) for each in keys]),
    )


@settings(max_examples=25)
@given(deeds=st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 20)), max_size=25), seed=st.integers(0))
def test_two_engines_are_one_store(deeds: list[tuple[Deed, int]], seed: int) -> None:
    """Whatever is done, refused or broken off, memory and SQLite show the same afterwards."""
    with TemporaryDirectory() as folder, closing(SqliteEngine.open(Path(folder) / "bitting.db")) as engine:
        twins = [Trial(MemoryEngine(), Random(seed).randbytes), Trial(engine, Random(seed).randbytes)]
        for deed, which in [(DEEDS[0], 0), *deeds]:
            one, other = (outcome(deed, trial, which) for trial in twins)
            assert one == other
        assert state(twins[0]) == state(twins[1])
