"""A database that is not the newest there was does not serve, and what remembers that cannot be made to forget."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import pytest

from bitting.domain.errors import Unavailable
from bitting.journal.cosignature import Witness as WitnessKey
from bitting.wiring import reach
from tests.end_to_end.house import PATIENCE_S, House, until
from tests.end_to_end.witness import NOWHERE, Witness, found, open_and_wait


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    with Witness(tmp_path) as running:
        yield running


def copied(house: House, name: str) -> Path:
    """The database as it lies there, of a house that does not run."""
    target = house.folder / name
    with closing(sqlite3.connect(house.data / "bitting.db")) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
    return target


def put_back(house: House, copy: Path) -> None:
    for each in house.data.glob("bitting.db*"):
        each.unlink()
    shutil.copy(copy, house.data / "bitting.db")
    (house.data / "bitting.db").chmod(0o600)


def refusal(house: House) -> str:
    """Why `serve` does not start; it has listened nowhere."""
    words = ["serve", "--config", str(house.config), "--port", "0", "--data", str(house.data)]
    done = subprocess.run(
        [sys.executable, "-m", "bitting", *words], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert not (house.data / "bitting.sock").exists()
    return done.stderr


def test_a_rolled_back_database_does_not_serve(tmp_path: Path, witness: Witness) -> None:
    """Neither with the folder that knows better nor with a new one; and it goes on only frozen, under another name,
    when an operator gives up what is lost and the witness has been told."""
    house = found(tmp_path, witness)
    with house:
        key = house.issue("binance", "trade")
        open_and_wait(house)
    copy = copied(house, "old.db")
    with house:
        house.ask("key.revoke", key=key.id)
        open_and_wait(house, "bob")
    put_back(house, copy)
    assert "the database is older than its folder" in refusal(house)
    shutil.rmtree(house.data / "witnessed")
    words = refusal(house)
    assert "the database is older than its witness witness.local" in words
    assert "and it shows our signature over them" in words
    assert "`bitting recover`" in words

    shown = house.cli("recover", "--config", str(house.config))
    assert "nothing was changed" in shown["next"]
    assert shown["lost"][0]["size"] > shown["here"]["size"]
    WitnessKey.from_vkey(witness.said["vkey"]).cosigned_at_s(shown["lost"][0]["checkpoint"])
    assert "older than its witness" in refusal(house)

    accepted = house.cli("recover", "--accept-loss", "--config", str(house.config))
    assert accepted["origin"].endswith("/2")
    assert "does not know this journal" in refusal(house)
    witness.logs.append(accepted["vkey"])
    witness.stop()
    witness.start()
    with house:
        assert house.ask("house.show")["frozen"]
        open_and_wait(house)
        assert house.cli("doctor").get("findings")
        export = house.cli("journal", "export", str(tmp_path / "after.jsonl"))
        assert export["vkey"] == accepted["vkey"]
        verified = ("journal", "verify", export["path"], "--vkey", export["vkey"], "--witness", witness.said["vkey"])
        assert house.cli(*verified)["witnessed"]
        leaves = [json.loads(line).get("reads", {}) for line in Path(export["path"]).read_text().splitlines()]
        [recovery] = [leaf for leaf in leaves if leaf.get("deed") == "journal.recover"]
        assert recovery["facts"]["given_up"] == [shown["lost"][0]["checkpoint"]]
    assert "nothing is lost" in house.cli("recover", "--config", str(house.config))["error"]


def test_a_fork_does_not_serve(tmp_path: Path, witness: Witness) -> None:
    """A database that went on by itself from an earlier moment, with the same keys, and is longer than the real one."""
    house = found(tmp_path, witness)
    copy = copied(house, "old.db")
    with house:
        open_and_wait(house, "bob")
    real = copied(house, "real.db")
    put_back(house, copy)
    for name in ("carol", "dora", "erik"):
        assert "error" not in house.cli("account", "open", name)
    assert "a fork" in refusal(house)
    shutil.rmtree(house.data / "witnessed")
    words = refusal(house)
    assert "the journal here is a fork" in words
    assert "witness.local" in words
    put_back(house, real)
    with house:
        assert len(house.ask("account.list")["accounts"]) == 2


def test_a_partial_restore_does_not_serve(tmp_path: Path, witness: Witness) -> None:
    """One table of a backup in the place of today's, with the journal as it was."""
    house = found(tmp_path, witness)
    with house:
        key = house.issue("binance", "trade")
    copy = copied(house, "old.db")
    with house:
        house.ask("key.revoke", key=key.id)
        open_and_wait(house)
    with closing(sqlite3.connect(house.data / "bitting.db", isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS old", (str(copy),))
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("BEGIN")
        connection.execute("DELETE FROM main.keys")
        connection.execute("INSERT INTO main.keys SELECT * FROM old.keys")
        connection.execute("COMMIT")
    words = refusal(house)
    assert "the database was restored in part" in words
    assert key.id in words
    accepted = house.cli("recover", "--accept-loss", "--config", str(house.config))
    assert accepted["lost"] == []
    assert not accepted["origin"].endswith("/2")
    with house:  # the tree goes on, so the witness need not be told; the row stays refused
        assert house.ask("house.show")["frozen"]
        assert len(house.ask("rows.check")["wrong"]) == 1


def test_a_witness_that_is_away(tmp_path: Path, witness: Witness) -> None:
    """Where it is required nothing starts without it; else the house starts, says so, and stops by itself when the
    witness comes back and knows better."""
    house = found(tmp_path, witness)
    copy = copied(house, "old.db")
    with house:
        open_and_wait(house, "bob")
    witness.stop()
    assert "the witness witness.local cannot be asked" in refusal(house)
    easy = House(tmp_path, upstream=NOWHERE, settings=witness.settings(required=False))
    with easy:
        assert "witness" in easy.ask("status")["trouble"]
        assert not easy.ask("status")["witnesses"][0]["agreed"]
        witness.start()
        open_and_wait(easy)
        assert easy.ask("status")["trouble"] == ""
        witness.stop()
        easy.ask("account.open", name="carol")  # nobody waits for it
        until(lambda: "witness" in easy.ask("status")["trouble"])
        assert easy.ask("status")["witnesses"][0]["behind"] == 1
    put_back(easy, copy)
    assert "older than its folder" in refusal(easy)
    shutil.rmtree(easy.data / "witnessed")
    assert "before every witness was heard" in easy.cli("recover", "--config", str(easy.config))["error"]
    easy.start_gate()
    witness.start()
    assert easy.ended("gate") != 0
    assert "older than its witness" in easy.log.read_text()


DIES: Final = """
import os
from bitting.stores.notes import NoteFolder
keep = NoteFolder.keep
def dies(self, name, note):
    {0}
    os.kill(os.getpid(), 9)
NoteFolder.keep = dies
"""


@pytest.mark.parametrize("when", ["pass", "keep(self, name, note)"])
def test_killed_between_look_and_answer(tmp_path: Path, witness: Witness, when: str) -> None:
    """Before it is written and after: it holds what it had or what was new, and the house goes on with either."""
    house = found(tmp_path, witness)
    with house:
        open_and_wait(house, "bob")
        size = house.ask("status")["witnesses"][0]["size"]
        witness.stop()
        witness.start(DIES.format(when))
        house.ask("account.open", name="carol")
        assert witness.ended() == -signal.SIGKILL
        witness.start()
        assert witness.said["logs"][next(iter(witness.said["logs"].keys() - {"bitting.example/nobody"}))] == size + (
            when != "pass"
        )
        open_and_wait(house)
        assert house.ask("status")["trouble"] == ""


def test_a_witness_stands_alone(tmp_path: Path, witness: Witness) -> None:
    """Not in a house's own folder, not twice in one, and with files that are its own; it answers whoever asks."""
    house = found(tmp_path, witness)
    vkey = witness.logs[-1]
    assert "is a house" in house.cli("witness", "--log", vkey, "--listen", "127.0.0.1:0")["error"]
    twice = House(witness.data.parent, upstream=NOWHERE)
    twice.data = witness.data
    assert "another bitting" in twice.cli("witness", "--log", vkey, "--listen", "127.0.0.1:0")["error"]
    with pytest.raises(Exception, match="404"):
        urlopen(f"{witness.said['url']}/checkpoint/{'0' * 64}", timeout=PATIENCE_S)
    with house:
        open_and_wait(house)
    [note] = (witness.data / "witnessed").glob("*.note")
    note.write_text(note.read_text().replace("\n1\n", "\n9\n"))
    twice.data = witness.data
    witness.stop()
    words = twice.cli("witness", "--log", vkey, "--listen", "127.0.0.1:0")["error"]
    assert "is not what this witness wrote" in words
    with pytest.raises(Unavailable):
        reach.ask_server(house.data, "status", {})
