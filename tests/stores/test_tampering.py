"""G5: whatever is done at random to protected rows and to the journal is found, each time with a reason.

A few hundred here; ten thousand in tests/system/test_random_tampering.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores.tampering import House, Tampering, flip_in_the_file, only_checkpoints_are_gone, tamperings


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"))
    assert house.found() is None
    yield house
    house.close()


def test_whatever_is_tampered_with_is_found(house: House) -> None:
    """Bits, cells, rows and whole tables; edited, exchanged, deleted, put in, put back, cut off, forged. What is not
    found has done no harm, and that is a list with one line."""
    done = list(tamperings(house, 400))
    assert [each.what for each in done if each.reason is None and not only_checkpoints_are_gone(each)] == []
    assert len({each.what.split(":")[0] for each in done}) == 10


def test_signatures_that_are_taken_away_are_made_anew(tmp_path: Path) -> None:
    """The one line: a checkpoint is derived from leaves, and theirs are still here. Nothing else can be missing."""
    house = House(tmp_path)

    def take(house: House) -> str:
        house.connection.execute("DELETE FROM checkpoints")
        return "all checkpoints"

    done = house.tampered(take)
    assert done is not None
    assert done.reason is None
    assert only_checkpoints_are_gone(done)
    before = house.trial.store.sign(house.checkpointer, None)
    house.connection.execute("DELETE FROM checkpoints")
    assert house.trial.store.sign(house.checkpointer, before).root == before.root
    house.close()


def test_only_a_witness_finds_a_house_rolled_back_whole(house: House) -> None:
    """All tables as they were at one moment are a house of that moment. This is what a witness is for."""
    moments = [each for each in house.past if each["activity_head"] == house.now["activity_head"]]
    assert len(moments) > 2
    for past in moments:

        def put_back(house: House, past: dict[str, list[dict[str, object]]] = past) -> str:
            for table, rows in past.items():
                house.connection.execute(f"DELETE FROM {table}")
                for row in rows:
                    house.insert(table, row)
            return "everything"

        done = house.tampered(put_back)
        assert done is None or done.reason is None


def test_the_journals_end_is_missed_without_any_checkpoint(house: House) -> None:
    """Entries about no row, such as a backup's, with all nodes and checkpoints over them: the head misses them."""

    def cut(house: House) -> str:
        for sql in (
            "DELETE FROM journal_leaves WHERE leaf_index >= 20",
            "DELETE FROM journal_nodes WHERE place >= 20 >> level",
            "DELETE FROM checkpoints WHERE size > 20",
        ):
            house.connection.execute(sql)
        return "the end"

    done = house.tampered(cut)
    assert done is not None
    assert done.reason is not None
    assert "its end has been cut off" in done.reason


def test_a_bit_of_the_file(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One bit anywhere in the file: the start is refused, or it is found, or no protected row is another one."""
    done: list[Tampering] = []
    for seed in range(40):
        done += flip_in_the_file(house, tmp_path_factory.mktemp("copy"), seed)
    assert [each.what for each in done if each.reason is None and each.before != each.after] == []
    assert {each.reason is None for each in done} == {True, False}


def test_rows_that_nobody_wrote(house: House) -> None:
    """Rows beside the others, which nothing reads: a table of actions, keys of nobody, a credential of no key."""
    one = "credential_id = (SELECT min(credential_id) FROM credentials)"
    for sql, words in (
        ("INSERT INTO actions VALUES ('kraken', '{}', 1, x'00')", "actions kraken"),
        ("INSERT INTO account_keys VALUES ('tenant', 'nobody', 1, 0, x'00')", "account key tenant/nobody"),
        ("INSERT INTO shards VALUES ('elsewhere', 0, x'00')", "nobody's were put beside"),
        ("INSERT INTO shards VALUES ('wire id tags', 2, x'00')", "the key behind the house's key ids"),
        ("INSERT INTO journal_nodes VALUES (9, 9, x'00')", "node 9 of level 9 has no place"),
        (f"UPDATE credentials SET key_id = 'another' WHERE {one}", "its key is not here"),
        ("DELETE FROM account_keys WHERE account_id = ''", "has lost its key"),
        ("DELETE FROM journal_head", "the journal has lost its head"),
    ):

        def put_in(house: House, sql: str = sql) -> str:
            house.connection.execute(sql)
            return sql

        done = house.tampered(put_in)
        assert done is not None
        assert words in str(done.reason), (sql, done.reason)
