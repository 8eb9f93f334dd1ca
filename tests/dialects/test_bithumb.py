"""Bithumb, API 2.0: tokens that are made here, and what is open."""

import json
from base64 import urlsafe_b64decode
from typing import Any

import pytest

from bitting.dialects.bithumb import DIALECT
from bitting.dialects.bithumb_routes import OPEN_GETS
from bitting.dialects.dialect import Draft
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedRequest
from bitting.domain.request import Request
from bitting.domain.secret import Secret

NOW_NS = 1_795_200_000_123_456_789
SECRET = Secret(b"ab" * 32)


def sign(method: bytes, target: bytes, body: bytes = b"", moment_ns: int = NOW_NS) -> Request:
    return DIALECT.sign(Draft(method, target, body), "bk_live_x", Algorithm.HMAC_SHA256, SECRET, moment_ns)


def claims(request: Request) -> dict[str, Any]:
    authorization = request.header(b"authorization")
    assert authorization is not None
    payload = authorization.split(b".")[1]
    said: dict[str, Any] = json.loads(urlsafe_b64decode(payload + b"=="))
    return said


def test_what_is_signed_here_covers_query_and_body() -> None:
    """Parameters are hashed where there are any, and the time is in milliseconds."""
    assert claims(sign(b"GET", b"/v1/accounts")).keys() == {"access_key", "nonce", "timestamp"}
    for request in (sign(b"GET", b"/v1/orders?market=KRW-BTC"), sign(b"POST", b"/v2/orders", b'{"market":"KRW-BTC"}')):
        said = claims(request)
        assert said["query_hash_alg"] == "SHA512"
        assert said["timestamp"] == NOW_NS // 1_000_000
        claim = DIALECT.read(request)
        assert claim is not None
        assert claim.stamp_ns == said["timestamp"] * 1_000_000
        DIALECT.check(claim, Algorithm.HMAC_SHA256, SECRET.reveal())
        spoilt = request._replace(target=request.target.replace(b"BTC", b"ETH"), body=request.body.replace(b"B", b"E"))
        with pytest.raises(MalformedRequest):
            DIALECT.read(spoilt)


def test_no_two_requests_have_one_nonce() -> None:
    """Nor do two that differ only in the moment, the method, the target or the body."""
    requests = [
        sign(b"GET", b"/v1/order?uuid=1"),
        sign(b"GET", b"/v1/order?uuid=2"),
        sign(b"DELETE", b"/v1/order?uuid=2"),
        sign(b"GET", b"/v1/order?uuid=1", moment_ns=NOW_NS + 1),
        sign(b"POST", b"/v2/orders", b'{"market":"KRW-BTC"}'),
        sign(b"POST", b"/v2/orders", b'{"market":"KRW-ETH"}'),
    ]
    assert len({claims(each)["nonce"] for each in requests}) == len(requests)


def test_a_signature_is_compared_in_one_spelling() -> None:
    """A claim whose signature is no base64url is no proof, whatever the material."""
    claim = DIALECT.read(sign(b"GET", b"/v1/accounts"))
    assert claim is not None
    for signature in (b"", b"*" * 43, claim.signature + b"="):
        with pytest.raises(BadSignature):
            DIALECT.check(claim._replace(signature=signature), Algorithm.HMAC_SHA256, SECRET.reveal())


@pytest.mark.parametrize(
    ("target", "is_so"),
    [
        *((path.decode(), True) for path in sorted(OPEN_GETS)),
        ("/v1/ticker?markets=KRW-BTC", True),
        ("/v1/candles/minutes/1?market=KRW-BTC", True),
        ("/v2/fee/inout/ALL", True),
        ("/v1/accounts", False),
        ("/v1/api_keys", False),
        ("/v1/status/wallet", False),
        ("/v2/fee/inout/", False),
    ],
)
def test_market_data_is_open(target: str, is_so: bool) -> None:
    """And nothing else is, not even what tells nothing of an account."""
    assert DIALECT.is_public(Request(b"GET", target.encode(), (), b"", peer=0)) is is_so
