"""One change as it is made: `lifecycle.ports.Work` over an engine's transaction.

Rule: no change without its leaf. What was written has to be what the journal says at the end of the transaction,
or nothing of it is kept (promise 6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bitting.domain.account import Account
from bitting.domain.action_table import ActionTable
from bitting.domain.approval import Approval
from bitting.domain.change import Change, Personal
from bitting.domain.consent import Confirmation
from bitting.domain.credentials import NonceMode
from bitting.domain.errors import NameReused
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.once import KEPT_MS, Once
from bitting.domain.user import User
from bitting.gate.times import AHEAD_NS
from bitting.journal import log
from bitting.journal.retention import Raised, raise_minimum
from bitting.stores.head import check_head, headed_size, keep_head
from bitting.stores.people import StoredPeople
from bitting.stores.personal import seal_personal
from bitting.stores.ports import Tables, Touched
from bitting.stores.reading import Reader
from bitting.stores.seals import Seals, destroyed
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
        self.people = StoredPeople(tables, seals, self._reader, now_ns)
        self.shredded: list[str] = []  # accounts whose keys have been destroyed
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

    def approval(self, approval_id: str) -> Approval:
        return self._reader.approval(approval_id)

    def waiting_approvals(self, now_ms: int) -> int:
        return len(self._tables.papers.waiting("approval", now_ms))

    def put_approval(self, approval: Approval, before: int) -> None:
        self._written["approval", approval.id] = (approval.version, approval.digest())
        self._tables.papers.put_paper(self._seals.paper_row(approval), before)

    def confirmation(self, confirmation_id: str) -> Confirmation:
        return self._reader.confirmation(confirmation_id)

    def open_confirmations(self, session: str) -> int:
        return self._tables.papers.owned("confirmation", session, self._now_ns // 1_000_000)

    def put_confirmation(self, confirmation: Confirmation, before: int) -> None:
        # Kept a day longer, as spent ids are.
        self._tables.papers.forget_papers("confirmation", self._now_ns // 1_000_000 - DAY_MS)
        self._tables.papers.put_paper(self._seals.paper_row(confirmation), before)

    def user(self, user_id: str) -> User:
        return self.people.user(user_id)

    def user_named(self, name: str) -> User | None:
        return self.people.user_named(name)

    def put_user(self, user: User, before: int) -> None:
        self._written["user", user.id] = (user.version, user.digest())
        self.people.put_user(user, before)

    def house_key(self) -> AccountKey:
        return self.people.house_key()

    def account_key(self, account_id: str) -> AccountKey:
        tenant = self._reader.account(account_id).tenant
        return self._seals.account_key(self._tables.wrapped, tenant, account_id, self._now_ns)

    def seal_personal(self, change: Change, personal: Personal, *, by_house: bool) -> bytes:
        return seal_personal(self._tables, self._seals, change, personal, self._now_ns, by_house=by_house)

    def destroy_account_key(self, account_id: str) -> None:
        tenant = self._reader.account(account_id).tenant
        self._tables.wrapped.replace_account_key_row(destroyed(tenant, account_id))
        self.shredded.append(account_id)

    def repeated(self, once: Once) -> str | None:
        self._tables.counts.forget_repeats(self._now_ns // 1_000_000 - KEPT_MS)
        found = self._tables.counts.repeat(once.who, once.name)
        if found is None:
            return None
        if found[0] != once.digest:
            raise NameReused("this name was given to another question before; give each its own")
        return found[1]

    def keep_once(self, once: Once, object_id: str) -> None:
        self._tables.counts.keep_repeat(once.who, once.name, once.digest, object_id, self._now_ns // 1_000_000)

    def record(self, change: Change) -> None:
        check_head(self._tables, self._seals)  # nothing is built on what somebody else has put there
        leaf = log.append(self._tables.journal, change)
        self.people.tell(leaf.index, change)
        keep_head(self._tables, self._seals)

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

    def give_up(self) -> None:
        """Go on without leaves that were lost, as after a restore. Raises Tampered where leaves were put in
        instead."""
        if headed_size(self._tables, self._seals) > self._tables.journal.journal_size():
            keep_head(self._tables, self._seals)
        # Whoever ran before may have admitted what was stamped up to AHEAD_NS from now.
        self._tables.counts.raise_floor(self._now_ns + AHEAD_NS)
        self._tables.counts.unsettle(self._now_ns)

    def drop_leaves(self, minimum: int) -> Raised:
        """Drop old leaves; see `retention.raise_minimum`."""
        return raise_minimum(self._tables.journal, minimum)

    def settle(self) -> None:
        """What a restore asks for has been done."""
        self._tables.counts.settle()

    def finish(self) -> None:
        """Called before the commit. Raises Tampered when something was written and not recorded."""
        for (kind, id), (version, digest) in self._written.items():
            self._reader.vouch(kind, id, version, digest)
