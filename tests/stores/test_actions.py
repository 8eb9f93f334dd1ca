"""The house's tables of actions in the store: sealed, in the journal, and never believed in another shape."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.action_table import ActionTable
from bitting.domain.errors import Conflict, Tampered, Unavailable
from bitting.lifecycle.act import Act
from bitting.lifecycle.house import set_actions
from bitting.stores.ports import Touched
from bitting.stores.rows import ActionsRow
from bitting.stores.sqlite import SqliteEngine, restore
from tests.stores.test_threaded import DoubtfulEngine, threaded
from tests.stores.test_turn import turn_all
from tests.stores.trial import OPERATOR, START_NS, Trial
from tests.stores.vandal import COLUMNS, Vandal

READ = {"method": "GET", "path": "/own/orders", "name": "orders.read", "permission": "orders.read"}
OPEN = {"method": "GET", "path": "/own/orders", "name": "orders.read", "public": True}


def table(*rows: dict[str, Any]) -> ActionTable:
    return ActionTable.from_plain({"pair_form": "BTC-USDT", "action": [*rows]})


CLOSED, OPENED = table(READ), table(OPEN)


def load(trial: Trial, actions: ActionTable, dialect: str = "native") -> int:
    return trial.do(lambda act: set_actions(act, dialect, actions))


def shown(trial: Trial, dialect: str = "native") -> tuple[ActionTable, int]:
    return trial.look(lambda shelf: shelf.actions(dialect))


def test_what_is_loaded_is_read_back(trial: Trial) -> None:
    """Each dialect has its own; one that never had any is empty, and one that was emptied stays known."""
    assert shown(trial) == (ActionTable(), 0)
    assert load(trial, CLOSED) == 1
    assert load(trial, OPENED, "binance") == 1
    assert load(trial, ActionTable()) == 2
    assert shown(trial) == (ActionTable(), 2)
    assert shown(trial, "binance") == (OPENED, 1)
    assert trial.look(lambda shelf: shelf.scrub()) == []


def test_whoever_goes_by_it_is_told_of_the_new_one(trial: Trial) -> None:
    load(trial, CLOSED)
    assert trial.touched == Touched(frozenset(), frozenset(), house=False, actions={"native": CLOSED})


def test_two_editors_do_not_overwrite_one_another(trial: Trial) -> None:
    load(trial, CLOSED)
    with pytest.raises(Conflict, match="table of actions was changed meanwhile"):
        trial.do(lambda act: act.work.put_actions("native", OPENED, 0))
    with pytest.raises(Conflict, match="table of actions was changed meanwhile"):
        trial.do(lambda act: act.work.put_actions("native", OPENED, 2))


def test_no_table_is_kept_without_its_leaf(trial: Trial) -> None:
    """Promise 6: a row that is written and not recorded undoes its whole change."""
    with pytest.raises(Tampered, match="the journal knows nothing of actions native"):
        trial.do(lambda act: act.work.put_actions("native", OPENED, 0))
    assert shown(trial) == (ActionTable(), 0)


def not_believed(trial: Trial) -> bool:
    """Neither read, nor changed, and found by whoever looks the rows over."""
    for ask in (lambda: shown(trial), lambda: load(trial, OPENED)):
        with pytest.raises(Tampered):
            ask()
    return any(each.startswith("actions native: ") for each in trial.look(lambda shelf: shelf.scrub()))


@pytest.mark.parametrize("column", COLUMNS["actions"])
def test_no_cell_can_be_edited(trial: Trial, vandal: Vandal, column: str) -> None:
    """K-05: an operator of the database opens a route to everybody."""
    load(trial, CLOSED)
    [row] = vandal.rows("actions")
    opened = json.dumps(OPENED.to_plain(), separators=(",", ":"), sort_keys=True)
    others: dict[str, list[Any]] = {
        "dialect": ["binance", "Native"],
        "actions": [opened, row["actions"] + " ", row["actions"].replace("orders.read", "market.read"), "", "[" * 9999],
        "version": [2, 0, -1],
        "mac": [bytes(32), b"", row["mac"][::-1]],
    }
    for value in others[column]:
        vandal.edit("actions", row, **{column: value})
        assert not_believed(trial), value
        vandal.edit("actions", {**row, column: value}, **{column: row[column]})
        assert shown(trial) == (CLOSED, 1)


def test_a_table_that_is_put_back_is_not_believed(trial: Trial, vandal: Vandal) -> None:
    """K-07: the table of last week, MAC and all, in which a route was still open."""
    load(trial, OPENED)
    [former] = vandal.rows("actions")
    load(trial, CLOSED)
    [row] = vandal.rows("actions")
    vandal.edit("actions", row, **former)
    with pytest.raises(Tampered, match=r"actions native lies here in version 1, .*: its row was put back"):
        shown(trial)
    assert not_believed(trial)


def test_a_table_that_is_deleted_is_missed(trial: Trial, vandal: Vandal) -> None:
    """Or a house that had closed a route of its own would go by none of its rows again."""
    load(trial, CLOSED)
    [row] = vandal.rows("actions")
    vandal.delete("actions", row)
    with pytest.raises(Tampered, match="table of actions for native is in the journal and not in the store"):
        shown(trial)
    assert not_believed(trial)


def test_it_turns_with_its_shard(trial: Trial, vandal: Vandal) -> None:
    """A new shard key seals it anew; under the old one it is another house's."""
    load(trial, CLOSED)
    [before] = vandal.rows("actions")
    turn_all(trial)
    assert shown(trial) == (CLOSED, 1)
    [after] = vandal.rows("actions")
    vandal.edit("actions", after, **before)
    with pytest.raises(Tampered, match="a row of actions does not match its MAC"):
        shown(trial)


def test_a_commit_in_doubt_says_that_nobody_knows() -> None:
    """Neither the table before nor the new one may be used until somebody has looked."""
    engine = DoubtfulEngine()
    trial = Trial(engine)
    heard: list[Touched] = []
    engine.doubtful = True

    async def scene() -> None:
        async with threaded(trial, heard.append) as store:
            with pytest.raises(Unavailable):
                await store.change(
                    START_NS, lambda work: set_actions(Act(work, OPERATOR, START_NS, bytes), "native", CLOSED)
                )

    asyncio.run(scene())
    assert [each.actions for each in heard] == [{"native": None}]


def test_a_backup_carries_it(engine: SqliteEngine, tmp_path: Path) -> None:
    trial = Trial(engine)
    load(trial, CLOSED)
    trial.look(lambda shelf: shelf.backup(str(tmp_path / "copy.db"), lambda done, total: None))
    restore(tmp_path / "copy.db", tmp_path / "restored.db", trial.now_ns)
    with closing(SqliteEngine.open(tmp_path / "restored.db")) as restored:
        assert shown(Trial(restored)) == (CLOSED, 1)


@given(st.text(max_size=40) | st.recursive(st.integers() | st.text(max_size=4), st.lists).map(json.dumps))
def test_no_text_is_a_table_but_the_table(text: str) -> None:
    """Whatever stands in its place, the row is refused and nothing else happens."""
    row = ActionsRow.of("native", CLOSED, 1, b"mac")
    assert row.to_table() == CLOSED
    with pytest.raises(Tampered):
        row._replace(actions=text).to_table()
