"""What Kraken clients are told, and what Kraken told us."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.dialect import Effect
from bitting.dialects.kraken import DIALECT
from bitting.domain.action import Action, Kind
from bitting.domain.grants import NO_LIMITS
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.network import Network
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy
from bitting.domain.request import Reply, Request
from bitting.domain.verdict import Answer, Denied, Reason

ASKED = Request(b"POST", b"/0/private/GetApiKeyInfo", (), b"nonce=1", peer=0)


def key(*granted: Permission, expires_at_ms: int | None = None, revoked_at_ms: int | None = None) -> Key:
    policy = Policy("bot", dict.fromkeys(granted, NO_LIMITS), Network.from_text(["203.0.113.7"]), expires_at_ms)
    return Key(
        "id", "house", "acct", Environment.LIVE, "kraken", "bk_live_x", False, policy, frozenset(), revoked_at_ms,
        (), 1_795_265_494_041, 1,
    )  # fmt: skip


def said(reply: Reply) -> Any:
    assert (b"content-type", b"application/json") in reply.headers
    return json.loads(reply.body)


def became(value: Any) -> Effect:
    return DIALECT.effect(Reply(200, (), json.dumps(value).encode()))


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_is_krakens_error_and_then_ours(reason: Reason) -> None:
    """ccxt compares the first whole; reason, the request's own value and its id stand in the second."""
    reply = DIALECT.refuse(Denied(reason, "ETH/USD", "for the owner only"), "req-7")
    theirs, ours = said(reply)["error"]
    assert theirs.startswith("E")
    assert ours.startswith(f"EBitting:{reason.code}:{reason.caller}")
    assert ours.endswith("(request req-7)")
    assert ("ETH/USD" in ours) == (reason is not Reason.NOT_PROVEN)
    assert reply.status == (503 if reason.answer is Answer.UNAVAILABLE else 200)


def test_a_refusal_says_when_to_come_again() -> None:
    """In whole seconds, rounded up; and nothing where nothing is known."""
    assert (b"retry-after", b"2") in DIALECT.refuse(Denied(Reason.KEY_RATE, retry_after_ms=1001), "r").headers
    assert b"retry-after" not in dict(DIALECT.refuse(Denied(Reason.KEY_RATE), "r").headers)


def test_the_key_is_told_its_rights_in_krakens_words() -> None:
    """And its times in seconds; nothing of its network."""
    asked = Action("key.read", Kind.SELF_READ, None)
    granted = key(Permission.ORDERS_WRITE, Permission.BALANCES_READ, expires_at_ms=1_800_000_000_500)
    reply = DIALECT.about(granted, asked, ASKED)
    assert said(reply) == {
        "error": [],
        "result": {
            "apiKeyName": "bot",
            "apiKey": "bk_live_x",
            "nonceWindow": 0,
            "permissions": ["query-funds", "modify-trades", "close-trades"],
            "validUntil": "1800000000",
            "queryFrom": "0",
            "queryTo": "0",
            "createdTime": "1795265494",
        },
    }
    assert said(DIALECT.about(key(), asked, ASKED))["result"]["validUntil"] == "0"
    assert b"203.0.113.7" not in reply.body


def test_the_key_is_told_that_it_has_ended() -> None:
    """With no error, so that its client does not try again."""
    reply = said(DIALECT.about(key(revoked_at_ms=1), Action("key.revoke", Kind.SELF_REVOKE, None), ASKED))
    assert reply["error"] == []
    assert reply["result"]["revoked"] is True


@pytest.mark.parametrize(
    ("value", "reference"),
    [
        ({"error": [], "result": {"descr": {"order": "buy"}, "txid": ["OUF4EM-FRGI2-MQMWZD"]}}, "OUF4EM-FRGI2-MQMWZD"),
        ({"error": [], "result": {"status": "ok", "txid": "OFVXHJ-KPQ3B-VS7ELA"}}, "OFVXHJ-KPQ3B-VS7ELA"),
        ({"error": [], "result": {"refid": "FTQcuak-V6Za8qrWnhzTx67yYHz8Tg"}}, "FTQcuak-V6Za8qrWnhzTx67yYHz8Tg"),
        ({"error": [], "result": {"orders": [{"txid": "OA"}, {"txid": "OB"}]}}, ""),
        ({"error": [], "result": {"txid": ["OA", "OB"]}}, ""),
        ({"error": [], "result": {"txid": "O\u00e9"}}, ""),
        ({"error": [], "result": {"txid": "O\n"}}, ""),
        ({"error": [], "result": {"txid": "O" * 65}}, ""),
        ({"error": [], "result": {"txid": 7}}, ""),
        ({"error": [], "result": {"count": 1}}, ""),
        ({"error": [], "result": []}, ""),
        ([], ""),
    ],
)
def test_what_was_done_has_a_reference(value: Any, reference: str) -> None:
    """One order or withdrawal has an id; a batch has none of its own."""
    assert became(value) == Effect(declined=False, reference=reference)


@pytest.mark.parametrize(
    "error",
    [
        "EOrder:Insufficient funds",
        "EAPI:Invalid nonce",
        "EGeneral:Permission denied",
        "EGeneral:Invalid arguments:volume",
        "EOrder:Invalid price:Invalid price argument",
        "EFunding:Unknown withdraw key",
    ],
)
def test_a_definite_error_declines(error: str) -> None:
    """Kraken gives it before it does anything, whatever stands behind its type."""
    assert became({"error": [error]}) == Effect(declined=True, reference="")


@pytest.mark.parametrize(
    "errors",
    [
        ["EService:Unavailable"],
        ["EService:Timeout"],
        ["EService:Deadline elapsed"],
        ["EGeneral:Internal error"],
        ["EDatabase:Internal error"],
        ["EOrder:Insufficient funds", "EService:Busy"],
        ["WGeneral:Danger"],
        ["EOrder"],
        [7],
        [None],
        [],
        "EOrder:Insufficient funds",
        {"EOrder:Insufficient funds": 1},
    ],
)
def test_an_error_that_may_come_late_declines_nothing(errors: Any) -> None:
    """The order may stand: what it counted stays counted."""
    assert became({"error": errors}) == Effect(declined=False, reference="")


def test_a_batch_is_declined_when_each_of_its_orders_is() -> None:
    """One that stands keeps the whole."""
    no, yes = {"error": "EOrder:Insufficient funds"}, {"txid": "OA", "descr": {}}
    for orders, declined in (
        ([no, no], True),
        ([no, yes], False),
        ([no, {"error": "EService:Busy"}], False),
        ([1], False),
    ):
        assert became({"error": [], "result": {"orders": orders}}).declined is declined


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda each: (
            st.lists(each)
            | st.dictionaries(st.sampled_from(["error", "result", "orders", "txid", "refid"]) | st.text(), each)
        ),
    )
)
def test_any_reply_can_be_read(value: Any) -> None:
    """Whatever the exchange says, an effect comes of it."""
    assert became(value).reference.isprintable()
