"""Who the gate says is asking: identity headers for an upstream, signed, and how the upstream checks them.

    bitting-account     id of the account
    bitting-key         id of the key
    bitting-request-id  id of this request, the same as in the gate's log
    bitting-time        when the gate signed, ms since 1970, UTC
    bitting-signature   v1= and HMAC-SHA256 in lower-case hex, under a secret shared with this one upstream, over

        framed("bitting-identity-v1", method, target, SHA-256(body), account, key, time, request id)

where `framed` puts each part behind its length in 4 bytes, big endian. Method, target and body are
the bytes the upstream receives. A header of this family that a client sends never gets through.

An upstream needs nothing but `verify_identity`; it may be copied. Within the window a captured
request can be sent to the upstream again, unchanged: keep the network between the two closed, or
remember the request ids of the last minute.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from bitting.domain.canonical import framed
from bitting.domain.errors import BadSignature, MalformedRequest, MalformedValue
from bitting.domain.request import Header
from bitting.domain.secret import Secret

PREFIX: Final = b"bitting-"
_FIELDS: Final = (b"bitting-account", b"bitting-key", b"bitting-time", b"bitting-request-id", b"bitting-signature")
_ID: Final = re.compile(rb"[!-~]{1,128}")
_IDS: Final = re.compile(r"[!-~]{1,128} [!-~]{1,128} [!-~]{1,128}")  # three of them, in which no space can be
_TIME: Final = re.compile(rb"[1-9][0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the gate has let in, and when it said so."""

    account: str
    key: str
    request_id: str
    signed_at_ms: int


def sign_identity(
    secret: Secret, method: bytes, target: bytes, body: bytes, *, account: str, key: str, request_id: str, now_ms: int
) -> tuple[Header, ...]:
    """The five headers for a request as it will be sent upstream. Raises MalformedValue for an id that is not one."""
    if _IDS.fullmatch(f"{account} {key} {request_id}") is None:
        raise MalformedValue("an id is 1 to 128 visible ASCII characters")
    values = whose, by, time, request = (account.encode(), key.encode(), b"%d" % now_ms, request_id.encode())
    return (
        (b"bitting-account", whose),
        (b"bitting-key", by),
        (b"bitting-time", time),
        (b"bitting-request-id", request),
        (b"bitting-signature", _signature(secret, method, target, body, values)),
    )


def verify_identity(
    secret: Secret,
    method: bytes,
    target: bytes,
    headers: Iterable[Header],
    body: bytes,
    *,
    now_ms: int,
    window_ms: int = 30_000,
) -> Identity:
    """Read and check the identity of a request (header names in any case).

    Raises MalformedRequest when a header of the five is missing, stands twice or is not well-formed,
    and BadSignature when they are not this gate's word about this request, or not of now.
    """
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        name = name.lower()
        if name in found:
            raise MalformedRequest("an identity header stands twice")
        if name in _FIELDS:
            found[name] = value
    if len(found) != len(_FIELDS):
        raise MalformedRequest("an identity header is missing")
    *values, signature = (found[name] for name in _FIELDS)
    account, key, time, request_id = values
    if not (all(_ID.fullmatch(one) for one in (account, key, request_id)) and _TIME.fullmatch(time)):
        raise MalformedRequest("an identity header is malformed")
    if not hmac.compare_digest(signature, _signature(secret, method, target, body, values)):
        raise BadSignature("the identity headers are not the gate's word about this request")
    if abs(now_ms - int(time)) > window_ms:
        raise BadSignature("the identity headers are not of now")
    return Identity(account.decode(), key.decode(), request_id.decode(), int(time))


def _signature(secret: Secret, method: bytes, target: bytes, body: bytes, values: Sequence[bytes]) -> bytes:
    said = framed(b"bitting-identity-v1", method, target, sha256(body).digest(), *values)
    return b"v1=" + hmac.new(secret.reveal(), said, "sha256").hexdigest().encode()
