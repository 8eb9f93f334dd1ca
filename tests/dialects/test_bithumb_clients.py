"""Unmodified ccxt 4.5.90 and pybithumb 1.0.21, live: what they sign holds; refusals end in the right error."""

import json
from typing import Any, Final

import pytest

from bitting.dialects import bithumb, bithumb_v1
from bitting.dialects.dialect import Dialect
from bitting.domain.action import Kind
from bitting.domain.credentials import Algorithm
from bitting.domain.request import Reply, Request
from bitting.domain.verdict import Answer, Denied, Reason
from tests.dialects.loopback import run_client, serving

KEY = "bk_live_4mfjcpvbdfo6lrmiuyq2vqfyxu5qh2zd"
SECRET = "ab" * 32
DIALECTS: Final[dict[str, tuple[Dialect, Algorithm]]] = {
    "bithumb_ccxt": (bithumb.DIALECT, Algorithm.HMAC_SHA256),
    "bithumb_v1_ccxt": (bithumb_v1.DIALECT, Algorithm.HMAC_SHA512),
    "bithumb_pybithumb": (bithumb_v1.DIALECT, Algorithm.HMAC_SHA512),
}

# The kinds of action that each call of clients/bithumb_*.py wants, in order; None for what no key may ask for.
CALLS: Final[dict[str, dict[str, list[Kind] | None]]] = {
    "bithumb_ccxt": {
        "balance": [Kind.READ],
        "limit": [Kind.ORDER],
        "post only": [Kind.ORDER],
        "market buy": [Kind.ORDER],
        "cost": [Kind.ORDER],
        "market sell": [Kind.ORDER],
        "client order id": [Kind.ORDER],
        "small number": [Kind.ORDER],  # 1e-7 is sent, and 1e-07 hashed
        "orders": [Kind.ORDER, Kind.ORDER],
        "twap": [Kind.ORDER],
        "cancel": [Kind.CANCEL],
        "cancel many": [Kind.CANCEL],
        "cancel twap": [Kind.CANCEL],
        "order": [Kind.READ],
        "open orders": [Kind.READ],
        "closed orders": [Kind.READ],
        "twap orders": [Kind.READ],  # %5B%5D is sent, and [] hashed
        "orders by ids": [Kind.READ],
        "chance": [Kind.READ],
        "withdraw": [Kind.WITHDRAWAL],
        "withdraw to": [Kind.WITHDRAWAL],  # UTF-8 is sent, and percent-encoding hashed
        "withdraw won": [Kind.WITHDRAWAL],
        "withdrawals": [Kind.READ],
        "deposits": [Kind.READ],
        "permissions": [Kind.SELF_READ],
        "revoke": [Kind.SELF_REVOKE],
    },
    "bithumb_v1_ccxt": {
        "balance": [Kind.READ],
        "balance of one": [Kind.READ],
        "account": [Kind.READ],
        "limit": [Kind.ORDER],
        "market buy": [Kind.ORDER],
        "market sell": [Kind.ORDER],
        "place": [Kind.ORDER],
        "small number": [Kind.ORDER],
        "stop limit": [Kind.ORDER],
        "cancel": [Kind.CANCEL],
        "cancel by name": [Kind.CANCEL],
        "orders": [Kind.READ],
        "order": [Kind.READ],
        "transactions": [Kind.READ],
        "deposit address": [Kind.READ],
        "withdraw": [Kind.WITHDRAWAL],
        "withdraw won": None,
        "permissions": [Kind.SELF_READ],
        "revoke": [Kind.SELF_REVOKE],
    },
    "bithumb_pybithumb": {
        "balance": [Kind.READ],
        "fee": [Kind.READ],
        "limit buy": [Kind.ORDER],
        "limit sell": [Kind.ORDER],
        "market buy": [Kind.ORDER],
        "market sell": [Kind.ORDER],
        "cancel": [Kind.CANCEL],
        "open order": [Kind.READ],
        "order": [Kind.READ],
        "withdraw": [Kind.WITHDRAWAL],
    },
}

# The ccxt error that each family of reasons ends in. It has no class for a stale time at Bithumb that is tried again.
ERRORS: Final = {
    Answer.MALFORMED: "BadRequest",
    Answer.NOT_PROVEN: "AuthenticationError",
    Answer.STALE: "AuthenticationError",
    Answer.DEAD: "AuthenticationError",
    Answer.HELD: "PermissionDenied",
    Answer.NETWORK: "PermissionDenied",
    Answer.PERMISSION: "PermissionDenied",
    Answer.LIMIT: "PermissionDenied",
    Answer.RATE: "RateLimitExceeded",
    Answer.UNAVAILABLE: "ExchangeNotAvailable",
}
RETRIED: Final = {"RateLimitExceeded", "ExchangeNotAvailable", "RequestTimeout"}


def expected(reason: Reason) -> str:
    return "RequestTimeout" if reason is Reason.UPSTREAM_UNKNOWN else ERRORS[reason.answer]


@pytest.mark.parametrize("client", CALLS)
def test_what_a_client_signs_is_proven_and_understood(client: str) -> None:
    """Each call arrives as one request, which holds under the client's secret and wants what was called for."""
    came: list[Request] = []

    def take(request: Request) -> Reply:
        came.append(request)
        return Reply(200, ((b"content-type", b"application/json"),), b"{}")

    with serving(take) as url:
        made = run_client(client, "calls", url, KEY, SECRET)

    dialect, algorithm = DIALECTS[client]
    assert list(made) == list(CALLS[client])
    assert len(came) == len(made)
    for request, wanted in zip(came, CALLS[client].values(), strict=True):
        claim = dialect.read(request)
        assert claim is not None
        assert claim.wire_id == KEY
        dialect.check(claim, algorithm, SECRET.encode())
        actions = dialect.actions(request)
        assert (actions and [each.kind for each in actions]) == wanted


def refused(client: str) -> Any:
    """By the name of each reason: what the client ends in when a gate refuses for it."""
    dialect, _ = DIALECTS[client]

    def refuse(asked: Request) -> Reply:
        name = asked.target.split(b"/")[1].decode()
        return dialect.refuse(Denied(Reason[name], "0.5 BTC", retry_after_ms=1500), "req-7")

    with serving(refuse) as url:
        return run_client(client, "errors", url, *(each.name for each in Reason))


def test_each_reason_ends_in_the_right_error_of_ccxt() -> None:
    """Callers of ccxt retry a NetworkError and stop at an ExchangeError: limits and rights are of the second kind. The
    text names the reason and the request."""
    ended = refused("bithumb_ccxt")
    assert {name: error[1] for name, error in ended.items()} == {each.name: expected(each) for each in Reason}
    for name, (text, error, *ancestors) in ended.items():
        assert ("NetworkError" in ancestors) is (error in RETRIED)
        assert "req-7" in text
        assert Reason[name].code in text


def test_each_reason_ends_in_the_same_error_at_api_1() -> None:
    """There ccxt shows Bithumb's words alone; reason and request are in the body that it keeps."""
    ended = refused("bithumb_v1_ccxt")
    assert {name: error[2] for name, error in ended.items()} == {each.name: expected(each) for each in Reason}
    for name, (body, _, error, *ancestors) in ended.items():
        assert ("NetworkError" in ancestors) is (error in RETRIED)
        assert json.loads(body)["request_id"] == "req-7"
        assert json.loads(body)["reason"] == Reason[name].code


def test_pybithumb_gives_its_user_the_refusal_whole() -> None:
    """It raises nothing: what is no success comes back as it was sent."""
    for name, body in refused("bithumb_pybithumb").items():
        assert body["reason"] == Reason[name].code
        assert body["request_id"] == "req-7"
