"""What a client of Bithumb's API 2.0 is told, and what Bithumb said: refusals, the key about itself, what became of it.

Errors are `{"error": {"name", "message"}}`. ccxt 4.5.90 knows none of the names that Bithumb documents for API 2.0; it
has classes for Bithumb's older words (API 1.0), and looks for them in `name` and in `message`, whole. So `name` says it
in the older words, which decides what clients do (stop, or mend something), and `message` is free to say why.
What can be tried again has no `error`: there ccxt goes by the status, and shows the whole body.

What unmodified clients make of each refusal was found by running them: tests/dialects/test_bithumb_clients.py.
Sources: https://apidocs.bithumb.com/docs/api-주요-에러-코드 and its edition v1.2.0; for replies, each request's page.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Final

from bitting.dialects.dialect import Effect
from bitting.dialects.strict import Json, json_value
from bitting.domain.action import Action, Kind
from bitting.domain.errors import MalformedRequest
from bitting.domain.keys import Key
from bitting.domain.request import Header, Reply
from bitting.domain.verdict import Answer, Denied, Reason

_JSON: Final[Header] = (b"content-type", b"application/json; charset=utf-8")
_KEY, _STOP = "Invalid Apikey", "Method Not Allowed.(Access)"
_WORDS: Final[dict[Answer, tuple[int, str]]] = {
    Answer.MALFORMED: (400, "Invalid Parameter"),
    Answer.NOT_PROVEN: (401, _KEY),
    Answer.STALE: (401, "Bad Request.(Auth Data)"),
    Answer.DEAD: (401, _KEY),
    Answer.HELD: (403, _STOP),
    Answer.NETWORK: (401, "Method Not Allowed.(Access IP)"),
    Answer.PERMISSION: (403, _STOP),
    Answer.LIMIT: (403, _STOP),
}
_AGAIN: Final[dict[Answer, tuple[int, str]]] = {
    Answer.RATE: (429, "too_many_requests"),
    Answer.UNAVAILABLE: (503, "unavailable"),
}
_UNKNOWN: Final = (504, "unknown")  # ccxt: RequestTimeout
_KOREA: Final = timezone(timedelta(hours=9))  # Bithumb's times are in it


def refuse(denied: Denied, request_id: str) -> Reply:
    """The refusal. *Not proven* has one text whatever the cause; all others name reason and value."""
    reason = denied.reason
    said = reason.caller if reason.answer is Answer.NOT_PROVEN else denied.text
    message = f"{said} ({reason.code}, request {request_id})"
    wait: tuple[Header, ...] = ()
    if denied.retry_after_ms > 0:
        wait = ((b"retry-after", b"%d" % -(-denied.retry_after_ms // 1000)),)
    if reason.answer in _WORDS:
        status, name = _WORDS[reason.answer]
        return _reply(status, {"error": {"name": name, "message": message}}, wait)
    status, name = _UNKNOWN if reason is Reason.UPSTREAM_UNKNOWN else _AGAIN[reason.answer]
    return _reply(status, {"name": name, "message": message}, wait)


# Where a 4xx leaves open what happened.
_OPEN_STATUSES: Final = (408, 409)
_REFERENCES: Final = ("order_id", "uuid", "algo_order_id", "withdrawal_id")


def effect(reply: Reply) -> Effect:
    """What became of an admitted request. Declined is a readable error of the 4xx kind, or a batch in which each item
    has an error and none an order."""
    try:
        read = json_value(reply.body)
    except MalformedRequest:
        return Effect(False, "")
    match read:
        case {"error": {"name": _}}:
            return Effect(400 <= reply.status < 500 and reply.status not in _OPEN_STATUSES, "")
        case {"batch_orders_response": [*orders]}:
            return Effect(bool(orders) and all(map(_is_error, orders)), "")
        case dict():
            found = (read[name] for name in _REFERENCES if isinstance(read.get(name), str))
            return Effect(False, str(next(found, "")))
    return Effect(False, "")


def _is_error(item: Json) -> bool:
    return isinstance(item, dict) and "name" in item and "order_id" not in item


def about(key: Key, action: Action) -> Reply:
    """`GET /v1/api_keys`, with this key alone and its rights by their own names; or the end of the key."""
    if action.kind is Kind.SELF_REVOKE:
        return _reply(200, {"access_key": key.wire_id, "revoked_at": _time(key.revoked_at_ms)})
    rights: list[Json] = [each.value for each in sorted(key.policy.grants, key=lambda each: each.value)]
    expiry = _time(key.policy.expires_at_ms)
    return _reply(200, [{"access_key": key.wire_id, "expire_at": expiry, "permissions": rights}])


def _time(since_1970_ms: int | None) -> str | None:
    if since_1970_ms is None:
        return None
    return datetime.fromtimestamp(since_1970_ms // 1000, _KOREA).isoformat()


def _reply(status: int, value: Json, headers: tuple[Header, ...] = ()) -> Reply:
    return Reply(status, (_JSON, *headers), json.dumps(value, separators=(",", ":")).encode())
