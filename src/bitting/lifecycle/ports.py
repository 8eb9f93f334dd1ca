"""What a change needs while it is being made: one transaction, in which state and journal become durable
together or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bitting.domain.account import Account
from bitting.domain.action_table import ActionTable
from bitting.domain.approval import Approval
from bitting.domain.change import Change, Personal
from bitting.domain.consent import Confirmation
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.once import Once
from bitting.domain.user import User
from bitting.vault.account_key import AccountKey


class Raised(Protocol):
    """What was dropped: the minimum index before and after, how many leaves, and the digests of all that are gone."""

    @property
    def before(self) -> int: ...

    @property
    def minimum(self) -> int: ...

    @property
    def dropped(self) -> int: ...

    @property
    def gone_before(self) -> bytes: ...

    @property
    def gone(self) -> bytes: ...


class Work(Protocol):
    """The rows of one transaction. Reads check each row's MAC and raise Tampered; writes are checked
    against the version that was read and raise Conflict."""

    def key(self, key_id: str) -> Key:
        """Raises NotFound."""

    def has_wire_id(self, environment: Environment, dialect: str, wire_id: str) -> bool:
        """Whether any key, revoked ones too, has or had this name."""

    def unrevoked_keys(self, account_id: str) -> int:
        """How many keys of the account are not revoked."""

    def account(self, account_id: str) -> Account:
        """Raises NotFound."""

    def house(self) -> tuple[HousePolicy, int]:
        """The house's rules and their version; 0 while they are the defaults."""

    def actions(self, dialect: str) -> tuple[ActionTable, int]:
        """The house's table of actions for a dialect and its version; 0 while it never had one."""

    def put_key(self, key: Key, before: int) -> None:
        """Write the key; `before` is the version that was read, 0 for a new one."""

    def put_account(self, account: Account, before: int) -> None:
        """Write the account; for a new one (`before` 0) its account key is made too."""

    def put_house(self, policy: HousePolicy, before: int) -> None:
        """Write the house's rules as version `before` + 1."""

    def put_actions(self, dialect: str, table: ActionTable, before: int) -> None:
        """Write the house's table of actions for a dialect as version `before` + 1."""

    def approval(self, approval_id: str) -> Approval:
        """Raises NotFound."""

    def waiting_approvals(self, now_ms: int) -> int:
        """How many wait for a second person."""

    def put_approval(self, approval: Approval, before: int) -> None:
        """Write what waits for a second person, or became of it."""

    def confirmation(self, confirmation_id: str) -> Confirmation:
        """Raises NotFound."""

    def open_confirmations(self, session: str) -> int:
        """How many wait in a session."""

    def put_confirmation(self, confirmation: Confirmation, before: int) -> None:
        """Write what waits for a second factor, or became of it. It gives no power by itself, and has no leaf."""

    def account_key(self, account_id: str) -> AccountKey:
        """What seals the account's secrets."""

    def house_key(self) -> AccountKey:
        """What seals what is the house's own, and its people's."""

    def user(self, user_id: str) -> User:
        """Raises NotFound."""

    def user_named(self, name: str) -> User | None:
        """By the one spelling of the name."""

    def put_user(self, user: User, before: int) -> None:
        """Write the user; `before` is the version that was read, 0 for a new one. Raises Conflict: the name is
        taken."""

    def last(self, kind: str, id: str) -> Change | None:
        """The journal's newest record of an object."""

    def put_shards(self, environment: str, boxes: Mapping[int, bytes]) -> None:
        """Write keys that are wrapped by a root over those that are there."""

    def seal_personal(self, change: Change, personal: Personal, *, by_house: bool) -> bytes:
        """Sealed for the change's place, under the key of its account, or the house's where that did it; b"" where the
        account was shredded."""

    def destroy_account_key(self, account_id: str) -> None:
        """Put nothing in the place of the account's key, for good."""

    def drop_leaves(self, minimum: int) -> Raised:
        """Drop the journal's leaves below an index, but the newest of each object. Raises Refused, Tampered."""

    def record(self, change: Change) -> None:
        """Append to the journal."""

    def repeated(self, once: Once) -> str | None:
        """What was made or changed under that name before; None: nothing yet. Raises NameReused."""

    def keep_once(self, once: Once, object_id: str) -> None:
        """Remember for a day what became of it."""

    def spend(self, consent_id: str, expires_at_ms: int) -> None:
        """Use a consent up. Raises Conflict when it was used before."""
