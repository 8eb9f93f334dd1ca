"""`query_hash`: the SHA-512 of a request's parameters, by which a token of API 2.0 covers query and body.

Bithumb hashes text of the form `a=1&b[]=x&b[]=y`. Clients make that text from their own objects and not from what they
send, so the wire does not show it: brackets are escaped on the way, a body is JSON, and one and the same number is
`1e-7` in the JSON and `1e-07` in the hashed text. So a few forms are tried, in a fixed order (found by running ccxt
4.5.90 and python-bithumb 0.1.3).

The rule it keeps: what is acted upon is what was hashed. A form counts only if its text, read back as a query, gives
the very parameters that the request has. All forms are read back in the same way, so a hash stands for one list of
names and values: nobody who sees a token can find other parameters for it.

Whether a value is text or a number is not in that text: `"volume": "1"` and `"volume": 1` have one hash. Amounts mean
the same either way, and names of things are never numbers. True, null and empty lists, of which the same could not be
said, are no parameter of Bithumb's, and are refused.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Final
from urllib.parse import quote, quote_plus, unquote_to_bytes

from bitting.dialects.strict import json_object, one_header, parameters
from bitting.domain.errors import MalformedRequest
from bitting.domain.request import Request

Pairs = list[tuple[str, str]]

_JSON_TYPES: Final = (b"application/json", b"application/json;charset=utf-8")
# Bodies are read before anything is proven, so what strangers can make us do is bounded. A hundred ids or thirty
# orders, the most that Bithumb takes, are half of it.
_LONGEST_BODY: Final = 16 * 1024
_MOST_PAIRS: Final = 200
_NAME: Final = re.compile(r"([A-Za-z0-9_]{1,64})(\[\])?", re.ASCII)


def must_match(request: Request, query_hash: str) -> None:
    """Return if the hash ("": the token has none) is that of the request's parameters. Raises MalformedRequest."""
    if not request.query and not request.body:
        if query_hash:
            raise MalformedRequest("the token has a query_hash, and the request no parameters")
        return
    if not query_hash:
        raise MalformedRequest("the request has parameters, and the token no query_hash")
    for text, pairs in forms(request):
        if hashlib.sha512(text).hexdigest() == query_hash:
            if _reads_as(text, pairs):
                return
            raise MalformedRequest("the hashed text can be read in two ways: percent-encode it before it is hashed")
    tried = _QUERY_FORMS if request.query else _BODY_FORMS
    raise MalformedRequest(f"query_hash is not the SHA-512 of the request's parameters, {tried}")


_QUERY_FORMS: Final = "neither as sent, nor with `[]` for `%5B%5D`, nor with nothing percent-encoded"
_BODY_FORMS: Final = (
    "neither as `name=value&list[]=value` in the order of the JSON, percent-encoded or as a form or plain, "
    "nor with its numbers as Python writes them"
)


def forms(request: Request) -> Iterator[tuple[bytes, Pairs]]:
    """The texts that a client may have hashed for the parameters of this request, in the order they are tried, each
    with what it would have to be read as. Raises MalformedRequest when Bithumb would look for them elsewhere."""
    query, body = request.query, request.body
    if body if request.method != b"POST" else query:
        raise MalformedRequest("the parameters of a POST stand in its body, those of any other request in its query")
    if body:
        yield from _body_forms(request)
        return
    pairs = query_pairs(query)
    for text in (query, query.replace(b"%5B%5D", b"[]"), unquote_to_bytes(query)):
        yield text, pairs


def query_pairs(text: bytes) -> Pairs:
    """The names and values of `a=1&b[]=x&b[]=y`, decoded and in order. A list has its brackets, and only a list may
    stand more than once. Raises MalformedRequest."""
    pairs: Pairs = []
    seen: dict[str, bool] = {}
    for piece in text.split(b"&") if text else ():
        if not piece:
            raise MalformedRequest("a parameter is empty")
        (pair,) = parameters(piece).items()
        found = _NAME.fullmatch(pair[0])
        if found is None:
            raise MalformedRequest("a parameter's name is not plain")
        name, is_list = found[1], found[2] is not None
        if name in seen and not (is_list and seen[name]):
            raise MalformedRequest(f"parameter {name!r} stands twice")
        seen[name] = is_list
        pairs.append(pair)
    return _not_too_many(pairs)


def _not_too_many(pairs: Pairs) -> Pairs:
    if len(pairs) > _MOST_PAIRS:
        raise MalformedRequest("too many parameters")
    return pairs


def _reads_as(text: bytes, pairs: Pairs) -> bool:
    try:
        return query_pairs(text) == pairs
    except MalformedRequest:
        return False


# How ccxt, and JavaScript with encodeURIComponent; Python's urlencode, and other forms; nobody's percent-encoding.
_ENCODINGS: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    ("[]", partial(quote, safe="~()*!.'")),
    ("%5B%5D", quote_plus),
    ("[]", str),
)


def _body_forms(request: Request) -> Iterator[tuple[bytes, Pairs]]:
    body = request.body
    if (one_header(request, b"content-type") or b"").replace(b" ", b"").lower() not in _JSON_TYPES:
        raise MalformedRequest("the body is not marked as application/json in UTF-8")
    if len(body) > _LONGEST_BODY:
        raise MalformedRequest(f"the body is longer than {_LONGEST_BODY} bytes")
    json_object(body)  # strictly: no doubled names, no NaN, bounded; what follows need not look at that again
    for number in (str, _as_python_writes):
        pairs = _body_pairs(body.decode(), number)
        for brackets, encode in _ENCODINGS:
            written = (f"{name.replace('[]', brackets)}={encode(value)}" for name, value in pairs)
            yield "&".join(written).encode(), pairs


def _as_python_writes(number: str) -> str:
    """The number as `str` writes a float, where that is the same number: orjson sends 1e-7 for Python's 1e-07."""
    if number.lstrip("-").isdigit():
        return number
    written = repr(float(number))
    return written if Decimal(written) == Decimal(number) else number


def _body_pairs(body: str, number: Callable[[str], str]) -> Pairs:
    """The members of a JSON object as names and values of a query, in its order; a list of texts, numbers or flat
    objects becomes several. Numbers are given through `number`, objects as they stand in the body."""
    pairs: Pairs = []
    for name, value in _members(body):
        if _NAME.fullmatch(name) is None or name.endswith("[]"):
            raise MalformedRequest("a parameter's name is not plain")
        if value[0] == "[":
            items = list(_tokens(value))
            if not items:
                raise MalformedRequest("a list is empty")  # it would not show in what is hashed
            pairs += [(f"{name}[]", each if each[0] == "{" else _text(each, number)) for each in items]
        else:
            pairs.append((name, _text(value, number)))
    return _not_too_many(pairs)


def _text(value: str, number: Callable[[str], str]) -> str:
    if value[0] == '"':
        text: str = _decode(value, 0)[0]
        if any("\ud800" <= each <= "\udfff" for each in text):
            raise MalformedRequest("a parameter is not UTF-8")
        return text
    if value[0] in "-0123456789":
        return number(value)
    raise MalformedRequest("a parameter is neither text nor a number, nor a list of those or of objects")


def _members(text: str) -> Iterator[tuple[str, str]]:
    """Each name in a valid JSON object, with its value as it is written."""
    tokens = _tokens(text)
    return ((_decode(name, 0)[0], value) for name, value in zip(tokens, tokens, strict=True))


def _tokens(text: str) -> Iterator[str]:
    """What stands in the outermost brackets of valid JSON, less white space, commas and colons."""
    text = text.strip(_SPACE)
    at, last = 1, len(text) - 1
    while True:
        while text[at] in _BETWEEN:
            at += 1
        if at == last:
            return
        end = _decode(text, at)[1]
        yield text[at:end]
        at = end


_decode: Final = json.JSONDecoder().raw_decode
_SPACE: Final = " \t\n\r"
_BETWEEN: Final = f"{_SPACE},:"
