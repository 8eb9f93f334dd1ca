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
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bitting.domain.errors import MalformedValue, Tampered
from bitting.journal.spelling import from_base64, to_base64

ED25519: Final = b"\x01"
_DASH = "\u2014 "
_MOST_SIGNATURES = 100
_UNFIT = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")  # control characters, and what UTF-8 cannot say


@dataclass(frozen=True, slots=True)
class Verifier:
    """The public half: a name, and 32 bytes of an Ed25519 public key."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)

    @classmethod
    def from_vkey(cls, text: str) -> Verifier:
        """Read `<name>+<key id in hex>+base64(0x01 ‖ public key)`. Raises MalformedValue."""
        return cls(*from_vkey(text, ED25519))

    def to_vkey(self) -> str:
        """The text that `from_vkey` reads, to be given to whoever shall check."""
        return to_vkey(self.name, ED25519, self.public)

    @property
    def key_id(self) -> bytes:
        """4 bytes."""
        return key_id(self.name, ED25519, self.public)


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
    return f"{text}\n{signature_line(signer.name, signer.verifier.key_id + signer.key.sign(text.encode()))}"


def open_note(note: str, trusted: Sequence[Verifier]) -> tuple[str, Verifier]:
    """The signed text, and the first trusted key that signed it.

    Raises MalformedValue for what is no note, Tampered if no trusted key signed it or if a signature
    in the name of one is false.
    """
    text, signatures = parts(note)
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


def parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Text and (name, key id ‖ signature) pairs, of which nothing is verified; the last empty line divides them.
    Raises MalformedValue."""
    text, blank, tail = note.rpartition("\n\n")
    if not blank or not tail.endswith("\n") or _UNFIT.search(note):
        raise MalformedValue("not a signed note")
    lines = tail[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise MalformedValue(f"a signed note with more than {_MOST_SIGNATURES} signatures")
    return text + "\n", list(map(_signature, lines))


def stripped(note: str, trusted: Sequence[Verifier]) -> str:
    """The note with the signatures of these keys only. Raises MalformedValue."""
    text, signatures = parts(note)
    known = {(verifier.name, verifier.key_id) for verifier in trusted}
    return f"{text}\n" + "".join(signature_line(*each) for each in signatures if (each[0], each[1][:4]) in known)


def signature_line(name: str, signature: bytes) -> str:
    """The line of a note for key id ‖ signature, with its newline."""
    return f"{_DASH}{name} {to_base64(signature)}\n"


def check_name(name: str) -> None:
    """Raises MalformedValue for what cannot be a key's name."""
    if not name.isprintable() or name == "" or " " in name or "+" in name:
        raise MalformedValue("a key name is printable, without spaces or plus, and not empty")


def key_id(name: str, kind: bytes, public: bytes) -> bytes:
    """4 bytes; `kind` is the byte that says what the key signs."""
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:4]


def to_vkey(name: str, kind: bytes, public: bytes) -> str:
    """What `from_vkey` reads."""
    return f"{name}+{key_id(name, kind, public).hex()}+{to_base64(kind + public)}"


def from_vkey(text: str, kind: bytes) -> tuple[str, bytes]:
    """Name and 32 bytes of a public key of this kind. Raises MalformedValue."""
    name, _, rest = text.partition("+")
    id, _, material = rest.partition("+")
    key = from_base64(material)
    if key[:1] != kind or len(key) != 33:
        raise MalformedValue(f"the verifier key is not an Ed25519 key of type {kind[0]}")
    check_name(name)
    if id != key_id(name, kind, key[1:]).hex():
        raise MalformedValue("the verifier key's name, id and key do not belong together")
    return name, key[1:]


def _signature(line: str) -> tuple[str, bytes]:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    signature = from_base64(encoded)
    if not line.startswith(_DASH) or not space or not name or "+" in name or len(signature) < 5:
        raise MalformedValue("a signature line of another form than a note's")
    return name, signature
