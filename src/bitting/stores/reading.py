"""What a row has to pass before it is believed: its form, its MAC, and the journal.

The MAC says that this house wrote the row; the journal's newest leaf of the object says that it was the last one
written; and the journal's head says that the leaf is one of ours (`head`). Without the second, whoever can write to
the database could put back a row of last week, MAC and all: a key from before it was revoked, for one; without the
third, with a leaf that vouches for it. What it cannot see is said in `journal.log.newest`: leaves gone together
with the row are found by the journal's own check, and all of it gone together by a witness.
"""

from __future__ import annotations

from collections.abc import Collection

from bitting.domain.account import Account
from bitting.domain.action_table import ActionTable
from bitting.domain.approval import Approval
from bitting.domain.consent import Confirmation
from bitting.domain.errors import NotFound, Tampered
from bitting.domain.house_policy import HousePolicy
from bitting.domain.keys import Key
from bitting.journal import log
from bitting.stores.head import headed_size
from bitting.stores.ports import Tables
from bitting.stores.rows import AccountRow, KeyRow, PaperRow
from bitting.stores.seals import Seals

MOST_PARENTS = 8


class Reader:
    """Objects out of one transaction's rows."""

    def __init__(self, tables: Tables, seals: Seals) -> None:
        self._tables = tables
        self._seals = seals

    def key(self, key_id: str) -> Key:
        """Raises NotFound, Tampered."""
        row = self._tables.objects.key_row(key_id)
        if row is None:
            raise self.missing("key", key_id)
        return self.key_of(row)

    def key_of(self, row: KeyRow) -> Key:
        """The key of a row, if it is the newest. Raises Tampered."""
        key = self._seals.key(row)
        self.vouch("key", key.id, key.version, key.policy.digest())
        return key

    def account(self, account_id: str) -> Account:
        """Raises NotFound, Tampered."""
        row = self._tables.objects.account_row(account_id)
        if row is None:
            raise self.missing("account", account_id)
        return self.account_of(row)

    def account_of(self, row: AccountRow) -> Account:
        """The account of a row, if it is the newest. Raises Tampered."""
        account = self._seals.account(row)
        self.vouch("account", account.id, account.version, account.digest())
        return account

    def chain(self, account_id: str) -> tuple[Account, ...]:
        """The account, then its parents. Raises NotFound, Tampered."""
        chain: list[Account] = []
        following: str | None = account_id
        while following is not None:
            if len(chain) > MOST_PARENTS:
                raise Tampered(f"the parents of account {account_id} have no end")
            chain.append(self.account(following))
            following = chain[-1].parent
        return tuple(chain)

    def house(self) -> tuple[HousePolicy, int]:
        """The house's rules and their version: the defaults and 0 while nobody has set any. Raises Tampered."""
        row = self._tables.objects.house_row()
        if row is None:
            if log.newest(self._tables.journal, "house", "house") is not None:
                raise Tampered("the house's rules are in the journal and not in the store")
            return HousePolicy(), 0
        policy = self._seals.house(row)
        self.vouch("house", "house", row.version, policy.digest())
        return policy, row.version

    def actions(self, dialect: str) -> tuple[ActionTable, int]:
        """The house's table of actions for a dialect, and its version: an empty one and 0 while it never had any.
        Raises Tampered."""
        row = self._tables.objects.actions_row(dialect)
        if row is None:
            if log.newest(self._tables.journal, "actions", dialect) is not None:
                raise Tampered(f"the house's table of actions for {dialect} is in the journal and not in the store")
            return ActionTable(), 0
        table = self._seals.actions(row)
        self.vouch("actions", dialect, row.version, table.digest())
        return table, row.version

    def approval(self, approval_id: str) -> Approval:
        """Raises NotFound, Tampered."""
        row = self._tables.papers.paper("approval", approval_id)
        if row is None:
            raise self.missing("approval", approval_id)
        return self.approval_of(row)

    def approval_of(self, row: PaperRow) -> Approval:
        """The approval of a row, if it is the newest. Raises Tampered."""
        approval = self._seals.paper(row)
        if not isinstance(approval, Approval):
            raise Tampered(f"{row.kind} {row.paper_id} lies among the approvals")
        self.vouch("approval", approval.id, approval.version, approval.digest())
        return approval

    def confirmation(self, confirmation_id: str) -> Confirmation:
        """It has no leaf: put back, it is over in minutes, and what it was for has moved on. Raises NotFound,
        Tampered."""
        row = self._tables.papers.paper("confirmation", confirmation_id)
        confirmation = None if row is None else self._seals.paper(row)
        if not isinstance(confirmation, Confirmation):
            raise NotFound(f"there is no confirmation {confirmation_id[:64]}")
        return confirmation

    def vouch(self, kind: str, id: str, version: int, digest: bytes) -> None:
        """Raises Tampered unless the journal's last word on the object is this version."""
        leaf = log.newest(self._tables.journal, kind, id)
        if leaf is None:
            raise Tampered(f"the journal knows nothing of {kind} {id}")
        if leaf.index >= headed_size(self._tables, self._seals):
            raise Tampered(f"what the journal says of {kind} {id} was written past Bitting")
        if (leaf.change.version, leaf.change.digest) != (version, digest):
            raise Tampered(
                f"{kind} {id} lies here in version {version}, and the journal's newest is {leaf.change.version}: "
                "its row was put back, or replaced"
            )

    def missing(self, kind: str, id: str, within: Collection[str] | None = None) -> NotFound | Tampered:
        """What it means that there is no such row: nothing, or that one was deleted. `within` are the accounts about
        which the asker may hear of the second."""
        leaf = log.newest(self._tables.journal, kind, id)
        if leaf is not None and (within is None or leaf.change.account in within):
            return Tampered(f"{kind} {id} is in the journal and not in the store: its row was deleted")
        return NotFound(f"there is no {kind} {id[:64]}")
