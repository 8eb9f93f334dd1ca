"""What clients are known to sign at Bitfinex in place of the right bytes: `/api`, target, nonce, body."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bitting.dialects.dialect import Slip
from bitting.dialects.respelled import json_respelled, made_twice

_API: Final = b"/api"
_UNITS: Final = ((10, "seconds"), (13, "milliseconds"), (16, "microseconds"), (19, "nanoseconds"))


def slips(target: bytes, nonce: bytes, body: bytes) -> Iterator[Slip]:
    """Every slip for these parts, as sent; a list of a few hundred."""
    yield Slip("`/api` is missing before the path", target + nonce + body)
    yield Slip("a slash is missing between `/api` and the path", _API + target[1:] + nonce + body)
    yield Slip("two slashes stand between `/api` and the path", _API + b"/" + target + nonce + body)
    yield Slip("a slash is missing before `api`", _API[1:] + target + nonce + body)
    yield Slip("`/v2` is missing in the signed path", _API + target.removeprefix(b"/v2") + nonce + body)
    yield Slip("the path was signed with a slash at its end", _API + target + b"/" + nonce + body)
    yield Slip("the method stands before the path", b"POST" + _API + target + nonce + body)
    yield Slip("the nonce is missing", _API + target + body)
    yield Slip("the nonce stands behind the body", _API + target + body + nonce)
    yield Slip("the nonce stands before the path", nonce + _API + target + body)
    yield Slip("the body is missing", _API + target + nonce)
    for empty in (b"{}", b"null", b'""'):
        yield Slip(f"the body was signed as `{empty.decode()}`", _API + target + nonce + empty)
    for spelling, other in json_respelled(body):
        yield Slip(f"the body was signed {spelling}", _API + target + nonce + other)
    for digits, unit in _UNITS:
        other = nonce[:digits] if len(nonce) >= digits else nonce.ljust(digits, b"0")
        yield Slip(f"the nonce was signed in {unit}", _API + target + other + body)
    for other in made_twice(nonce):
        yield Slip("the nonce was made twice: an earlier one was signed", _API + target + other + body)
    for other in made_twice(nonce, later=True):
        yield Slip("the nonce was made twice: a later one was signed", _API + target + other + body)
