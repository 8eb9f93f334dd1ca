"""Cosignatures: a witness says when it saw a checkpoint, and that nothing it saw before contradicts it.

One more signature line in a checkpoint's note, of type 0x04: base64(key id ‖ timestamp ‖ Ed25519 signature), with
8 bytes of seconds since 1970, over

    cosignature/v1
    time <the same seconds in decimal>
    <the checkpoint's text>

https://c2sp.org/tlog-cosignature
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bitting.domain.errors import MalformedValue, Tampered
from bitting.journal.note import check_name, from_vkey, key_id, parts, signature_line, to_vkey

COSIGNATURE: Final = b"\x04"
_LATEST: Final = 2**63 - 1
_BYTES: Final = 8 + 64  # of a timestamp and a signature


@dataclass(frozen=True, slots=True)
class Witness:
    """The public half of a witness: a name, and 32 bytes of an Ed25519 public key."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)

    @classmethod
    def from_vkey(cls, text: str) -> Witness:
        """Read `<name>+<key id in hex>+base64(0x04 ‖ public key)`. Raises MalformedValue."""
        return cls(*from_vkey(text, COSIGNATURE))

    def to_vkey(self) -> str:
        """The text that `from_vkey` reads."""
        return to_vkey(self.name, COSIGNATURE, self.public)

    @property
    def key_id(self) -> bytes:
        """4 bytes."""
        return key_id(self.name, COSIGNATURE, self.public)

    def cosigned_at_s(self, note: str) -> int:
        """When this witness cosigned the note, seconds since 1970. Raises MalformedValue for what is no note, Tampered
        where the cosignature is false or there is none. Of several, the latest."""
        text, signatures = parts(note)
        mine = [signature[4:] for name, signature in signatures if (name, signature[:4]) == (self.name, self.key_id)]
        if not mine:
            raise Tampered(f"the witness {self.name} has not cosigned this")
        return max(self._verified(text, each) for each in mine)

    def _verified(self, text: str, stamped: bytes) -> int:
        at_s, signature = int.from_bytes(stamped[:8], "big"), stamped[8:]
        if len(stamped) != _BYTES or at_s > _LATEST:
            raise MalformedValue("a cosignature is 8 bytes of time and 64 of signature")
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, _message(text, at_s))
        except InvalidSignature:
            raise Tampered(f"the cosignature of {self.name} is not over this text") from None
        return at_s


def with_cosignatures(note: str, cosigned: Iterable[str]) -> str:
    """The note of a checkpoint with the cosignatures that other copies of it carry. Raises MalformedValue."""
    text, own = parts(note)
    lines = dict.fromkeys(own)
    for each in cosigned:
        other, signatures = parts(each)
        if other == text:
            lines.update(dict.fromkeys(signatures))
    return f"{text}\n" + "".join(signature_line(*each) for each in lines)


@dataclass(frozen=True, slots=True)
class Cosigner:
    """The private half. Whether something may be cosigned is for `witness.judge` to know."""

    name: str
    key: Ed25519PrivateKey

    @property
    def witness(self) -> Witness:
        """What others need to check."""
        return Witness(self.name, self.key.public_key().public_bytes_raw())

    def cosign(self, note: str, at_s: int) -> str:
        """The line to be put under the note. Raises MalformedValue for what is no note."""
        text, _ = parts(note)
        signature = self.key.sign(_message(text, at_s))
        return signature_line(self.name, self.witness.key_id + at_s.to_bytes(8, "big") + signature)


def _message(text: str, at_s: int) -> bytes:
    return f"cosignature/v1\ntime {at_s}\n{text}".encode()
