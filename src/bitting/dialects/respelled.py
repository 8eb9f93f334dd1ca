"""How clients write the same thing in other bytes than they signed: JSON, forms, and a time that was made twice.

Only for explaining a signature that does not match (`Dialect.slips`). Nothing that is verified is ever re-written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import Final
from urllib.parse import quote, quote_plus, unquote_plus, unquote_to_bytes

# A JSON string, white space, or whatever stands between them.
_TOKENS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[ \t\r\n]++|[^" \t\r\n]++|"', re.DOTALL)
_ESCAPE: Final = re.compile(rb"%[0-9A-Fa-f]{2}")
_TWICE: Final = 50  # units a client's clock may go on between two looks at it


def json_respelled(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Other spellings of a JSON body, each with its name; none for what is not JSON."""
    try:
        read = json.loads(body.decode("utf-8"))
        json.dumps(read)  # which recurses deeper than reading does
    except (ValueError, RecursionError):
        return
    tokens = [each for each in _TOKENS.findall(body) if each.strip()]
    yield "without white space", b"".join(tokens)
    yield "with a space behind each comma and colon", b"".join(map(_spaced, tokens))
    for in_order, escaped, spaced in product((False, True), repeat=3):
        words = ["read and written again"]
        words += ["its keys sorted"] if in_order else []
        words += ["other than ASCII escaped"] if escaped else []
        words += ["with spaces"] if spaced else []
        separators = (", ", ": ") if spaced else (",", ":")
        again = json.dumps(read, sort_keys=in_order, ensure_ascii=escaped, separators=separators)
        yield ", ".join(words), again.encode("utf-8", "surrogatepass")


def _spaced(token: bytes) -> bytes:
    return token if token.startswith(b'"') else token.replace(b",", b", ").replace(b":", b": ")


def form_respelled(form: bytes) -> Iterator[tuple[str, bytes]]:
    """Other spellings of `a=b&c=d`, each with its name."""
    pieces = form.split(b"&")
    yield "with its parameters sorted", b"&".join(sorted(pieces))
    yield "before it was percent-encoded", unquote_to_bytes(form)
    yield "before it was percent-encoded, a plus for a space", unquote_to_bytes(form.replace(b"+", b" "))
    yield "with its percent escapes in lower case", _ESCAPE.sub(lambda found: found[0].lower(), form)
    yield "with its percent escapes in upper case", _ESCAPE.sub(lambda found: found[0].upper(), form)
    # Each of these is somebody's default: urllib, requests and JavaScript differ in what they leave as it is.
    spellings: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("every mark percent-encoded", lambda value: quote(value, safe="")),
        ("percent-encoded as a form, a plus for a space", quote_plus),
        ("percent-encoded as encodeURIComponent does", lambda value: quote(value, safe="!'()*")),
        ("commas, colons and brackets as they are", lambda value: quote(value, safe=",:[]/")),
    )
    for name, spell in spellings:
        yield name, b"&".join(_piece(each, spell) for each in pieces)


def _piece(piece: bytes, spell: Callable[[str], str]) -> bytes:
    name, equals, value = piece.partition(b"=")
    return name + equals + spell(unquote_plus(value.decode("latin-1"), "latin-1")).encode("latin-1", "replace")


def made_twice(number: bytes, *, later: bool = False) -> Iterator[bytes]:
    """The numbers a little below: a client that asked its clock once to sign and once more to send. `later`: above."""
    for step in range(1, _TWICE + 1):
        yield b"%d" % (int(number) + step if later else max(int(number) - step, 0))
