"""One change as it is made: `lifecycle.ports.Work` over an engine's transaction.

Rule: no change without its leaf. What was written has to be what the journal says at the end of the transaction,
or nothing of it is kept (promise 6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bitting.domain.account import Account
from bitting.domain.action_table import ActionTable
from bitting.domain.change import Change
from bitting.domain.credentials import NonceMode
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.journal import log
from bitting.stores.ports import Tables, Touched
from bitting.stores.reading import Reader
from bitting.stores.seals import Seals
from bitting.vault.account_key import AccountKey

DAY_MS = 86_400_000


class UnitOfWork:
    """Fits `lifecycle.ports.Work`; `touched` grows with what is written."""

    def __init__(self, tables: Tables, seals: Seals, now_ns: int) -> None:
        self._tables = tables
        self._seals = seals
        self._now_ns = now_ns
        self.entropy = seals.entropy
        self._reader = Reader(tables, seals)
        self._written: dict[tuple[str, str], tuple[int, bytes]] = {}
        self._names: set[tuple[Environment, str, str]] = set()
        self._actions: dict[str, ActionTable | None] = {}

    @property
    def touched(self) -> Touched:
        """What has been written so far."""
        accounts = frozenset(id for kind, id in self._written if kind == "account")
        return Touched(frozenset(self._names), accounts, ("house", "house") in self._written, self._actions)

    def key(self, key_id: str) -> Key:
        return self._reader.key(key_id)

    def has_wire_id(self, environment: Environment, dialect: str, wire_id: str) -> bool:
        return self._tables.objects.named_key_row(environment.value, dialect, wire_id) is not None

    def unrevoked_keys(self, account_id: str) -> int:
        return self._tables.objects.unrevoked_keys(account_id)

    def account(self, account_id: str) -> Account:
        return self._reader.account(account_id)

    def house(self) -> tuple[HousePolicy, int]:
        return self._reader.house()

    def put_key(self, key: Key, before: int) -> None:
        self._names.add((key.environment, key.dialect, key.wire_id))
        self._written["key", key.id] = (key.version, key.policy.digest())
        self._tables.objects.put_key_row(self._seals.key_row(key), before)

    def put_account(self, account: Account, before: int) -> None:
        self._written["account", account.id] = (account.version, account.digest())
        self._tables.objects.put_account_row(self._seals.account_row(account), before)
        if before == 0:
            self._seals.new_account_key(self._tables.wrapped, account.tenant, account.id)

    def put_house(self, policy: HousePolicy, before: int) -> None:
        self._written["house", "house"] = (before + 1, policy.digest())
        self._tables.objects.put_house_row(self._seals.house_row(policy, before + 1), before)

    def actions(self, dialect: str) -> tuple[ActionTable, int]:
        return self._reader.actions(dialect)

    def put_actions(self, dialect: str, table: ActionTable, before: int) -> None:
        self._written["actions", dialect] = (before + 1, table.digest())
        self._actions[dialect] = table
        self._tables.objects.put_actions_row(self._seals.actions_row(dialect, table, before + 1), before)

    def account_key(self, account_id: str) -> AccountKey:
        tenant = self._reader.account(account_id).tenant
        return self._seals.account_key(self._tables.wrapped, tenant, account_id, self._now_ns)

    def record(self, change: Change) -> None:
        log.append(self._tables.journal, change)

    def spend(self, consent_id: str, expires_at_ms: int) -> None:
        # Spent ids are kept a day longer than they are worth anything, in case the clock is set back.
        self._tables.counts.forget_spent(self._now_ns // 1_000_000 - DAY_MS)
        self._tables.counts.spend(consent_id, expires_at_ms)

    def last(self, kind: str, id: str) -> Change | None:
        leaf = log.newest(self._tables.journal, kind, id)
        return None if leaf is None else leaf.change

    def put_shards(self, environment: str, boxes: Mapping[int, bytes]) -> None:
        self._tables.wrapped.put_shards(environment, boxes)

    def keys_with_counters(self) -> Iterator[str]:
        """The ids of unrevoked keys whose clients count their nonces."""
        for row in self._tables.objects.key_rows(None):
            counts = any(each.nonce_mode == NonceMode.COUNTER.value for each in row.credentials)
            if counts and row.revoked_at_ms is None:
                yield row.key_id

    def settled(self) -> bool:
        """Whether nothing is left to be done after a restore."""
        return self._tables.counts.ground().settled

    def settle(self) -> None:
        """What a restore asks for has been done."""
        self._tables.counts.settle()

    def finish(self) -> None:
        """Called before the commit. Raises Tampered when something was written and not recorded."""
        for (kind, id), (version, digest) in self._written.items():
            self._reader.vouch(kind, id, version, digest)
