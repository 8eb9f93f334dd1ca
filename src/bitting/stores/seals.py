"""The keyring at work for a store: row MACs, account keys, and what seals and marks the fields of the activity log.

Rules: a keyring belongs to one thread, and a store has several, so every use of it is here, under one lock.
Sealers and markers are derived keys and may be kept; they are thrown away every five minutes all the same, as account
keys are, so that an account whose key has been destroyed is not sealed for any longer.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from bitting.domain.account import Account
from bitting.domain.action_table import ActionTable
from bitting.domain.errors import Shredded, Tampered
from bitting.domain.house_policy import HousePolicy
from bitting.domain.keys import Key
from bitting.domain.user import User
from bitting.stores.people_rows import user_bytes
from bitting.stores.ports import Wrapped
from bitting.stores.rows import (
    AccountKeyRow,
    AccountRow,
    ActionsRow,
    HeadRow,
    HouseRow,
    KeyRow,
    Paper,
    PaperRow,
    account_bytes,
    actions_bytes,
    head_bytes,
    house_bytes,
    key_bytes,
    paper_bytes,
)
from bitting.vault.account_key import AccountKey, FieldMarker, FieldSealer
from bitting.vault.keyring import ACCOUNT_KEY_LIFE_NS, Keyring, WrappedKey, shard_of

T = TypeVar("T")

HOUSE = ("", "")  # stands for tenant and account where something is the house's own
MOST_SEALERS = 20_000


def destroyed(tenant: str, account: str) -> AccountKeyRow:
    """What stands in the place of an account's key that was destroyed."""
    return AccountKeyRow(tenant, account, 0, shard_of(account), b"")


class Seals:
    """Signs rows, checks them, and fetches what seals fields."""

    def __init__(self, keyring: Keyring, entropy: Callable[[int], bytes]) -> None:
        self.entropy = entropy
        self.keyring = keyring
        self._lock = Lock()
        self._sealers: dict[tuple[str, str, str], FieldSealer] = {}
        self._markers: dict[tuple[str, str, str], FieldMarker] = {}
        self._since_ns = 0

    def key_row(self, key: Key) -> KeyRow:
        """The key as a row with its MAC."""
        return KeyRow.of(key, self.key_mac(key))

    def key_mac(self, key: Key) -> bytes:
        """The MAC of the key's row."""
        return self.keyring.row_mac(key.tenant, key.account, "keys", key_bytes(key))

    def key(self, row: KeyRow) -> Key:
        """The key of a row. Raises Tampered."""
        key = row.to_key()
        self.keyring.check_row_mac(key.tenant, key.account, "keys", key_bytes(key), row.mac)
        return key

    def account_row(self, account: Account) -> AccountRow:
        """The account as a row with its MAC."""
        mac = self.keyring.row_mac(account.tenant, account.id, "accounts", account_bytes(account))
        return AccountRow.of(account, mac)

    def account(self, row: AccountRow) -> Account:
        """The account of a row. Raises Tampered."""
        account = row.to_account()
        mac_over = account_bytes(account)
        self.keyring.check_row_mac(account.tenant, account.id, "accounts", mac_over, row.mac)
        return account

    def house_row(self, policy: HousePolicy, version: int) -> HouseRow:
        """The house's rules as a row with its MAC."""
        mac = self.keyring.row_mac(*HOUSE, "house", house_bytes(policy, version))
        return HouseRow.of(policy, version, mac)

    def house(self, row: HouseRow) -> HousePolicy:
        """The house's rules of a row. Raises Tampered."""
        policy = row.to_house()
        self.keyring.check_row_mac(*HOUSE, "house", house_bytes(policy, row.version), row.mac)
        return policy

    def actions_row(self, dialect: str, table: ActionTable, version: int) -> ActionsRow:
        """The house's table of actions for a dialect as a row with its MAC."""
        mac = self.keyring.row_mac(*HOUSE, "actions", actions_bytes(dialect, table, version))
        return ActionsRow.of(dialect, table, version, mac)

    def actions(self, row: ActionsRow) -> ActionTable:
        """The table of a row. Raises Tampered."""
        table = row.to_table()
        self.keyring.check_row_mac(*HOUSE, "actions", actions_bytes(row.dialect, table, row.version), row.mac)
        return table

    def paper_row(self, paper: Paper) -> PaperRow:
        """A confirmation or an approval as a row with its MAC."""
        return PaperRow.of(paper, self.keyring.row_mac(*HOUSE, "papers", paper_bytes(paper)))

    def paper(self, row: PaperRow) -> Paper:
        """The confirmation or approval of a row. Raises Tampered."""
        paper = row.to_paper()
        self.keyring.check_row_mac(*HOUSE, "papers", paper_bytes(paper), row.mac)
        return paper

    def head_row(self, size: int, root: bytes) -> HeadRow:
        """The journal's head as a row with its MAC."""
        return HeadRow(size, root, self.keyring.row_mac(*HOUSE, "head", head_bytes(size, root)))

    def check_head(self, row: HeadRow) -> None:
        """Raises Tampered."""
        self.keyring.check_row_mac(*HOUSE, "head", head_bytes(row.size, row.root), row.mac)

    def user_mac(self, user: User) -> bytes:
        """The MAC of the user's row."""
        return self.keyring.row_mac(*HOUSE, "users", user_bytes(user))

    def check_user(self, user: User, mac: bytes) -> None:
        """Raises Tampered."""
        self.keyring.check_row_mac(*HOUSE, "users", user_bytes(user), mac)

    def new_account_key(self, wrapped: Wrapped, tenant: str, account: str) -> None:
        """Make and store the key of a new account."""
        made = self.keyring.new_account_key(tenant, account, self.entropy)
        wrapped.put_account_key_row(AccountKeyRow(tenant, account, made.version, made.shard, made.box))

    def account_key(self, wrapped: Wrapped, tenant: str, account: str, now_ns: int) -> AccountKey:
        """What seals the account's secrets. Raises Tampered when its row is gone, or another one's; Shredded when the
        key has been destroyed."""
        row = wrapped.account_key_row(tenant, account)
        if row is None:
            raise Tampered(f"account {account or 'of the house'} has lost its key: nothing of it can be opened")
        if row == destroyed(tenant, account):
            raise Shredded(f"account {account} was shredded: nothing of it can be opened any more")
        stored = WrappedKey(row.shard, row.version, row.box)
        with self._lock:
            return self.keyring.account_key(tenant, account, stored, now_ns)

    def has_key(self, wrapped: Wrapped, tenant: str, account: str) -> bool:
        """Whether there is a key of the account: one that was not destroyed."""
        return wrapped.account_key_row(tenant, account) not in (None, destroyed(tenant, account))

    def sealer(self, wrapped: Wrapped, tenant: str, account: str, purpose: str, now_ns: int) -> FieldSealer:
        """What seals the personal fields of one purpose. Raises Tampered as `account_key` does."""
        name = (tenant, account, purpose)
        sealer = self._kept(self._sealers, name, now_ns)
        if sealer is None:
            sealer = self._keep(self._sealers, name, self.account_key(wrapped, tenant, account, now_ns).sealer(purpose))
        return sealer

    def marker(self, wrapped: Wrapped, tenant: str, account: str, purpose: str, now_ns: int) -> FieldMarker:
        """What marks the fields of one purpose. Raises Tampered as `account_key` does."""
        name = (tenant, account, purpose)
        marker = self._kept(self._markers, name, now_ns)
        if marker is None:
            marker = self._keep(self._markers, name, self.account_key(wrapped, tenant, account, now_ns).marker(purpose))
        return marker

    def forget(self, account: str) -> None:
        """Drop the account's key, and all that was derived from it, from memory."""
        with self._lock:
            self.keyring.forget(account)
            for kept in (self._sealers, self._markers):
                for name in [each for each in kept if each[1] == account]:
                    del kept[name]

    def forget_expired(self, now_ns: int) -> None:
        """Drop account keys past their five minutes from memory."""
        with self._lock:
            self.keyring.forget_expired(now_ns)

    def _kept(self, kept: dict[tuple[str, str, str], T], name: tuple[str, str, str], now_ns: int) -> T | None:
        with self._lock:
            if not 0 <= now_ns - self._since_ns < ACCOUNT_KEY_LIFE_NS:
                self._sealers.clear()
                self._markers.clear()
                self._since_ns = now_ns
            return kept.get(name)

    def _keep(self, kept: dict[tuple[str, str, str], T], name: tuple[str, str, str], made: T) -> T:
        with self._lock:
            if len(kept) >= MOST_SEALERS:
                kept.clear()
            kept[name] = made
        return made
