"""The journal's signer in a running house: a checkpoint when it is time, and before somebody takes the journal away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from bitting.domain.errors import BittingError
from bitting.gate.ports import Clock
from bitting.journal import epoch, merkle
from bitting.journal.checkpoint import Checkpoint, Checkpointer, due
from bitting.journal.note import Verifier
from bitting.stores.threaded import Threaded


class Cosigning(Protocol):
    """A witness of this journal."""

    @property
    def cosigned(self) -> Checkpoint | None:
        """The newest checkpoint that it has cosigned."""

    async def ask(self) -> None:
        """Have it cosign the newest one. Raises BittingError."""

    def status(self) -> Mapping[str, Any]:
        """How far it is, for `bitting doctor`."""


class SigningJournal:
    """Fits `desk.ports.Journal`. `witnesses` are asked when somebody takes the journal away, so that what they sign is
    in it."""

    def __init__(self, store: Threaded, checkpointer: Checkpointer, clock: Clock) -> None:
        self._store = store
        self._checkpointer = checkpointer
        self._clock = clock
        self._signed: Checkpoint | None = None
        self._signed_at_ns = 0
        self.witnesses: Sequence[Cosigning] = ()

    @property
    def vkey(self) -> str:
        """The public key, as verifiers want it."""
        return self._checkpointer.signer.verifier.to_vkey()

    @property
    def origin(self) -> str:
        """The name in every checkpoint of this epoch."""
        return self._checkpointer.signer.name

    def origin_of(self, number: int) -> str:
        """The name it would have in another epoch."""
        names = [self.origin, *(each.name for each in self._checkpointer.retired)]
        return epoch.origin(names[-1], number)

    @property
    def trusted(self) -> Sequence[Verifier]:
        """The keys of all epochs, the present one first."""
        return (self._checkpointer.signer.verifier, *self._checkpointer.retired)

    @property
    def newest(self) -> Checkpoint:
        """The last checkpoint of this run; where there was nothing to sign, one of no leaves."""
        return self._signed or Checkpoint.signed(self._checkpointer.signer, 0, merkle.EMPTY)

    async def resume(self) -> None:
        """Take up the newest checkpoint of this epoch that is stored; the first one of an epoch is signed. Raises
        Tampered, Unavailable."""
        row = await self._store.read(lambda shelf: shelf.journal_storage().newest_checkpoint())
        if row is not None:
            newest = Checkpoint.from_row(row, self.trusted)
            if newest.origin == self.origin:
                self._signed = newest
                return
        await self.sign()

    async def sign_when_due(self) -> None:
        """Sign the journal when it has grown and it is time. Raises Tampered, Unavailable."""
        if due(await self._store.journal_size(), self._signed_size, self._clock.now_ns(), self._signed_at_ns):
            await self._sign()

    async def sign(self) -> None:
        """Sign everything that has been written until now. Raises Tampered, Unavailable."""
        if await self._store.journal_size() > self._signed_size:
            await self._sign()
        for witness in self.witnesses:
            with suppress(BittingError):  # which its own task tells
                await witness.ask()

    @property
    def cosigned(self) -> Sequence[Checkpoint]:
        """The newest that each witness has cosigned."""
        return [witness.cosigned for witness in self.witnesses if witness.cosigned is not None]

    @property
    def _signed_size(self) -> int:
        return 0 if self._signed is None else self._signed.size

    async def _sign(self) -> None:
        self._signed = await self._store.sign(self._checkpointer, self._signed)
        self._signed_at_ns = self._clock.now_ns()
