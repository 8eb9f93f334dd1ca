"""What clients are known to sign at Kraken in place of the right bytes: path, and SHA-256 of nonce and body."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from itertools import chain

from bitting.dialects.dialect import Slip
from bitting.dialects.respelled import form_respelled, json_respelled, made_twice


def slips(path: bytes, nonce: bytes, body: bytes) -> Iterator[Slip]:
    """Every slip for these parts, as sent; a list of a few hundred."""
    digest = sha256(nonce + body)
    yield Slip("the hash was signed in hexadecimal, not as its bytes", path + digest.hexdigest().encode())
    yield Slip("the hash was signed in base64, not as its bytes", path + b64encode(digest.digest()))
    yield Slip("nonce and body were signed as they are, not hashed", path + nonce + body)
    yield Slip("the nonce is missing before the body in the hash", path + sha256(body).digest())
    yield Slip("the nonce stands behind the body in the hash", path + sha256(body + nonce).digest())
    yield Slip("the body is missing in the hash", path + sha256(nonce).digest())
    yield Slip("the path is missing", digest.digest())
    yield Slip("the path stands behind the hash", digest.digest() + path)
    yield Slip("`/0` is missing before the path", path.removeprefix(b"/0") + digest.digest())
    yield Slip("a slash is missing before the path", path[1:] + digest.digest())
    yield Slip("only the last part of the path was signed", path.rpartition(b"/")[2] + digest.digest())
    yield Slip("the path was signed with a slash at its end", path + b"/" + digest.digest())
    yield Slip("the host stands before the path", b"https://api.kraken.com" + path + digest.digest())
    for spelling, other in chain(json_respelled(body), form_respelled(body)):
        yield Slip(f"the body was signed {spelling}", path + sha256(nonce + other).digest())
    for later in (False, True):
        for other in made_twice(nonce, later=later):
            which = "a later" if later else "an earlier"
            yield Slip(f"the nonce was made twice: {which} one was hashed", path + sha256(other + body).digest())
            whole = sha256(other + body.replace(nonce, other, 1)).digest()
            yield Slip(f"the request was made twice: one with {which} nonce was signed", path + whole)
