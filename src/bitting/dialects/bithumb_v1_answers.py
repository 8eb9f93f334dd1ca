"""What a client of Bithumb's API 1.0 is told, and what Bithumb said: refusals, the key about itself, what became of it.

A reply is `{"status", "message"}` under HTTP 200, and status `0000` is the only success. ccxt 4.5.90 has its classes
for whole texts of `message`, so these are Bithumb's own to the letter; what is refused, and why, stands beside them,
where people and pybithumb see it. What can be tried again has no `status`: there ccxt goes by the status of HTTP.

What unmodified clients make of each refusal was found by running them: tests/dialects/test_bithumb_v1_clients.py.
Source: https://apidocs.bithumb.com/v1.2.0/docs/api-주요-에러-코드.
"""

from __future__ import annotations

import json
from typing import Final

from bitting.dialects.dialect import Effect
from bitting.dialects.strict import Json, json_value
from bitting.domain.action import Action, Kind
from bitting.domain.errors import MalformedRequest
from bitting.domain.keys import Key
from bitting.domain.request import Header, Reply
from bitting.domain.verdict import Answer, Denied, Reason

_JSON: Final[Header] = (b"content-type", b"application/json; charset=utf-8")
_KEY, _STOP = ("5300", "Invalid Apikey"), ("5302", "Method Not Allowed.(Access)")
_WORDS: Final[dict[Answer, tuple[str, str]]] = {
    Answer.MALFORMED: ("5500", "Invalid Parameter"),
    Answer.NOT_PROVEN: _KEY,
    Answer.STALE: ("5100", "Bad Request.(Auth Data)"),
    Answer.DEAD: _KEY,
    Answer.HELD: _STOP,
    Answer.NETWORK: ("5302", "Method Not Allowed.(Access IP)"),
    Answer.PERMISSION: _STOP,
    Answer.LIMIT: _STOP,
}
_AGAIN: Final[dict[Answer, int]] = {Answer.RATE: 429, Answer.UNAVAILABLE: 503}
_UNKNOWN: Final = 504  # ccxt: RequestTimeout


def refuse(denied: Denied, request_id: str) -> Reply:
    """The refusal. *Not proven* has one text whatever the cause; all others name reason and value."""
    reason = denied.reason
    explanation = reason.caller if reason.answer is Answer.NOT_PROVEN else denied.text
    said: dict[str, Json] = {"reason": reason.code, "explanation": explanation, "request_id": request_id}
    wait: tuple[Header, ...] = ()
    if denied.retry_after_ms > 0:
        wait = ((b"retry-after", b"%d" % -(-denied.retry_after_ms // 1000)),)
    if reason.answer in _WORDS:
        status, message = _WORDS[reason.answer]
        return _reply(200, {"status": status, "message": message, **said}, wait)
    return _reply(_UNKNOWN if reason is Reason.UPSTREAM_UNKNOWN else _AGAIN[reason.answer], said, wait)


# What Bithumb says before it does anything. 5400 (its database) and 5600 (whatever else) leave it open.
_DECLINED: Final = frozenset({"5100", "5200", "5300", "5302", "5500"})


def effect(reply: Reply) -> Effect:
    """What became of an admitted request, and the order's id."""
    try:
        read = json_value(reply.body)
    except MalformedRequest:
        return Effect(False, "")
    match read:
        case {"status": "0000", "order_id": str(order_id)}:
            return Effect(False, order_id)
        case {"status": str(status)}:
            return Effect(status in _DECLINED, "")
    return Effect(False, "")


def about(key: Key, action: Action) -> Reply:
    """The key with its rights by their own names and its expiry, in milliseconds; or its end."""
    data: dict[str, Json] = {"api_key": key.wire_id}
    if action.kind is Kind.SELF_REVOKE:
        data["revoked_at"] = key.revoked_at_ms
    else:
        data["expire_at"] = key.policy.expires_at_ms
        data["permissions"] = [each.value for each in sorted(key.policy.grants, key=lambda each: each.value)]
    return _reply(200, {"status": "0000", "data": data})


def _reply(status: int, value: Json, headers: tuple[Header, ...] = ()) -> Reply:
    return Reply(status, (_JSON, *headers), json.dumps(value, separators=(",", ":")).encode())
