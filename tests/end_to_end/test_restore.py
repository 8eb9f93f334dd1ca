"""The drill: a backup under load, the root from paper shares, a new folder, and what must not come back to life.

As docs/operations.md tells it, command by command.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.end_to_end.house import DIALECTS, NO_RATES, House, until
from tests.end_to_end.signing import Key, bitfinex, order
from tests.end_to_end.upstream import Exchange
from tests.end_to_end.wire import Answer, Line, tell


class Drill(NamedTuple):
    """The restored house, and what was before."""

    house: House
    exchange: Exchange
    keys: dict[str, Key]
    captured: list[bytes]
    asked: dict[str, Any]  # what each command said


class Bot(threading.Thread):
    """Orders, one after another, until it is told to stop; every byte is kept."""

    def __init__(self, house: House, key: Key) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.is_over = threading.Event()
        self._house, self._key = house, key

    def run(self) -> None:
        with Line(self._house.address) as line:
            while not self.is_over.is_set():
                self.sent.append(order(self._key).raw)
                assert line.ask(self.sent[-1]).status == 200


def counted(key: Key, nonce: int) -> bytes:
    """A request of a client that counts its requests."""
    return bitfinex(key, "/v2/auth/r/wallets", {}, nonce=nonce)


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    """Backup, death, restore: the old house is gone, and the new one has just started."""
    folder = tmp_path_factory.mktemp("drill")
    backup, identity = folder / "backup.age", folder / "backup.key"
    with Exchange() as exchange:
        with House(tmp_path_factory.mktemp("old"), settings=NO_RATES, upstream=exchange.url) as old:
            keys = {dialect: old.issue(dialect, "trade") for dialect in DIALECTS}
            keys["counting"] = old.issue("bitfinex", "trade", nonce_mode="counter")
            keys["revoked since"] = old.issue("bitfinex", "trade")
            assert tell(old.address, counted(keys["counting"], 7)).status == 200
            bots = [Bot(old, keys[dialect]) for dialect in DIALECTS]
            for bot in bots:
                bot.start()
            until(lambda: all(len(bot.sent) > 20 for bot in bots))
            said = {"key": old.cli("backup", "key", str(identity))}
            said["backup"] = old.cli("backup", "make", str(backup), "--recipient", said["key"]["recipient"])
            said["shares"] = old.cli("root", "backup")
            vkey = old.cli("journal", "export", str(folder / "journal.jsonl"))["vkey"]
            old.ask("key.revoke", key=keys["revoked since"].id)
            until(lambda: all(len(bot.sent) > 60 for bot in bots))
            for bot in bots:
                bot.is_over.set()
                bot.join()
            old.kill_gate()
            shutil.copy(old.data / "checkpoint.key", folder)
        (folder / "data").mkdir(mode=0o700)
        new = House(folder, settings=NO_RATES, upstream=exchange.url)
        shares = [word for share in said["shares"]["shares"][1:4] for word in ("--share", share)]
        said["root"] = new.cli("root", "restore", str(new.data / "root.key"), *shares)
        shutil.copy(folder / "checkpoint.key", new.data)
        said["verify"] = new.cli("backup", "verify", str(backup), "--identity", str(identity), "--vkey", vkey)
        said["restore"] = new.cli("backup", "restore", str(backup), "--identity", str(identity))
        with new:
            yield Drill(new, exchange, keys, [message for bot in bots for message in bot.sent], said)


def replayed(drill: Drill) -> set[str]:
    """Why the captured requests are refused, every one of them; "" would be an admission."""
    with Line(drill.house.address) as line:
        return {line.ask(message).reason for message in drill.captured}


def test_a_restored_house_gives_nothing_away(drill: Drill) -> None:
    """It starts frozen; thawed, it admits what is signed anew, and of what was signed before nothing at all."""
    house, keys, reached = drill.house, drill.keys, len(drill.exchange.came)
    assert not [said for said in drill.asked.values() if "error" in said]
    assert "wrong" not in {each["state"] for each in house.cli("doctor")["findings"]}

    # Frozen: whatever is proven is refused, and the captured requests are.
    until(lambda: answer(house, keys["binance"]).reason == "house.held")
    assert answer(house, keys["bitfinex"]).reason == "house.held"
    assert "" not in replayed(drill)
    assert "error" not in house.cli("thaw", "--everything")

    # Thawed: the bots go on with the secrets they have; a replay is a replay, of after the backup and of before.
    assert answer(house, keys["bitfinex"]).status == 200
    assert answer(house, keys["binance"]).status == 200
    # Stale where the drill took so long.
    assert replayed(drill) <= {"time.floor", "nonce.low", "replay.seen", "time.stale"}
    assert len(drill.exchange.came) == reached + 2

    # A nonce that only counts says nothing about what was used: the key is held until it is rotated and unlocked.
    counting = keys["counting"]
    assert tell(house.address, counted(counting, 1_000)).reason == "key.held"
    fresh = counting._replace(secret=house.ask("key.rotate", key=counting.id, overlap="0")["secret"])
    house.ask("key.unlock", key=counting.id)
    assert tell(house.address, counted(counting, 2_000)).reason == "key.not_proven"
    assert tell(house.address, counted(fresh, 1)).status == 200

    # What was revoked after the backup works again, as the page says: that is why the house starts frozen.
    assert answer(house, keys["revoked since"]).status == 200
    house.ask("key.revoke", key=keys["revoked since"].id)
    assert answer(house, keys["revoked since"]).reason == "key.revoked"

    # The journal goes on where the backup ended, and proves itself.
    assert house.cli("journal", "verify")["size"] > 8


def answer(house: House, key: Key) -> Answer:
    """Of a fresh order."""
    return tell(house.address, order(key).raw)


@pytest.mark.parametrize("shares", [0, 1, 2])
def test_too_few_shares_restore_nothing(drill: Drill, tmp_path: Path, shares: int) -> None:
    """Fewer shares than are needed make no root file."""
    words = [word for share in drill.asked["shares"]["shares"][:shares] for word in ("--share", share)]
    said = drill.house.cli("root", "restore", str(tmp_path / "root.key"), *words)
    assert said["code"] in (1, 2)
    assert not (tmp_path / "root.key").exists()


def test_a_backup_is_not_restored_over_a_house(drill: Drill) -> None:
    """A folder in which there is a database, or a server runs, is left as it is."""
    restore = ("backup", "restore", drill.asked["backup"]["path"], "--identity", drill.asked["key"]["identity"])
    before = drill.house.ask("house.show")
    assert drill.house.cli(*restore)["code"] == 1
    drill.house.stop("gate")
    assert drill.house.cli(*restore)["code"] == 1
    drill.house.start_gate()
    assert drill.house.ask("house.show") == before


def test_a_backup_is_opened_by_its_key_alone(drill: Drill, tmp_path: Path) -> None:
    """Another key, none, or half a file make no house, and say why; the secrets of the house are in none of it."""
    path = Path(drill.asked["backup"]["path"])
    new = House(tmp_path, upstream=drill.exchange.url)
    other = new.cli("backup", "key", str(tmp_path / "other.key"))["identity"]
    half = tmp_path / "half.age"
    half.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    for words, why in (
        ((str(path),), "name the identity that opens it"),
        ((str(path), "--identity", other), "is not sealed for"),
        ((str(half), "--identity", drill.asked["key"]["identity"]), "its end is missing"),
    ):
        assert why in new.cli("backup", "restore", *words)["error"]
        assert why in new.cli("backup", "verify", *words)["error"]
    assert not [each for each in new.data.iterdir() if each.name != "lock"]
    raw = path.read_bytes()
    assert not any(key.key_id.encode() in raw or key.secret.encode() in raw for key in drill.keys.values())


def test_a_database_without_its_root_is_not_opened(drill: Drill, tmp_path: Path) -> None:
    """With the root of another house nothing starts, and nothing is spoilt: with its own it opens."""
    (tmp_path / "other").mkdir()
    with House(tmp_path / "other", upstream=drill.exchange.url) as other:
        foreign = other.data / "root.key"
    house = House(tmp_path, upstream=drill.exchange.url)
    house.data.mkdir(mode=0o700)
    shutil.copy(foreign, house.data)
    shutil.copy(drill.house.data / "checkpoint.key", house.data)
    backup, identity = drill.asked["backup"]["path"], drill.asked["key"]["identity"]
    assert "error" not in house.cli("backup", "restore", backup, "--identity", identity)
    assert house.cli("key", "list")["code"] == 1
    shutil.copy(drill.house.data / "root.key", house.data)
    assert len(house.cli("key", "list")["keys"]) == len(drill.keys)
