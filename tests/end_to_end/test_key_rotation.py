"""The root and the shard keys are changed under a house that is served, and a death at any step loses nothing.

What has to hold after each death: everything that was sealed opens, every row is what the journal says, and the same
command does the rest. What has to hold afterwards: the one before opens nothing that is new.
"""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest

from bitting.doctor import examine
from bitting.domain.errors import Misconfigured, Tampered
from bitting.kms.local import LocalRoot
from bitting.wiring import reach
from bitting.wiring.house import open_house
from tests.cli.server import found
from tests.end_to_end.dying import Asked, Dying
from tests.end_to_end.house import NO_RATES, House, refused, until
from tests.end_to_end.signing import balances, order
from tests.end_to_end.upstream import Exchange
from tests.end_to_end.wire import tell

SHARDS: Final[list[Asked]] = [("shards.plan", {}), ("shards.next", {})]


@pytest.fixture(scope="module")
def dying() -> Iterator[Dying]:
    with Dying() as dying:
        yield dying


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two accounts and their keys, which are copied for every death."""
    data = tmp_path_factory.mktemp("lived-in") / "data"
    found(data)
    for account in ("alice", "bob"):
        reach.ask(data, "account.open", {"name": account})
        for label in ("one", "two"):
            terms = {"account": account, "dialect": "binance", "label": label, "network": ["127.0.0.1"]}
            reach.ask(data, "key.issue", {**terms, "permissions": ["trade"]})
    reach.ask(data, "freeze", {"everything": True})
    return data


_NUMBERS = count(1)
# Every box opens, every row and the journal are whole, and somebody can go on with it.
WELL: Final = ("rows.check", "journal.check", "account.open")


def ask(data: Path, *names: str) -> list[dict[str, Any]]:
    """One question after another, of a house that is opened once."""

    async def answers() -> list[dict[str, Any]]:
        async with open_house(data) as house:
            return [await house.ask(each, _terms(each)) for each in names]

    return asyncio.run(answers())


def _terms(name: str) -> dict[str, Any]:
    return {"name": f"account {next(_NUMBERS)}"} if name == "account.open" else {}


def well(data: Path, *more: str) -> list[dict[str, Any]]:
    """What `more` was answered, of a house with which nothing is wrong."""
    *said, wrong, _, _ = ask(data, *more, *WELL)
    assert wrong == {"wrong": []}
    return said


def copied(lived_in: Path, folder: Path) -> Path:
    shutil.copytree(lived_in, folder / "data")
    return folder / "data"


def deaths(dying: Dying, lived_in: Path, folder: Path, *asked: Asked) -> Iterator[tuple[int, Path]]:
    """The folder after a death at the first thing that is written, at the second, and so on until it survives."""
    at = 0
    died = True
    while died:
        at += 1
        here = folder / str(at)
        here.mkdir()
        data = copied(lived_in, here)
        own = [(name, {each: str(value).replace("HERE", str(here)) for each, value in v.items()}) for name, v in asked]
        died = dying.do(data, *own, at=at)
        yield at, here
        shutil.rmtree(here)


def test_the_root_survives_a_death_at_every_step(dying: Dying, lived_in: Path, tmp_path: Path) -> None:
    """The house is under the one root or the other, whole, and opens without anybody's help; the same command does
    what is left, with the root that was made; afterwards the old one is not needed."""
    before = reach.ask(lived_in, "root.show", {})["root"]
    seen = set()
    for at, here in deaths(dying, lived_in, tmp_path, ("root.rotate", {"to": "file:HERE/new.key"})):
        data, new = here / "data", here / "new.key"
        [shown] = well(data, "root.show")
        done = shown["root"] != before
        seen.add(done)
        # Nobody has to know about the moment: one place is left, and it is the one that counts.
        assert not (data / "root.at").exists() or (data / "root.at").read_text() == f"{shown['place']}\n"
        if done:
            assert "is the root that the house is under" in refused(
                lambda data=data, new=new: reach.ask(data, "root.rotate", {"to": f"file:{new}"})  # type: ignore[misc]
            )
        else:
            again = here / f"again-{at}.key" if _half_made(new) else new
            reach.ask(data, "root.rotate", {"to": f"file:{again}"})
            new = again
        (data / "root.key").unlink()
        [shown] = well(data, "root.show")
        assert shown["root"] == LocalRoot.load(new, os.urandom).root_id
    assert at > 15
    assert seen == {True, False}


def _half_made(path: Path) -> bool:
    """Whether the death was in the middle of the new file: it is never overwritten, and says that it is not whole."""
    try:
        LocalRoot.load(path, os.urandom)
    except Misconfigured as problem:
        return "is no whole key file" in str(problem)
    return False


def test_the_shards_survive_a_death_at_every_step(dying: Dying, lived_in: Path, tmp_path: Path) -> None:
    """Each shard is under the one key or the other, whole; what is left is known, nothing else is begun meanwhile,
    and it is finished by the same keys' owners noticing nothing."""
    before = keys(lived_in)
    lefts = set()
    survived = 0
    for at, here in deaths(dying, lived_in, tmp_path, *SHARDS):
        data, survived = here / "data", at
        [said] = well(data, "shards.show")
        left = said["left"]
        turned = [each["shard"] for each in said["shards"] if each["key"] != before[each["shard"]]]
        assert turned == ([each for each in range(4) if each not in left] if left or turned else [])
        if left and tuple(left) not in lefts:
            assert "--resume" in refused(lambda data=data: reach.ask(data, "shards.plan", {}))  # type: ignore[misc]
            assert any((each.what, each.state) == ("shards", "wrong") for each in examine(data))
        lefts.add(tuple(left))
        rest = ["shards.next"] * len(left) if left or turned else ["shards.plan", *["shards.next"] * 4]
        *_, said = well(data, *rest, "shards.show")
        assert [each["shard"] for each in said["shards"] if each["key"] == before[each["shard"]]] == []
        assert said["left"] == []
    assert survived > 80
    assert lefts == {(), (0, 1, 2, 3), (1, 2, 3), (2, 3), (3,)}


def keys(data: Path) -> dict[int, str]:
    return {each["shard"]: each["key"] for each in reach.ask(data, "shards.show", {})["shards"]}


def rows(data: Path, table: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(data / "bitting.db")) as database:
        return list(database.execute(f"SELECT * FROM {table}"))


def put_back(data: Path, table: str, before: list[tuple[Any, ...]]) -> None:
    """As somebody does who can write to the database, and has kept a copy."""
    with closing(sqlite3.connect(data / "bitting.db", isolation_level=None)) as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute(f"DELETE FROM {table}")
        database.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(before[0]))})", before)


def rotate_shards(data: Path) -> None:
    left = reach.ask(data, "shards.plan", {})["left"]
    while left:
        left = reach.ask(data, "shards.next", {})["left"]


@pytest.mark.parametrize("table", ["keys", "accounts", "house", "account_keys"])
def test_rows_of_before_are_refused(lived_in: Path, tmp_path: Path, table: str) -> None:
    """Nothing in them has changed but the key that they are under; that is enough."""
    data = copied(lived_in, tmp_path)
    before = rows(data, table)
    rotate_shards(data)
    assert rows(data, table) != before
    put_back(data, table, before)
    assert reach.ask(data, "rows.check", {})["wrong"]


def test_a_shard_s_key_of_before_is_refused(lived_in: Path, tmp_path: Path) -> None:
    """Together with all the rows that were under it, and though the root still opens it: whoever had that key could
    forge what he likes. The journal names the newest."""
    data = copied(lived_in, tmp_path)
    tables = ("shards", "keys", "accounts", "house", "account_keys")
    before = {table: rows(data, table) for table in tables}
    rotate_shards(data)
    for table in tables:
        put_back(data, table, before[table])
    with pytest.raises(Tampered, match="the key of shard 0 is not the one that the journal names"):
        reach.ask(data, "key.list", {})


def test_the_root_of_before_opens_a_backup_of_before(lived_in: Path, tmp_path: Path) -> None:
    """And nothing that is newer: the words say which root is asked for, and `bitting root use` says where it is."""
    data = copied(lived_in, tmp_path)
    old, new = tmp_path / "old.key", tmp_path / "new.key"
    shutil.copy2(data / "root.key", old)
    reach.ask(data, "backup", {"path": str(tmp_path / "before.db")})
    said = reach.ask(data, "root.rotate", {"to": f"file:{new}"})
    assert said["backups"] == [str(tmp_path / "before.db")]
    restored = tmp_path / "restored"
    restored.mkdir(mode=0o700)
    shutil.copy2(new, restored / "root.key")
    shutil.copy2(data / "checkpoint.key", restored)
    assert command("backup", "restore", str(tmp_path / "before.db"), data=restored).returncode == 0
    with pytest.raises(Misconfigured, match=f"the house is under root {said['before']}, which is not where it should"):
        reach.ask(restored, "key.list", {})
    assert command("root", "use", f"file:{old}", data=restored).returncode == 0
    well(restored)
    wrong = command("root", "use", f"file:{new}", data=restored)
    assert f"is root {said['root']}, and this house is under root {said['before']}" in wrong.stderr
    assert command("root", "use", f"file:{old}", data=data).returncode == 1
    well(data)


def command(*words: str, data: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "bitting", *words, "--data", str(data)]
    return subprocess.run(program, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange() as exchange:
        yield exchange


@pytest.fixture
def house(tmp_path: Path, exchange: Exchange) -> Iterator[House]:
    with House(tmp_path, settings=NO_RATES, upstream=exchange.url) as house:
        yield house


def test_clients_notice_nothing(house: House) -> None:
    """While the root and every shard are changed, twice, every request of every key is admitted."""
    for name in ("bob", "carol", "dave"):
        house.ask("account.open", name=name)
    bots = [house.issue("binance", "trade", account=each) for each in ("alice", "bob", "carol", "dave")]
    done = threading.Event()
    statuses: list[int] = []

    def trade() -> None:
        while not done.is_set():
            statuses.extend(tell(house.address, order(bot).raw).status for bot in bots)

    thread = threading.Thread(target=trade)
    thread.start()
    until(lambda: len(statuses) > 20)
    for each in ("two", "three"):
        said = house.cli("root", "rotate", "--to", f"file:{house.folder}/{each}.key")
        assert "error" not in said, said
        said = house.cli("shards", "rotate")
        assert [turned["wrong"] for turned in said["turned"]] == [[]] * 4, said
    seen = len(statuses)
    until(lambda: len(statuses) > seen + 20)
    done.set()
    thread.join()
    assert set(statuses) == {200}
    (house.data / "root.key").unlink()
    house.stop("gate")
    house.start_gate()
    until(lambda: [tell(house.address, balances(bot).raw).status for bot in bots] == [200] * 4)
    assert house.ask("rows.check") == {"wrong": []}


def test_a_server_that_is_killed_meanwhile(house: House) -> None:
    """By kill -9, at three of its turns; the next one opens, keys work, and --resume does the rest."""
    bot = house.issue("binance", "trade")
    house.ask("shards.plan")
    for wait in (0.0, 0.005, 0.02):
        with subprocess.Popen(
            [sys.executable, "-m", "bitting", "shards", "rotate", "--resume", "--data", str(house.data)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as rotating:
            assert rotating.stdout is not None
            rotating.stdout.readline()
            threading.Event().wait(wait)
            house.stop("gate", signal.SIGKILL)
            rotating.communicate(timeout=30)
        house.start_gate()
        until(lambda: tell(house.address, order(bot).raw).status == 200)
        assert house.ask("rows.check") == {"wrong": []}
        if not house.ask("shards.show")["left"]:
            house.ask("shards.plan")
    said = house.cli("shards", "rotate", "--resume")
    assert said["turned"]
    assert house.ask("shards.show")["left"] == []
    assert tell(house.address, order(bot).raw).status == 200


def test_a_full_disk(house: House) -> None:
    """Neither is changed, and both are when there is room; keys read on meanwhile."""
    bot = house.issue("binance", "trade")
    house.ask("shards.plan", shards=["0", "1"])
    limits = resource.prlimit(house.gate, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    assert tell(house.address, balances(bot).raw).status == 200  # until the floor of time, which it needs, runs out
    assert house.cli("root", "rotate", "--to", f"file:{house.folder}/two.key")["code"] == 1
    assert house.cli("shards", "rotate", "--resume")["code"] == 1
    resource.prlimit(house.gate, resource.RLIMIT_FSIZE, limits)
    until(lambda: not house.ask("status")["trouble"])
    assert house.ask("shards.show")["left"] == [0, 1]
    assert "error" not in house.cli("root", "rotate", "--to", f"file:{house.folder}/two.key")
    assert "error" not in house.cli("shards", "rotate", "--resume")
    until(lambda: tell(house.address, order(bot).raw).status == 200)
    house.stop("gate")
    house.start_gate()
    assert house.ask("rows.check") == {"wrong": []}
