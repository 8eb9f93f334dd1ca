"""Whatever is wrong, somebody is told in a line what to do; nothing is lost, and no trace is shown."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.cli.bad_input import CASES, OTHER
from tests.cli.server import found
from tests.cli.transcript import bitting

STARTED: Final = {"lock", "bitting.db-wal", "bitting.db-shm", "bitting.db"}  # what opening a house may touch


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a house in `data`, in which alice has a key, and what the words of a case stand for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BITTING_DATA", str(tmp_path / "data"))
    found(tmp_path / "data")
    assert bitting("account", "open", "alice").code == 0
    words = "key issue --account alice --dialect binance --label bot --permission trade --network anywhere"
    assert bitting(*words.split()).code == 0
    return tmp_path


def kept(folder: Path) -> dict[str, bytes]:
    """Every file there is, and what stands in it."""
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in sorted(folder.rglob("*"))
        if each.is_file() and each.name not in STARTED
    }


def leaves(folder: Path) -> int:
    """How many entries the journal has."""
    with closing(sqlite3.connect(folder / "data" / "bitting.db")) as database:
        (count,) = database.execute("SELECT count(*) FROM journal_leaves").fetchone()
    return int(count)


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong(house: Path, name: str) -> None:
    """One line or two, an exit code that says so, the files as they were, and not one more entry in the journal."""
    case = CASES[name]
    own = json.loads(bitting("journal", "verify", "--json").out)["vkey"]
    with ExitStack() as ends:
        if case.before is not None:
            case.before(house, ends)
        files = kept(house)
        line, _, source = case.typed.partition(" < ")
        meant = {"OWN": own, "OTHER": OTHER, "CUT": OTHER[:-4]}
        words = [meant.get(each, each) for each in line.split()]
        typed = (house / source).read_text() if source else ""
        told = bitting(*words, typed=typed)
    assert told.code == case.code
    assert told.out == ""
    assert told.err.startswith("bitting: ")
    assert told.err.count("\n") == 1
    assert len(told.err) < 700
    assert re.search(case.said, told.err), told.err
    assert files.items() <= kept(house).items()


def test_what_was_refused_is_not_in_the_journal(house: Path) -> None:
    """Nothing was done, so nothing is written."""
    before = leaves(house)
    for case in CASES.values():
        if case.before is None:
            bitting(*case.typed.split())
    assert leaves(house) == before


def test_a_damaged_row_hides_no_other(house: Path) -> None:
    """The keys that can be believed are listed, and below them those that cannot, with the reason."""
    words = "key issue --account alice --dialect binance --label other --permission trade --network anywhere"
    assert bitting(*words.split()).code == 0
    with closing(sqlite3.connect(house / "data" / "bitting.db", isolation_level=None)) as database:
        database.execute("UPDATE keys SET label = 'mine' WHERE label = 'other'")
    names, bot, damaged = bitting("key", "list").out.splitlines()
    assert names.startswith("label")
    assert bot.startswith("bot ")
    assert re.match("damaged, and refused by the gate: .*its row was edited", damaged)


def test_a_house_of_somebody_else(house: Path) -> None:
    """Who may not enter the folder is told so, in one line."""
    data = house / "data"
    data.chmod(0)
    with as_nobody():
        told = bitting("key", "list", "--data", str(data))
    data.chmod(0o700)
    assert (told.code, told.out) == (1, "")
    assert told.err == f"bitting: {data}/bitting.sock cannot be reached: Permission denied\n"


@contextmanager
def as_nobody() -> Iterator[None]:
    """As somebody who is not root: what root may do says nothing about permissions."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)
