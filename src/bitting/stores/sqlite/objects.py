"""Keys, accounts, house rules and tables of actions in SQLite, and what is wrapped."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from bitting.domain.errors import Conflict
from bitting.stores.ports import EVERY, MOST_CALLED, Mac
from bitting.stores.rows import AccountKeyRow, AccountRow, ActionsRow, CredentialRow, HeadRow, HouseRow, KeyRow
from bitting.stores.sqlite.failures import taken

_KEYS: Final = """
    SELECT tenant_id, account_id, key_id, environment, dialect, wire_id, imported, label, policy, holds,
           revoked_at_ms, created_at_ms, version, mac
    FROM keys """
_OF_ACCOUNT: Final = """
    WHERE tenant_id = (SELECT tenant_id FROM accounts WHERE account_id = ?3) AND account_id = ?3 AND """
_FOLLOWING: Final = "key_id > ?1 ORDER BY key_id LIMIT ?2"
# Each along its index, so that it stops where it has enough: a million keys may have one label.
_CALLED: Final = (
    "wire_id = ?1 AND revoked_at_ms IS NULL LIMIT ?2",
    "wire_id = ?1 LIMIT ?2",
    "label = ?1 AND revoked_at_ms IS NULL LIMIT ?2",
    "label = ?1 LIMIT ?2",
)
_UNREVOKED: Final = """
    SELECT count(*) FROM accounts JOIN keys USING (tenant_id, account_id)
    WHERE account_id = ? AND revoked_at_ms IS NULL"""
_NEW_KEY: Final = "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_NEXT_KEY: Final = """
    UPDATE keys SET (environment, dialect, wire_id, imported, label, policy, holds, revoked_at_ms, created_at_ms,
                     version, mac) = (?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
    WHERE (tenant_id, account_id, key_id, version) = (?1, ?2, ?3, ?15)"""
_CREDENTIALS: Final = """
    SELECT place, credential_id, algorithm, state, version, material, created_at_ms, retires_at_ms, nonce_mode
    FROM credentials WHERE (tenant_id, account_id, key_id) = (?, ?, ?) ORDER BY place"""
_FORMER_CREDENTIALS: Final = "DELETE FROM credentials WHERE (tenant_id, account_id, key_id) = (?, ?, ?)"
_NEW_CREDENTIAL: Final = "INSERT INTO credentials VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_STRAYS: Final = """
    SELECT credential_id FROM credentials LEFT JOIN keys USING (tenant_id, account_id, key_id)
    WHERE keys.version IS NULL"""
_ACCOUNTS: Final = "SELECT tenant_id, account_id, name, policy, created_at_ms, version, mac FROM accounts "
_NEW_ACCOUNT: Final = "INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?)"
_NEXT_ACCOUNT: Final = """
    UPDATE accounts SET (name, policy, created_at_ms, version, mac) = (?3, ?4, ?5, ?6, ?7)
    WHERE (tenant_id, account_id, version) = (?1, ?2, ?8)"""
_NEW_HOUSE: Final = "INSERT INTO house VALUES (1, ?, ?, ?)"
_MACS: Final = """
    SELECT 'keys', account_id, key_id, mac FROM keys
    UNION ALL SELECT 'accounts', account_id, account_id, mac FROM accounts
    UNION ALL SELECT 'house', '', 'house', mac FROM house
    UNION ALL SELECT 'actions', '', dialect, mac FROM actions"""
_PUT_MAC: Final = {
    "keys": "UPDATE keys SET mac = ?1 WHERE key_id = ?2",
    "accounts": "UPDATE accounts SET mac = ?1 WHERE account_id = ?2",
    "house": "UPDATE house SET mac = ?1 WHERE ?2 = 'house'",
    "actions": "UPDATE actions SET mac = ?1 WHERE dialect = ?2",
}
_NEXT_HOUSE: Final = "UPDATE house SET (policy, version, mac) = (?1, ?2, ?3) WHERE version = ?4"
_ACTIONS: Final = "SELECT dialect, actions, version, mac FROM actions WHERE dialect = ?"
_NEW_ACTIONS: Final = "INSERT INTO actions VALUES (?, ?, ?, ?)"
_NEXT_ACTIONS: Final = "UPDATE actions SET (actions, version, mac) = (?2, ?3, ?4) WHERE (dialect, version) = (?1, ?5)"


class SqliteObjects:
    """Fits `ports.Objects`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._executemany = connection.executemany

    def key_row(self, key_id: str) -> KeyRow | None:
        return next(self._key_rows("WHERE key_id = ?", key_id), None)

    def named_key_row(self, environment: str, dialect: str, wire_id: str) -> KeyRow | None:
        where = "WHERE (wire_id, dialect, environment) = (?, ?, ?)"
        return next(self._key_rows(where, wire_id, dialect, environment), None)

    def key_rows(self, account_id: str | None, after: str = "", most: int = EVERY) -> Iterator[KeyRow]:
        if account_id is None:
            return self._key_rows("WHERE " + _FOLLOWING, after, most)
        return self._key_rows(_OF_ACCOUNT + _FOLLOWING, after, most, account_id)

    def key_rows_called(self, text: str, within: Collection[str] | None = None) -> list[KeyRow]:
        return next(filter(None, (self._called(each, text, within) for each in _CALLED)), [])

    def unrevoked_keys(self, account_id: str) -> int:
        number: int = self._execute(_UNREVOKED, (account_id,)).fetchone()[0]
        return number

    def put_key_row(self, row: KeyRow, before: int) -> None:
        place, columns = row[:3], row[:-1]
        with taken("a key with this key id is here already"):
            self._put(_NEW_KEY, _NEXT_KEY, columns, before, "key")
        self._execute(_FORMER_CREDENTIALS, place)
        self._executemany(_NEW_CREDENTIAL, [(*place, *each) for each in row.credentials])

    def account_row(self, account_id: str) -> AccountRow | None:
        return next(self._account_rows("WHERE account_id = ?", account_id), None)

    def account_rows(self, after: str = "", most: int = EVERY) -> Iterator[AccountRow]:
        return self._account_rows("WHERE account_id > ? ORDER BY account_id LIMIT ?", after, most)

    def account_rows_called(self, text: str) -> list[AccountRow]:
        return list(self._account_rows("WHERE name = ? LIMIT ?", text, MOST_CALLED))

    def put_account_row(self, row: AccountRow, before: int) -> None:
        with taken("an account with this id is here already"):
            self._put(_NEW_ACCOUNT, _NEXT_ACCOUNT, row, before, "account")

    def house_row(self) -> HouseRow | None:
        found = self._execute("SELECT policy, version, mac FROM house").fetchone()
        return None if found is None else HouseRow(*found)

    def put_house_row(self, row: HouseRow, before: int) -> None:
        with taken("the house's rules were changed meanwhile; look again"):
            self._put(_NEW_HOUSE, _NEXT_HOUSE, row, before, "house's rules")

    def actions_row(self, dialect: str) -> ActionsRow | None:
        found = self._execute(_ACTIONS, (dialect,)).fetchone()
        return None if found is None else ActionsRow(*found)

    def put_actions_row(self, row: ActionsRow, before: int) -> None:
        with taken("the table of actions was changed meanwhile; look again"):
            self._put(_NEW_ACTIONS, _NEXT_ACTIONS, row, before, "table of actions")

    def actions_rows(self) -> Iterator[ActionsRow]:
        return map(ActionsRow._make, self._execute("SELECT dialect, actions, version, mac FROM actions"))

    def stray_credentials(self) -> Iterator[str]:
        return (credential for (credential,) in self._execute(_STRAYS))

    def head_row(self) -> HeadRow | None:
        found = self._execute("SELECT size, root, mac FROM journal_head").fetchone()
        return None if found is None else HeadRow(*found)

    def put_head_row(self, row: HeadRow) -> None:
        self._execute("REPLACE INTO journal_head VALUES (1, ?, ?, ?)", row)

    def macs(self) -> Iterator[Mac]:
        return map(Mac._make, self._execute(_MACS))

    def put_mac(self, mac: Mac) -> None:
        self._execute(_PUT_MAC[mac.table], (mac.mac, mac.id))

    def _put(self, new: str, following: str, row: Iterable[Any], before: int, name: str) -> None:
        """Insert the first version, or replace exactly the one that was read."""
        if before == 0:
            self._execute(new, tuple(row))
        elif self._execute(following, (*row, before)).rowcount != 1:
            raise Conflict(f"the {name} was changed meanwhile; look again")

    def _key_rows(self, where: str, *values: str | int) -> Iterator[KeyRow]:
        for found in self._execute(_KEYS + where, values):
            credentials = tuple(CredentialRow(*each) for each in self._execute(_CREDENTIALS, found[:3]))
            yield KeyRow._make((*found, credentials))

    def _called(self, condition: str, text: str, within: Collection[str] | None) -> list[KeyRow]:
        if within is None:
            return list(self._key_rows("WHERE " + condition, text, MOST_CALLED))
        # Along the account's own keys (the + keeps SQLite to that): what others call theirs must not count.
        of_account = _OF_ACCOUNT + "+" + condition
        found = (row for each in sorted(within) for row in self._key_rows(of_account, text, MOST_CALLED, each))
        return list(islice(found, MOST_CALLED))

    def _account_rows(self, where: str, *values: str | int) -> Iterator[AccountRow]:
        return (AccountRow(*found) for found in self._execute(_ACCOUNTS + where, values))


class SqliteWrapped:
    """Fits `ports.Wrapped`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._executemany = connection.executemany

    def shards(self, environment: str) -> dict[int, bytes]:
        return dict(self._execute("SELECT shard, box FROM shards WHERE environment = ?", (environment,)))

    def put_shards(self, environment: str, boxes: Mapping[int, bytes]) -> None:
        rows = [(environment, number, box) for number, box in boxes.items()]
        self._executemany("REPLACE INTO shards VALUES (?, ?, ?)", rows)

    def shard_places(self) -> Iterator[tuple[str, int]]:
        return iter(self._execute("SELECT environment, shard FROM shards"))

    def account_key_row(self, tenant_id: str, account_id: str) -> AccountKeyRow | None:
        sql = """SELECT tenant_id, account_id, version, shard, box FROM account_keys
                 WHERE (tenant_id, account_id) = (?, ?)"""
        found = self._execute(sql, (tenant_id, account_id)).fetchone()
        return None if found is None else AccountKeyRow(*found)

    def put_account_key_row(self, row: AccountKeyRow) -> None:
        with taken("the account has a key already"):
            self._execute("INSERT INTO account_keys VALUES (?, ?, ?, ?, ?)", row)

    def account_key_rows(self) -> Iterator[AccountKeyRow]:
        sql = "SELECT tenant_id, account_id, version, shard, box FROM account_keys"
        return map(AccountKeyRow._make, self._execute(sql))

    def replace_account_key_row(self, row: AccountKeyRow) -> None:
        self._execute("REPLACE INTO account_keys VALUES (?, ?, ?, ?, ?)", row)
