"""What Binance's clients are told, and what Binance's replies say."""

import json
from typing import Any

import pytest

from bitting.dialects.binance import DIALECT
from bitting.dialects.dialect import Effect
from bitting.domain.action import Action, Kind
from bitting.domain.grants import NO_LIMITS
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.network import ANYWHERE, Network
from bitting.domain.permissions import PRESETS, Permission
from bitting.domain.policy import Policy
from bitting.domain.request import Reply, Request
from bitting.domain.verdict import Answer, Denied, Reason

ID = "0190c3f2-0000-7000-8000-000000000000"
REQUEST = Request(b"GET", b"/sapi/v1/account/apiRestrictions", (), b"", peer=0)


def key(preset: str, network: Network = ANYWHERE, expires_at_ms: int | None = None) -> Key:
    policy = Policy("bot", dict.fromkeys(PRESETS[preset], NO_LIMITS), network, expires_at_ms)
    created = 1763661600000
    return Key(
        "k", "t", "a", Environment.LIVE, "binance", "bk_live_x", False, policy, frozenset(), None, (), created, 1
    )


@pytest.mark.parametrize("reason", Reason)
def test_every_refusal_names_its_reason_and_the_request(reason: Reason) -> None:
    """In code and msg as Binance writes them, and once more beside them, for programs."""
    reply = DIALECT.refuse(Denied(reason, "its own value", "for the owner only"), ID)
    body = json.loads(reply.body)
    assert list(body) == ["code", "msg", "reason", "request_id"]
    assert (body["reason"], body["request_id"]) == (reason.code, ID)
    assert reason.code in body["msg"]
    assert ID in body["msg"]
    assert "for the owner only" not in reply.body.decode()
    assert reply.status >= 400
    assert body["code"] != -2015  # ccxt takes it for a ban once it has had a success
    assert (b"content-type", b"application/json;charset=UTF-8") in reply.headers


def test_before_proof_there_is_one_answer() -> None:
    """Byte for byte the same, whatever the cause and whatever the gate knows of it."""
    replies = {
        DIALECT.refuse(Denied(Reason.NOT_PROVEN, shown, detail), ID)
        for shown in ("", "shown")
        for detail in ("no key has this id here", "the signature is not this key's")
    }
    assert len(replies) == 1
    assert b"Signature for this request is not valid." in replies.pop().body


@pytest.mark.parametrize("reason", [each for each in Reason if each is not Reason.NOT_PROVEN])
def test_after_it_the_request_s_own_value_is_shown(reason: Reason) -> None:
    """Quoted safely, whatever it is."""
    reply = DIALECT.refuse(Denied(reason, 'a"\u2028\\b'), ID)
    assert reply.body.isascii()
    assert f'{reason.caller}: a"\u2028\\b' in json.loads(reply.body)["msg"]


@pytest.mark.parametrize(("milliseconds", "header"), [(1, b"1"), (1000, b"1"), (1001, b"2")])
def test_a_wait_is_told_in_whole_seconds_rounded_up(milliseconds: int, header: bytes) -> None:
    """A client that waits as long as it is told is not refused again for the same."""
    reply = DIALECT.refuse(Denied(Reason.KEY_RATE, retry_after_ms=milliseconds), ID)
    assert reply.status == 429
    assert (b"retry-after", header) in reply.headers


def test_no_wait_has_no_header() -> None:
    """Nothing is promised where nothing is known."""
    assert len(DIALECT.refuse(Denied(Reason.KEY_RATE), ID).headers) == 1


def test_unavailable_says_whether_anything_was_sent() -> None:
    """503 when nothing was, 504 with Binance's own code when nobody knows."""
    assert DIALECT.refuse(Denied(Reason.UPSTREAM_DOWN), ID).status == 503
    unknown = DIALECT.refuse(Denied(Reason.UPSTREAM_UNKNOWN), ID)
    assert (unknown.status, json.loads(unknown.body)["code"]) == (504, -1007)
    assert {each.answer for each in (Reason.UPSTREAM_DOWN, Reason.UPSTREAM_UNKNOWN)} == {Answer.UNAVAILABLE}


@pytest.mark.parametrize(
    ("preset", "flags"),
    [
        ("read-only", {"enableReading"}),
        ("trade", {"enableReading", "enableSpotAndMarginTrading", "enableFutures"}),
        ("withdraw", {"enableReading", "enableWithdrawals"}),
        (
            "all",
            {"enableReading", "enableSpotAndMarginTrading", "enableFutures", "enableMargin", "enableWithdrawals"}
            | {"permitsUniversalTransfer"},
        ),
    ],
)
def test_a_key_is_told_what_it_may(preset: str, flags: set[str]) -> None:
    """In Binance's flags as far as they go, and by the rights' own names."""
    reply = DIALECT.about(key(preset), Action("key.read", Kind.SELF_READ, None), REQUEST)
    told = json.loads(reply.body)
    assert reply.status == 200
    assert {name for name, value in told.items() if value is True} == flags
    assert told["permissions"] == sorted(each.value for each in PRESETS[preset])
    assert told["createTime"] == 1763661600000


def test_a_key_is_told_whether_it_is_bound_and_when_it_ends() -> None:
    """But not to which addresses: that is its holder's to know."""
    bound = key("trade", Network.from_text(["203.0.113.0/24"]), 1795197600000)
    reply = DIALECT.about(bound, Action("key.read", Kind.SELF_READ, None), REQUEST)
    told = json.loads(reply.body)
    assert told["ipRestrict"] is True
    assert told["tradingAuthorityExpirationTime"] == 1795197600000
    assert b"203.0.113" not in reply.body


def test_a_key_that_ended_itself_is_told_so() -> None:
    """By the id that it was called with."""
    reply = DIALECT.about(key("trade"), Action("key.revoke", Kind.SELF_REVOKE, None), REQUEST)
    assert reply.status == 200
    assert json.loads(reply.body)["apiKey"] == "bk_live_x"


def test_a_key_without_any_reading_is_told_so() -> None:
    """A right to trade is not one to read."""
    policy = Policy("bot", {Permission.ORDERS_WRITE: NO_LIMITS}, ANYWHERE, None)
    key_ = Key("k", "t", "a", Environment.LIVE, "binance", "x", False, policy, frozenset(), None, (), 0, 1)
    assert json.loads(DIALECT.about(key_, Action("", Kind.SELF_READ, None), REQUEST).body)["enableReading"] is False


ERROR = {"code": -2010, "msg": "Account has insufficient balance for requested action."}


@pytest.mark.parametrize(
    ("status", "body", "effect"),
    [
        (200, {"orderId": 28, "orderListId": -1, "clientOrderId": "x"}, Effect(False, "28")),
        (200, {"algoId": 7}, Effect(False, "7")),
        (200, {"orderListId": 3, "orders": []}, Effect(False, "3")),
        (200, {"id": "7213fea8e94b4a5593d507237e5a555b"}, Effect(False, "7213fea8e94b4a5593d507237e5a555b")),
        (200, {"tranId": 13526853623}, Effect(False, "13526853623")),
        (200, {"cancelResult": "SUCCESS", "newOrderResponse": {"orderId": 29}}, Effect(False, "29")),
        (200, {"code": 200, "msg": "success"}, Effect(False, "")),
        (400, ERROR, Effect(True, "")),
        (401, {"code": -2015, "msg": ""}, Effect(True, "")),
        (429, {"code": -1003, "msg": ""}, Effect(True, "")),
        (400, {"code": -2022, "msg": "Order cancel-replace failed."}, Effect(True, "")),
        (409, {"code": -2021, "msg": "Order cancel-replace partially failed."}, Effect(False, "")),
        (400, {"code": -2021, "msg": ""}, Effect(False, "")),
        (408, {"code": -1007, "msg": ""}, Effect(False, "")),
        (400, {"code": -1006, "msg": "unexpected response; execution status unknown"}, Effect(False, "")),
        (400, {"msg": "no code"}, Effect(False, "")),
        (400, {"code": "-2010"}, Effect(False, "")),
        (500, ERROR, Effect(False, "")),
        (200, [ERROR, ERROR], Effect(True, "")),
        (200, [ERROR, {"orderId": 1}], Effect(False, "")),
        (200, [], Effect(False, "")),
        (400, "text", Effect(False, "")),
        (400, None, Effect(False, "")),
    ],
)
def test_only_a_definite_error_has_done_nothing(status: int, body: Any, effect: Effect) -> None:
    """A 4xx that can be read; nothing halfway, nothing with *unknown* in its documentation, no 5xx."""
    assert DIALECT.effect(Reply(status, (), json.dumps(body).encode())) == effect


@pytest.mark.parametrize("body", [b"", b"<html>403</html>", b"\xff", b"[" * 99, b'{"code":-1,"code":-2}'])
def test_a_reply_that_cannot_be_read_declines_nothing(body: bytes) -> None:
    """A firewall's page may stand where the exchange has already acted."""
    assert DIALECT.effect(Reply(403, (), body)) == Effect(False, "")
