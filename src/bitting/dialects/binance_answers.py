"""What Binance's clients are told: refusals, the key about itself; and what a reply of the exchange says of an order.

The rule it keeps: each family of reasons has the status and code that make clients do the right thing (stop,
mend the clock, wait), and the text says why. Codes are Binance's (errors.md, 2026-07); the classes that ccxt
4.5.90 makes of them are tested.

 - ccxt takes the words `has no operation privilege` in `msg` for PermissionDenied, whatever the code: such
   clients stop. The same words stand in every refusal that repeating cannot mend.
 - Not -2015: ccxt takes it for a ban, and tries again, once a client has had a success.
 - Code 0 tells nothing, as in Binance's own 451, so that ccxt goes by the status: 503 is worth another try.
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from bitting.dialects.dialect import Effect
from bitting.dialects.strict import Json, json_value
from bitting.domain.errors import MalformedRequest
from bitting.domain.keys import Key
from bitting.domain.permissions import Permission
from bitting.domain.request import Header, Reply
from bitting.domain.verdict import Answer, Denied, Reason

_JSON: Final[Header] = (b"content-type", b"application/json;charset=UTF-8")
_STOP: Final = "The key has no operation privilege: "


class _Words(NamedTuple):
    status: int
    code: int
    opening: str = ""


_WORDS: Final[dict[Answer, _Words]] = {
    Answer.MALFORMED: _Words(400, -1130),
    Answer.NOT_PROVEN: _Words(400, -1022),
    Answer.STALE: _Words(400, -1021),
    Answer.DEAD: _Words(401, -1002),
    Answer.HELD: _Words(401, -1002, _STOP),
    Answer.NETWORK: _Words(401, -1002, _STOP),
    Answer.PERMISSION: _Words(401, -1002, _STOP),
    Answer.LIMIT: _Words(400, -2010, _STOP),
    Answer.RATE: _Words(429, -1003),
    Answer.UNAVAILABLE: _Words(503, 0),
}
# "Timeout waiting for response from backend server. Send status unknown": ccxt's RequestTimeout.
_UNKNOWN: Final = _Words(504, -1007)


def refuse(denied: Denied, request_id: str) -> Reply:
    """The refusal as Binance would send it, with `reason` and `request_id` beside `code` and `msg`."""
    reason = denied.reason
    words = _UNKNOWN if reason is Reason.UPSTREAM_UNKNOWN else _WORDS[reason.answer]
    # Before proof there is one answer, byte for byte, whatever the cause.
    said = "Signature for this request is not valid." if reason is Reason.NOT_PROVEN else denied.text
    body = {
        "code": words.code,
        "msg": f"{words.opening}{said} [{reason.code}, request {request_id}]",
        "reason": reason.code,
        "request_id": request_id,
    }
    headers: tuple[Header, ...] = (_JSON,)
    if denied.retry_after_ms:
        headers += ((b"retry-after", b"%d" % -(-denied.retry_after_ms // 1000)),)
    return Reply(words.status, headers, json.dumps(body).encode())


# Where a 4xx leaves open what happened: a timeout, and cancelReplace when one half of it went through.
_OPEN_STATUSES: Final = (408, 409)
_OPEN_CODES: Final = (-1006, -1007, -2021)
_REFERENCES: Final = ("orderId", "algoId", "orderListId", "id", "tranId")


def effect(reply: Reply) -> Effect:
    """What became of an admitted request. Declined is a readable error of the 4xx kind, or a batch of nothing
    but errors; a 5xx is *unknown* by Binance's own words (rest-api.md, HTTP Return Codes)."""
    try:
        read = json_value(reply.body)
    except MalformedRequest:
        return Effect(False, "")
    if isinstance(read, list):
        return Effect(bool(read) and all(map(_is_error, read)), "")
    if not isinstance(read, dict):
        return Effect(False, "")
    if 400 <= reply.status < 500 and reply.status not in _OPEN_STATUSES and _is_error(read):
        return Effect(True, "")
    placed = read.get("newOrderResponse")  # as cancelReplace answers
    if not isinstance(placed, dict):
        placed = read
    references = (placed[name] for name in _REFERENCES if name in placed)
    return Effect(False, str(next(references, "")))


def _is_error(read: Json) -> bool:
    code = read.get("code") if isinstance(read, dict) else None
    return isinstance(code, int) and code < 0 and code not in _OPEN_CODES


def restrictions(key: Key) -> Reply:
    """`GET /sapi/v1/account/apiRestrictions`, with the rights by their own names beside Binance's flags."""
    grants = key.policy.grants
    trades = Permission.ORDERS_WRITE in grants
    return _told(
        {
            "ipRestrict": not key.policy.network.anywhere,
            "createTime": key.created_at_ms,
            "tradingAuthorityExpirationTime": key.policy.expires_at_ms,
            "enableReading": any(each.value.endswith(".read") for each in grants),
            "enableSpotAndMarginTrading": trades,
            "enableFutures": trades,
            "enableMargin": Permission.BORROW_WRITE in grants,
            "enableWithdrawals": Permission.WITHDRAWALS_WRITE in grants,
            "permitsUniversalTransfer": Permission.TRANSFERS_WRITE in grants,
            "enableInternalTransfer": False,
            "enableVanillaOptions": False,
            "enablePortfolioMarginTrading": False,
            "enableFixApiTrade": False,
            "enableFixReadOnly": False,
            "permissions": sorted(each.value for each in grants),
        }
    )


def revoked(key: Key) -> Reply:
    """What a key hears when it has ended itself."""
    return _told({"code": 200, "msg": "the key is revoked", "apiKey": key.wire_id})


def _told(body: dict[str, object]) -> Reply:
    return Reply(200, (_JSON,), json.dumps(body).encode())
