"""What is said to a Bitfinex v2 client, and what Bitfinex said: refusals, the key about itself, what became of it.

Answers are JSON arrays, whose places have meanings: `["error", code, text]`, or a notification.

Sources: https://docs.bitfinex.com/docs/abbreviations-glossary (codes), https://docs.bitfinex.com/reference/key-permissions,
https://docs.bitfinex.com/reference/rest-auth-submit-order (notifications). What unmodified clients make of each refusal
was found by running them: tests/dialects/test_bitfinex_clients.py.
"""

from __future__ import annotations

import json
from typing import Final

from bitting.dialects.dialect import Effect
from bitting.dialects.strict import Json, json_value
from bitting.domain.action import Action, Kind
from bitting.domain.errors import MalformedRequest
from bitting.domain.keys import Key
from bitting.domain.permissions import Permission
from bitting.domain.request import Header, Reply
from bitting.domain.verdict import Answer, Denied

# Each family's HTTP status, code and words. ccxt maps codes only under 500, and under 429 whatever the body; any
# other status with such an array it takes for data, or for an error of no class. 10001 (PermissionDenied) ends a
# bot's loop, where 10114 (InvalidNonce) and 11010 (RateLimitExceeded) are tried again.
_REFUSALS: Final[dict[Answer, tuple[int, int, str]]] = {
    Answer.MALFORMED: (500, 10020, "request: invalid"),
    Answer.NOT_PROVEN: (500, 10100, "apikey: invalid"),
    Answer.STALE: (500, 10114, "nonce"),
    Answer.DEAD: (500, 10100, "apikey: invalid"),
    Answer.HELD: (500, 10001, "api_key: permission invalid"),
    Answer.NETWORK: (500, 10001, "api_key: permission invalid"),
    Answer.PERMISSION: (500, 10001, "api_key: permission invalid"),
    Answer.LIMIT: (500, 10001, "api_key: permission invalid"),
    Answer.RATE: (429, 11010, "ratelimit: error"),
}

# The scopes of auth/r/permissions, with the rights of ours that reading and writing in them come nearest to.
# https://docs.bitfinex.com/reference/key-permissions
_SCOPES: Final[tuple[tuple[str, Permission | None, Permission | None], ...]] = (
    ("account", Permission.SETTINGS_READ, None),
    ("history", Permission.HISTORY_READ, None),
    ("orders", Permission.ORDERS_READ, Permission.ORDERS_WRITE),
    ("positions", Permission.POSITIONS_READ, Permission.POSITIONS_WRITE),
    ("funding", Permission.FUNDING_READ, Permission.FUNDING_WRITE),
    ("settings", Permission.SETTINGS_READ, Permission.SETTINGS_WRITE),
    ("wallets", Permission.BALANCES_READ, Permission.TRANSFERS_WRITE),
    ("withdraw", Permission.WITHDRAWALS_READ, Permission.WITHDRAWALS_WRITE),
    ("ui_withdraw", None, None),
    ("bfxpay", Permission.DEPOSITS_READ, Permission.DEPOSITS_WRITE),
)

# Error codes that Bitfinex gives before it does anything: generic, parameters, key, nonce, rate.
_DECLINED: Final = frozenset({10001, 10020, 10100, 10114, 11010})
# Notifications whose data is, or begins with, the order, offer or withdrawal they are about.
_ABOUT_ONE: Final = frozenset({"on-req", "ou-req", "oc-req", "fon-req", "foc-req", "acc_wd-req"})
_FAILED: Final = frozenset({"ERROR", "FAILURE"})


def refusal(denied: Denied, request_id: str) -> Reply:
    """The refusal. *Not proven* has one text whatever the cause; all others name reason and value."""
    reason = denied.reason
    wait: tuple[Header, ...] = ()
    if denied.retry_after_ms > 0:
        wait = ((b"retry-after", b"%d" % -(-denied.retry_after_ms // 1000)),)
    if reason.answer is Answer.UNAVAILABLE:
        # The one error that Bitfinex writes as an object; an array under 503 ccxt would take for data.
        said = f"{reason.caller} ({reason.code}, request {request_id})"
        return _reply(503, {"code": 503, "error": "temporarily_unavailable", "error_description": said}, wait)
    status, code, words = _REFUSALS[reason.answer]
    if reason.answer is not Answer.NOT_PROVEN:
        words = denied.text if denied.text.startswith(words) else f"{words}: {denied.text}"
    return _reply(status, ["error", code, f"{words} ({reason.code}, request {request_id})"], wait)


def about(key: Key, action: Action) -> Reply:
    """The key's scopes, or the notification that it has ended itself."""
    if action.kind is Kind.SELF_REVOKE:
        text = "The key is revoked and proves nothing any more. Open orders stay."
        return _reply(200, [key.revoked_at_ms, "key_revoke", None, None, [key.wire_id], None, "SUCCESS", text])
    granted = key.policy.grants.keys()
    return _reply(200, [[scope, int(read in granted), int(write in granted)] for scope, read, write in _SCOPES])


def effect(reply: Reply) -> Effect:
    """Read a notification `[time, type, , , data, code, status, text]` or an error `["error", code, text]`."""
    try:
        said = json_value(reply.body)
    except MalformedRequest:
        return Effect(declined=False, reference="")
    match said:
        case ["error", int(code), *_]:
            return Effect(declined=code in _DECLINED, reference="")
        case [_, "ox_multi-req", _, _, [*operations], *_]:
            # A batch is not rolled back: it is declined when each of its operations is.
            declined = bool(operations) and all(_failed(each) for each in operations)
            return Effect(declined, reference="")
        case [_, str(kind), _, _, [[int(number), *_], *_] | [int(number), *_], *_] if kind in _ABOUT_ONE:
            return Effect(_failed(said), str(number or ""))
        case _:
            return Effect(_failed(said), reference="")


def _failed(notification: Json) -> bool:
    match notification:
        case [_, str(), _, _, _, _, str(status), *_]:
            return status in _FAILED
        case _:
            return False


def _reply(status: int, value: Json, headers: tuple[Header, ...] = ()) -> Reply:
    body = json.dumps(value, separators=(",", ":")).encode()
    return Reply(status, ((b"content-type", b"application/json"), *headers), body)
