"""The ccxt class of examples/ccxt_native.py, live: each refusal ends in the error that a bot can act on."""

from typing import Final

import pytest

from bitting.dialects.native import DIALECT
from bitting.domain.request import Reply, Request
from bitting.domain.verdict import Answer, Denied, Reason
from tests.dialects.loopback import run_client, serving

RAISED: Final = {
    Answer.MALFORMED: "BadRequest",
    Answer.NOT_PROVEN: "AuthenticationError",
    Answer.STALE: "InvalidNonce",
    Answer.DEAD: "AuthenticationError",
    Answer.HELD: "PermissionDenied",
    Answer.NETWORK: "PermissionDenied",
    Answer.PERMISSION: "PermissionDenied",
    Answer.LIMIT: "PermissionDenied",
    Answer.RATE: "RateLimitExceeded",
    Answer.UNAVAILABLE: "ExchangeNotAvailable",
}
# Nonces that only grow are another kind of dialect's; here they cannot be the reason.
REASONS: Final = [each for each in Reason if each not in (Reason.NONCE_LOW, Reason.NONCE_AHEAD)]


@pytest.fixture(scope="module")
def raised() -> dict[str, list[str]]:
    """What each reason's refusal ends in: the text, the class and its ancestors."""

    def answer(request: Request) -> Reply:
        name = request.path.split(b"/")[1].decode()
        return DIALECT.refuse(Denied(Reason[name], "its own value", "for the owner alone"), "request-1")

    with serving(answer) as url:
        found: dict[str, list[str]] = run_client(
            "native_ccxt", "errors", url, "shared", *(each.name for each in REASONS)
        )
    return found


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.code)
def test_a_refusal_ends_in_the_right_error(raised: dict[str, list[str]], reason: Reason) -> None:
    """With the reason's code and the request id in its text."""
    text, kind, *_ = raised[reason.name]
    expected = "RequestTimeout" if reason is Reason.UPSTREAM_UNKNOWN else RAISED[reason.answer]
    assert kind == expected
    assert f'"{reason.code}"' in text
    assert "request-1" in text
    assert "owner alone" not in text
