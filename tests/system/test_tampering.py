"""What somebody with the database and Debian's sqlite3 can read, and what happens when he writes.

He finds no secret; and a row that he edits, swaps, puts back or deletes makes one key useless, with a clear word for
whoever looks, while all other keys go on.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from tests.end_to_end.house import House, until
from tests.end_to_end.signing import Key, balances, order
from tests.end_to_end.wire import Answer, tell


def sqlite3(house: House, sql: str) -> str:
    """What Debian's sqlite3 says to it."""
    done = subprocess.run(
        ["sqlite3", "-bail", house.data / "bitting.db", sql], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house")) as house:
        yield house


class Pair(NamedTuple):
    """The key that is tampered with, and one that is not."""

    victim: Key
    other: Key


@pytest.fixture
def pair(house: House) -> Pair:
    return Pair(house.issue("bitfinex", "read-only"), house.issue("bitfinex", "trade"))


def test_a_dump_holds_no_secret(house: House, pair: Pair) -> None:
    """Not in clear, and not as the hex in which sqlite3 writes what is sealed."""
    assert tell(house.address, order(pair.other).raw).status == 200
    dump = sqlite3(house, ".dump")
    for key in pair:
        assert key.key_id in dump
        assert key.secret not in dump
        assert key.secret.encode().hex() not in dump.lower()


def widen(house: House, pair: Pair) -> str:
    """Give the key the rights of the other."""
    return f"UPDATE keys SET policy = (SELECT policy FROM keys WHERE key_id = '{pair.other.id}') WHERE {of(pair)}"


def open_to_all(house: House, pair: Pair) -> str:
    return f"UPDATE keys SET policy = replace(policy, '127.0.0.1', '127.0.0.2') WHERE {of(pair)}"


def bring_back(house: House, pair: Pair) -> str:
    """Revoked, and the row of before put back, MAC and all."""
    columns = ["policy", "holds", "revoked_at_ms", "version", "mac"]
    quoted = " || ',' || ".join(f"quote({each})" for each in columns)
    before = sqlite3(house, f"SELECT {quoted} FROM keys WHERE {of(pair)}").strip()
    house.ask("key.revoke", key=pair.victim.id)
    return f"UPDATE keys SET ({', '.join(columns)}) = ({before}) WHERE {of(pair)}"


def swap_boxes(house: House, pair: Pair) -> str:
    """The other's sealed secret in the place of the key's own."""
    other = f"SELECT material FROM credentials WHERE key_id = '{pair.other.id}'"
    return f"UPDATE credentials SET material = ({other}) WHERE {of(pair)}"


def swap_everything(house: House, pair: Pair) -> str:
    """The other's whole credential, under the key's name."""
    columns = "credential_id, algorithm, state, version, material, created_at_ms, retires_at_ms, nonce_mode"
    other = f"SELECT {columns} FROM credentials WHERE key_id = '{pair.other.id}'"
    return f"UPDATE credentials SET ({columns}) = ({other}) WHERE {of(pair)}"


def spoil_the_box(house: House, pair: Pair) -> str:
    return f"UPDATE credentials SET material = zeroblob(length(material)) WHERE {of(pair)}"


def take_the_credential(house: House, pair: Pair) -> str:
    return f"DELETE FROM credentials WHERE {of(pair)}"


def move_to_another_account(house: House, pair: Pair) -> str:
    house.ask("account.open", name="mallory")
    mallory = "(SELECT account_id FROM accounts WHERE name = 'mallory')"
    return "; ".join(f"UPDATE {table} SET account_id = {mallory} WHERE {of(pair)}" for table in ("credentials", "keys"))


def of(pair: Pair) -> str:
    return f"key_id = '{pair.victim.id}'"


TAMPERINGS: list[Callable[[House, Pair], str]] = [
    widen,
    open_to_all,
    bring_back,
    swap_boxes,
    swap_everything,
    spoil_the_box,
    take_the_credential,
    move_to_another_account,
]


def told(answer: Answer) -> bytes:
    return answer.body.replace(answer.request_id.encode(), b"")


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)
def test_a_row_that_was_tampered_with_makes_one_key_useless(
    house: House, pair: Pair, tamper: Callable[[House, Pair], str]
) -> None:
    """That key proves nothing any more, a stranger is told nothing of why, and everybody else goes on."""
    sql = tamper(house, pair)
    sqlite3(house, sql)
    refused = tell(house.address, balances(pair.victim).raw)
    assert told(refused) == told(tell(house.address, balances(pair.victim._replace(key_id="nobody")).raw))
    assert tell(house.address, order(pair.other).raw).status == 200

    # Whoever may look is told what is wrong, and with which key.
    record = house.record(refused.request_id)
    assert (record["reason"], record["key_id"]) == ("key.not_proven", pair.victim.key_id)
    assert record["detail"] not in ("", "the signature is not this key's over these bytes")
    examined = house.cli("doctor")
    wrong = [each for each in examined["findings"] if each["state"] == "wrong"]
    assert any(pair.victim.id in each["said"] for each in wrong)
    assert not any(pair.other.id in each["said"] for each in wrong)
    assert house.cli("key", "show", pair.victim.id)["code"] == 1
    assert house.cli("key", "show", pair.other.id)["state"] == "working"


def test_a_deleted_row_is_missed(house: House, pair: Pair) -> None:
    """A key that is gone proves nothing, and the journal says that it was there."""
    sqlite3(house, f"DELETE FROM credentials WHERE {of(pair)}; DELETE FROM keys WHERE {of(pair)}")
    assert tell(house.address, balances(pair.victim).raw).reason == "key.not_proven"
    assert any(pair.victim.id in each["said"] for each in house.cli("doctor")["findings"] if each["state"] == "wrong")


def test_an_edited_journal_is_found(house: House, pair: Pair) -> None:
    """A leaf that was changed, or taken, is found by the journal's own check, and told by the doctor."""
    until(lambda: (found := house.ask("journal.check"))["signed"] == found["size"])
    sqlite3(house, "UPDATE journal_leaves SET leaf = zeroblob(length(leaf)) WHERE leaf_index = 1")
    assert house.cli("journal", "verify")["code"] == 1
    assert house.cli("doctor")["code"] == 1


def test_a_stranger_that_writes_while_the_gate_runs_gets_nothing(house: House, pair: Pair) -> None:
    """What the gate has in memory it goes on with; what it reads anew it does not believe."""
    assert tell(house.address, balances(pair.victim).raw).status == 200
    sqlite3(house, widen(house, pair))
    assert tell(house.address, order(pair.victim).raw).reason == "permission.missing"
    house.ask("house.edit", rules={"rotation_age_days": 90})  # everything is read anew
    assert tell(house.address, order(pair.victim).raw).reason == "key.not_proven"
    assert tell(house.address, order(pair.other).raw).status == 200
