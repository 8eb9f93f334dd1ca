"""What a native client is told: problems (RFC 9457), the key about itself; and what the upstream's reply says.

The rule it keeps: `code` is the reason's own code and stable, the status is one of a handful, and only what may be
sent again has Retry-After. Texts are for people.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Final

from bitting.dialects.dialect import Effect
from bitting.dialects.strict import json_value
from bitting.domain.errors import MalformedRequest
from bitting.domain.keys import Key
from bitting.domain.request import Header, Reply
from bitting.domain.verdict import Answer, Denied, Reason

_STATUS: Final[dict[Answer, HTTPStatus]] = {
    Answer.MALFORMED: HTTPStatus.BAD_REQUEST,
    Answer.NOT_PROVEN: HTTPStatus.UNAUTHORIZED,
    Answer.STALE: HTTPStatus.UNAUTHORIZED,
    Answer.DEAD: HTTPStatus.UNAUTHORIZED,
    Answer.HELD: HTTPStatus.FORBIDDEN,
    Answer.NETWORK: HTTPStatus.FORBIDDEN,
    Answer.PERMISSION: HTTPStatus.FORBIDDEN,
    Answer.LIMIT: HTTPStatus.FORBIDDEN,
    Answer.RATE: HTTPStatus.TOO_MANY_REQUESTS,
    Answer.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
# RFC 9421 section 5.1: what is to be covered, and that it has to say its times. A body's digest comes on top.
_ACCEPT: Final[Header] = (b"accept-signature", b'bitting=("@method" "@authority" "@target-uri");created;expires')
_NO_STORE: Final[Header] = (b"cache-control", b"no-store")


def refuse(denied: Denied, request_id: str) -> Reply:
    """The refusal as a problem. *Not proven* is one text, whatever the cause."""
    reason = denied.reason
    # The exchange may have acted: 503 would invite a client to try again.
    status = HTTPStatus.GATEWAY_TIMEOUT if reason is Reason.UPSTREAM_UNKNOWN else _STATUS[reason.answer]
    detail = reason.caller if reason is Reason.NOT_PROVEN else denied.text
    headers: tuple[Header, ...] = (_NO_STORE,)
    if reason is Reason.NOT_PROVEN:
        headers += (_ACCEPT,)
    if denied.retry_after_ms > 0:
        headers += ((b"retry-after", b"%d" % -(-denied.retry_after_ms // 1000)),)
    # Without a `type` it is "about:blank", whose title is the status's own phrase (RFC 9457 section 4.2.1).
    problem: dict[str, object] = {"title": status.phrase, "status": status.value, "detail": detail}
    problem |= {"code": reason.code, "request_id": request_id}
    return _reply(status.value, b"application/problem+json", problem, headers)


def effect(reply: Reply) -> Effect:
    """By status, since nothing is known of the upstream's bodies: a 4xx has done nothing, but for a timeout and a
    conflict, which can stand for half of something done. The `id` of an object in the reply is the reference."""
    declined = 400 <= reply.status < 500 and reply.status not in (408, 409)
    if declined:
        return Effect(True, "")
    try:
        read = json_value(reply.body)
    except MalformedRequest:
        return Effect(False, "")
    reference = read.get("id") if isinstance(read, dict) else None
    return Effect(False, str(reference) if type(reference) in (str, int) else "")


def about(key: Key) -> Reply:
    """The key's own record. It is asked from an address of the key's network, with a signature of the key."""
    return _reply(
        200,
        b"application/json",
        {
            "key_id": key.wire_id,
            "environment": key.environment.value,
            "created_at_ms": key.created_at_ms,
            "version": key.version,
            **key.policy.to_plain(),
        },
        (_NO_STORE,),
    )


def revoked(key: Key) -> Reply:
    """What a key hears when it has ended itself."""
    said = {"key_id": key.wire_id, "revoked": True, "detail": "The key is revoked for good. Open orders stay."}
    return _reply(200, b"application/json", said, (_NO_STORE,))


def _reply(status: int, kind: bytes, body: dict[str, object], headers: tuple[Header, ...]) -> Reply:
    return Reply(status, ((b"content-type", kind), *headers), json.dumps(body).encode())
