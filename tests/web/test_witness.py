"""A witness over HTTP: the document's statuses, one answer at a time, and what it keeps."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.domain.errors import Tampered, Unavailable
from bitting.domain.request import Reply, Request
from bitting.journal import merkle as tree_of
from bitting.journal.checkpoint import Checkpoint
from bitting.journal.cosignature import Cosigner
from bitting.journal.note import Signer
from bitting.journal.witness import Declined, Submission
from bitting.web.http import Limits, Upstream, UpstreamLimits, serve
from bitting.web.witness import WitnessClient, WitnessFace
from tests.journal.test_merkle import Tree, numbered

T = TypeVar("T")

SIGNER = Signer("bitting.example/journal", Ed25519PrivateKey.from_private_bytes(b"l" * 32))
COSIGNER = Cosigner("witness.example", Ed25519PrivateKey.from_private_bytes(b"w" * 32))
LOGS = {SIGNER.name: [SIGNER.verifier]}
AT_S = 1_790_000_000
ORIGIN_HASH = hashlib.sha256(SIGNER.name.encode()).hexdigest()

TREE = Tree(numbered(40))
FORK = Tree([*numbered(7), *(b"another leaf" for _ in range(33))])


class Memory:
    """Notes in a dict, on a disk that can be full."""

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}
        self.full = False

    def keep(self, name: str, note: str) -> None:
        if self.full:
            raise Unavailable("the disk is full")
        self.notes[name] = note

    def kept(self, name: str) -> str | None:
        return self.notes.get(name)


def submission(old: int, size: int, tree: Tree = TREE) -> Submission:
    note = Checkpoint.signed(SIGNER, size, tree_of.root(tree.read, size)).note
    return Submission(old, tree_of.consistency_proof(tree.read, old, size), note)


def face(notes: Memory) -> WitnessFace:
    return WitnessFace(COSIGNER, LOGS, notes, lambda: AT_S)


def asked(witness: WitnessFace, body: bytes, method: bytes = b"POST", target: bytes = b"/add-checkpoint") -> Reply:
    return witness(Request(method, target, (), body, 0))


def add(witness: WitnessFace, old: int, size: int, tree: Tree = TREE) -> Reply:
    return asked(witness, submission(old, size, tree).to_bytes())


def test_growth_is_cosigned_and_kept() -> None:
    """The reply is a signature line over the checkpoint; what is kept is the log's note with that line."""
    notes = Memory()
    witness = face(notes)
    reply = add(witness, 0, 9)
    note = submission(0, 9).note
    assert (reply.status, reply.body.decode()) == (200, COSIGNER.cosign(note, AT_S))
    assert notes.notes == {SIGNER.name: note + COSIGNER.cosign(note, AT_S)}
    assert add(witness, 9, 40).status == 200
    assert COSIGNER.witness.cosigned_at_s(notes.notes[SIGNER.name]) == AT_S


def test_the_statuses_of_the_document() -> None:
    """409 names the size in a type of its own, the others say why in a line."""
    witness = face(Memory())
    assert add(witness, 0, 9).status == 200
    conflict = add(witness, 8, 12)
    assert (conflict.status, conflict.body) == (409, b"9\n")
    assert dict(conflict.headers)[b"content-type"] == b"text/x.tlog.size"
    assert add(witness, 9, 12, FORK).status == 422
    assert add(witness, 9, 9, FORK).status == 409
    assert asked(witness, b"noise").status == 400
    other = Signer("nobody.example/log", SIGNER.key)
    unknown = Checkpoint.signed(other, 1, bytes(32)).note
    assert asked(witness, Submission(0, [], unknown).to_bytes()).status == 404
    thief = Signer(SIGNER.name, COSIGNER.key)
    forged = Checkpoint.signed(thief, 12, bytes(32)).note
    assert asked(witness, Submission(9, [], forged).to_bytes()).status == 403
    assert asked(witness, b"", b"GET").status == 405
    for target in (b"/", b"/add-checkpoint/", b"//add-checkpoint", b"/checkpoint/", b"/checkpoint/" + b"0" * 64):
        assert asked(witness, b"", b"GET", target).status == 404
        assert asked(witness, submission(9, 12).to_bytes(), b"POST", target).status == 404


def test_what_it_holds_can_be_read() -> None:
    """By the hash of the log's name: with the log's signature and its own, and nobody else's."""
    witness = face(Memory())
    target = f"/checkpoint/{ORIGIN_HASH}".encode()
    assert asked(witness, b"", b"GET", target).status == 404
    noisy = submission(0, 9)
    stranger = Cosigner("stranger.example", Ed25519PrivateKey.generate())
    noisy = noisy._replace(note=noisy.note + stranger.cosign(noisy.note, AT_S))
    assert asked(witness, noisy.to_bytes()).status == 200
    reply = asked(witness, b"", b"GET", target)
    assert reply.status == 200
    assert reply.body.decode() == submission(0, 9).note + COSIGNER.cosign(noisy.note, AT_S)


def test_what_cannot_be_written_is_not_cosigned() -> None:
    """Before the disk has it nobody gets a signature, and the witness stands where it stood."""
    notes = Memory()
    witness = face(notes)
    assert add(witness, 0, 9).status == 200
    notes.full = True
    assert add(witness, 9, 12).status == 503
    assert witness.cosigned[SIGNER.name].size == 9
    notes.full = False
    assert add(witness, 9, 12).status == 200


def test_it_remembers_over_a_restart() -> None:
    """And a file that is not what it wrote keeps it from starting."""
    notes = Memory()
    assert add(face(notes), 0, 9).status == 200
    again = face(notes)
    assert add(again, 0, 5).body == b"9\n"
    notes.notes.clear()  # behind its back
    assert add(again, 0, 5).body == b"9\n"
    notes.notes[SIGNER.name] = submission(0, 9).note.replace("\n9\n", "\n8\n")
    with pytest.raises(Tampered):
        face(notes)


def run(deed: Callable[[WitnessClient, WitnessFace], Awaitable[T]], prefix: str = "") -> T:
    """A client and a witness over a real socket."""

    async def whole() -> T:
        witness = face(Memory())
        faults: list[BaseException] = []
        server = await serve(witness, host="127.0.0.1", port=0, limits=Limits(), on_error=faults.append)
        url = "http://{}:{}".format(*server.addresses[0])
        client = WitnessClient(Upstream([url], limits=UpstreamLimits(connections=8)), prefix)
        try:
            return await deed(client, witness)
        finally:
            await client.close()
            await server.close(1.0)
            assert faults == []

    return asyncio.run(whole())


def test_a_log_and_its_witness() -> None:
    """What the one writes the other reads: lines, sizes, reasons, and what is held."""

    async def deed(client: WitnessClient, witness: WitnessFace) -> None:
        assert await client.kept(SIGNER.name) is None
        first = submission(0, 9)
        assert await client.add(first) == COSIGNER.cosign(first.note, AT_S)
        assert await client.add(submission(3, 12)) == Declined(409, "9", 9)
        forked = await client.add(submission(9, 12, FORK))
        assert isinstance(forked, Declined)
        assert (forked.status, forked.size) == (422, None)
        assert await client.kept(SIGNER.name) == first.note + COSIGNER.cosign(first.note, AT_S)

    run(deed)


def test_asked_twice_at_once_it_answers_one() -> None:
    """Of two checkpoints from one size, sent at one moment, one is cosigned and the other hears of it; whatever the
    order, what is held is what was cosigned last, and never less."""

    async def deed(client: WitnessClient, witness: WitnessFace) -> None:
        for round, (first, second) in enumerate([(9, 12), (12, 9), (20, 20)]):
            witness.cosigned.clear()
            answers = await asyncio.gather(*(client.add(submission(0, size)) for size in (first, second) * 4))
            cosigned = [each for each in answers if isinstance(each, str)]
            assert len(cosigned) == 1, round
            held = witness.cosigned[SIGNER.name].size
            assert {each.size for each in answers if isinstance(each, Declined)} == {held}

    run(deed)


def test_a_path_in_front_is_kept() -> None:
    """A witness behind a proxy has a prefix; ours knows none and says so."""

    async def deed(client: WitnessClient, witness: WitnessFace) -> None:
        assert await client.add(submission(0, 9)) == Declined(404, "nothing was cosigned here", None)

    run(deed, "/witnesses/one")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(500, (), b""), "answered with status 500"),
        (Reply(204, (), b""), "answered with status 204"),
        (Reply(409, ((b"content-type", b"text/x.tlog.size"),), b"nine\n"), "a size that is no number"),
    ],
)
def test_what_is_no_witness_is_unavailable(reply: Reply, words: str) -> None:
    """Another status, or a size nobody can read, says nothing about the log."""

    async def whole() -> None:
        server = await serve(lambda _: reply, host="127.0.0.1", port=0, limits=Limits(), on_error=print)
        url = "http://{}:{}".format(*server.addresses[0])
        client = WitnessClient(Upstream([url], limits=UpstreamLimits()), "")
        try:
            with pytest.raises(Unavailable, match=words):
                await client.add(submission(0, 9))
        finally:
            await client.close()
            await server.close(1.0)

    asyncio.run(whole())


def test_a_conflict_without_a_size_is_a_reason() -> None:
    """The document lets a witness say 409 for another root of the same size, with whatever words."""

    async def whole() -> None:
        reply = Reply(409, ((b"content-type", b"text/plain"),), b"another root\n")
        server = await serve(lambda _: reply, host="127.0.0.1", port=0, limits=Limits(), on_error=print)
        client = WitnessClient(Upstream(["http://{}:{}".format(*server.addresses[0])], limits=UpstreamLimits()), "")
        assert await client.add(submission(0, 9)) == Declined(409, "another root", None)
        await client.close()
        await server.close(1.0)

    asyncio.run(whole())
