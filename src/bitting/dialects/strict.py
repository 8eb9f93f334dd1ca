"""Strict readers for what stands in a signed request: one spelling a value, anything else is malformed.

Python reads `1_000`, ` +12`, Arabic-Indic digits, the last of two equal JSON keys and `NaN`; the exchange
behind us may read the same bytes otherwise. Where two readers can differ, we refuse.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from bitting.dialects.amounts import amount
from bitting.domain.errors import MalformedRequest
from bitting.domain.request import Request

Json = None | bool | int | Decimal | str | list["Json"] | dict[str, "Json"]

_DEEPEST = 16
_MOST_PAIRS = 200


def one_header(request: Request, name: bytes) -> bytes | None:
    """The header's value, or None when it is absent. Raises MalformedRequest when it stands twice."""
    headers = request.headers
    fields = dict(headers)
    # Only where any header stands twice is it looked up which.
    if len(fields) != len(headers) and [key for key, _ in headers].count(name) > 1:
        raise MalformedRequest(f"header {name.decode()} stands twice")
    return fields.get(name)


def ascii_text(value: bytes, most: int, what: str) -> str:
    """Visible ASCII of 1 to `most` characters. Raises MalformedRequest."""
    if 1 <= len(value) <= most and value.isascii():
        text = value.decode("ascii")
        if text.isprintable() and " " not in text:
            return text
    raise MalformedRequest(f"{what} is not 1 to {most} visible ASCII characters")


def whole_number(value: bytes, most_digits: int, what: str) -> int:
    """ASCII digits without sign or leading zero. Raises MalformedRequest."""
    # bytes.isdigit knows only ASCII digits, unlike str.isdigit.
    if not value.isdigit() or len(value) > most_digits or (value[0] == 0x30 and len(value) > 1):
        raise MalformedRequest(f"{what} is not a whole number of at most {most_digits} digits")
    return int(value)


def json_object(body: bytes) -> dict[str, Json]:
    """Read a JSON object: UTF-8, no doubled keys, no NaN, bounded numbers and depth. Empty is `{}`.
    Raises MalformedRequest. Fractions are Decimal."""
    if not body:
        return {}
    read = json_value(body)
    if not isinstance(read, dict):
        raise MalformedRequest("the body is not a JSON object")
    return read


def json_value(body: bytes) -> Json:
    """Read any JSON value under the same rules."""
    read: Json
    try:
        if body.count(b"[") + body.count(b"{") > _DEEPEST and _depth(body) > _DEEPEST:
            raise MalformedRequest("the JSON is nested too deeply")
        text = body.decode("utf-8").strip(_SPACE)
        read, end = _decode(text)
    except (ValueError, RecursionError):
        raise MalformedRequest("the body is not JSON") from None
    if end != len(text):
        raise MalformedRequest("the body is not JSON: something stands behind it")
    return read


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise MalformedRequest("a JSON key stands twice")
    return read


def _no_constant(name: str) -> Any:
    raise MalformedRequest(f"{name} is not JSON")


def _fraction(text: str) -> Decimal:
    return amount(text, "a JSON number")


def _whole(text: str) -> int:
    if len(text) > 40:
        raise MalformedRequest("a JSON number is too long")
    return int(text)


_decode = json.JSONDecoder(
    object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_fraction, parse_int=_whole
).raw_decode
_SPACE: Final = " \t\n\r"  # RFC 8259 section 2; str.strip by itself takes more


_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)


def _depth(body: bytes) -> int:
    """How deep brackets nest outside strings; inside them a closing one would hide an opening one."""
    depth = deepest = 0
    for byte in _STRING.sub(b"", body):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def parameters(*parts: bytes) -> dict[str, str]:
    """Read `a=b&c=d` forms, each part in turn, percent-decoded; blank values stay.

    Raises MalformedRequest for a name without `=`, a doubled name (also over two parts), too many, a
    broken escape, or text that is not UTF-8. `+` is a space, as in any form.
    """
    read: dict[str, str] = {}
    for part in parts:
        if not part:
            continue
        text = _utf8(part)
        escaped = "%" in text or "+" in text
        for piece in text.split("&"):
            name, equals, value = piece.partition("=")
            if not equals or not name:
                raise MalformedRequest("a parameter has no name or no '='")
            if escaped and ("%" in piece or "+" in piece):
                name, value = _unescaped(name), _unescaped(value)
            if name in read:
                raise MalformedRequest(f"parameter {name[:32]!r} stands twice")
            read[name] = value
    if len(read) > _MOST_PAIRS:
        raise MalformedRequest("too many parameters")
    return read


def _unescaped(text: str) -> str:
    raw = text.replace("+", " ").encode()
    if raw.count(b"%") != sum(1 for at, byte in enumerate(raw) if byte == 0x25 and _is_hex(raw[at + 1 : at + 3])):
        raise MalformedRequest("a percent escape is broken")
    return _utf8(unquote_to_bytes(raw))


def _utf8(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedRequest("a parameter is not UTF-8") from None


def _is_hex(pair: bytes) -> bool:
    return len(pair) == 2 and all(byte in b"0123456789abcdefABCDEF" for byte in pair)


# Segments of what RFC 3986 (section 3.3) lets stand in one, less escapes and the `;` of path parameters.
_PLAIN_PATH: Final = re.compile(rb"/|(?:/[A-Za-z0-9._~!$&'()*+,=:@-]+)+")
_LONGEST_PATH: Final = 512


def plain_path(request: Request) -> str:
    """The path as text, when it is in the one spelling that routes are compared in. Raises MalformedRequest.

    Escapes, fragments, doubled slashes, dot segments and a trailing slash are refused rather than resolved: what
    resolves them differently from the server behind us would be a way round the table of actions.
    """
    path = request.path
    if len(path) > _LONGEST_PATH or _PLAIN_PATH.fullmatch(path) is None:
        raise MalformedRequest("the path is not in plain form")
    text = path.decode("ascii")
    if "/./" in f"{text}/" or "/../" in f"{text}/":
        raise MalformedRequest("the path has dot segments")
    return text
