"""Cosignatures: the published form, whose they are, and over what."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.domain.errors import MalformedValue, Tampered
from bitting.journal.checkpoint import Checkpoint
from bitting.journal.cosignature import Cosigner, Witness, with_cosignatures
from bitting.journal.note import Signer, Verifier, signature_line

COSIGNER = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(b"w" * 32))
OTHER = Cosigner("witness.example/w2", Ed25519PrivateKey.from_private_bytes(b"v" * 32))
AT_S = 1_679_315_147  # the time in the document's example


@pytest.fixture
def note(signer: Signer) -> str:
    return Checkpoint.signed(signer, 20_852_163, hashlib.sha256(b"").digest()).note


def test_the_bytes_are_those_of_the_document(note: str) -> None:
    """c2sp.org/tlog-cosignature: key id, time and signature in one line, over two lines of their own and the text."""
    line = COSIGNER.cosign(note, AT_S)
    dash, name, encoded = line.removesuffix("\n").split(" ")
    raw = base64.b64decode(encoded)
    public = COSIGNER.key.public_key().public_bytes_raw()
    assert (dash, name) == ("\N{EM DASH}", "witness.example/w1")
    assert raw[:4] == hashlib.sha256(b"witness.example/w1\n\x04" + public).digest()[:4]
    assert raw[4:12] == bytes.fromhex("0000000064") + b"\x18\x50\xcb"
    text = note.partition("\n\n")[0] + "\n"
    COSIGNER.key.public_key().verify(raw[12:], f"cosignature/v1\ntime 1679315147\n{text}".encode())


def test_a_witness_is_given_away_as_a_vkey() -> None:
    """Its text reads back; a log's key is none, and neither is the other's."""
    witness = COSIGNER.witness
    assert Witness.from_vkey(witness.to_vkey()) == witness
    log = Verifier(witness.name, witness.public)
    with pytest.raises(MalformedValue, match="not an Ed25519 key of type 4"):
        Witness.from_vkey(log.to_vkey())
    with pytest.raises(MalformedValue, match="not an Ed25519 key of type 1"):
        Verifier.from_vkey(witness.to_vkey())
    with pytest.raises(MalformedValue, match="do not belong together"):
        Witness.from_vkey(witness.to_vkey().replace("w1", "w2"))
    with pytest.raises(MalformedValue, match="key name"):
        Witness("a witness", witness.public)


def test_whoever_cosigned_is_known(note: str) -> None:
    """Each by its own line, wherever it stands; of several the latest time counts."""
    both = note + OTHER.cosign(note, AT_S) + COSIGNER.cosign(note, AT_S - 1) + COSIGNER.cosign(note, AT_S - 9)
    assert COSIGNER.witness.cosigned_at_s(both) == AT_S - 1
    assert OTHER.witness.cosigned_at_s(both) == AT_S
    with pytest.raises(Tampered, match="has not cosigned this"):
        COSIGNER.witness.cosigned_at_s(note)


def test_a_cosignature_is_for_one_checkpoint(note: str, signer: Signer) -> None:
    """Moved to another text, or with another time, it is false."""
    line = COSIGNER.cosign(note, AT_S)
    other = Checkpoint.signed(signer, 20_852_164, hashlib.sha256(b"").digest()).note
    with pytest.raises(Tampered, match="is not over this text"):
        COSIGNER.witness.cosigned_at_s(other + line)
    raw = base64.b64decode(line.split(" ")[2])
    for altered in (raw[:4] + (AT_S + 1).to_bytes(8, "big") + raw[12:], raw[:12] + bytes(64)):
        with pytest.raises(Tampered):
            COSIGNER.witness.cosigned_at_s(note + signature_line(COSIGNER.name, altered))


@pytest.mark.parametrize("length", [0, 7, 8, 71, 73])
def test_a_cosignature_has_its_length(note: str, length: int) -> None:
    """Not a byte more or less; and no time beyond what the document allows."""
    line = signature_line(COSIGNER.name, COSIGNER.witness.key_id + bytes(max(1, length)))
    with pytest.raises(MalformedValue):
        COSIGNER.witness.cosigned_at_s(note + line)


def test_a_time_is_below_the_documents_bound(note: str) -> None:
    """2^63 - 1 seconds, and nothing that says more."""
    assert COSIGNER.witness.cosigned_at_s(note + COSIGNER.cosign(note, 2**63 - 1)) == 2**63 - 1
    with pytest.raises(MalformedValue):
        COSIGNER.witness.cosigned_at_s(note + COSIGNER.cosign(note, 2**63))


def test_cosignatures_are_gathered_under_one_note(note: str, signer: Signer) -> None:
    """Those over the same text, each once; a cosignature of another checkpoint is left where it is."""
    first, second = COSIGNER.cosign(note, AT_S), OTHER.cosign(note, AT_S)
    other = Checkpoint.signed(signer, 1, bytes(32)).note
    gathered = with_cosignatures(note, [note + first, note + second + first, other + COSIGNER.cosign(other, AT_S)])
    assert gathered == note + first + second
    assert Checkpoint.from_note(gathered, [signer.verifier]).size == 20_852_163
    with pytest.raises(MalformedValue):
        with_cosignatures(note, ["no note"])
