"""What clients are known to sign at Binance in place of the right bytes: query and body, less the signature."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bitting.dialects.dialect import Slip
from bitting.dialects.respelled import form_respelled, made_twice

_STAMP: Final = re.compile(rb"(?<![^&])timestamp=([0-9]{1,16})(?![^&])")
_WINDOW: Final = re.compile(rb"(?<![^&])recvWindow=[0-9.]+(?![^&])")


def slips(method: bytes, path: bytes, query: bytes, body: bytes) -> Iterator[Slip]:
    """Every slip for these parts, `query` and `body` less the signature; a list of a few hundred."""
    right = query + body
    if query and body:
        yield Slip("an `&` was signed between query and body", query + b"&" + body)
        yield Slip("the body was signed before the query", body + query)
        yield Slip("only the query was signed", query)
        yield Slip("only the body was signed", body)
    yield Slip("the `?` before the query was signed", b"?" + right)
    yield Slip("an `&` was signed at the end", right + b"&")
    yield Slip("an empty `signature` was signed", right + b"&signature=")
    yield Slip("the path was signed", path + right)
    yield Slip("the path was signed", path + b"?" + right)
    yield Slip("method and path were signed", method + path + right)
    yield Slip("method and path were signed", method + path + b"?" + right)
    for what, found in (("timestamp", _STAMP), ("recvWindow", _WINDOW)):
        yield from (Slip(f"`{what}` {how}", other) for how, other in _moved(right, found))
    for spelling, other in form_respelled(right):
        yield Slip(f"the parameters were signed {spelling}", other)
    stamp = _STAMP.search(right)
    if stamp is not None:
        for words, later in (("an earlier one", False), ("a later one", True)):
            for other in made_twice(stamp[1], later=later):
                signed = right[: stamp.start(1)] + other + right[stamp.end(1) :]
                yield Slip(f"`timestamp` was made twice: {words} was signed", signed)


def _moved(right: bytes, found: re.Pattern[bytes]) -> Iterator[tuple[str, bytes]]:
    """The signed bytes without this parameter, and with it at either end."""
    match = found.search(right)
    if match is None:
        return
    rest = b"&".join(each for each in right.split(b"&") if each != match[0])
    yield "was added after signing", rest
    yield "was signed as the last parameter", b"&".join(filter(None, (rest, match[0])))
    yield "was signed as the first parameter", b"&".join(filter(None, (match[0], rest)))
