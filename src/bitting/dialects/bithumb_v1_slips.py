"""What clients are known to sign for Bithumb's API 1.0 in place of the right bytes: path, form and time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bitting.dialects.dialect import Slip
from bitting.dialects.respelled import form_respelled, made_twice

_ENDPOINT: Final = re.compile(rb"(?:&|\A)endpoint=[^&]*")
_JOINS: Final = (
    (b"\0", "with the byte 0 between the parts"),
    (b"\1", "with the byte 1 between the parts, and Api-Client-Type is not 1"),
    (b";", "with `;` between the parts, and Api-Client-Type is not 2"),
    (b"", "with nothing between the parts"),
)


def slips(path: bytes, body: bytes, nonce: bytes) -> Iterator[Slip]:
    """Every slip for these parts, as sent; a list of a few hundred."""
    for separator, words in _JOINS:
        yield Slip(f"path, form and time were signed {words}", separator.join((path, body, nonce)))

    def signed(path: bytes = path, body: bytes = body, nonce: bytes = nonce) -> bytes:
        return b"\0".join((path, body, nonce))

    yield Slip("the slash before the path was not signed", signed(path=path[1:]))
    yield Slip("the path was signed percent-encoded", signed(path=path.replace(b"/", b"%2F")))
    yield Slip("`endpoint` was sent and not signed", signed(body=_ENDPOINT.sub(b"", body).removeprefix(b"&")))
    yield Slip("the form was not signed", signed(body=b""))
    yield Slip("the time was signed in seconds", signed(nonce=nonce[:10]))
    yield Slip("the time was signed in microseconds", signed(nonce=nonce + b"000"))
    for spelling, other in form_respelled(body):
        yield Slip(f"the form was signed {spelling}", signed(body=other))
    for words, later in (("an earlier one", False), ("a later one", True)):
        for other in made_twice(nonce, later=later):
            yield Slip(f"Api-Nonce was made twice: {words} was signed", signed(nonce=other))
