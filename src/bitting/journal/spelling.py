"""The two spellings that notes, checkpoints and proofs share, each with exactly one way to write a value.

Python's own readers are lenient (`int("1_0")`, `b64decode("QR==")` for `QQ==`); a file that can be altered
without anybody noticing is not a proof, so what does not read back to itself is refused.
"""

from __future__ import annotations

import base64
import binascii
import re

from bitting.domain.errors import MalformedValue

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def to_base64(data: bytes) -> str:
    """RFC 4648 section 4, padded."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes:
    """The bytes whose `to_base64` is `text`. Raises MalformedValue."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):  # ValueError: a character outside ASCII
        data = b""
    if to_base64(data) != text:
        raise MalformedValue("not base64 as RFC 4648 section 4 writes it")
    return data


def to_number(text: str) -> int:
    """A whole number in ASCII decimal without leading zeros, below 10^19. Raises MalformedValue."""
    if not _NUMBER.fullmatch(text):
        raise MalformedValue("not a decimal number without leading zeros")
    return int(text)
