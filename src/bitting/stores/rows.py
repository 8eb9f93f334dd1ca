"""Rows: the form in which protected objects are stored, the same in every engine.

The law of the form: an object has exactly one row. What is read from a row is written out again and compared, so
that not one bit of a row can be changed without notice, not even a space in its JSON; and a column that is there
to be searched by (`label`, `name`) cannot say anything else than the policy it repeats.

The MAC of a row is the keyring's, over the canonical CBOR of

    keys      `Key.row()`: the policy stands as its digest, a credential's material as its SHA-256
    accounts  [id, tenant, digest of what people decide, created_at_ms, version]
    house     [digest of the rules, version]
    actions   [dialect, digest of the table, version]
    head      [size, root]
    papers    [kind, id, all of the paper, until_ms, version]
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import starmap
from typing import Any, NamedTuple, TypeVar

from bitting.domain.account import Account
from bitting.domain.action_table import ActionTable
from bitting.domain.approval import Approval, Decision
from bitting.domain.canonical import Plain, encode
from bitting.domain.consent import Confirmation
from bitting.domain.credentials import Algorithm, Credential, NonceMode, State
from bitting.domain.errors import MalformedValue, Tampered
from bitting.domain.holds import Hold
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.policy import Policy

T = TypeVar("T")
Paper = Confirmation | Approval


class CredentialRow(NamedTuple):
    """One credential. `place` is 0 for the key's first: their order is under the MAC."""

    place: int
    credential_id: str
    algorithm: str
    state: str
    version: int
    material: bytes
    created_at_ms: int
    retires_at_ms: int | None
    nonce_mode: str

    @classmethod
    def of(cls, place: int, credential: Credential) -> CredentialRow:
        return cls(
            place,
            credential.id,
            credential.algorithm.value,
            credential.state.value,
            credential.version,
            credential.material,
            credential.created_at_ms,
            credential.retires_at_ms,
            credential.nonce_mode.value,
        )

    def to_credential(self) -> Credential:
        return Credential(
            self.credential_id,
            Algorithm(self.algorithm),
            State(self.state),
            self.version,
            self.material,
            self.created_at_ms,
            self.retires_at_ms,
            NonceMode(self.nonce_mode),
        )


class KeyRow(NamedTuple):
    """One key. `policy` is JSON, `holds` are words, and the credentials lie in a table of their own."""

    tenant_id: str
    account_id: str
    key_id: str
    environment: str
    dialect: str
    wire_id: str
    imported: int
    label: str
    policy: str
    holds: str
    revoked_at_ms: int | None
    created_at_ms: int
    version: int
    mac: bytes
    credentials: tuple[CredentialRow, ...]

    @classmethod
    def of(cls, key: Key, mac: bytes) -> KeyRow:
        return cls(
            key.tenant,
            key.account,
            key.id,
            key.environment.value,
            key.dialect,
            key.wire_id,
            int(key.imported),
            key.policy.label,
            to_json(key.policy.to_plain()),
            " ".join(sorted(each.value for each in key.holds)),
            key.revoked_at_ms,
            key.created_at_ms,
            key.version,
            mac,
            tuple(starmap(CredentialRow.of, enumerate(key.credentials))),
        )

    def to_key(self) -> Key:
        """Raises Tampered for a row that nobody wrote. Whether the MAC is right is not asked here."""

        def read() -> Key:
            return Key(
                self.key_id,
                self.tenant_id,
                self.account_id,
                Environment(self.environment),
                self.dialect,
                self.wire_id,
                bool(self.imported),
                Policy.from_plain(json.loads(self.policy)),
                frozenset(map(Hold, self.holds.split())),
                self.revoked_at_ms,
                tuple(each.to_credential() for each in self.credentials),
                self.created_at_ms,
                self.version,
            )

        return read_row(self, read, lambda key: KeyRow.of(key, self.mac), f"key {self.key_id}")


class AccountRow(NamedTuple):
    """One account. `policy` is what people decide about it, as JSON: name, parent, holds, limits, book."""

    tenant_id: str
    account_id: str
    name: str
    policy: str
    created_at_ms: int
    version: int
    mac: bytes

    @classmethod
    def of(cls, account: Account, mac: bytes) -> AccountRow:
        policy = to_json(account.policy_to_plain())
        return cls(account.tenant, account.id, account.name, policy, account.created_at_ms, account.version, mac)

    def to_account(self) -> Account:
        """Raises Tampered for a row that nobody wrote."""

        def read() -> Account:
            plain = json.loads(self.policy)
            return Account.from_plain(self.account_id, self.tenant_id, self.created_at_ms, self.version, plain)

        return read_row(self, read, lambda each: AccountRow.of(each, self.mac), f"account {self.account_id}")


class HouseRow(NamedTuple):
    """The house's rules, as JSON; there is no row while they are the defaults."""

    policy: str
    version: int
    mac: bytes

    @classmethod
    def of(cls, policy: HousePolicy, version: int, mac: bytes) -> HouseRow:
        return cls(to_json(policy.to_plain()), version, mac)

    def to_house(self) -> HousePolicy:
        """Raises Tampered for a row that nobody wrote."""

        def read() -> HousePolicy:
            return HousePolicy.from_plain(json.loads(self.policy))

        return read_row(self, read, lambda each: HouseRow.of(each, self.version, self.mac), "the house's row")


class ActionsRow(NamedTuple):
    """The house's table of actions for one dialect, as JSON; there is no row while it never had one."""

    dialect: str
    actions: str
    version: int
    mac: bytes

    @classmethod
    def of(cls, dialect: str, table: ActionTable, version: int, mac: bytes) -> ActionsRow:
        return cls(dialect, to_json(table.to_plain()), version, mac)

    def to_table(self) -> ActionTable:
        """Raises Tampered for a row that nobody wrote."""

        def read() -> ActionTable:
            return ActionTable.from_plain(json.loads(self.actions))

        def write(table: ActionTable) -> ActionsRow:
            return ActionsRow.of(self.dialect, table, self.version, self.mac)

        return read_row(self, read, write, f"the house's table of actions for {self.dialect}")


class PaperRow(NamedTuple):
    """Something that people still have to sign, or signed: a confirmation or an approval, as JSON. `owner` is a
    confirmation's session; `waits` says whether an approval has still to be decided."""

    kind: str
    paper_id: str
    owner: str
    waits: int
    until_ms: int
    paper: str
    version: int
    mac: bytes

    @classmethod
    def of(cls, paper: Paper, mac: bytes) -> PaperRow:
        kind, owner, waits = "confirmation", "", 0
        if isinstance(paper, Approval):
            kind, waits = "approval", int(paper.decision is Decision.WAITING)
        else:
            owner = paper.session
        text = to_json(paper.to_plain())
        return cls(kind, paper.id, owner, waits, paper.expires_at_ms, text, paper.version, mac)

    def to_paper(self) -> Paper:
        """Raises Tampered for a row that nobody wrote."""
        kind: type[Paper] = Approval if self.kind == "approval" else Confirmation

        def read() -> Paper:
            return kind.from_plain(self.paper_id, self.until_ms, self.version, json.loads(self.paper))

        return read_row(self, read, lambda paper: PaperRow.of(paper, self.mac), f"{self.kind} {self.paper_id}")


class HeadRow(NamedTuple):
    """The journal's head: the number of its leaves, and the root over them."""

    size: int
    root: bytes
    mac: bytes


class AccountKeyRow(NamedTuple):
    """An account's key, wrapped; its box is bound to the rest of the row. The house's own has "" for an account."""

    tenant_id: str
    account_id: str
    version: int
    shard: int
    box: bytes


def key_bytes(key: Key) -> bytes:
    """What a key's MAC is over."""
    return encode(key.row())


def account_bytes(account: Account) -> bytes:
    """What an account's MAC is over."""
    row: list[Plain] = [account.id, account.tenant, account.digest(), account.created_at_ms, account.version]
    return encode(row)


def house_bytes(policy: HousePolicy, version: int) -> bytes:
    """What the MAC of the house's rules is over."""
    return encode([policy.digest(), version])


def actions_bytes(dialect: str, table: ActionTable, version: int) -> bytes:
    """What the MAC of a table of actions is over."""
    return encode([dialect, table.digest(), version])


def paper_bytes(paper: Paper) -> bytes:
    """What the MAC of a paper is over."""
    row = PaperRow.of(paper, b"")
    return encode([row.kind, row.paper_id, paper.to_plain(), row.until_ms, row.version])


def head_bytes(size: int, root: bytes) -> bytes:
    """What the MAC of the journal's head is over."""
    return encode([size, root])


def to_json(plain: Plain) -> str:
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def read_row(row: Any, read: Callable[[], T], write: Callable[[T], Any], name: str) -> T:
    """The object of a row, if the row is the one that `write` makes of it."""
    try:
        value = read()
        if write(value) == row:
            return value
    # Whatever an edit can make of a row's values, from another type to a number no canonical form has room for.
    except (MalformedValue, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as exc:
        raise Tampered(f"{name} cannot be read: its row was edited past Bitting") from exc
    raise Tampered(f"{name} is not as it is written here: its row was edited past Bitting")
