"""What Bithumb's clients are told, and what Bithumb told us, in both of its interfaces."""

import json
from typing import Any

import pytest

from bitting.dialects import bithumb, bithumb_v1
from bitting.dialects.dialect import Effect
from bitting.domain.action import Action, Kind
from bitting.domain.grants import NO_LIMITS
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.network import Network
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy
from bitting.domain.request import Reply, Request
from bitting.domain.verdict import Denied, Reason

V2, V1 = bithumb.DIALECT, bithumb_v1.DIALECT
ASKED = Request(b"GET", b"/v1/api_keys", (), b"", peer=0)
READ, REVOKE = Action("key.read", Kind.SELF_READ, None), Action("key.revoke", Kind.SELF_REVOKE, None)


def said(reply: Reply) -> Any:
    assert (b"content-type", b"application/json; charset=utf-8") in reply.headers
    return json.loads(reply.body)


def key(expires_at_ms: int | None = None, revoked_at_ms: int | None = None) -> Key:
    grants = dict.fromkeys((Permission.ORDERS_WRITE, Permission.BALANCES_READ), NO_LIMITS)
    policy = Policy("bot", grants, Network.from_text(["anywhere"]), expires_at_ms)
    return Key(
        "id", "house", "acct", Environment.LIVE, "bithumb", "bk_live_x", False, policy, frozenset(), revoked_at_ms,
        (), 0, 1,
    )  # fmt: skip


def test_a_refusal_of_api_2_says_in_its_message_why() -> None:
    """`name` has words that ccxt knows, `message` the reason, the request's own value and its id."""
    reply = V2.refuse(Denied(Reason.PERMISSION, "orders.write", "for the owner only"), "req-7")
    assert reply.status == 403
    assert said(reply) == {
        "error": {
            "name": "Method Not Allowed.(Access)",
            "message": "the key does not have this permission: orders.write (permission.missing, request req-7)",
        }
    }


def test_a_refusal_of_api_1_says_beside_its_words_why() -> None:
    """`status` and `message` are Bithumb's to the letter."""
    reply = V1.refuse(Denied(Reason.NETWORK, "203.0.113.7", "for the owner only"), "req-7")
    assert reply.status == 200
    assert said(reply) == {
        "status": "5302",
        "message": "Method Not Allowed.(Access IP)",
        "reason": "network.outside",
        "explanation": "the address is not in the key's network: 203.0.113.7",
        "request_id": "req-7",
    }


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.KEY_RATE, 429),
        (Reason.UNAVAILABLE, 503),
        (Reason.UPSTREAM_DOWN, 503),
        (Reason.UPSTREAM_UNKNOWN, 504),
    ],
)
def test_what_can_be_tried_again_goes_by_its_status(reason: Reason, status: int) -> None:
    """There is no `error` and no `status` in it, or ccxt would take it for something to stop at."""
    for dialect in (V2, V1):
        reply = dialect.refuse(Denied(reason, retry_after_ms=1001), "req-7")
        assert reply.status == status
        assert not {"error", "status"} & said(reply).keys()
        assert (b"retry-after", b"2") in reply.headers
        assert b"retry-after" not in dict(dialect.refuse(Denied(reason), "req-7").headers)


def test_before_proof_nothing_is_shown() -> None:
    """Not even a value of the request's own: the answer is one."""
    for dialect in (V2, V1):
        bare = dialect.refuse(Denied(Reason.NOT_PROVEN), "req-7")
        assert dialect.refuse(Denied(Reason.NOT_PROVEN, "shown", "detail"), "req-7") == bare


def test_a_key_of_api_2_is_in_a_list_of_one() -> None:
    """As GET /v1/api_keys has it, with the time of Korea."""
    expiry = "2025-11-21T03:00:00+09:00"
    rights = ["balances.read", "orders.write"]
    assert said(V2.about(key(1763661600000), READ, ASKED)) == [
        {"access_key": "bk_live_x", "expire_at": expiry, "permissions": rights}
    ]
    assert said(V2.about(key(), READ, ASKED))[0]["expire_at"] is None
    assert said(V2.about(key(None, 1763661600000), REVOKE, ASKED)) == {"access_key": "bk_live_x", "revoked_at": expiry}


def test_a_key_of_api_1_is_a_success() -> None:
    """Status 0000, and what there is to say under `data`."""
    assert said(V1.about(key(1763661600000), READ, ASKED)) == {
        "status": "0000",
        "data": {
            "api_key": "bk_live_x",
            "expire_at": 1763661600000,
            "permissions": ["balances.read", "orders.write"],
        },
    }
    assert said(V1.about(key(None, 1763661600000), REVOKE, ASKED)) == {
        "status": "0000",
        "data": {"api_key": "bk_live_x", "revoked_at": 1763661600000},
    }


ERROR = {"error": {"name": "invalid_price", "message": "x"}}
PLACED = {"order_id": "C0101", "market": "KRW-BTC"}
FAILED = {"client_order_id": "1", "name": "cross_trading", "message": "x"}


@pytest.mark.parametrize(
    ("status", "value", "effect"),
    [
        (201, PLACED, Effect(False, "C0101")),
        (201, {"uuid": "200377211", "type": "withdraw"}, Effect(False, "200377211")),
        (201, {"algo_order_id": "TWAP-1"}, Effect(False, "TWAP-1")),
        (200, {"withdrawal_id": "200377211"}, Effect(False, "200377211")),
        (200, {"order_id": 7}, Effect(False, "")),
        (400, ERROR, Effect(True, "")),
        (401, ERROR, Effect(True, "")),
        (404, ERROR, Effect(True, "")),
        (422, ERROR, Effect(True, "")),
        (408, ERROR, Effect(False, "")),
        (409, ERROR, Effect(False, "")),
        (500, ERROR, Effect(False, "")),
        (200, ERROR, Effect(False, "")),  # an error under a success: who knows
        (400, {"error": "x"}, Effect(False, "")),
        (400, [], Effect(False, "")),
        (201, {"batch_orders_response": [PLACED, FAILED]}, Effect(False, "")),
        (201, {"batch_orders_response": [FAILED, FAILED]}, Effect(True, "")),
        (201, {"batch_orders_response": [{**FAILED, "order_id": "C1"}]}, Effect(False, "")),
        (201, {"batch_orders_response": ["x"]}, Effect(False, "")),
        (201, {"batch_orders_response": []}, Effect(False, "")),
    ],
)
def test_the_reply_of_api_2_says_what_became_of_it(status: int, value: object, effect: Effect) -> None:
    """Declined only when Bithumb says so itself, and nothing can have happened."""
    assert V2.effect(Reply(status, (), json.dumps(value).encode())) == effect


@pytest.mark.parametrize(
    ("value", "effect"),
    [
        ({"status": "0000", "order_id": "C0101"}, Effect(False, "C0101")),
        ({"status": "0000", "order_id": 7}, Effect(False, "")),
        ({"status": "0000"}, Effect(False, "")),
        *(({"status": each, "message": "x"}, Effect(True, "")) for each in ("5100", "5200", "5300", "5302", "5500")),
        *(({"status": each, "message": "x"}, Effect(False, "")) for each in ("5400", "5600", "5900", "")),
        ({"status": 5500}, Effect(False, "")),
        ([], Effect(False, "")),
    ],
)
def test_the_reply_of_api_1_says_what_became_of_it(value: object, effect: Effect) -> None:
    """5600 is for whatever else there is, also for what happened after all."""
    assert V1.effect(Reply(200, (), json.dumps(value).encode())) == effect


def test_a_reply_that_cannot_be_read_declines_nothing() -> None:
    """A page of a proxy, or nothing."""
    for dialect in (V2, V1):
        for body in (b"<html>", b"", b'{"error":{"name":1}'):
            assert dialect.effect(Reply(400, (), body)) == Effect(False, "")
