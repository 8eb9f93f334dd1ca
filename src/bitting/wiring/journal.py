"""The journal's signer in a running house: a checkpoint when it is time, and before somebody takes the journal away."""

from __future__ import annotations

from bitting.gate.ports import Clock
from bitting.journal.checkpoint import Checkpoint, Checkpointer, due
from bitting.stores.threaded import Threaded


class SigningJournal:
    """Fits `desk.ports.Journal`."""

    def __init__(self, store: Threaded, checkpointer: Checkpointer, clock: Clock) -> None:
        self._store = store
        self._checkpointer = checkpointer
        self._clock = clock
        self._signed: Checkpoint | None = None
        self._signed_at_ns = 0

    @property
    def vkey(self) -> str:
        """The public key, as verifiers want it."""
        return self._checkpointer.signer.verifier.to_vkey()

    async def sign_when_due(self) -> None:
        """Sign the journal when it has grown and it is time. Raises Tampered, Unavailable."""
        if due(await self._store.journal_size(), self._signed_size, self._clock.now_ns(), self._signed_at_ns):
            await self._sign()

    async def sign(self) -> None:
        """Sign everything that has been written until now. Raises Tampered, Unavailable."""
        if await self._store.journal_size() > self._signed_size:
            await self._sign()

    @property
    def _signed_size(self) -> int:
        return 0 if self._signed is None else self._signed.size

    async def _sign(self) -> None:
        self._signed = await self._store.sign(self._checkpointer, self._signed)
        self._signed_at_ns = self._clock.now_ns()
