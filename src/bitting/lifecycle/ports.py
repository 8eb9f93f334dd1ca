"""What a change needs while it is being made: one transaction, in which state and journal become durable
together or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bitting.domain.account import Account
from bitting.domain.action_table import ActionTable
from bitting.domain.change import Change
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.vault.account_key import AccountKey


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

    def account_key(self, account_id: str) -> AccountKey:
        """What seals the account's secrets."""

    def last(self, kind: str, id: str) -> Change | None:
        """The journal's newest record of an object."""

    def put_shards(self, environment: str, boxes: Mapping[int, bytes]) -> None:
        """Write keys that are wrapped by a root over those that are there."""

    def record(self, change: Change) -> None:
        """Append to the journal."""

    def spend(self, consent_id: str, expires_at_ms: int) -> None:
        """Use a consent up. Raises Conflict when it was used before."""
