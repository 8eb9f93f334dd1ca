"""Reasons are a closed list with stable codes; what the wire hears is less than what the owner reads."""

import re

import pytest

from bitting.domain.verdict import Admitted, Answer, Denied, Reason

# Clients, dashboards and documents know these: a code is never renamed and never changes its family unnoticed.
PINNED = {
    "request.malformed": "malformed",
    "body.unseen": "malformed",
    "address.rate": "too many requests",
    "key.not_proven": "not proven",
    "time.stale": "stale or replayed",
    "time.ahead": "stale or replayed",
    "time.floor": "stale or replayed",
    "replay.seen": "stale or replayed",
    "nonce.low": "stale or replayed",
    "nonce.ahead": "stale or replayed",
    "key.revoked": "revoked or expired",
    "key.expired": "revoked or expired",
    "key.held": "held",
    "account.held": "held",
    "house.held": "held",
    "network.outside": "address not allowed",
    "action.unmapped": "not permitted",
    "permission.missing": "not permitted",
    "house.forbids": "not permitted",
    "pair.outside": "not permitted",
    "withdrawal.network": "not permitted",
    "withdrawal.hmac": "not permitted",
    "withdrawal.address": "not permitted",
    "withdrawal.waiting": "not permitted",
    "hold.withdrawals_wait": "not permitted",
    "order.size": "over a limit",
    "order.value": "over a limit",
    "order.price": "over a limit",
    "orders.open": "over a limit",
    "total.orders": "over a limit",
    "total.withdrawals": "over a limit",
    "rate.orders": "too many requests",
    "rate.key": "too many requests",
    "rate.account": "too many requests",
    "rate.denials": "too many requests",
    "upstream.down": "unavailable",
    "upstream.unknown": "unavailable",
    "gate.unavailable": "unavailable",
}


def test_the_list_of_reasons_is_pinned() -> None:
    """Code by code, with its family."""
    assert {each.code: each.answer.value for each in Reason} == PINNED


def test_every_code_and_every_text_is_one_reasons_own() -> None:
    """An owner who reads a text finds one code, and every family has a reason."""
    assert len({each.code for each in Reason}) == len({each.caller for each in Reason}) == len(Reason)
    assert len({each.owner for each in Reason}) == len(Reason)
    assert {each.answer for each in Reason} == set(Answer)


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_fit_to_be_shown(reason: Reason) -> None:
    """A dotted code; a short clause for the wire, in ASCII and on one line; whole sentences for the owner."""
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", reason.code)
    assert re.fullmatch(r"[a-z][\x20-\x7e]{5,80}[^.\s]", reason.caller)
    assert reason.owner[0].isupper()
    assert reason.owner.endswith(".")


def test_what_is_not_proven_tells_nothing_apart() -> None:
    """Promise 8, G9: one reason before proof, for an unknown key as for a wrong signature."""
    assert [each for each in Reason if each.answer is Answer.NOT_PROVEN] == [Reason.NOT_PROVEN]


def test_the_wire_hears_the_reason_and_the_requests_own_value() -> None:
    """Never the detail."""
    denied = Denied(Reason.PAIR, "ETH/USD", "the grant is for BTC/USD")
    assert denied.text == "the key is not for this pair: ETH/USD"
    assert Denied(Reason.HELD, "", "leak").text == "the key is paused or locked"
    assert Denied(Reason.HELD) == (Reason.HELD, "", "", 0)


def test_an_admission_says_what_it_counted() -> None:
    """What is used of the rate, when it is whole again, and the sums to be made durable."""
    assert Admitted(3, 10, 250, {}) == (3, 10, 250, {})
