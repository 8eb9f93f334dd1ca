"""Unmodified ccxt 4.5.90 and bitfinex-api-py 4.0.0, live: what they sign holds, and refusals end in the right error."""

from typing import Final

import pytest

from bitting.dialects.bitfinex import DIALECT
from bitting.domain.action import Kind
from bitting.domain.credentials import Algorithm
from bitting.domain.request import Reply, Request
from bitting.domain.verdict import Denied, Reason
from tests.dialects.loopback import run_client, serving

KEY, SECRET = "bk_live_4mfjcpvbdfo6lrmiuyq2vqfyxu5qh2zd", "8rVWmmqdHYqdHYmmqVWr8rVWqdHYqdHYmmqVWr8rVW1"

# The kinds of action that each call of clients/bitfinex_*.py wants, in order.
CALLS: Final = {
    "bitfinex_ccxt": {
        "balance": [Kind.READ],
        "limit": [Kind.ORDER],
        "market": [Kind.ORDER],
        "stop limit": [Kind.ORDER],
        "reduce": [Kind.ORDER],
        "edit": [Kind.ORDER],
        "several": [Kind.ORDER, Kind.ORDER],
        "cancel": [Kind.CANCEL],
        "cancel all": [Kind.CANCEL],
        "open orders": [Kind.READ],
        "own trades": [Kind.READ],
        "transfer": [Kind.CHANGE],
        "withdraw": [Kind.WITHDRAWAL],
        "permissions": [Kind.SELF_READ],
        "revoke": [Kind.SELF_REVOKE],
    },
    "bitfinex_api_py": {
        "balance": [Kind.READ],
        "limit": [Kind.ORDER],
        "stop": [Kind.ORDER],
        "edit": [Kind.ORDER],
        "cancel": [Kind.CANCEL],
        "cancel many": [Kind.CANCEL],
        "open orders": [Kind.READ],
        "order trades": [Kind.READ],
        "transfer": [Kind.CHANGE],
        "withdraw": [Kind.WITHDRAWAL],
        "deposit address": [Kind.CHANGE],
        "movements": [Kind.READ, Kind.READ],
    },
}

# The error that each reason ends in: of ccxt, and of bitfinex-api-py, which has no class for most.
INVALID, REFUSED, OTHER = "InvalidCredentialError", "GenericError", "RuntimeError"
ERRORS: Final = {
    Reason.MALFORMED: ("BadRequest", "RequestParameterError"),
    Reason.BODY_UNSEEN: ("BadRequest", "RequestParameterError"),
    Reason.STRANGER_RATE: ("RateLimitExceeded", OTHER),
    Reason.NOT_PROVEN: ("AuthenticationError", INVALID),
    Reason.TIME_STALE: ("InvalidNonce", OTHER),
    Reason.TIME_AHEAD: ("InvalidNonce", OTHER),
    Reason.TIME_FLOOR: ("InvalidNonce", OTHER),
    Reason.REPLAYED: ("InvalidNonce", OTHER),
    Reason.NONCE_LOW: ("InvalidNonce", OTHER),
    Reason.NONCE_AHEAD: ("InvalidNonce", OTHER),
    Reason.REVOKED: ("AuthenticationError", INVALID),
    Reason.EXPIRED: ("AuthenticationError", INVALID),
    Reason.HELD: ("PermissionDenied", REFUSED),
    Reason.ACCOUNT_HELD: ("PermissionDenied", REFUSED),
    Reason.HOUSE_HELD: ("PermissionDenied", REFUSED),
    Reason.NETWORK: ("PermissionDenied", REFUSED),
    Reason.UNMAPPED: ("PermissionDenied", REFUSED),
    Reason.PERMISSION: ("PermissionDenied", REFUSED),
    Reason.HOUSE_FORBIDS: ("PermissionDenied", REFUSED),
    Reason.PAIR: ("PermissionDenied", REFUSED),
    Reason.WITHDRAWAL_NETWORK: ("PermissionDenied", REFUSED),
    Reason.WITHDRAWAL_HMAC: ("PermissionDenied", REFUSED),
    Reason.WITHDRAWAL_ADDRESS: ("PermissionDenied", REFUSED),
    Reason.WITHDRAWALS_WAIT: ("PermissionDenied", REFUSED),
    Reason.WITHDRAWAL_WAITING: ("PermissionDenied", REFUSED),
    Reason.ORDER_SIZE: ("PermissionDenied", REFUSED),
    Reason.ORDER_VALUE: ("PermissionDenied", REFUSED),
    Reason.ORDER_PRICE: ("PermissionDenied", REFUSED),
    Reason.ORDERS_OPEN: ("PermissionDenied", REFUSED),
    Reason.DAILY_TOTAL: ("PermissionDenied", REFUSED),
    Reason.WITHDRAWAL_TOTAL: ("PermissionDenied", REFUSED),
    Reason.ORDER_RATE: ("RateLimitExceeded", OTHER),
    Reason.KEY_RATE: ("RateLimitExceeded", OTHER),
    Reason.ACCOUNT_RATE: ("RateLimitExceeded", OTHER),
    Reason.DENIAL_RATE: ("RateLimitExceeded", OTHER),
    # bitfinex-api-py knows no error that is an object, and fails to read it as the wallets it asked for.
    Reason.UPSTREAM_DOWN: ("ExchangeNotAvailable", "AssertionError"),
    Reason.UPSTREAM_UNKNOWN: ("ExchangeNotAvailable", "AssertionError"),
    Reason.UNAVAILABLE: ("ExchangeNotAvailable", "AssertionError"),
}
RETRIED: Final = {"InvalidNonce", "RateLimitExceeded", "ExchangeNotAvailable"}


@pytest.mark.parametrize("client", CALLS)
def test_what_a_client_signs_is_proven_and_understood(client: str) -> None:
    """Each call arrives as one request, which holds under the client's secret and wants what was called for."""
    came: list[Request] = []

    def take(request: Request) -> Reply:
        came.append(request)
        return Reply(200, ((b"content-type", b"application/json"),), b"[]")

    with serving(take) as url:
        made = run_client(client, "calls", url, KEY, SECRET)

    assert list(made) == list(CALLS[client])
    assert len(came) == len(made)
    nonces = []
    for request, wanted in zip(came, CALLS[client].values(), strict=True):
        claim = DIALECT.read(request)
        assert claim is not None
        assert claim.wire_id == KEY
        DIALECT.check(claim, Algorithm.HMAC_SHA384, SECRET.encode())
        actions = DIALECT.actions(request)
        assert actions is not None
        assert [each.kind for each in actions] == wanted
        nonces.append(claim.nonce)
    assert nonces == sorted(set(nonces))


@pytest.fixture(scope="module", params=CALLS)
def ended(request: pytest.FixtureRequest) -> tuple[str, dict[str, list[str]]]:
    """The client, and by reason: its error's text, class and the ancestors of that."""

    def refuse(asked: Request) -> Reply:
        reason = Reason[asked.target.split(b"/")[1].decode()]
        return DIALECT.refuse(Denied(reason, "0.5 BTC", retry_after_ms=1500), "req-7")

    with serving(refuse) as url:
        return request.param, run_client(request.param, "errors", url, *(each.name for each in Reason))


def test_each_reason_ends_in_the_right_error(ended: tuple[str, dict[str, list[str]]]) -> None:
    """Every reason of the gate has a row, and the client raises the class in it."""
    client, errors = ended
    place = list(CALLS).index(client)
    assert {name: classes[1] for name, classes in errors.items()} == {
        reason.name: names[place] for reason, names in ERRORS.items()
    }


def test_a_bot_goes_on_only_where_waiting_or_signing_anew_can_help(ended: tuple[str, dict[str, list[str]]]) -> None:
    """Callers of ccxt retry a NetworkError and stop at an ExchangeError: limits and rights are of the second kind."""
    client, errors = ended
    families = {"NetworkError", "ExchangeError"}
    for name, *ancestors in (classes[1:] for classes in errors.values()):
        going_on = {"NetworkError"} if name in RETRIED else {"ExchangeError"}
        assert families.intersection(ancestors) == (going_on if client == "bitfinex_ccxt" else set())
