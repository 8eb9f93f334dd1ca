"""What proves that a caller is the key, and the life of that proof.

A key has one credential, or two while it is being rotated. The life is the table `STEPS`, and nothing
else decides what may follow what; `docs/key-life.md` is drawn from it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from bitting.domain.canonical import Plain
from bitting.domain.errors import IllegalStep


class Algorithm(Enum):
    """How a credential signs. The key's record fixes it; nothing in a request can choose another."""

    HMAC_SHA256 = "hmac-sha256"
    HMAC_SHA384 = "hmac-sha384"
    HMAC_SHA512 = "hmac-sha512"
    ED25519 = "ed25519"
    ECDSA_P256 = "ecdsa-p256-sha256"
    RSA_SHA256 = "rsa-pkcs1-sha256"  # PKCS #1 v1.5

    __hash__ = object.__hash__

    @property
    def shared(self) -> bool:
        """Whether we hold the secret too (HMAC), rather than a public key."""
        return self in _SHARED

    @property
    def legacy(self) -> bool:
        """Whether it proves anything only in a house whose rules name it: there is a better one for every client."""
        return self is Algorithm.RSA_SHA256


_SHARED: Final = frozenset({Algorithm.HMAC_SHA256, Algorithm.HMAC_SHA384, Algorithm.HMAC_SHA512})


class NonceMode(Enum):
    """What a dialect's free-running nonce is for this credential."""

    TIME = "time"  # shaped like a time since 1970, normalised to nanoseconds and bounded ahead
    COUNTER = "counter"  # any growing number


class State(Enum):
    """Where a credential is in its life."""

    PRIMARY = "primary"
    RETIRING = "retiring"
    RETIRED = "retired"


class Step(Enum):
    """What can happen to a credential."""

    REPLACE = "replace"  # a newer one takes its place; it works on until its overlap ends
    RESTORE = "restore"  # the rotation is rolled back while it still works
    RETIRE = "retire"  # it stops: its overlap is over, its successor is rolled back, the key is revoked


STEPS: Final[dict[State, dict[Step, State]]] = {
    State.PRIMARY: {Step.REPLACE: State.RETIRING, Step.RETIRE: State.RETIRED},
    State.RETIRING: {Step.RESTORE: State.PRIMARY, Step.RETIRE: State.RETIRED},
    State.RETIRED: {},
}


@dataclass(frozen=True, slots=True)
class Credential:
    """One proof. `material` is the sealed box of an HMAC secret, or the raw bytes of a public key."""

    id: str
    algorithm: Algorithm
    state: State
    version: int
    material: bytes
    created_at_ms: int
    retires_at_ms: int | None = None
    nonce_mode: NonceMode = NonceMode.TIME

    def after(self, step: Step, *, retires_at_ms: int | None = None) -> Credential:
        """The credential after `step`. Raises IllegalStep. `retires_at_ms` is kept only while retiring."""
        following = STEPS[self.state].get(step)
        if following is None:
            raise IllegalStep(f"a {self.state.value} credential cannot {step.value}")
        return replace(self, state=following, retires_at_ms=retires_at_ms if following is State.RETIRING else None)

    def live(self, now_ms: int) -> bool:
        """Whether it proves anything at that time."""
        if self.state is State.RETIRING:
            return self.retires_at_ms is not None and now_ms < self.retires_at_ms
        return self.state is State.PRIMARY

    def to_plain(self) -> list[Plain]:
        """What the row's MAC covers; the material stands as its SHA-256."""
        return [
            self.id,
            self.algorithm.value,
            self.state.value,
            self.version,
            hashlib.sha256(self.material).digest(),
            self.created_at_ms,
            self.retires_at_ms,
            self.nonce_mode.value,
        ]
