"""Each step up has its step down, and is taken whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from bitting.stores.sqlite import migrate
from bitting.stores.sqlite.migrate import NEWEST, STEPS, version


@pytest.fixture
def empty() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


def schema(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name").fetchall()
    settings = [connection.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")]
    return [*rows, *settings]


def test_steps_are_whole() -> None:
    """From 1 to the newest, each up and down."""
    assert sorted(STEPS) == [(number, way) for number in range(1, NEWEST + 1) for way in ("down", "up")]


def test_down_undoes_up(empty: sqlite3.Connection) -> None:
    """After each step up, down and up again, the schema is the same, and at the bottom there is nothing."""
    schemas = [schema(empty)]
    for number in range(1, NEWEST + 1):
        migrate.migrate(empty, number)
        schemas.append(schema(empty))
    for number in reversed(range(NEWEST)):
        migrate.migrate(empty, number)
        assert schema(empty) == schemas[number]
        migrate.migrate(empty)
        assert schema(empty) == schemas[-1]
        migrate.migrate(empty, number)
    assert version(empty) == 0


def test_a_step_that_fails_is_not_taken(empty: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it did before it failed is undone."""
    migrate.migrate(empty)
    before = schema(empty)
    monkeypatch.setitem(STEPS, (NEWEST + 1, "up"), "CREATE TABLE new (a); INSERT INTO new VALUES (1); nonsense;")
    with pytest.raises(sqlite3.OperationalError, match="nonsense"):
        migrate.migrate(empty, NEWEST + 1)
    assert schema(empty) == before
    assert not empty.in_transaction


def test_a_held_database_is_not_migrated(tmp_path: object) -> None:
    """A step that cannot even begin leaves no transaction behind."""
    with closing(sqlite3.connect(f"{tmp_path}/a.db", isolation_level=None, timeout=0)) as mine:
        with closing(sqlite3.connect(f"{tmp_path}/a.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                migrate.migrate(mine)
            other.execute("ROLLBACK")
        migrate.migrate(mine)


def test_tables_of_accounts_begin_with_them(empty: sqlite3.Connection) -> None:
    """tenant_id, account_id lead the key of every table that has them; every table is STRICT."""
    migrate.migrate(empty)
    tables = [name for (name,) in empty.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    for table in tables:
        columns = empty.execute(f"PRAGMA table_info({table})").fetchall()
        key = [name for *_, name in sorted((place, name) for _, name, _, _, _, place in columns if place)]
        owned = {"tenant_id", "account_id"} <= {column[1] for column in columns}
        assert not owned or table == "callers" or key[:2] == ["tenant_id", "account_id"], table
    assert empty.execute(
        "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND NOT strict AND name NOT LIKE 'sqlite%'"
    ).fetchone() == (0,)
