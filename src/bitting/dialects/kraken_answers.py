"""What is said to a Kraken client, and what Kraken said: refusals, the key about itself, what became of it.

Every answer is an object: `error` is a list of texts like `EAPI:Invalid key`, and `result` is there when nothing
failed. A text is a severity (E or W), a category, a type, and sometimes more behind another colon.

Sources: https://support.kraken.com/hc/en-us/articles/360001491786-API-error-messages,
https://docs.kraken.com/api-reference/account-data/get-api-key-info. What unmodified clients make of each refusal was
found by running them: tests/dialects/test_kraken_clients.py.
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

# Each family's error. ccxt compares the whole text, so what we have to say for ourselves is a second error behind it.
# It maps rate limits to DDoSProtection, and `EAPI:Invalid signature` to no class at all.
_REFUSALS: Final[dict[Answer, str]] = {
    Answer.MALFORMED: "EGeneral:Invalid arguments",
    Answer.NOT_PROVEN: "EAPI:Invalid key",
    Answer.STALE: "EAPI:Invalid nonce",
    Answer.DEAD: "EAPI:Invalid key",
    Answer.HELD: "EGeneral:Permission denied",
    Answer.NETWORK: "EGeneral:Permission denied",
    Answer.PERMISSION: "EGeneral:Permission denied",
    Answer.LIMIT: "EGeneral:Permission denied",
    Answer.RATE: "EAPI:Rate limit exceeded",
    Answer.UNAVAILABLE: "EService:Unavailable",
}

# Kraken's names of rights, with the right of ours that comes nearest to each.
_RIGHTS: Final = {
    "query-funds": Permission.BALANCES_READ,
    "add-funds": Permission.DEPOSITS_WRITE,
    "withdraw-funds": Permission.WITHDRAWALS_WRITE,
    "earn-funds": Permission.EARN_WRITE,
    "query-open-trades": Permission.ORDERS_READ,
    "query-closed-trades": Permission.HISTORY_READ,
    "modify-trades": Permission.ORDERS_WRITE,
    "close-trades": Permission.ORDERS_WRITE,
    "query-ledger": Permission.HISTORY_READ,
    "export-data": Permission.HISTORY_READ,
}

# Errors that Kraken gives before it does anything. A service that was busy, late or broken may have acted: none of
# EService, EDatabase and `EGeneral:Internal error` is among them.
_DECLINED: Final = frozenset(
    {
        "EAPI:Invalid key",
        "EAPI:Invalid nonce",
        "EAPI:Invalid signature",
        "EAPI:Rate limit exceeded",
        "EFunding:Invalid amount",
        "EFunding:Max fee exceeded",
        "EFunding:Unknown asset",
        "EFunding:Unknown withdraw key",
        "EGeneral:Invalid arguments",
        "EGeneral:Permission denied",
        "EGeneral:Temporary lockout",
        "EGeneral:Too many requests",
        "EGeneral:Unknown method",
        "EOrder:Cannot open position",
        "EOrder:Insufficient funds",
        "EOrder:Insufficient margin",
        "EOrder:Invalid price",
        "EOrder:Margin allowance exceeded",
        "EOrder:Order minimum not met",
        "EOrder:Orders limit exceeded",
        "EOrder:Positions limit exceeded",
        "EOrder:Rate limit exceeded",
        "EOrder:Unknown order",
        "EQuery:Invalid asset pair",
        "EQuery:Unknown asset",
        "EQuery:Unknown asset pair",
        "ETrade:User Locked",
    }
)
_LONGEST_ID: Final = 64


def refusal(denied: Denied, request_id: str) -> Reply:
    """The refusal. *Not proven* has one text whatever the cause; all others name reason and value."""
    reason = denied.reason
    text = reason.caller if reason.answer is Answer.NOT_PROVEN else denied.text
    ours = f"EBitting:{reason.code}:{text} (request {request_id})"
    wait: tuple[Header, ...] = ()
    if denied.retry_after_ms > 0:
        wait = ((b"retry-after", b"%d" % -(-denied.retry_after_ms // 1000)),)
    status = 503 if reason.answer is Answer.UNAVAILABLE else 200
    return _reply(status, {"error": [_REFUSALS[reason.answer], ours]}, wait)


def about(key: Key, action: Action) -> Reply:
    """The key's name, rights and times, in seconds since 1970 and 0 for none; or that it has ended itself."""
    if action.kind is Kind.SELF_REVOKE:
        text = "The key is revoked and proves nothing any more. Open orders stay."
        return _reply(200, {"error": [], "result": {"apiKey": key.wire_id, "revoked": True, "text": text}})
    granted = key.policy.grants.keys()
    result: Json = {
        "apiKeyName": key.policy.label,
        "apiKey": key.wire_id,
        "nonceWindow": 0,
        "permissions": [name for name, right in _RIGHTS.items() if right in granted],
        "validUntil": str((key.policy.expires_at_ms or 0) // 1000),
        "queryFrom": "0",
        "queryTo": "0",
        "createdTime": str(key.created_at_ms // 1000),
    }
    return _reply(200, {"error": [], "result": result})


def effect(reply: Reply) -> Effect:
    """Read `{"error": [...], "result": {...}}`. A batch is declined when each of its orders is."""
    try:
        said = json_value(reply.body)
    except MalformedRequest:
        said = None
    match said:
        case {"error": [_, *_] as errors}:
            return Effect(declined=all(_is_declined(each) for each in errors), reference="")
        case {"result": {"orders": [_, *_] as orders}}:
            refused = [each.get("error") if isinstance(each, dict) else None for each in orders]
            return Effect(declined=all(_is_declined(each) for each in refused), reference="")
        case {"result": {"txid": [str(name)] | str(name)}} | {"result": {"refid": str(name)}}:
            plain = name.isascii() and name.isprintable() and len(name) <= _LONGEST_ID
            return Effect(declined=False, reference=name if plain else "")
        case _:
            return Effect(declined=False, reference="")


def _is_declined(error: Json) -> bool:
    return isinstance(error, str) and ":".join(error.split(":")[:2]) in _DECLINED


def _reply(status: int, value: Json, headers: tuple[Header, ...] = ()) -> Reply:
    body = json.dumps(value, separators=(",", ":")).encode()
    return Reply(status, ((b"content-type", b"application/json"), *headers), body)
