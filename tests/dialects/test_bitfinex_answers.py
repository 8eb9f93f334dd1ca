"""What Bitfinex v2 clients are told, and what Bitfinex told us."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.bitfinex import DIALECT
from bitting.dialects.dialect import Effect
from bitting.domain.action import Action, Kind
from bitting.domain.grants import NO_LIMITS
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.network import Network
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy
from bitting.domain.request import Reply, Request
from bitting.domain.verdict import Answer, Denied, Reason

ASKED = Request(b"POST", b"/v2/auth/r/permissions", (), b"{}", peer=0)


def key(*granted: Permission, revoked_at_ms: int | None = None) -> Key:
    policy = Policy("bot", dict.fromkeys(granted, NO_LIMITS), Network.from_text(["anywhere"]), None)
    return Key(
        "id", "house", "acct", Environment.LIVE, "bitfinex", "bk_live_x", False, policy, frozenset(), revoked_at_ms,
        (), 0, 1,
    )  # fmt: skip


def said(reply: Reply) -> Any:
    assert (b"content-type", b"application/json") in reply.headers
    return json.loads(reply.body)


@pytest.mark.parametrize("reason", [each for each in Reason if each.answer is not Answer.UNAVAILABLE])
def test_every_refusal_names_its_reason_and_its_request(reason: Reason) -> None:
    """In the text of an error array, under a status at which ccxt reads the code."""
    reply = DIALECT.refuse(Denied(reason, "", "for the owner only"), "req-7")
    mark, code, text = said(reply)
    assert mark == "error"
    assert reply.status == (429 if reason.answer is Answer.RATE else 500)
    assert type(code) is int
    assert text.endswith(f"({reason.code}, request req-7)")
    assert b"owner" not in reply.body


@pytest.mark.parametrize("reason", [each for each in Reason if each.answer is Answer.UNAVAILABLE])
def test_unavailable_is_an_object(reason: Reason) -> None:
    """Under 503 ccxt would take an array for data."""
    reply = DIALECT.refuse(Denied(reason, "shown", "for the owner only"), "req-7")
    assert reply.status == 503
    assert said(reply) == {
        "code": 503,
        "error": "temporarily_unavailable",
        "error_description": f"{reason.caller} ({reason.code}, request req-7)",
    }


@given(st.text(), st.text())
def test_not_proven_is_the_same_whatever_the_cause(shown: str, detail: str) -> None:
    """Byte for byte, so that nobody learns which key ids exist."""
    reply = DIALECT.refuse(Denied(Reason.NOT_PROVEN, shown, detail), "req-7")
    assert reply == DIALECT.refuse(Denied(Reason.NOT_PROVEN), "req-7")
    assert said(reply) == ["error", 10100, "apikey: invalid (key.not_proven, request req-7)"]


def test_a_proven_caller_sees_its_own_value() -> None:
    """And the exchange's words before ours, each said once."""
    assert said(DIALECT.refuse(Denied(Reason.PERMISSION, "orders.write"), "req-7"))[2] == (
        "api_key: permission invalid: the key does not have this permission: orders.write "
        "(permission.missing, request req-7)"
    )
    assert said(DIALECT.refuse(Denied(Reason.NONCE_LOW, "5"), "req-7"))[2] == (
        "nonce: small: 5 (nonce.low, request req-7)"
    )
    assert said(DIALECT.refuse(Denied(Reason.REPLAYED), "req-7"))[2] == (
        "nonce: these signed bytes were used before (replay.seen, request req-7)"
    )


@given(st.sampled_from(Reason), st.text(st.characters(codec=None)))
def test_any_value_can_be_shown(reason: Reason, shown: str) -> None:
    """Quotes, line ends and lone surrogates from a request break no reply."""
    reply = DIALECT.refuse(Denied(reason, shown), "req-7")
    assert reply.body.isascii()
    assert said(reply)


@pytest.mark.parametrize(("wait_ms", "seconds"), [(1, b"1"), (1000, b"1"), (1001, b"2"), (60_000, b"60")])
@pytest.mark.parametrize("reason", [Reason.KEY_RATE, Reason.UNAVAILABLE])
def test_the_time_to_wait_is_in_seconds_rounded_up(reason: Reason, wait_ms: int, seconds: bytes) -> None:
    """A client that waits as long as it is told is admitted."""
    reply = DIALECT.refuse(Denied(reason, retry_after_ms=wait_ms), "req-7")
    assert dict(reply.headers)[b"retry-after"] == seconds


def test_without_a_time_to_wait_there_is_no_header() -> None:
    """Nothing is promised that nobody knows."""
    assert b"retry-after" not in dict(DIALECT.refuse(Denied(Reason.KEY_RATE), "req-7").headers)


def test_a_key_reads_its_own_scopes() -> None:
    """In the ten rows of auth/r/permissions, read and write each 0 or 1."""
    reply = DIALECT.about(
        key(Permission.ORDERS_READ, Permission.ORDERS_WRITE, Permission.BALANCES_READ),
        Action("key.read", Kind.SELF_READ, None),
        ASKED,
    )
    assert reply.status == 200
    assert said(reply) == [
        ["account", 0, 0],
        ["history", 0, 0],
        ["orders", 1, 1],
        ["positions", 0, 0],
        ["funding", 0, 0],
        ["settings", 0, 0],
        ["wallets", 1, 0],
        ["withdraw", 0, 0],
        ["ui_withdraw", 0, 0],
        ["bfxpay", 0, 0],
    ]


def test_a_key_that_ended_itself_is_told_so() -> None:
    """As a notification, which ccxt and bitfinex-api-py take for a success."""
    reply = DIALECT.about(key(revoked_at_ms=1763661600000), Action("key.revoke", Kind.SELF_REVOKE, None), ASKED)
    assert reply.status == 200
    time, kind, _, _, data, _, status, text = said(reply)
    assert (time, kind, data, status) == (1763661600000, "key_revoke", ["bk_live_x"], "SUCCESS")
    assert "revoked" in text


def notification(kind: str, data: object, status: str = "SUCCESS") -> list[object]:
    return [1763661600000, kind, None, None, data, None, status, "text"]


ORDER = [1185815098, None, 12345, "tETHUSD"]


@pytest.mark.parametrize(
    ("value", "effect"),
    [
        (notification("on-req", [ORDER]), Effect(False, "1185815098")),
        (notification("ou-req", ORDER), Effect(False, "1185815098")),
        (notification("oc-req", ORDER), Effect(False, "1185815098")),
        (notification("acc_wd-req", [13063236, None, "ethereum"]), Effect(False, "13063236")),
        (notification("acc_wd-req", [0, None, "bitcoin"], "ERROR"), Effect(True, "")),
        (notification("on-req", [ORDER], "ERROR"), Effect(True, "1185815098")),
        (notification("on-req", [], "FAILURE"), Effect(True, "")),
        (notification("on-req", None, "ERROR"), Effect(True, "")),
        (notification("acc_tf", [1763661600000, "exchange", "margin"]), Effect(False, "")),
        (notification("oc_multi-req", [ORDER]), Effect(False, "")),
        (notification("on-req", [ORDER], "INFO"), Effect(False, "1185815098")),
        (["error", 10001, "Invalid order: not enough exchange balance"], Effect(True, "")),
        (["error", 10020, "amount: invalid"], Effect(True, "")),
        (["error", 10100, "apikey: invalid"], Effect(True, "")),
        (["error", 10114, "nonce: small"], Effect(True, "")),
        (["error", 11010, "ratelimit: error"], Effect(True, "")),
        (["error", 10000, "unknown error"], Effect(False, "")),  # who knows what has happened
        (["error", 20060, "maintenance"], Effect(False, "")),
        (["error", "10001"], Effect(False, "")),
        ({"error": "ERR_RATE_LIMIT"}, Effect(False, "")),
        ([], Effect(False, "")),
        (None, Effect(False, "")),
        ([["exchange", "BTC", 1]], Effect(False, "")),
    ],
)
def test_the_reply_says_what_became_of_it(value: object, effect: Effect) -> None:
    """Declined only when the exchange says so itself, and the id of the one order or withdrawal it is about."""
    assert DIALECT.effect(Reply(200, (), json.dumps(value).encode())) == effect


@pytest.mark.parametrize(
    ("inner", "declined"),
    [
        (["ERROR", "ERROR"], True),
        (["ERROR", "SUCCESS"], False),
        (["SUCCESS", "SUCCESS"], False),
        ([], False),
    ],
)
@pytest.mark.parametrize("outer", ["SUCCESS", "ERROR"])
def test_a_batch_is_declined_when_each_of_its_operations_is(inner: list[str], declined: bool, outer: str) -> None:
    """Bitfinex does not roll a batch back, so its own status says nothing."""
    operations = [notification("on-req", [ORDER], status) for status in inner]
    value = notification("ox_multi-req", operations, outer)
    assert DIALECT.effect(Reply(200, (), json.dumps(value).encode())) == Effect(declined, "")


@given(st.binary() | st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["error", "on-req", "ERROR", "ox_multi-req"]),
    lambda inner: st.lists(inner, max_size=8),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_any_reply_at_all_has_an_effect(body: bytes) -> None:
    """A reply that cannot be read declines nothing."""
    assert isinstance(DIALECT.effect(Reply(500, (), body)), Effect)
    assert DIALECT.effect(Reply(200, (), b"<html>")) == Effect(False, "")
