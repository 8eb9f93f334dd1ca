"""Keys, accounts, house rules and tables of actions in dicts, and what is wrapped."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from bitting.domain.errors import Conflict
from bitting.stores.memory.undo import Undo
from bitting.stores.ports import EVERY, MOST_CALLED, Mac
from bitting.stores.rows import AccountKeyRow, AccountRow, ActionsRow, HeadRow, HouseRow, KeyRow

_HOUSE = "house"
Row = TypeVar("Row", KeyRow, AccountRow)


class MemoryObjects:
    """Fits `ports.Objects`."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self.keys: dict[str, KeyRow] = {}
        self.accounts: dict[str, AccountRow] = {}
        self.house: dict[str, HouseRow] = {}
        self.actions: dict[str, ActionsRow] = {}
        self.head: dict[str, HeadRow] = {}
        self._names: dict[tuple[str, str, str], str] = {}
        self._of_account: dict[str, tuple[str, ...]] = {}

    def key_row(self, key_id: str) -> KeyRow | None:
        return self.keys.get(key_id)

    def named_key_row(self, environment: str, dialect: str, wire_id: str) -> KeyRow | None:
        return self.keys.get(self._names.get((environment, dialect, wire_id), ""))

    def key_rows(self, account_id: str | None, after: str = "", most: int = EVERY) -> list[KeyRow]:
        ids = self.keys if account_id is None else self._of_account.get(account_id, ())
        return _first([self.keys[each] for each in sorted(ids) if each in self.keys and each > after], most)

    def key_rows_called(self, text: str, within: Collection[str] | None = None) -> list[KeyRow]:
        every = [each for each in self.key_rows(None) if within is None or each.account_id in within]
        called = [each for each in every if each.wire_id == text] or [each for each in every if each.label == text]
        return _first([each for each in called if each.revoked_at_ms is None] or called, MOST_CALLED)

    def unrevoked_keys(self, account_id: str) -> int:
        return sum(1 for each in self.key_rows(account_id) if each.revoked_at_ms is None)

    def put_key_row(self, row: KeyRow, before: int) -> None:
        name = (row.environment, row.dialect, row.wire_id)
        if self._names.get(name, row.key_id) != row.key_id:
            raise Conflict("a key with this key id is here already")
        _expect(self.keys.get(row.key_id), before, "key")
        self._undo.put(self.keys, row.key_id, row)
        self._undo.put(self._names, name, row.key_id)
        if before == 0:
            ids = self._of_account.get(row.account_id, ())
            self._undo.put(self._of_account, row.account_id, (*ids, row.key_id))

    def account_row(self, account_id: str) -> AccountRow | None:
        return self.accounts.get(account_id)

    def account_rows(self, after: str = "", most: int = EVERY) -> list[AccountRow]:
        return _first([self.accounts[each] for each in sorted(self.accounts) if each > after], most)

    def account_rows_called(self, text: str) -> list[AccountRow]:
        return _first([each for each in self.account_rows() if each.name == text], MOST_CALLED)

    def put_account_row(self, row: AccountRow, before: int) -> None:
        _expect(self.accounts.get(row.account_id), before, "account")
        self._undo.put(self.accounts, row.account_id, row)

    def house_row(self) -> HouseRow | None:
        return self.house.get(_HOUSE)

    def put_house_row(self, row: HouseRow, before: int) -> None:
        _expect(self.house.get(_HOUSE), before, "house's rules")
        self._undo.put(self.house, _HOUSE, row)

    def actions_row(self, dialect: str) -> ActionsRow | None:
        return self.actions.get(dialect)

    def put_actions_row(self, row: ActionsRow, before: int) -> None:
        _expect(self.actions.get(row.dialect), before, "table of actions")
        self._undo.put(self.actions, row.dialect, row)

    def actions_rows(self) -> list[ActionsRow]:
        return list(self.actions.values())

    def stray_credentials(self) -> list[str]:
        return []  # they lie in the row of their key

    def head_row(self) -> HeadRow | None:
        return self.head.get(_HOUSE)

    def put_head_row(self, row: HeadRow) -> None:
        self._undo.put(self.head, _HOUSE, row)

    def macs(self) -> list[Mac]:
        return [
            *(Mac("keys", each.account_id, each.key_id, each.mac) for each in self.keys.values()),
            *(Mac("accounts", each.account_id, each.account_id, each.mac) for each in self.accounts.values()),
            *(Mac("house", "", _HOUSE, each.mac) for each in self.house.values()),
            *(Mac("actions", "", each.dialect, each.mac) for each in self.actions.values()),
        ]

    def put_mac(self, mac: Mac) -> None:
        rows: dict[str, Any] = vars(self)[mac.table]
        self._undo.put(rows, mac.id, rows[mac.id]._replace(mac=mac.mac))


class MemoryWrapped:
    """Fits `ports.Wrapped`."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self.account_keys: dict[tuple[str, str], AccountKeyRow] = {}
        self.shard_keys: dict[tuple[str, int], bytes] = {}

    def shards(self, environment: str) -> dict[int, bytes]:
        return {number: box for (each, number), box in self.shard_keys.items() if each == environment}

    def put_shards(self, environment: str, boxes: Mapping[int, bytes]) -> None:
        for number, box in boxes.items():
            self._undo.put(self.shard_keys, (environment, number), box)

    def shard_places(self) -> list[tuple[str, int]]:
        return list(self.shard_keys)

    def account_key_row(self, tenant_id: str, account_id: str) -> AccountKeyRow | None:
        return self.account_keys.get((tenant_id, account_id))

    def put_account_key_row(self, row: AccountKeyRow) -> None:
        place = (row.tenant_id, row.account_id)
        if place in self.account_keys:
            raise Conflict("the account has a key already")
        self._undo.put(self.account_keys, place, row)

    def account_key_rows(self) -> list[AccountKeyRow]:
        return list(self.account_keys.values())

    def replace_account_key_row(self, row: AccountKeyRow) -> None:
        self._undo.put(self.account_keys, (row.tenant_id, row.account_id), row)


def _first(rows: list[Row], most: int) -> list[Row]:
    return rows if most == EVERY else rows[:most]


def _expect(row: KeyRow | AccountRow | HouseRow | ActionsRow | None, before: int, name: str) -> None:
    if (row.version if row is not None else 0) != before:
        raise Conflict(f"the {name} was changed meanwhile; look again")
