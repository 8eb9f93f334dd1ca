"""What a house makes of what its witnesses say: whom it believes, how far, and what it does not start with."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.domain.errors import BittingError, Misconfigured, Tampered, Unavailable
from bitting.domain.request import Reply, Request
from bitting.journal.checkpoint import Checkpoint
from bitting.journal.cosignature import Cosigner
from bitting.journal.note import Signer
from bitting.journal.witness import Submission
from bitting.settings import WitnessSettings
from bitting.stores.notes import NoteFolder
from bitting.web.http import Limits, serve
from bitting.wiring.house import House, open_house
from bitting.wiring.witnesses import Contradiction, Kind, Watched, asked, contradictions, watched

COSIGNER = Cosigner("witness.example", Ed25519PrivateKey.from_private_bytes(b"w" * 32))
THIEF = Cosigner("witness.example", Ed25519PrivateKey.from_private_bytes(b"t" * 32))
SIZE = ((b"content-type", b"text/x.tlog.size"),)

Answer = Callable[[Request], Reply]


def cosigned(request: Request, *, by: Cosigner = COSIGNER, late_s: int = 0) -> Reply:
    """What a witness that looks at nothing would say."""
    note = Submission.from_bytes(request.body).note
    return Reply(200, (), by.cosign(note, int(time.time()) + late_s).encode())


def run(tmp_path: Path, answer: Answer, deed: Callable[[House, WitnessSettings], Awaitable[Any]], **more: Any) -> Any:
    """A house with one account, and something that answers as its witness."""

    async def whole() -> Any:
        server = await serve(answer, host="127.0.0.1", port=0, limits=Limits(), on_error=print)
        url = "http://{}:{}".format(*server.addresses[0])
        try:
            async with open_house(tmp_path / "data") as house:
                with suppress(BittingError):
                    await house.ask("account.open", {"name": "alice"})
                await house.journal.sign()
                return await deed(house, WitnessSettings(COSIGNER.witness, url, **more))
        finally:
            await server.close(1.0)

    return asyncio.run(whole())


def ask(tmp_path: Path, answer: Answer) -> Watched:
    """One question, and the witness afterwards."""

    async def deed(house: House, settings: WitnessSettings) -> Watched:
        async with asked(house, [settings]) as [witness]:
            await house.journal.resume()
            await witness.ask()
            return witness

    watched: Watched = run(tmp_path, answer, deed)
    return watched


def test_a_cosignature_is_kept(tmp_path: Path) -> None:
    """In the folder, and found there again by the next run; then it still has to be given anew."""
    witness = ask(tmp_path, cosigned)
    assert (witness.agreed, witness.behind) == (True, 0)
    [(_, note)] = NoteFolder(tmp_path / "data" / "witnessed").every()
    assert COSIGNER.witness.cosigned_at_s(note) > time.time() - 60
    with pytest.raises(Unavailable):
        ask(tmp_path, lambda _: Reply(500, (), b""))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda request: cosigned(request, by=THIEF), "is not it: the witness witness.example has not cosigned this"),
        (lambda request: cosigned(request, late_s=-400), "cosigns at another time than now"),
        (lambda request: cosigned(request, late_s=400), "cosigns at another time than now"),
        (lambda _: Reply(200, (), b"yes\n"), "is not it"),
        (lambda _: Reply(200, (), b""), "is not it"),
        (lambda _: Reply(400, (), b"what?\n"), "did not understand us: what?"),
        (lambda _: Reply(500, (), b""), "cannot be asked: the witness answered with status 500"),
    ],
    ids=["another's key", "kept", "from the future", "noise", "nothing", "malformed", "down"],
)
def test_whoever_else_answers_is_not_believed(tmp_path: Path, answer: Answer, words: str) -> None:
    """Another key, an old cosignature that somebody has kept, a clock that is wrong, and noise: as good as silence."""
    with pytest.raises(Unavailable, match=words):
        ask(tmp_path, answer)
    assert list(NoteFolder(tmp_path / "data" / "witnessed").every()) == []


@pytest.mark.parametrize("status", [403, 404])
def test_a_witness_of_other_journals_is_named(tmp_path: Path, status: int) -> None:
    """With the words that make it ours; and `required = false` does not pass it over."""
    answer: Answer = lambda _: Reply(status, (), b"not here\n")  # noqa: E731

    async def deed(house: House, settings: WitnessSettings) -> None:
        with pytest.raises(Misconfigured, match="does not know this journal") as caught:
            async with watched(house, [settings]):
                pass
        assert f"--log {house.journal.vkey}" in str(caught.value)

    run(tmp_path, answer, deed, required=False)


def test_a_larger_size_is_believed_without_proof(tmp_path: Path) -> None:
    """Nothing starts; but it is said whether our own signature was shown."""

    async def deed(house: House, settings: WitnessSettings) -> list[Contradiction]:
        async with asked(house, [settings]) as witnesses:
            return await contradictions(house, witnesses)

    liar: Answer = lambda request: Reply(409, SIZE, b"99\n") if request.method == b"POST" else Reply(404, (), b"")  # noqa: E731
    [said] = run(tmp_path, liar, deed)
    assert said.kind is Kind.OLDER
    assert "99 leaves were cosigned, as it says without showing our signature" in str(said)
    assert (said.lost.size, said.lost.note) == (99, "")

    def forger(request: Request) -> Reply:
        if request.method == b"POST":
            return liar(request)
        origin = "bitting.local/journal/" + hashlib.sha256(public(tmp_path)).hexdigest()[:8]
        return Reply(200, (), Checkpoint.signed(Signer(origin, THIEF.key), 99, bytes(32)).note.encode())

    [said] = run(tmp_path, forger, deed)
    assert "without showing our signature" in str(said)


def public(tmp_path: Path) -> bytes:
    from bitting.kms.signing_key import load_signing_key

    return load_signing_key(tmp_path / "data" / "checkpoint.key").public_key().public_bytes_raw()


def test_two_trees_of_one_size_are_a_fork(tmp_path: Path) -> None:
    """A 409 with the size we have, or a proof that does not hold."""

    async def deed(house: House, settings: WitnessSettings) -> list[Contradiction]:
        async with asked(house, [settings]) as witnesses:
            return await contradictions(house, witnesses)

    for status, headers, body in ((409, SIZE, b"1\n"), (422, (), b"no\n"), (409, (), b"another root\n")):
        [said] = run(tmp_path, lambda _, s=status, h=headers, b=body: Reply(s, h, b), deed)  # type: ignore[misc]
        assert said.kind is Kind.FORK, (status, body)
        assert isinstance(said, Tampered)


def test_a_damaged_note_in_the_folder_is_no_memory(tmp_path: Path) -> None:
    """It is not passed over as if nothing had been cosigned."""
    ask(tmp_path, cosigned)
    [(path, note)] = NoteFolder(tmp_path / "data" / "witnessed").every()
    path.write_text(note.replace("\n1\n", "\n2\n"))

    async def deed(house: House, settings: WitnessSettings) -> None:
        with pytest.raises(Misconfigured, match="is not what was written there"):
            async with watched(house, []):
                pass

    run(tmp_path, cosigned, deed)


def test_a_witness_that_disagrees_later_is_trouble(tmp_path: Path) -> None:
    """Once it has agreed the house's own memory counts for more; before, the house has to stop."""
    agrees = True

    def answer(request: Request) -> Reply:
        return cosigned(request) if agrees else Reply(409, SIZE, b"99\n")

    async def deed(house: House, settings: WitnessSettings) -> None:
        nonlocal agrees
        async with asked(house, [settings]) as [witness]:
            await house.journal.resume()
            await witness.keep_asking()
            agrees = False
            await witness.keep_asking()  # nothing is new, and nothing is asked
            await house.ask("account.open", {"name": "bob"})
            await house.journal.sign()
            with pytest.raises(Contradiction):
                await witness.keep_asking()
            assert witness.behind == 1
        async with asked(house, [settings]) as [witness]:
            with pytest.raises(RuntimeError, match="older than its witness"):
                await witness.keep_asking()

    run(tmp_path, answer, deed)
