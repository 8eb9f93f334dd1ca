"""The frame round every change: who, when, in which transaction, with whose consent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bitting.domain.account import Account
from bitting.domain.action_table import ActionTable
from bitting.domain.approval import Approval
from bitting.domain.canonical import Plain
from bitting.domain.change import DONE, NOBODY, REFUSED, Change
from bitting.domain.consent import Consent, Wanted, change_digest
from bitting.domain.errors import ApprovalMissing, Conflict, ConsentMissing
from bitting.domain.holds import Authority
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Entropy
from bitting.domain.keys import Key
from bitting.domain.user import User
from bitting.lifecycle.ports import Work


@dataclass(frozen=True, slots=True)
class Act:
    """One change in the making. Lifecycle functions read `work`, ask `allow`, and end in one of the `keep`s."""

    work: Work
    consent: Consent
    now_ns: int
    entropy: Entropy

    @property
    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return self.now_ns // 1_000_000

    def allow(
        self,
        deed: str,
        object_id: str,
        version_before: int,
        policy_after: bytes,
        terms: Sequence[Plain] = (),
        *,
        widens: bool,
        says: Sequence[str] = (),
    ) -> None:
        """Check the consent against exactly this change, and use it up; `says` tells its person what it gives. Raises
        ConsentMissing, ApprovalMissing, Conflict."""
        change = change_digest(deed, object_id, version_before, policy_after, terms)
        wanted = Wanted(deed, object_id, version_before, change, tuple(says) or (deed,))
        if not widens:
            self.consent.require(change, widens=False, now_ms=self.now_ms)
        elif self.use(wanted) and self.consent.needs_second(deed):
            missing = ApprovalMissing("a second person has to approve this change")
            missing.wanted = wanted
            raise missing

    def use(self, wanted: Wanted) -> bool:
        """Use up a consent to this change, and say whether it was a person's; the operator on the machine needs none.
        Raises ConsentMissing, Conflict."""
        try:
            used = self.consent.require(wanted.digest, widens=True, now_ms=self.now_ms)
        except ConsentMissing as missing:
            missing.wanted = wanted
            raise
        if used:
            self.work.spend(self.consent.id, self.consent.expires_at_ms)
        return used

    def keep_key(self, deed: str, before: Key | None, after: Key, facts: Mapping[str, Plain] | None = None) -> Key:
        """Write the key and its journal record."""
        self.work.put_key(after, 0 if before is None else before.version)
        self._record(
            deed,
            "key",
            after.id,
            after.account,
            after.version,
            b"" if before is None else before.policy.digest(),
            after.policy.digest(),
            facts,
        )
        return after

    def keep_account(
        self, deed: str, before: Account | None, after: Account, facts: Mapping[str, Plain] | None = None
    ) -> Account:
        """Write the account and its journal record."""
        self.work.put_account(after, 0 if before is None else before.version)
        self._record(
            deed,
            "account",
            after.id,
            after.id,
            after.version,
            b"" if before is None else before.digest(),
            after.digest(),
            facts,
        )
        return after

    def keep_user(self, deed: str, before: User | None, after: User, facts: Mapping[str, Plain] | None = None) -> User:
        """Write the user and the journal record."""
        self.work.put_user(after, 0 if before is None else before.version)
        self._record(
            deed, "user", after.id, "", after.version, b"" if before is None else before.digest(), after.digest(), facts
        )
        return after

    def note_user(self, deed: str, user: User, facts: Mapping[str, Plain]) -> None:
        """Record what a user did that changes nothing about the user: a sign-in."""
        self._record(deed, "user", user.id, "", user.version, user.digest(), user.digest(), facts)

    def keep_house(self, deed: str, before: HousePolicy, version: int, after: HousePolicy) -> HousePolicy:
        """Write the house's rules and their journal record."""
        self.work.put_house(after, version)
        self._record(deed, "house", "house", "", version + 1, before.digest(), after.digest(), None)
        return after

    def keep_shards(self, deed: str, id: str, before: bytes, after: bytes, facts: Mapping[str, Plain]) -> None:
        """Record what was planned for the keys of shards, or became of one; they are named by their checks."""
        last = self.work.last("shard", id)
        self._record(deed, "shard", id, "", 1 if last is None else last.version + 1, before, after, facts)

    def keep_journal(self, deed: str, id: str, before: bytes, after: bytes, facts: Mapping[str, Plain]) -> None:
        """Record what became of the journal itself."""
        last = self.work.last("journal", id)
        self._record(deed, "journal", id, "", 1 if last is None else last.version + 1, before, after, facts)

    def keep_actions(self, deed: str, dialect: str, before: ActionTable, version: int, after: ActionTable) -> int:
        """Write the house's table of actions for a dialect and its journal record; its version."""
        changes = before.changes(after)
        counts = {name: len(routes) for name, routes in changes._asdict().items()}
        facts = {"rows": len(after.rows), **counts}
        self.work.put_actions(dialect, after, version)
        self._record(deed, "actions", dialect, "", version + 1, before.digest(), after.digest(), facts)
        return version + 1

    def keep_approval(
        self, deed: str, before: Approval | None, after: Approval, facts: Mapping[str, Plain] | None = None
    ) -> Approval:
        """Write what waits for a second person, or became of it, and its journal record."""
        self.work.put_approval(after, 0 if before is None else before.version)
        was = b"" if before is None else before.digest()
        self._record(deed, "approval", after.id, "", after.version, was, after.digest(), facts)
        return after

    def note(self, deed: str, facts: Mapping[str, Plain]) -> None:
        """Record a deed that changes no object: a backup, a look at the root."""
        self._record(deed, "house", "deeds", "", 0, b"", b"", facts)

    def refuse(self, intent: str, object_id: str, account: str, facts: Mapping[str, Plain]) -> None:
        """Record what was asked for and not done. It is filed by itself and not under the object, whose newest record
        says what its row has to be."""
        self._record(intent, "refusal", object_id, account, 0, b"", b"", facts, result=REFUSED)

    def _record(
        self,
        deed: str,
        kind: str,
        object_id: str,
        account: str,
        version: int,
        before: bytes,
        after: bytes,
        facts: Mapping[str, Plain] | None,
        *,
        result: str = DONE,
    ) -> None:
        consent = self.consent
        change = Change(
            self.now_ns,
            consent.request_id,
            consent.actor,
            consent.strength.value,
            deed,
            kind,
            object_id,
            account,
            version,
            before,
            after,
            {**(facts or {}), **consent.facts},
            result,
        )
        if consent.personal != NOBODY:
            by_house = consent.authority is not Authority.HOLDER
            sealed = self.work.seal_personal(change, consent.personal, by_house=by_house)
            change = replace(change, sealed=sealed)
        self.work.record(change)


def must_match(version: int, expected: int | None) -> None:
    """Refuse to change what has moved on since the person looked at it. Raises Conflict."""
    if expected is not None and version != expected:
        raise Conflict(f"it was changed meanwhile (version {version}, you saw {expected}); look again")
