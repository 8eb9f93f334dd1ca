"""The JSON Web Token in which Bithumb's API 2.0 wants a request signed: read in one spelling, and written.

The rule it keeps: the token chooses nothing. There is one algorithm, and what a token could say beyond the claims that
Bithumb documents (another key, another type, an expiry that nobody would look at) makes it malformed.
Follows RFC 7515 and RFC 7519, and https://apidocs.bithumb.com/docs/인증-토큰-생성하기 (2026-10).
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Final, NamedTuple

from bitting.dialects.dialect import Slip
from bitting.dialects.signatures import strict_base64
from bitting.dialects.strict import Json, ascii_text, json_object
from bitting.domain.errors import MalformedRequest

_SCHEME: Final = b"Bearer "
_LONGEST: Final = 4096
_SPELLING: Final = re.compile(rb"[A-Za-z0-9_-]+")
_SIGNATURE_LENGTH: Final = 43  # 32 bytes in base64url
# `typ` may be left out (RFC 7519, section 5.1); a `kid`, `jku` or `crit` is nobody's here.
_HEADERS: Final[tuple[dict[str, Json], ...]] = ({"alg": "HS256", "typ": "JWT"}, {"alg": "HS256"})

_ALWAYS: Final = frozenset({"access_key", "nonce", "timestamp"})
_WITH_PARAMETERS: Final = frozenset({"query_hash", "query_hash_alg"})
# jsonwebtoken, with which Bithumb's examples in JavaScript sign, adds it by itself. The time is `timestamp`.
_BESIDE_THE_POINT: Final = frozenset({"iat"})
_HASH: Final = re.compile(r"[0-9a-f]{128}", re.ASCII)
_FIRST_MS, _LAST_MS = 10**12, 10**13  # 13 digits: a time in seconds or microseconds is none


class Token(NamedTuple):
    """What a token says, and what is signed in it. `query_hash` is "" where the request has no parameters."""

    access_key: str
    timestamp_ms: int
    query_hash: str
    signing_input: bytes
    signature: bytes


def read_token(authorization: bytes) -> Token:
    """Read the header `Authorization`. Raises MalformedRequest."""
    if not authorization.startswith(_SCHEME) or len(authorization) > _LONGEST:
        raise MalformedRequest("Authorization is not `Bearer ` and a token")
    parts = authorization.removeprefix(_SCHEME).split(b".")
    if len(parts) != 3:
        raise MalformedRequest("the token is not three parts with dots between them")
    header, payload, signature = parts
    # Whatever other algorithm a token names (`none`, a key pair's, a longer hash), it is not looked at any further.
    if _json(header, "header") not in _HEADERS:
        raise MalformedRequest('the token\'s header is not {"alg":"HS256","typ":"JWT"}')
    if len(signature) != _SIGNATURE_LENGTH or base64url_bytes(signature) is None:
        raise MalformedRequest("the token's signature is not 43 characters of base64url without padding")
    return _claims(_json(payload, "payload"), header + b"." + payload, signature)


def _claims(said: dict[str, Json], signing_input: bytes, signature: bytes) -> Token:
    unknown = said.keys() - _ALWAYS - _WITH_PARAMETERS - _BESIDE_THE_POINT
    if unknown:
        raise MalformedRequest(f"the token has a claim that Bithumb does not know: {min(unknown)[:32]!r}")
    access_key, nonce, timestamp = said.get("access_key"), said.get("nonce"), said.get("timestamp")
    if not isinstance(access_key, str) or not isinstance(nonce, str):
        raise MalformedRequest("the token's access_key and nonce are not both text")
    ascii_text(nonce.encode("utf-8", "surrogatepass"), 64, "the token's nonce")
    if type(timestamp) is not int or not _FIRST_MS <= timestamp < _LAST_MS:
        raise MalformedRequest("the token's timestamp is not a number of milliseconds since 1970, 13 digits")
    query_hash = ""
    if not _WITH_PARAMETERS.isdisjoint(said):
        given = said.get("query_hash")
        if said.get("query_hash_alg") != "SHA512" or not isinstance(given, str) or _HASH.fullmatch(given) is None:
            raise MalformedRequest("query_hash is not a SHA-512 in lower-case hex, or query_hash_alg is not SHA512")
        query_hash = given
    wire_id = ascii_text(access_key.encode("utf-8", "surrogatepass"), 128, "the token's access_key")
    return Token(wire_id, timestamp, query_hash, signing_input, signature)


def signing_input(access_key: str, nonce: str, timestamp_ms: int, query_hash: str) -> bytes:
    """The header and the payload of a new token, each in base64url, with a dot between them."""
    claims: dict[str, Json] = {"access_key": access_key, "nonce": nonce, "timestamp": timestamp_ms}
    if query_hash:
        claims |= {"query_hash": query_hash, "query_hash_alg": "SHA512"}
    return b".".join(base64url_text(json.dumps(each, separators=(",", ":")).encode()) for each in (_HEADERS[0], claims))


def base64url_text(raw: bytes) -> bytes:
    """Base64url without padding (RFC 7515, section 2)."""
    return urlsafe_b64encode(raw).rstrip(b"=")


def base64url_bytes(text: bytes) -> bytes | None:
    """Decode it from its one canonical spelling, or None: padding and stray bits would make two tokens of one."""
    if _SPELLING.fullmatch(text) is None:
        return None
    return strict_base64(text.translate(_TO_STANDARD) + b"=" * (-len(text) % 4))


_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")


def _json(part: bytes, what: str) -> dict[str, Json]:
    raw = base64url_bytes(part)
    if raw is None:
        raise MalformedRequest(f"the token's {what} is not base64url without padding")
    try:
        return json_object(raw)
    except MalformedRequest:
        raise MalformedRequest(f"the token's {what} is not a JSON object with each name once") from None


def slips(signed: bytes) -> Iterator[Slip]:
    """What is signed by programs that write their tokens by hand, where others have a library."""
    parts = signed.split(b".")
    texts = [base64url_bytes(each) or b"" for each in parts]
    padded = b".".join(each + b"=" * (-len(each) % 4) for each in parts)
    yield Slip("header and payload were signed with the padding (`=`) of their base64", padded)
    yield Slip("header and payload were signed in standard base64 (`+/`)", padded.translate(_TO_STANDARD))
    yield Slip("header and payload were signed as JSON, before base64url", b".".join(texts))
    yield Slip("the payload was signed without the header", parts[1])
    yield Slip("the payload was signed as JSON, without the header", texts[1])
    yield Slip("the dot between header and payload was not signed", b"".join(parts))
