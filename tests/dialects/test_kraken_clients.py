"""Unmodified ccxt 4.5.90, live: what it signs holds, and refusals end in the right error."""

from typing import Final

import pytest

from bitting.dialects.kraken import DIALECT
from bitting.domain.action import Kind
from bitting.domain.credentials import Algorithm
from bitting.domain.request import Reply, Request
from bitting.domain.verdict import Denied, Reason
from tests.dialects.loopback import run_client, serving

KEY: Final = "bk_live_4mfjcpvbdfo6lrmiuyq2vqfyxu5qh2zd"
SECRET: Final = DIALECT.mint(lambda size: bytes(range(size))).reveal().decode()

# The kinds of action that each call of clients/kraken_ccxt.py wants, in order; None for what no key may ask for.
CALLS: Final = {
    "balance": [Kind.READ],
    "limit": [Kind.ORDER],
    "post only": [Kind.ORDER],
    "market": [Kind.ORDER],
    "by cost": [Kind.ORDER],
    "stop": [Kind.ORDER],
    "stop limit": [Kind.ORDER],
    "trailing": [Kind.ORDER],
    "trailing percent": [Kind.ORDER],
    "leverage": [Kind.ORDER, Kind.CHANGE],
    "reduce": [Kind.ORDER],
    "close": [Kind.ORDER, Kind.ORDER],
    "validate": [Kind.ORDER],
    "several": [Kind.ORDER, Kind.ORDER],
    "edit": [Kind.ORDER],
    "cancel": [Kind.CANCEL],
    "cancel many": [Kind.CANCEL],
    "cancel all": [Kind.CANCEL],
    "cancel later": [Kind.CANCEL],
    "open orders": [Kind.READ],
    "closed orders": [Kind.READ],
    "one order": [Kind.READ],
    "own trades": [Kind.READ],
    "ledger": [Kind.READ],
    "fee": [Kind.READ],
    "positions": [Kind.READ],
    "deposits": [Kind.READ],
    "deposit address": [Kind.READ],
    "new address": [Kind.CHANGE],
    "withdrawals": [Kind.READ],
    "withdraw": [Kind.WITHDRAWAL],
    "withdraw named": [Kind.WITHDRAWAL],
    "transfer": [Kind.CHANGE],
    "allocate": [Kind.CHANGE],
    "token": None,
    "key info": [Kind.SELF_READ],
    "revoke": [Kind.SELF_REVOKE],
}

# The class that each reason ends in. Kraken's own words for a rate limit are what ccxt calls DDoSProtection.
ERRORS: Final = {
    Reason.MALFORMED: "BadRequest",
    Reason.BODY_UNSEEN: "BadRequest",
    Reason.STRANGER_RATE: "DDoSProtection",
    Reason.NOT_PROVEN: "AuthenticationError",
    Reason.TIME_STALE: "InvalidNonce",
    Reason.TIME_AHEAD: "InvalidNonce",
    Reason.TIME_FLOOR: "InvalidNonce",
    Reason.REPLAYED: "InvalidNonce",
    Reason.NONCE_LOW: "InvalidNonce",
    Reason.NONCE_AHEAD: "InvalidNonce",
    Reason.REVOKED: "AuthenticationError",
    Reason.EXPIRED: "AuthenticationError",
    Reason.HELD: "PermissionDenied",
    Reason.ACCOUNT_HELD: "PermissionDenied",
    Reason.HOUSE_HELD: "PermissionDenied",
    Reason.NETWORK: "PermissionDenied",
    Reason.UNMAPPED: "PermissionDenied",
    Reason.PERMISSION: "PermissionDenied",
    Reason.HOUSE_FORBIDS: "PermissionDenied",
    Reason.PAIR: "PermissionDenied",
    Reason.WITHDRAWAL_NETWORK: "PermissionDenied",
    Reason.WITHDRAWAL_HMAC: "PermissionDenied",
    Reason.WITHDRAWAL_ADDRESS: "PermissionDenied",
    Reason.WITHDRAWALS_WAIT: "PermissionDenied",
    Reason.WITHDRAWAL_WAITING: "PermissionDenied",
    Reason.ORDER_SIZE: "PermissionDenied",
    Reason.ORDER_VALUE: "PermissionDenied",
    Reason.ORDER_PRICE: "PermissionDenied",
    Reason.ORDERS_OPEN: "PermissionDenied",
    Reason.DAILY_TOTAL: "PermissionDenied",
    Reason.WITHDRAWAL_TOTAL: "PermissionDenied",
    Reason.ORDER_RATE: "DDoSProtection",
    Reason.KEY_RATE: "DDoSProtection",
    Reason.ACCOUNT_RATE: "DDoSProtection",
    Reason.DENIAL_RATE: "DDoSProtection",
    Reason.UPSTREAM_DOWN: "ExchangeNotAvailable",
    Reason.UPSTREAM_UNKNOWN: "ExchangeNotAvailable",
    Reason.UNAVAILABLE: "ExchangeNotAvailable",
}
RETRIED: Final = {"InvalidNonce", "DDoSProtection", "ExchangeNotAvailable"}


def test_what_ccxt_signs_is_proven_and_understood() -> None:
    """Each call arrives as one request, which holds under the client's secret and wants what was called for."""
    came: list[Request] = []

    def take(request: Request) -> Reply:
        came.append(request)
        return Reply(200, ((b"content-type", b"application/json"),), b'{"error":[],"result":{}}')

    with serving(take) as url:
        made = run_client("kraken_ccxt", "calls", url, KEY, SECRET)

    assert list(made) == list(CALLS)
    assert len(came) == len(made)
    nonces = []
    for request, wanted in zip(came, CALLS.values(), strict=True):
        claim = DIALECT.read(request)
        assert claim is not None
        assert claim.wire_id == KEY
        DIALECT.check(claim, Algorithm.HMAC_SHA512, SECRET.encode())
        actions = DIALECT.actions(request)
        assert (actions and [each.kind for each in actions]) == wanted
        nonces.append(claim.nonce)
    assert nonces == sorted(set(nonces))


@pytest.fixture(scope="module")
def ended() -> dict[str, list[str]]:
    """By reason: the text of the error that it ends in, its class and the ancestors of that."""

    def refuse(asked: Request) -> Reply:
        reason = Reason[asked.target.split(b"/")[1].decode()]
        return DIALECT.refuse(Denied(reason, "0.5 BTC", retry_after_ms=1500), "req-7")

    with serving(refuse) as url:
        made: dict[str, list[str]] = run_client("kraken_ccxt", "errors", url, *(each.name for each in Reason))
    return made


def test_each_reason_ends_in_the_right_error(ended: dict[str, list[str]]) -> None:
    """Every reason of the gate has a row, and ccxt raises the class in it."""
    assert {name: classes[1] for name, classes in ended.items()} == {
        reason.name: error for reason, error in ERRORS.items()
    }


def test_the_error_says_why(ended: dict[str, list[str]]) -> None:
    """Reason and request id stand in the text that a bot's developer sees."""
    for reason in Reason:
        assert reason.code in ended[reason.name][0]
        assert "req-7" in ended[reason.name][0]


def test_a_bot_goes_on_only_where_waiting_or_signing_anew_can_help(ended: dict[str, list[str]]) -> None:
    """Callers of ccxt retry a NetworkError and stop at an ExchangeError: limits and rights are of the second kind."""
    for name, *ancestors in (classes[1:] for classes in ended.values()):
        assert {"NetworkError", "ExchangeError"}.intersection(ancestors) == (
            {"NetworkError"} if name in RETRIED else {"ExchangeError"}
        )
