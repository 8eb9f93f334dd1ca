"""The life of keys, walked at random and compared with a small model after every step.

The model keeps what a person would: rank and end of the policy, holds, the secrets that work and until when.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from bitting.domain.consent import Consent, Strength
from bitting.domain.errors import BittingError, ConsentMissing, IllegalStep, MalformedValue
from bitting.domain.grants import NO_LIMITS, Limits
from bitting.domain.holds import LIFTS, SETS, Authority, Hold
from bitting.domain.network import NOBODY, Network
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy
from bitting.domain.verdict import Reason
from bitting.lifecycle.edit import edit
from bitting.lifecycle.hold import lock, pause, resume, unlock
from bitting.lifecycle.revoke import revoke, self_revoke
from bitting.lifecycle.rotate import roll_back
from tests.lifecycle.requests import ED25519, HMAC, issued, policy, public_key, rotated
from tests.lifecycle.work import NOW_MS, OPERATOR, SESSION, House

HOUR_MS = 3_600_000
# Each is within the next: a higher rank is a widening.
RANKS: list[dict[str, Any]] = [
    {"grants": {}, "network": NOBODY},
    {"grants": {Permission.ORDERS_WRITE: Limits.from_plain({"pairs": ["BTC/USD"]})}},
    {"grants": {Permission.ORDERS_WRITE: NO_LIMITS}},
    {"grants": {Permission.ORDERS_WRITE: NO_LIMITS, Permission.EARN_READ: NO_LIMITS}},
    {
        "grants": {Permission.ORDERS_WRITE: NO_LIMITS, Permission.EARN_READ: NO_LIMITS},
        "network": Network.from_text(["203.0.112.0/23"]),
    },
]
ENDS = [None, NOW_MS + HOUR_MS, NOW_MS + 3 * HOUR_MS]
HOLDER = Consent("user:ada", Strength.LOCAL, Authority.HOLDER, "request-6")  # as if each change had been confirmed
WATCH = Consent("bitting", Strength.LOCAL, Authority.HOUSE, "request-8")
NEVER = 1 << 62

ranks, ends = st.integers(0, len(RANKS) - 1), st.sampled_from(ENDS)
consents = st.sampled_from([OPERATOR, HOLDER, SESSION, WATCH])


@dataclass
class Model:
    """One key as a person would remember it."""

    rank: int
    end: int | None
    secret: bytes
    former: bytes = b""
    former_until: int = 0
    holds: set[Hold] = field(default_factory=set)
    revoked: bool = False
    version: int = 1

    def working(self, now_ms: int) -> list[bytes]:
        """The secrets that prove something."""
        if self.revoked:
            return []
        return [self.secret, self.former] if now_ms < self.former_until else [self.secret]


class KeyLife(RuleBasedStateMachine):
    """Everything that can be done to keys, by everybody, in any order."""

    keys: Bundle[str] = Bundle("keys")

    def __init__(self) -> None:
        super().__init__()
        self.house = House()
        self.models: dict[str, Model] = {}
        self.pairs = 0

    def expect(self, error: type[BittingError] | None, make: Callable[[], Any], model: Model) -> Any:
        """Do it; what is refused leaves everything as it was, what is done is one version more."""
        before = self.house.rows
        if error is not None:
            with pytest.raises(error):
                make()
            assert self.house.rows is before
            return None
        result = make()
        model.version += 1
        return result

    @precondition(lambda self: sum(not each.revoked for each in self.models.values()) < 3)
    @rule(target=keys, rank=ranks, paired=st.booleans())
    def issue(self, rank: int, paired: bool) -> str:
        key, secret = issued(self.house, wanted(rank, None), self.proofs(paired))
        self.models[key.id] = Model(rank, None, key.primary.material if secret is None else secret.reveal())
        return key.id

    def proofs(self, paired: bool) -> Any:
        if not paired:
            return HMAC
        self.pairs += 1
        return ED25519._replace(public_key=public_key(self.pairs % 255 + 1))

    @rule(key=keys, rank=ranks, end=ends, consent=consents)
    def edits(self, key: str, rank: int, end: int | None, consent: Consent) -> None:
        model = self.models[key]
        widens = rank > model.rank or (end or NEVER) > (model.end or NEVER)
        error: type[BittingError] | None = None
        if model.revoked:
            error = IllegalStep
        elif end != model.end and end is not None and end <= self.house.now_ms:
            error = MalformedValue
        elif widens and consent is SESSION:
            error = ConsentMissing
        self.expect(error, lambda: self.house.do(lambda act: edit(act, key, wanted(rank, end)), consent), model)
        if error is None:
            model.rank, model.end = rank, end

    @rule(key=keys, overlap_s=st.sampled_from([0, 60, 86_400]), paired=st.booleans(), consent=consents)
    def rotates(self, key: str, overlap_s: int, paired: bool, consent: Consent) -> None:
        model, proofs = self.models[key], self.proofs(paired)
        error = IllegalStep if model.revoked else ConsentMissing if consent is SESSION else None
        after = self.expect(error, lambda: rotated(self.house, key, proofs, overlap_s, consent=consent), model)
        if after is not None:
            model.former, model.former_until = model.secret, self.house.now_ms + overlap_s * 1000
            model.secret = after.key.primary.material if after.secret is None else after.secret.reveal()

    @rule(key=keys, consent=consents)
    def rolls_back(self, key: str, consent: Consent) -> None:
        model = self.models[key]
        possible = len(model.working(self.house.now_ms)) == 2
        error = IllegalStep if not possible else ConsentMissing if consent is SESSION else None
        self.expect(error, lambda: self.house.do(lambda act: roll_back(act, key), consent), model)
        if error is None:
            model.secret, model.former_until = model.former, 0

    @rule(key=keys, hold=st.sampled_from(Hold), consent=consents, by_name=st.booleans())
    def stops(self, key: str, hold: Hold, consent: Consent, by_name: bool) -> None:
        model = self.models[key]
        allowed = not model.revoked and hold not in model.holds and consent.authority in SETS[hold]
        error = None if allowed else IllegalStep
        plain = hold is Hold.HOLDER and by_name
        self.expect(
            error, lambda: self.house.do(lambda act: pause(act, key) if plain else lock(act, key, hold), consent), model
        )
        if error is None:
            model.holds.add(hold)

    @rule(key=keys, hold=st.sampled_from(Hold), consent=consents, by_name=st.booleans(), aimed=st.booleans())
    def frees(self, key: str, hold: Hold, consent: Consent, by_name: bool, aimed: bool) -> None:
        model = self.models[key]
        if aimed and model.holds:  # most blind shots hit nothing
            hold = min(model.holds, key=lambda each: each.value)
        allowed = not model.revoked and hold in model.holds and consent.authority in LIFTS[hold]
        error = IllegalStep if not allowed else ConsentMissing if consent is SESSION else None
        plain = hold is Hold.HOLDER and by_name
        self.expect(
            error,
            lambda: self.house.do(lambda act: resume(act, key) if plain else unlock(act, key, hold), consent),
            model,
        )
        if error is None:
            model.holds.remove(hold)

    @rule(key=keys, consent=consents, itself=st.booleans(), sure=st.sampled_from([False, False, False, True]))
    def revokes(self, key: str, consent: Consent, itself: bool, sure: bool) -> None:
        model = self.models[key]
        if not (sure or model.revoked):  # or there would be little life to look at
            return
        signed = Consent(f"key:{key}", Strength.SIGNATURE, Authority.HOLDER, "request-7")
        self.expect(
            IllegalStep if model.revoked else None,
            lambda: (
                self.house.do(lambda act: self_revoke(act, key), signed)
                if itself
                else self.house.do(lambda act: revoke(act, key), consent)
            ),
            model,
        )
        model.revoked = True

    @rule(seconds=st.sampled_from([1, 59, 60, 3_600, 86_400]))
    def time_passes(self, seconds: int) -> None:
        self.house.now_ms += seconds * 1000

    @invariant()
    def the_rows_are_as_remembered(self) -> None:
        """Policy, holds, end and version; and exactly the secrets that should work are the ones that do."""
        now_ms = self.house.now_ms
        for id, model in self.models.items():
            key = self.house.key(id)
            assert (key.version, set(key.holds)) == (model.version, model.holds)
            assert key.policy == wanted(model.rank, model.end)
            assert (key.revoked_at_ms is not None) == model.revoked
            opened = zip(key.credentials, self.house.secrets(key), strict=True)
            assert [secret for each, secret in opened if each.live(now_ms)] == model.working(now_ms)
            against = key.out_of_force(now_ms)
            assert (against and against.reason) == _against(model, now_ms)

    @invariant()
    def the_journal_tells_all_of_it(self) -> None:
        """One leaf a version, in order, each beginning where the one before ended."""
        for id, model in self.models.items():
            leaves = [each for each in self.house.rows.journal if each.id == id]
            assert [each.version for each in leaves] == list(range(1, model.version + 1))
            assert [each.before for each in leaves] == [b"", *(each.digest for each in leaves[:-1])]
            assert leaves[-1].digest == wanted(model.rank, model.end).digest()


def wanted(rank: int, end: int | None) -> Policy:
    return policy(**{"expires_at_ms": end} | RANKS[rank])


def _against(model: Model, now_ms: int) -> Reason | None:
    if model.revoked:
        return Reason.REVOKED
    if model.end is not None and now_ms >= model.end:
        return Reason.EXPIRED
    return Reason.HELD if model.holds else None


TestKeyLife = KeyLife.TestCase
TestKeyLife.settings = settings(max_examples=250, stateful_step_count=40)
