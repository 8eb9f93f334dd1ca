"""argon2id (RFC 9106), a few at a time.

One hash takes 64 MiB and a tenth of a second, which is what makes guessing dear, and what would let a stranger fill
the machine with guesses: so two are made at once, twenty more may wait, and whoever comes then is told to come again.
The sealed hash is opened for the comparison only: without the house's root, a stolen database has nothing to guess at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from argon2.low_level import ARGON2_VERSION

from bitting.domain.errors import Tampered, TooMany
from bitting.domain.ids import Entropy
from bitting.domain.secret import Secret

T = TypeVar("T")

AT_ONCE: Final = 2
WAITING: Final = 20
SALT_BYTES: Final = 16
_RETRY_S: Final = 5


class Cost(NamedTuple):
    """RFC 9106 section 4, the second recommendation."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4


class Hasher:
    """Hashes passwords and compares them. Used on one event loop."""

    def __init__(self, cost: Cost = Cost()) -> None:  # noqa: B008 - a tuple
        self._hasher = PasswordHasher(cost.passes, cost.memory_kib, cost.lanes, type=Type.ID)
        self._pool = ThreadPoolExecutor(AT_ONCE, "bitting-argon2")
        self._asked = 0
        # Shaped as any hash of this cost, and nobody's: 32 zero bytes are what no password is known to come to.
        parameters = f"m={cost.memory_kib},t={cost.passes},p={cost.lanes}"
        self.decoy = f"$argon2id$v={ARGON2_VERSION}${parameters}${'A' * 22}${'A' * 43}".encode()

    async def hash(self, password: Secret, entropy: Entropy) -> Secret:
        """The hash with its salt and parameters, to be sealed. Raises TooMany."""
        salt = entropy(SALT_BYTES)
        return Secret((await self._in(lambda: self._hasher.hash(password.reveal(), salt=salt))).encode())

    async def matches(self, hashed: bytes, password: Secret) -> bool:
        """Whether the hash is this password's. Compare with `decoy` where there is none: it takes as long. Raises
        TooMany, Tampered."""

        def compare() -> bool:
            try:
                return self._hasher.verify(hashed, password.reveal())
            except VerifyMismatchError:
                return False
            except InvalidHashError as problem:
                raise Tampered("what is kept as a password's hash is none") from problem

        return await self._in(compare)

    def outdated(self, hashed: bytes) -> bool:
        """Whether it was made at another cost than is asked now."""
        return self._hasher.check_needs_rehash(hashed)

    def close(self) -> None:
        """Nothing more is hashed."""
        self._pool.shutdown()

    async def _in(self, work: Callable[[], T]) -> T:
        if self._asked >= AT_ONCE + WAITING:
            raise TooMany("too many people are signing in just now: try again in a few seconds", _RETRY_S)
        running = asyncio.get_running_loop().run_in_executor(self._pool, work)
        self._asked += 1
        running.add_done_callback(self._done)  # and not `finally`: who has gone away leaves a hash that is being made
        return await asyncio.shield(running)

    def _done(self, running: asyncio.Future[T]) -> None:
        self._asked -= 1
        if not running.cancelled():
            running.exception()  # seen, should nobody be left to hear it
