"""Both ends of a witness's HTTP interface (C2SP tlog-witness).

    POST /add-checkpoint                           a submission; answered with the witness's signature line
    GET /checkpoint/<SHA-256 of the origin in hex> the greatest checkpoint that was cosigned, with that line

The second is our own: the document leaves open how a checkpoint is read back. A log that was rolled back sees by it
its own signature over what it has lost, and need not take anybody's word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from bitting.domain.errors import Malformed, MalformedValue, Unavailable
from bitting.domain.request import Header, Reply, Request
from bitting.journal.checkpoint import Checkpoint
from bitting.journal.cosignature import Cosigner
from bitting.journal.note import Verifier, stripped
from bitting.journal.spelling import to_number
from bitting.journal.witness import Declined, Submission, judge
from bitting.web.http import Upstream

ADD: Final = b"/add-checkpoint"
_CHECKPOINT: Final = b"/checkpoint/"
_TEXT: Final[tuple[Header, ...]] = ((b"content-type", b"text/plain; charset=utf-8"),)
_DECLINES: Final = frozenset({400, 403, 404, 409, 422})
_MOST_SAID: Final = 200
_SIZE: Final[tuple[Header, ...]] = ((b"content-type", b"text/x.tlog.size"),)


class Notes(Protocol):
    """Where a witness keeps what it has cosigned."""

    def keep(self, name: str, note: str) -> None:
        """Durable when it returns. Raises Unavailable."""

    def kept(self, name: str) -> str | None:
        """Raises Misconfigured."""


class WitnessFace:
    """The handler of a witness. What it has cosigned is read once, here, and from then on it goes by its memory: a file
    that is put back behind its back is not believed."""

    def __init__(
        self, cosigner: Cosigner, logs: Mapping[str, Sequence[Verifier]], notes: Notes, now_s: Callable[[], int]
    ) -> None:
        """`logs` are the keys of each log by its origin. Raises Misconfigured, Tampered, MalformedValue."""
        self._cosigner = cosigner
        self._logs = logs
        self._notes = notes
        self._now_s = now_s
        self._by_hash = {hashlib.sha256(origin.encode()).hexdigest().encode(): origin for origin in logs}
        found = {origin: notes.kept(origin) for origin in logs}
        self.cosigned = {
            origin: Checkpoint.from_note(note, logs[origin]) for origin, note in found.items() if note is not None
        }

    def __call__(self, request: Request) -> Reply:
        """Whoever asks is answered before anybody else is heard: nothing in here waits for the loop, so between the
        look at what was cosigned and the new file there is no second checkpoint."""
        if request.path == ADD:
            return self._add(request.body) if request.method == b"POST" else _said(405, "checkpoints are POSTed here")
        origin = self._by_hash.get(request.path.removeprefix(_CHECKPOINT))
        if request.method != b"GET" or origin not in self.cosigned:
            return _said(404, "nothing was cosigned here")
        return Reply(200, _TEXT, self.cosigned[origin].note.encode())

    def _add(self, body: bytes) -> Reply:
        try:
            submission = Submission.from_bytes(body)
        except Malformed as problem:
            return _said(400, str(problem))
        judged = judge(submission, self._logs, self.cosigned)
        if isinstance(judged, Declined):
            if judged.size is not None:
                return Reply(judged.status, _SIZE, f"{judged.size}\n".encode())
            return _said(judged.status, judged.reason)
        line = self._cosigner.cosign(judged.note, self._now_s())
        # Under the log's own signature: what others have signed besides is not ours to keep.
        note = stripped(judged.note, self._logs[judged.origin]) + line
        try:
            self._notes.keep(judged.origin, note)
        except Unavailable:
            return _said(503, "what would be cosigned cannot be written down")
        self.cosigned[judged.origin] = Checkpoint(judged.origin, judged.size, judged.root, note)
        return Reply(200, _TEXT, line.encode())


class WitnessClient:
    """A witness, as a log sees it. Everything it says is to be checked by whoever asked: see `cosignature`."""

    def __init__(self, upstream: Upstream, prefix: str) -> None:
        """`prefix` is what stands in front of the paths, "" or something that begins with a slash."""
        self._upstream = upstream
        self._prefix = prefix.encode()

    async def add(self, submission: Submission) -> str | Declined:
        """Submit a checkpoint: the witness's signature lines, or its reason. Raises Unavailable where it could not be
        asked, or does not answer as a witness does."""
        reply = await self._upstream.send(b"POST", self._prefix + ADD, _TEXT, submission.to_bytes())
        said = reply.body.decode("utf-8", "replace")
        if reply.status == 200:
            return said
        if reply.status not in _DECLINES:
            raise Unavailable(f"the witness answered with status {reply.status}")
        size = None
        if reply.status == 409 and dict(reply.headers).get(b"content-type") == _SIZE[0][1]:
            try:
                size = to_number(said.removesuffix("\n"))
            except MalformedValue:
                raise Unavailable("the witness named a size that is no number") from None
        return Declined(reply.status, said.strip()[:_MOST_SAID], size)

    async def kept(self, origin: str) -> str | None:
        """The greatest checkpoint it has cosigned, None where it does not give one away. Raises Unavailable."""
        target = self._prefix + _CHECKPOINT + hashlib.sha256(origin.encode()).hexdigest().encode()
        reply = await self._upstream.send(b"GET", target, (), b"")
        return reply.body.decode("utf-8", "replace") if reply.status == 200 else None

    async def close(self) -> None:
        """Let the connections go."""
        await self._upstream.close()


def _said(status: int, text: str) -> Reply:
    return Reply(status, _TEXT, f"{text}\n".encode())
