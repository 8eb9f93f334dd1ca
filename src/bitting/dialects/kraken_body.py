"""The body of a Kraken request: a form or a JSON object, read so that only its client could have meant it.

What is signed is the nonce and then the body, with nothing in between, and the nonce stands in the body. So that no
other body can have been meant by the same bytes, three rules hold together:

 - the first byte decides: a body that begins with `{` is JSON and any other is a form, and Content-Type, which is not
   signed, has to say the same;
 - `nonce` stands once, in digits without leading zeros;
 - the names of a form are plain, so that JSON behind some digits is never one.

Digits that move from the nonce to the body then spoil its first name, and digits that move the other way make a
second nonce of it.
"""

from __future__ import annotations

import re
from typing import Final

from bitting.dialects.strict import Json, json_object, one_header, parameters, whole_number
from bitting.domain.errors import MalformedRequest
from bitting.domain.request import Request

FORM, JSON = b"application/x-www-form-urlencoded", b"application/json"

Fields = dict[str, Json]

# Under another charset, like UTF-7, a server may find other parameters in the same bytes.
_FORMS, _JSONS = (frozenset({kind, kind + b";charset=utf-8"}) for kind in (FORM, JSON))
_NAME: Final = re.compile(r"([A-Za-z0-9_-]+)(?:\[([A-Za-z0-9_-]+)\])?", re.ASCII)
_MOST_NONCE: Final = 2**64 - 1


def fields(request: Request) -> Fields:
    """The parameters, by name; `close[price]` of a form is `price` in `close`, as in JSON. Raises MalformedRequest."""
    kind = (one_header(request, b"content-type") or b"").lower().replace(b" ", b"")
    if request.body.startswith(b"{"):
        if kind not in _JSONS:
            raise MalformedRequest("the body is JSON and not marked as application/json in UTF-8")
        return json_object(request.body)
    if kind not in _FORMS:
        raise MalformedRequest("the body is a form and not marked as application/x-www-form-urlencoded in UTF-8")
    read: Fields = {}
    for name, value in parameters(request.body).items():
        named = _NAME.fullmatch(name)
        if named is None:
            raise MalformedRequest(f"{name[:32]!r} is not a parameter's name")
        outer, inner = named.groups()
        if inner is None:
            if outer in read:
                raise MalformedRequest(f"parameter {outer[:32]!r} stands twice")
            read[outer] = value
        else:
            group = read.setdefault(outer, {})
            if not isinstance(group, dict):
                raise MalformedRequest(f"parameter {outer[:32]!r} stands twice")
            group[inner] = value
    return read


def nonce_of(given: Fields) -> int:
    """The nonce: digits, or in JSON a number too. Raises MalformedRequest."""
    nonce = given.get("nonce")
    if type(nonce) is int:
        nonce = str(nonce)
    if not isinstance(nonce, str):
        raise MalformedRequest("the body has no nonce in digits")
    number = whole_number(nonce.encode(), 20, "nonce")
    if not 1 <= number <= _MOST_NONCE:
        raise MalformedRequest("nonce is not between 1 and 2^64 - 1")
    return number
