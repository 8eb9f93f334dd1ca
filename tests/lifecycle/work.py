"""A house in memory: rows and a journal, changed in transactions that are kept whole or not at all."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TypeVar

from bitting.domain.account import Account
from bitting.domain.action_table import ActionTable
from bitting.domain.approval import Approval
from bitting.domain.change import Change, Personal
from bitting.domain.consent import CONSENT_LIFE_MS, Confirmation, Consent, Strength
from bitting.domain.errors import Conflict, NameReused, NotFound
from bitting.domain.holds import Authority
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.once import Once
from bitting.domain.secret import Secret
from bitting.domain.user import User
from bitting.lifecycle.accounts import open_account
from bitting.lifecycle.act import Act
from bitting.lifecycle.ports import Raised, Work
from bitting.vault.account_key import AccountKey
from bitting.vault.envelope import Binding, sealed
from bitting.vault.keyring import Keyring, WrappedKey
from tests.vault.roots import new_root, new_shards

T = TypeVar("T")

NOW_MS = 1_795_000_000_000
TAG_KEY = Secret(b"tag key of this house, 32 bytes.")
OPERATOR = Consent("operator:0", Strength.LOCAL, Authority.OPERATOR, "request-0")
SESSION = Consent("user:ada", Strength.SESSION, Authority.HOLDER, "request-1")

_ROOT = new_root()
_SHARDS = new_shards(_ROOT)


def step_up(covers: bytes, *, id: str = "consent-1", by: Authority = Authority.HOLDER, now_ms: int = NOW_MS) -> Consent:
    """A consent just given for the change with that digest."""
    return Consent("user:ada", Strength.STEP_UP, by, "request-2", id, covers, now_ms + CONSENT_LIFE_MS)


@dataclass
class Rows:
    """What is durable. Accounts and keys by id; the house's rules with their version."""

    keys: dict[str, Key] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    wrapped: dict[str, WrappedKey] = field(default_factory=dict)
    rules: tuple[HousePolicy, int] = (HousePolicy(), 0)
    journal: list[Change] = field(default_factory=list)
    spent: dict[str, int] = field(default_factory=dict)
    shards: dict[str, dict[int, bytes]] = field(default_factory=dict)
    actions: dict[str, tuple[ActionTable, int]] = field(default_factory=dict)
    approvals: dict[str, Approval] = field(default_factory=dict)
    repeats: dict[tuple[str, str], tuple[bytes, str | None]] = field(default_factory=dict)
    confirmations: dict[str, Confirmation] = field(default_factory=dict)


class MemoryWork:
    """One transaction over rows of its own."""

    def __init__(self, rows: Rows, keyring: Keyring, entropy: Callable[[int], bytes], now_ns: int) -> None:
        self._rows, self._keyring, self._entropy, self._now_ns = rows, keyring, entropy, now_ns

    def key(self, key_id: str) -> Key:
        return _found(self._rows.keys, key_id)

    def has_wire_id(self, environment: Environment, dialect: str, wire_id: str) -> bool:
        names = {(each.environment, each.dialect, each.wire_id) for each in self._rows.keys.values()}
        return (environment, dialect, wire_id) in names

    def unrevoked_keys(self, account_id: str) -> int:
        return sum(each.account == account_id and each.revoked_at_ms is None for each in self._rows.keys.values())

    def account(self, account_id: str) -> Account:
        return _found(self._rows.accounts, account_id)

    def house(self) -> tuple[HousePolicy, int]:
        return self._rows.rules

    def put_key(self, key: Key, before: int) -> None:
        _must_follow(self._rows.keys.get(key.id), key, before)
        self._rows.keys[key.id] = key

    def put_account(self, account: Account, before: int) -> None:
        _must_follow(self._rows.accounts.get(account.id), account, before)
        self._rows.accounts[account.id] = account
        if before == 0:
            wrapped = self._keyring.new_account_key(account.tenant, account.id, self._entropy)
            self._rows.wrapped[account.id] = wrapped

    def put_house(self, policy: HousePolicy, before: int) -> None:
        if self._rows.rules[1] != before:
            raise Conflict("the rules were changed meanwhile")
        self._rows.rules = (policy, before + 1)

    def actions(self, dialect: str) -> tuple[ActionTable, int]:
        return self._rows.actions.get(dialect, (ActionTable(), 0))

    def put_actions(self, dialect: str, table: ActionTable, before: int) -> None:
        if self.actions(dialect)[1] != before:
            raise Conflict("the table was changed meanwhile")
        self._rows.actions[dialect] = (table, before + 1)

    def approval(self, approval_id: str) -> Approval:
        return _found(self._rows.approvals, approval_id)

    def waiting_approvals(self, now_ms: int) -> int:
        return sum(each.state(now_ms) == "waiting" for each in self._rows.approvals.values())

    def put_approval(self, approval: Approval, before: int) -> None:
        _must_follow(self._rows.approvals.get(approval.id), approval, before)
        self._rows.approvals[approval.id] = approval

    def confirmation(self, confirmation_id: str) -> Confirmation:
        return _found(self._rows.confirmations, confirmation_id)

    def open_confirmations(self, session: str) -> int:
        return sum(each.session == session for each in self._rows.confirmations.values())

    def put_confirmation(self, confirmation: Confirmation, before: int) -> None:
        _must_follow(self._rows.confirmations.get(confirmation.id), confirmation, before)
        self._rows.confirmations[confirmation.id] = confirmation

    def account_key(self, account_id: str) -> AccountKey:
        tenant = self.account(account_id).tenant
        return self._keyring.account_key(tenant, account_id, self._rows.wrapped[account_id], self._now_ns)

    def house_key(self) -> AccountKey:
        return AccountKey(Secret(b"the house's own key of 32 bytes."))

    def user(self, user_id: str) -> User:
        return _found(self._rows.users, user_id)

    def user_named(self, name: str) -> User | None:
        return next((each for each in self._rows.users.values() if each.name == name), None)

    def put_user(self, user: User, before: int) -> None:
        _must_follow(self._rows.users.get(user.id), user, before)
        self._rows.users[user.id] = user

    def last(self, kind: str, id: str) -> Change | None:
        return next((each for each in reversed(self._rows.journal) if (each.kind, each.id) == (kind, id)), None)

    def put_shards(self, environment: str, boxes: Mapping[int, bytes]) -> None:
        self._rows.shards[environment] = dict(boxes)

    def seal_personal(self, change: Change, personal: Personal, *, by_house: bool) -> bytes:
        return (b"house:" if by_house else b"account:") + personal.to_bytes()

    def destroy_account_key(self, account_id: str) -> None:
        del self._rows.wrapped[account_id]

    def record(self, change: Change) -> None:
        self._rows.journal.append(change)

    def repeated(self, once: Once) -> str | None:
        digest, object_id = self._rows.repeats.get((once.who, once.name), (once.digest, None))
        if digest != once.digest:
            raise NameReused("this name was given to another question before")
        return object_id

    def keep_once(self, once: Once, object_id: str) -> None:
        self._rows.repeats[once.who, once.name] = (once.digest, object_id)

    def spend(self, consent_id: str, expires_at_ms: int) -> None:
        if consent_id in self._rows.spent:
            raise Conflict("the confirmation was used before")
        self._rows.spent[consent_id] = expires_at_ms

    def drop_leaves(self, minimum: int) -> Raised:
        raise NotImplementedError("these rows keep their journal whole; tests/stores has one to prune")


class House:
    """The rows, and how they are changed. `account` is an account that is open already."""

    def __init__(self) -> None:
        self.rows = Rows()
        self.now_ms = NOW_MS
        self.entropy = random.Random(7).randbytes
        self._keyring = Keyring(_ROOT, "live", _SHARDS)
        self.account = self.do(lambda act: open_account(act, "tenant-1", "desk one")).id

    def do(self, make: Callable[[Act], T], consent: Consent = OPERATOR) -> T:
        """Run a use case in one transaction: what it raises leaves everything as it was."""
        rows = deepcopy(self.rows)
        work: Work = MemoryWork(rows, self._keyring, self.entropy, self.now_ms * 1_000_000)
        result = make(Act(work, consent, self.now_ms * 1_000_000, self.entropy))
        self.rows = rows
        return result

    def key(self, key_id: str) -> Key:
        """The key as it is stored."""
        return _found(self.rows.keys, key_id)

    def user(self, user_id: str) -> User:
        """The user as stored."""
        return _found(self.rows.users, user_id)

    def secrets(self, key: Key) -> list[bytes]:
        """What the vault opens of the key's credentials, in order; public keys as they are."""
        account_key = MemoryWork(self.rows, self._keyring, self.entropy, 0).account_key(key.account)
        opened = []
        for each in key.credentials:
            binding = Binding(
                key.environment.value, key.tenant, key.account, each.id, each.version, each.algorithm.value
            )
            shared = each.algorithm.shared
            opened.append(sealed(account_key, each.material, binding).open() if shared else each.material)
        return opened


def _found(rows: dict[str, T], id: str) -> T:
    if id not in rows:
        raise NotFound("no such object")
    return rows[id]


Versioned = Key | Account | User | Approval | Confirmation


def _must_follow(stored: Versioned | None, following: Versioned, before: int) -> None:
    if (0 if stored is None else stored.version) != before or following.version != before + 1:
        raise Conflict("it was changed meanwhile")
