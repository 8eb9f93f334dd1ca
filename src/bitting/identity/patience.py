"""How often somebody may be wrong (SP 800-63B-4 section 3.2.2).

Failures are counted before anything is compared, in a transaction of their own, so that neither a crash nor a change
that is rolled back afterwards gives a guess back. The first few cost nothing; then the wait doubles, up to a quarter
of an hour; at the ceiling there are no more tries from there.

They are counted apart for each block of addresses from which this person has signed in before, and together for all
the rest of the world. So a stranger who guesses makes strangers wait, and not the person at home; and nobody's passkey
waits for anybody, for there is nothing to guess.

A password's strangers begin anew when the person has signed in. Codes of an app are so short that this would be
giving tries away: three of a million are right at any moment, and thirty tries a year leave a stranger who knows the
password a chance of 9 in 100,000.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from bitting.domain.canonical import framed
from bitting.domain.errors import TooMany
from bitting.domain.network import block_of
from bitting.identity.ports import NO_TRIES, People, Place, Tries

FREE: Final = 5
LONGEST_WAIT_MS: Final = 15 * 60_000
YEAR_MS: Final = 366 * 86_400_000
NOBODY: Final = "nobody"  # asked about where there is no such person, so that as much is asked

_STOPPED: Final = "too many wrong tries: use a passkey, sign in from where you usually do, or ask for a reset"


class Patience(NamedTuple):
    """`strangers` and `known` are the ceilings away from home and at home; `forgives` says whether a success clears
    what strangers have done."""

    what: bytes
    strangers: int
    known: int
    forgives: bool


PASSWORD: Final = Patience(b"password", 100, 100, forgives=True)
CODE: Final = Patience(b"code", 30, 100, forgives=False)


class Scope(NamedTuple):
    """One row of failures: of what, of whom, from where; and the one in which strangers' are counted, which is the same
    away from home."""

    patience: Patience
    here: bytes
    strangers: bytes
    of_user: bool

    @property
    def at_home(self) -> bool:
        """Whether this person has signed in from there before."""
        return self.here != self.strangers


def scope(people: People, patience: Patience, subject: str, user_id: str | None, place: Place) -> Scope:
    """Where tries of this subject from this place are counted. The subject of a password is the name that was said, so
    that names nobody has are counted as well."""
    block = block_of(place.address)
    at_home = people.knows_place(user_id or NOBODY, block)
    strangers = framed(patience.what, subject.encode(), b"strangers")
    here = framed(patience.what, subject.encode(), block.to_bytes(16, "big")) if at_home else strangers
    return Scope(patience, here, strangers, user_id is not None)


def charge(people: People, scope: Scope, now_ms: int) -> bool:
    """Count a try as failed until it is known to be right. True when it is the last one there will be. Raises TooMany,
    before anything is counted."""
    tries = people.tries(scope.here)
    if now_ms - tries.first_at_ms >= YEAR_MS:
        tries = NO_TRIES
    ceiling = scope.patience.known if scope.at_home else scope.patience.strangers
    if tries.failures >= ceiling:
        raise TooMany(_STOPPED)
    wait_ms = tries.last_at_ms + delay_ms(tries.failures) - now_ms
    if wait_ms > 0:
        wait_s = -(-wait_ms // 1000)
        raise TooMany(f"too many wrong tries: wait {wait_s} seconds", wait_s)
    failures = tries.failures + 1
    people.put_tries(scope.here, Tries(failures, tries.first_at_ms or now_ms, now_ms), known=scope.of_user)
    return failures >= ceiling


def delay_ms(failures: int) -> int:
    """How long to wait after so many."""
    if failures < FREE:
        return 0
    return min(1_000 << min(failures - FREE, 20), LONGEST_WAIT_MS)


def forgive(people: People, scope: Scope) -> None:
    """It was right. Takes this try back, and those before it where they are forgiven."""
    if scope.patience.forgives:
        for each in {scope.here, scope.strangers}:
            people.put_tries(each, NO_TRIES, known=scope.of_user)
        return
    tries = people.tries(scope.here)
    left = NO_TRIES if scope.at_home or tries.failures <= 1 else tries._replace(failures=tries.failures - 1)
    people.put_tries(scope.here, left, known=scope.of_user)
