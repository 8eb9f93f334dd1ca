"""Signed notes (C2SP signed-note): a text, a blank line, and signature lines, ours of Ed25519, type 0x01.

    <text, ending in a newline>

    — <key name> base64(key id ‖ signature)

The key id is the first 4 bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key): a hint which key to try.
Lines of keys we do not know are passed over, so that witnesses and successor keys can sign beside us.
https://c2sp.org/signed-note
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bitting.domain.errors import MalformedValue, Tampered
from bitting.journal.spelling import from_base64, to_base64

_ED25519 = b"\x01"
_DASH = "\u2014 "
_MOST_SIGNATURES = 100
_UNFIT = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")  # control characters, and what UTF-8 cannot say


@dataclass(frozen=True, slots=True)
class Verifier:
    """The public half: a name, and 32 bytes of an Ed25519 public key."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not self.name.isprintable() or self.name == "" or " " in self.name or "+" in self.name:
            raise MalformedValue("a key name is printable, without spaces or plus, and not empty")

    @classmethod
    def from_vkey(cls, text: str) -> Verifier:
        """Read `<name>+<key id in hex>+base64(0x01 ‖ public key)`. Raises MalformedValue."""
        name, _, rest = text.partition("+")
        key_id, _, material = rest.partition("+")
        key = from_base64(material)
        if key[:1] != _ED25519 or len(key) != 33:
            raise MalformedValue("the verifier key is not an Ed25519 key of type 1")
        verifier = cls(name, key[1:])
        if key_id != verifier.key_id.hex():
            raise MalformedValue("the verifier key's name, id and key do not belong together")
        return verifier

    def to_vkey(self) -> str:
        """The text that `from_vkey` reads, to be given to whoever shall check."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(_ED25519 + self.public)}"

    @property
    def key_id(self) -> bytes:
        """4 bytes."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]


@dataclass(frozen=True, slots=True)
class Signer:
    """The private half. The key may live in a token: only `sign` and `public_key` are called."""

    name: str
    key: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        """What others need to check."""
        return Verifier(self.name, self.key.public_key().public_bytes_raw())


def sign(text: str, signer: Signer) -> str:
    """The note of `text`, which must end in a newline, under one signature."""
    signature = signer.verifier.key_id + signer.key.sign(text.encode())
    return f"{text}\n{_DASH}{signer.name} {to_base64(signature)}\n"


def open_note(note: str, trusted: Sequence[Verifier]) -> tuple[str, Verifier]:
    """The signed text, and the first trusted key that signed it.

    Raises MalformedValue for what is no note, Tampered if no trusted key signed it or if a signature
    in the name of one is false.
    """
    text, signatures = _parts(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in trusted}
    signed_by = []
    for name, signature in signatures:
        verifier = known.get((name, signature[:4]))
        if verifier is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature[4:], text.encode())
        except InvalidSignature:
            raise Tampered(f"the signature of {name} is not over this text") from None
        signed_by.append(verifier)
    if not signed_by:
        raise Tampered("no trusted key has signed this")
    return text, signed_by[0]


def _parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Text and (name, key id ‖ signature) pairs; the last empty line divides them."""
    text, blank, tail = note.rpartition("\n\n")
    if not blank or not tail.endswith("\n") or _UNFIT.search(note):
        raise MalformedValue("not a signed note")
    lines = tail[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise MalformedValue(f"a signed note with more than {_MOST_SIGNATURES} signatures")
    return text + "\n", list(map(_signature, lines))


def _signature(line: str) -> tuple[str, bytes]:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    signature = from_base64(encoded)
    if not line.startswith(_DASH) or not space or not name or "+" in name or len(signature) < 5:
        raise MalformedValue("a signature line of another form than a note's")
    return name, signature
