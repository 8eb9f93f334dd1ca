"""Bithumb, API 1.0: what is signed can be cut in one way, and what a form asks for."""

from base64 import b64encode
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.bithumb_v1 import DIALECT, signed_bytes
from bitting.dialects.bithumb_v1_routes import ROUTES
from bitting.dialects.dialect import Claim, Draft
from bitting.domain.action import Action, Kind, Order, Side, Withdrawal
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import MalformedRequest
from bitting.domain.pairs import Pair
from bitting.domain.permissions import Permission
from bitting.domain.request import Header, Request
from bitting.domain.secret import Secret

NOW_NS = 1_795_200_000_123_456_789
SECRET = Secret(b"ab" * 32)
FORM = (b"content-type", b"application/x-www-form-urlencoded")
SIGN = b64encode(b"ab" * 64)
BTC = Pair("BTC", "KRW")
ORDER = {"order_currency": "BTC", "payment_currency": "KRW", "units": "0.1", "price": "90000000", "type": "bid"}


def request(path: bytes, body: bytes, nonce: bytes = b"1763661600000", kind: bytes | None = None) -> Request:
    headers: tuple[Header, ...] = (FORM, (b"api-key", b"bk_live_x"), (b"api-nonce", nonce), (b"api-sign", SIGN))
    if kind is not None:
        headers += ((b"api-client-type", kind),)
    return Request(b"POST", path, headers, body, peer=0)


def read(asked: Request) -> Claim | None:
    try:
        return DIALECT.read(asked)
    except MalformedRequest:
        return None


PARTS = st.text(st.sampled_from("/a=&%3B2Fendpoint;\0\x01;17"), max_size=24).map(str.encode)


@given(
    st.sampled_from([b"/info/balance", b"/a", b"/a;b", b"/a\0b"]),
    PARTS,
    st.sampled_from([b"1763661600000", b"176366160000"]),
    st.sampled_from([None, b"0", b"1", b"2"]),
)
def test_what_is_signed_can_be_cut_in_one_way(path: bytes, tail: bytes, nonce: bytes, kind: bytes | None) -> None:
    """However the signed bytes are cut into path, form and time, with whichever separator: one request at most."""
    body = b"endpoint=" + path + b"&" + tail
    claim = read(request(path, body, nonce, kind))
    if claim is None:
        return
    signed, found = claim.signing_input, []
    for other, separator in ((b"0", b"\0"), (b"1", b"\1"), (b"2", b";")):
        pieces = signed.split(separator)
        for first in range(1, len(pieces)):
            for last in range(first + 1, len(pieces)):
                cut = [separator.join(each) for each in (pieces[:first], pieces[first:last], pieces[last:])]
                if read(request(cut[0], cut[1], cut[2], other)) is not None:
                    found.append(cut)
    assert found == [[path, body, nonce]]


def test_the_signed_bytes_have_a_separator_between_them() -> None:
    """The byte 0, unless the client says otherwise."""
    assert signed_bytes(b"/info/balance", b"a=b", b"17") == b"/info/balance\0a=b\x0017"
    body = b"endpoint=%2Finfo%2Fbalance"
    for kind, separator in ((None, b"\0"), (b"0", b"\0"), (b"1", b"\1"), (b"2", b";")):
        claim = read(request(b"/info/balance", body, kind=kind))
        assert claim is not None
        assert claim.signing_input == separator.join((b"/info/balance", body, b"1763661600000"))
        assert claim.stamp_ns == 1763661600000 * 10**6


def test_what_is_signed_here_says_its_path_last() -> None:
    """As pybithumb writes it; alone, where the draft has no form."""
    for body, expected in ((b"", b"endpoint=%2Finfo%2Fbalance"), (b"a=b", b"a=b&endpoint=%2Finfo%2Fbalance")):
        signed = DIALECT.sign(
            Draft(b"POST", b"/info/balance", body), "bk_live_x", Algorithm.HMAC_SHA512, SECRET, NOW_NS
        )
        assert signed.body == expected
        assert signed.header(b"api-nonce") == b"1795200000123"
        claim = DIALECT.read(signed)
        assert claim is not None
        DIALECT.check(claim, Algorithm.HMAC_SHA512, SECRET.reveal())


def test_slips_are_named() -> None:
    """Those that people ask about: another separator, a form without its endpoint, a time in seconds."""
    asked = request(b"/trade/place", b"endpoint=%2Ftrade%2Fplace&memo=a+b")
    claim = DIALECT.read(asked)
    assert claim is not None
    found = {slip.signing_input: slip.mistake for slip in DIALECT.slips(asked, claim)}
    path, body, nonce = claim.signing_input.split(b"\0")
    assert "Api-Client-Type is not 2" in found[b";".join((path, body, nonce))]
    assert "nothing between" in found[path + body + nonce]
    assert found[b"\0".join((path, b"memo=a+b", nonce))] == "`endpoint` was sent and not signed"
    assert found[b"\0".join((path, body, nonce[:10]))] == "the time was signed in seconds"
    assert "encodeURIComponent" in found[b"\0".join((path, body.replace(b"+", b"%20"), nonce))]
    assert "made twice" in found[b"\0".join((path, body, b"1763661599999"))]
    last = request(b"/trade/place", b"memo=a&endpoint=%2Ftrade%2Fplace")
    assert b"/trade/place\0memo=a\x001763661600000" in {slip.signing_input for slip in DIALECT.slips(last, claim)}


def wants(path: str, form: dict[str, Any]) -> Action:
    actions = DIALECT.actions(Request(b"POST", path.encode(), (), urlencode(form).encode(), peer=0))
    assert actions is not None
    (action,) = actions
    return action


def order(path: str, **changes: str | None) -> Order:
    form = {name: value for name, value in {**ORDER, **changes}.items() if value is not None}
    action = wants(path, {"endpoint": path, **form})
    assert (action.name, action.kind, action.permission) == ("order.place", Kind.ORDER, Permission.ORDERS_WRITE)
    assert action.order is not None
    assert action.pair == action.order.pair
    return action.order


def test_a_limit_order_has_units_and_a_price() -> None:
    """Of either side; without its second currency the pair is not known."""
    bought = Order(BTC, Side.BUY, Decimal("0.1"), Decimal("90000000"))
    assert order("/trade/place") == bought
    assert order("/trade/place", type="ask") == bought._replace(side=Side.SELL)
    assert order("/trade/place", payment_currency=None) == bought._replace(pair=None)


def test_a_stop_limit_order_has_a_trigger_too() -> None:
    """The highest and the lowest of the two prices are what it is judged by."""
    stop = order("/trade/stop_limit", watch_price="91000000", type="ask")
    assert (stop.price, stop.lowest, stop.capped) == (Decimal("91000000"), Decimal("90000000"), True)


def test_a_market_order_has_units_alone() -> None:
    """The route says which way it goes."""
    sizes: dict[str, str | None] = {"price": None, "type": None}
    for path, side in (("/trade/market_buy", Side.BUY), ("/trade/market_sell", Side.SELL)):
        assert order(path, **sizes) == Order(BTC, side, Decimal("0.1"), None, capped=False)


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("/trade/place", {"watch_price": "1"}),
        ("/trade/place", {"order_type": "best"}),
        ("/trade/market_buy", {}),
        ("/trade/stop_limit", {"watch_price": "1", "x": "1"}),
    ],
)
def test_an_order_that_says_more_is_of_unknown_value(path: str, changes: dict[str, str]) -> None:
    """A parameter that nobody documented there may be a trigger, or another size."""
    assert order(path, **changes) == Order(BTC, Side.BUY, None, None, capped=False)


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("/trade/place", {"units": None}),
        ("/trade/place", {"price": None}),
        ("/trade/place", {"type": None}),
        ("/trade/place", {"type": "buy"}),
        ("/trade/place", {"units": "0"}),
        ("/trade/place", {"price": "NaN"}),
        ("/trade/stop_limit", {}),
        ("/trade/market_buy", {"units": None}),
        ("/trade/market_sell", {"units": "1_0"}),
    ],
)
def test_what_is_no_order_is_refused(path: str, changes: dict[str, str | None]) -> None:
    """Nothing that it needs is guessed."""
    with pytest.raises(MalformedRequest):
        order(path, **changes)


def test_a_withdrawal_says_where_it_goes() -> None:
    """What is missing is None, and what is not known makes all of it so: no address book admits either."""
    form = {"currency": "XRP", "units": "1.5", "address": "rs6q", "net_type": "XRP", "destination": "100"}
    read = Withdrawal("XRP", "XRP", "rs6q", "100", Decimal("1.5"))
    path = "/trade/btc_withdrawal"
    assert wants(path, {**form, "exchange_name": "binance", "cust_type_cd": "01"}).withdrawal == read
    assert wants(path, {"units": "1.5"}).withdrawal == Withdrawal(None, None, None, "", Decimal("1.5"))
    assert wants(path, {**form, "bank": "7"}).withdrawal == Withdrawal(None, None, None, "", None)
    with pytest.raises(MalformedRequest, match="no units"):
        wants(path, {"currency": "XRP"})


def test_reads_and_cancels_are_for_a_pair() -> None:
    """Where they name it whole."""
    for path in ("/info/account", "/info/ticker", "/info/orders", "/info/user_transactions", "/trade/cancel"):
        assert wants(path, ORDER).pair == BTC
        assert wants(path, {"order_currency": "BTC"}).pair is None


@pytest.mark.parametrize(
    ("target", "is_so"),
    [
        ("/public/ticker/BTC_KRW", True),
        ("/public/ticker/ALL_KRW?x=1", True),
        ("/public/candlestick/BTC_KRW/24h", True),
        ("/public/assetsstatus/multichain/ALL", True),
        ("/public/withdraw/minimum/ALL", True),
        ("/public/network-info", True),
        ("/public/btci", True),
        ("/public/ticker", False),
        ("/info/balance", False),
    ],
)
def test_market_data_is_open(target: str, is_so: bool) -> None:
    """And nothing else is."""
    assert DIALECT.is_public(Request(b"GET", target.encode(), (), b"", peer=0)) is is_so


@given(
    st.sampled_from(ROUTES),
    st.dictionaries(
        st.sampled_from([*ORDER, "watch_price", "currency", "x"]), st.sampled_from(["BTC", "1", "bid"]) | st.text()
    ),
)
def test_any_form_at_all_gives_an_action_or_malformed(route: Any, form: dict[str, str]) -> None:
    """And it asks for the right of its row."""
    try:
        assert wants(route.path, form).permission == route.action.permission
    except MalformedRequest:
        return
