"""The witnesses of a running house: asked before it serves, and after every checkpoint.

A witness that answers has to agree, always. One that cannot be asked keeps the house from starting, unless the settings
say `required = false`; then what it cosigned last, which lies in the data folder, has to do, and the house stops by
itself if the witness turns out to know better.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, NamedTuple

from bitting.domain.errors import BittingError, Malformed, Misconfigured, Tampered, Unavailable
from bitting.journal import log
from bitting.journal.checkpoint import Checkpoint
from bitting.journal.witness import Declined, Submission
from bitting.settings import WitnessSettings
from bitting.stores.notes import NoteFolder
from bitting.stores.shelf import Shelf
from bitting.web.http import Upstream, UpstreamLimits
from bitting.web.witness import WitnessClient
from bitting.wiring.house import House

# One question at a time, and never long: whoever waits for a witness at the start waits for this.
_LIMITS: Final = UpstreamLimits(connections=1, connect_s=5, reply_s=5, reply_bytes=64 * 1024)
EVERY_S: Final = 1.0
LAST_S: Final = 2.0  # for the last word at the end
_APART_S: Final = 300  # so far a witness's clock may be from ours; an older cosignature may have been kept by somebody
_WHAT_NOW: Final = (
    "put the newest database in its place; if there is none any more, `bitting recover` shows what is lost, and goes "
    "on without it"
)


class Kind(Enum):
    """In what way the database is not the newest there was."""

    OLDER = "rolled back"
    FORK = "fork"
    PART = "restored in part"


class Lost(NamedTuple):
    """What was cosigned and is not here: who knows of it, how many leaves, and the note, "" where nobody shows it."""

    known_by: str
    size: int
    note: str


class Contradiction(Tampered):
    """The database is not the newest there was, and the house must not serve from it."""

    def __init__(self, kind: Kind, text: str, lost: Lost | None = None) -> None:
        super().__init__(f"{text}: {_WHAT_NOW}")
        self.kind = kind
        self.text = text
        self.lost = lost


class Watched:
    """One witness, as this house sees it. `agreed` says whether it has cosigned since the house was opened."""

    def __init__(self, settings: WitnessSettings, house: House) -> None:
        """Raises Misconfigured."""
        self.name = settings.witness.name
        self.required = settings.required
        self.agreed = False
        self.cosigned: Checkpoint | None = None
        self._cosigned_at_s = 0
        self._asking = asyncio.Lock()
        self._witness = settings.witness
        self._house = house
        self._notes = NoteFolder(house.folder.witnessed)
        self._client = WitnessClient(Upstream([settings.url], limits=_LIMITS, tls=settings.tls.client), settings.prefix)
        if (note := self._notes.kept(self.name)) is not None:
            with suppress(Malformed, Tampered):  # of an earlier epoch, or cosigned under a key that it had before
                checkpoint = Checkpoint.from_note(note, house.journal.trusted[:1])
                self._cosigned_at_s = self._witness.cosigned_at_s(note)
                self.cosigned = checkpoint

    @property
    def behind(self) -> int:
        """How many signed leaves it has not cosigned yet."""
        return self._house.journal.newest.size - self._size

    @property
    def _size(self) -> int:
        return 0 if self.cosigned is None else self.cosigned.size

    async def ask(self) -> None:
        """Have it cosign the newest checkpoint, if it has not. Raises Unavailable where it cannot be asked,
        Misconfigured where it does not know this journal, Contradiction where it knows of another one, or of more."""
        async with self._asking:  # or an earlier answer could be kept over a later one
            newest = self._house.journal.newest
            if self.agreed and self._size == newest.size:
                return
            answer = await self._submitted(min(self._size, newest.size), newest)
            if isinstance(answer, Declined) and answer.size not in (None, self._size) and answer.size <= newest.size:
                answer = await self._submitted(answer.size, newest)
            if isinstance(answer, Declined):
                raise await self._objection(answer, newest)
            await self._keep(newest, answer)

    async def keep_asking(self) -> None:
        """The same as a task of the house. What it says after it has agreed is trouble for people to look into:
        somebody signs elsewhere, or it errs. Before, it is the reason why this house should not have started."""
        try:
            await self.ask()
        except Contradiction as problem:
            if self.agreed:
                raise
            raise RuntimeError(f"{problem}") from problem

    def status(self) -> Mapping[str, Any]:
        """For `bitting doctor`."""
        at = datetime.fromtimestamp(self._cosigned_at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if self.cosigned else ""
        return {"name": self.name, "size": self._size, "behind": self.behind, "at": at, "agreed": self.agreed}

    async def close(self) -> None:
        """Let the connection go."""
        await self._client.close()

    async def _submitted(self, old: int, newest: Checkpoint) -> str | Declined:
        proof = await self._house.store.read(
            lambda shelf: log.consistency_proof(shelf.journal_storage(), old, newest.size)
        )
        try:
            return await self._client.add(Submission(old, proof, newest.note))
        except Unavailable as problem:
            raise Unavailable(f"the witness {self.name} cannot be asked: {problem}") from None

    async def _keep(self, newest: Checkpoint, lines: str) -> None:
        note = newest.note + lines
        try:
            at_s = self._witness.cosigned_at_s(note)
        except (Malformed, Tampered) as problem:
            raise Unavailable(f"what answers for the witness {self.name} is not it: {problem}") from None
        if abs(at_s - self._house.clock.now_ns() // 1_000_000_000) > _APART_S:
            raise Unavailable(f"the witness {self.name} cosigns at another time than now: look at both clocks")
        await asyncio.to_thread(self._notes.keep, self.name, note)
        self.cosigned = Checkpoint(newest.origin, newest.size, newest.root, note)
        self._cosigned_at_s = at_s
        self.agreed = True

    async def _objection(self, answer: Declined, newest: Checkpoint) -> BittingError:
        """What a refusal means."""
        if answer.status in (403, 404):
            return Misconfigured(
                f"the witness {self.name} does not know this journal ({answer.reason}): start it with "
                f"--log {self._house.journal.vkey}"
            )
        if answer.status not in (409, 422):
            return Unavailable(f"the witness {self.name} did not understand us: {answer.reason}")
        kept = await self._shown()
        size = max(answer.size or 0, kept.size if kept else 0)
        if size > newest.size:
            shown = "and it shows our signature over them" if kept else "as it says without showing our signature"
            return Contradiction(
                Kind.OLDER,
                f"the database is older than its witness {self.name}: {size} leaves were cosigned, {shown}, "
                f"and {newest.size} are here",
                Lost(self.name, size, kept.note if kept else ""),
            )
        return Contradiction(
            Kind.FORK,
            f"the journal here is a fork: the witness {self.name} has cosigned another one ({answer.reason})",
            Lost(self.name, size or self._size, kept.note if kept else ""),
        )

    async def _shown(self) -> Checkpoint | None:
        """What it can show with our own signature, for everything else it says may be wrong."""
        with suppress(Malformed, Tampered, Unavailable):
            if (note := await self._client.kept(self._house.journal.origin)) is not None:
                return Checkpoint.from_note(note, self._house.journal.trusted[:1])
        return None


@asynccontextmanager
async def watched(house: House, settings: Sequence[WitnessSettings]) -> AsyncIterator[None]:
    """The house's witnesses, when they agree that it may serve; from then on they are asked after every checkpoint.
    Raises Contradiction, Unavailable and Misconfigured, with which it is and what to do."""
    async with asked(house, settings) as witnesses:
        for contradiction in await contradictions(house, witnesses):
            raise contradiction
        house.duties += [(task_name(each), EVERY_S, each.keep_asking) for each in witnesses]
        house.journal.witnesses = witnesses
        yield
        if witnesses:  # what was written in the last second is the first that could be lost unnoticed
            with suppress(BittingError, TimeoutError):
                async with asyncio.timeout(LAST_S):
                    await house.journal.sign()


@asynccontextmanager
async def asked(house: House, settings: Sequence[WitnessSettings]) -> AsyncIterator[list[Watched]]:
    """The witnesses, to be asked. Raises Misconfigured."""
    witnesses = [Watched(each, house) for each in settings]
    try:
        yield witnesses
    finally:
        for each in witnesses:
            await each.close()


async def contradictions(house: House, witnesses: Sequence[Watched]) -> list[Contradiction]:
    """Everything that shows the database not to be the newest there was: the notes in its folder, what the witnesses
    say, and rows and journal themselves. Raises Unavailable where a witness that is required cannot be asked,
    Misconfigured."""
    await house.journal.resume()
    found = await house.store.read(lambda shelf: list(_by_notes(shelf, house)))
    answers = await asyncio.gather(*(each.ask() for each in witnesses), return_exceptions=True)
    for each, answer in zip(witnesses, answers, strict=True):
        if isinstance(answer, Contradiction):
            found.append(answer)
        elif isinstance(answer, Unavailable) and not each.required:
            house.troubles[task_name(each)] = str(answer)
        elif isinstance(answer, Unavailable):
            raise Unavailable(
                f"{answer}: start it, or set `required = false` in its [[witness]], and what it cosigned last has to do"
            )
        elif answer is not None:
            raise answer
    if (torn := await house.store.read(lambda shelf: shelf.torn())) is not None:
        text = f"the database was restored in part, rows and journal are of two moments: {torn}"
        found.append(Contradiction(Kind.PART, text))
    return found


def task_name(witness: Watched) -> str:
    """Under which the trouble with it is told."""
    return f"witness {witness.name}"


def _by_notes(shelf: Shelf, house: House) -> Iterator[Contradiction]:
    """Hold the journal against what lies in the folder beside the database. Raises Misconfigured."""
    journal = shelf.journal_storage()
    for path, note in NoteFolder(house.folder.witnessed).every():
        if not note.startswith(f"{house.journal.origin}\n"):
            continue  # of an epoch that was given up
        try:
            checkpoint = Checkpoint.from_note(note, house.journal.trusted[:1])
        except (Malformed, Tampered) as problem:
            raise Misconfigured(f"{path} is not what was written there ({problem}): restore it from a copy") from None
        size, lost = house.journal.newest.size, Lost(str(path), checkpoint.size, note)
        if checkpoint.size > size:
            yield Contradiction(
                Kind.OLDER,
                f"the database is older than its folder: {checkpoint.size} leaves were cosigned ({path}), "
                f"and {size} are here",
                lost,
            )
        elif log.root(journal, checkpoint.size) != checkpoint.root:
            text = f"the journal here is a fork: another one of {checkpoint.size} leaves was cosigned ({path})"
            yield Contradiction(Kind.FORK, text, lost)
