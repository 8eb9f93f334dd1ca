"""Names of things: internal ids, and the key ids that clients send.

Internal ids are UUIDv7 (RFC 9562 section 5.7): made from time and randomness that the caller gives,
so that rows of one time lie together. They are names, never secrets.

A wire id of ours is `bk_live_` or `bk_test_` and 32 characters of lower-case base32 over 20 bytes:

    12 bytes  random
     4 bytes  keyed tag: HMAC-SHA256 under the house's tag key over the prefix and the 12 bytes, cut
     4 bytes  public CRC-32 over the prefix and the 16 bytes before

The checksum lets a leak scanner anywhere tell a key id from noise. The tag lets the gate refuse an
invented id without asking a store. Neither proves anything about the caller.
"""

from __future__ import annotations

import base64
import hmac
import uuid
import zlib
from collections.abc import Callable
from enum import Enum
from typing import Final

from bitting.domain.errors import MalformedValue
from bitting.domain.secret import Secret

Entropy = Callable[[int], bytes]


class Environment(Enum):
    """Real money or play money; part of every wire id, seal and lookup, so the two never meet."""

    LIVE = "live"
    TEST = "test"

    __hash__ = object.__hash__  # members are single objects; the hash of an Enum is Python code


def new_id(now_ns: int, entropy: Entropy) -> str:
    """A UUIDv7 in its text form."""
    milliseconds = now_ns // 1_000_000
    number = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(entropy(10), "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=number))


_BODY: Final = 32
_RANDOM, _TAG, _SUM = 12, 4, 4


def new_wire_id(environment: Environment, tag_key: Secret, entropy: Entropy) -> str:
    """A fresh key id of ours."""
    prefix = f"bk_{environment.value}_"
    body = entropy(_RANDOM)
    body += _tag(prefix, body, tag_key)
    body += zlib.crc32(prefix.encode() + body).to_bytes(_SUM, "big")
    return prefix + base64.b32encode(body).decode().lower()


def is_ours(wire_id: str) -> bool:
    """Whether the id has the shape and the public checksum of ours. Anybody can make one that has."""
    return _body_of(wire_id) is not None


def has_tag(wire_id: str, tag_key: Secret) -> bool:
    """Whether this house made the id: shape, checksum and keyed tag, the last in constant time."""
    body = _body_of(wire_id)
    if body is None:
        return False
    random, tag = body[:_RANDOM], body[_RANDOM : _RANDOM + _TAG]
    return hmac.compare_digest(tag, _tag(wire_id[:-_BODY], random, tag_key))


def foreign_wire_id(text: str) -> str:
    """Read the key id of an imported key: 8 to 128 printable ASCII characters without white space,
    and not one of our own shape. Raises MalformedValue."""
    if not (8 <= len(text) <= 128 and text.isascii() and text.isprintable() and " " not in text):
        raise MalformedValue("a key id has 8 to 128 printable ASCII characters and no spaces")
    if text.startswith("bk_"):
        raise MalformedValue("a key id that begins with bk_ is made here, not imported")
    return text


def _body_of(wire_id: str) -> bytes | None:
    prefix, text = wire_id[:-_BODY], wire_id[-_BODY:]
    if prefix not in ("bk_live_", "bk_test_") or not text.isascii() or text != text.lower():
        return None
    if "=" in text:  # padding: a shorter body in 32 characters
        return None
    try:
        body = base64.b32decode(text.upper())
    except ValueError:
        return None
    if zlib.crc32(prefix.encode() + body[:-_SUM]).to_bytes(_SUM, "big") != body[-_SUM:]:
        return None
    return body


def _tag(prefix: str, random: bytes, tag_key: Secret) -> bytes:
    return hmac.digest(tag_key.reveal(), prefix.encode() + random, "sha256")[:_TAG]
