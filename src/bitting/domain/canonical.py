"""One value, one spelling: deterministic CBOR (RFC 8949 section 4.2.1), encoding only.

Digests of policies, row MACs and journal leaves are taken over these bytes, so the same value must
give the same bytes for ever. Only what those need is here: whole numbers, bytes, text, booleans,
None, lists and maps. Anything else (a float, a set) raises TypeError: its spelling would be a matter of taste.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

Plain = int | bytes | str | bool | None | Sequence["Plain"] | Mapping[str, "Plain"]

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP = 0, 1, 2, 3, 4, 5
_FALSE, _TRUE, _NULL = b"\xf4", b"\xf5", b"\xf6"
_SHORT = tuple(size.to_bytes(4) for size in range(256))  # lengths, of nearly all that is framed


def encode(value: Plain) -> bytes:
    """The one encoding of `value`. Raises TypeError for what has none, OverflowError beyond 64 bits,
    UnicodeEncodeError for text with half a surrogate pair."""
    out = bytearray()
    _write(out, value)
    return bytes(out)


def digest(value: Plain) -> bytes:
    """SHA-256 over `encode(value)`: 32 bytes."""
    return hashlib.sha256(encode(value)).digest()


def framed(*parts: bytes) -> bytes:
    """The parts, each behind its length in 4 bytes, big endian.

    Plain concatenation would let `("ab", "c")` and `("a", "bc")` be taken for one another.
    """
    pieces: list[bytes] = []
    for part in parts:
        size = len(part)
        pieces.append(_SHORT[size] if size < 256 else size.to_bytes(4))
        pieces.append(part)
    return b"".join(pieces)


def _write(out: bytearray, value: Plain) -> None:
    # The most frequent first: this is most of what it takes to check a stored row.
    if isinstance(value, str):
        text = value.encode()
        _head(out, _TEXT, len(text))
        out += text
    elif isinstance(value, bytes):
        _head(out, _BYTES, len(value))
        out += value
    elif isinstance(value, list | tuple):  # not any Sequence: a bytearray would be a list of numbers
        _head(out, _LIST, len(value))
        for item in value:
            _write(out, item)
    elif value is None:
        out += _NULL
    elif isinstance(value, bool):  # before int: a bool is an int to Python, and is not one here
        out += _TRUE if value else _FALSE
    elif isinstance(value, int):
        _head(out, *((_UNSIGNED, value) if value >= 0 else (_NEGATIVE, -1 - value)))
    elif isinstance(value, Mapping):
        _head(out, _MAP, len(value))
        # RFC 8949 4.2.1: sorted by the bytes of the encoded keys, so shorter keys stand first.
        for key, item in sorted([(encode(key), item) for key, item in value.items()]):
            out += key
            _write(out, item)
    else:
        raise TypeError(f"{type(value).__name__} has no canonical form")


def _head(out: bytearray, major: int, number: int) -> None:
    """Major type and argument in the shortest of the five widths."""
    if number < 24:
        out.append(major << 5 | number)
        return
    for code, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * width:
            out.append(major << 5 | code)
            out += number.to_bytes(width, "big")
            return
    raise OverflowError("a canonical number fits in 64 bits")
