"""Binance: reading, checking, signing; with anything at all on the wire."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import example, given
from hypothesis import strategies as st

from bitting.dialects.binance import DIALECT, signing_input
from bitting.dialects.binance_routes import OPEN_GETS, ROUTES
from bitting.dialects.dialect import Claim, Clock, Draft
from bitting.dialects.signatures import mac
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedRequest
from bitting.domain.request import Header, Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Admitted

SHA256, ED25519, RSA = Algorithm.HMAC_SHA256, Algorithm.ED25519, Algorithm.RSA_SHA256
# RFC 8032 section 7.1, TEST 1
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC_KEY = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
PAIR, OTHER_PAIR = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
RSA_SECRET = PAIR.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
RSA_KEY, OTHER_RSA_KEY = (
    each.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for each in (PAIR, OTHER_PAIR)
)

KEY: tuple[Header, ...] = ((b"x-mbx-apikey", b"bk_live_x"),)
FORM: tuple[Header, ...] = (*KEY, (b"content-type", b"application/x-www-form-urlencoded"))
SIGNATURE = b"ab" * 32
STAMP = b"timestamp=1763661600000"


def request(
    target: bytes = b"/api/v3/account?" + STAMP + b"&signature=" + SIGNATURE,
    body: bytes = b"",
    headers: tuple[Header, ...] = KEY,
    method: bytes = b"GET",
) -> Request:
    return Request(method, target, headers, body, peer=0)


LIKELY: dict[str, list[str]] = {
    "symbol": ["BTCUSDT", "btcusdt", "USDT", "\uff11\uff12"],
    "side": ["BUY", "SELL", "buy"],
    "type": ["LIMIT", "MARKET", "STOP_LOSS_LIMIT", "STOP_MARKET", "STOP", "X"],
    "quantity": ["1", "0.1", "1e-7", "NaN", "-1"],
    "quoteOrderQty": ["25"],
    "price": ["1", "50000"],
    "stopPrice": ["1"],
    "triggerPrice": ["1"],
    "stopLimitPrice": ["1"],
    "limitPrice": ["1"],
    "priceMatch": ["OPPONENT"],
    "pegPriceType": ["PRIMARY_PEG"],
    "reduceOnly": ["true", "TRUE", "no"],
    "closePosition": ["true", "false"],
    "sideEffectType": ["MARGIN_BUY", "NO_SIDE_EFFECT"],
    "aboveType": ["LIMIT_MAKER"],
    "abovePrice": ["1"],
    "belowType": ["STOP_LOSS"],
    "belowStopPrice": ["1"],
    "workingType": ["LIMIT"],
    "workingSide": ["BUY"],
    "workingPrice": ["1"],
    "workingQuantity": ["1"],
    "pendingType": ["MARKET"],
    "pendingSide": ["SELL"],
    "pendingQuantity": ["1"],
    "pendingAboveType": ["MARKET"],
    "coin": ["USDT"],
    "network": ["ETH"],
    "address": ["0x" + "ab" * 20],
    "amount": ["1", "x"],
    "timestamp": ["1763661600000", "1763661600000000", "-1", "9" * 5000],
    "recvWindow": ["5000", "60000.5", "0.001", "NaN"],
    "signature": [SIGNATURE.decode(), "", "%2B%2F%3D"],
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
fields = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in LIKELY.items()})
batches = (json_values | st.lists(fields | json_values, max_size=3)).map(
    lambda value: "batchOrders=" + json.dumps(value)
)
forms = (
    st.binary(max_size=60)
    | batches.map(str.encode)
    | st.lists(fields.map(lambda given: "&".join(f"{name}={value}" for name, value in given.items())), max_size=2).map(
        lambda parts: "&".join(parts).encode()
    )
)
paths = (
    st.sampled_from([route.path.encode() for route in ROUTES])
    | st.sampled_from(sorted(OPEN_GETS))
    | st.binary(max_size=40)
)
headers = st.lists(
    st.tuples(
        st.sampled_from([b"x-mbx-apikey", b"x_mbx_apikey", b"content-type", b"host"]),
        st.binary(max_size=130) | st.sampled_from([b"bk_live_x", b"application/x-www-form-urlencoded"]),
    ),
    max_size=4,
).map(tuple)
requests = st.builds(
    Request,
    method=st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE"]) | st.binary(max_size=6),
    target=st.builds(b"%b?%b".__mod__, st.tuples(paths, forms)) | st.binary(max_size=60),
    headers=headers | st.just(FORM),
    body=forms | st.just(b""),
    peer=st.just(0),
)


@given(requests, st.sampled_from([SHA256, ED25519, RSA]))
@example(request(headers=((b"x-mbx-apikey", b"\xff"),)), SHA256)
@example(request(b"/api/v3/account?timestamp=" + b"9" * 5000 + b"&signature=x"), SHA256)
@example(request(b"/api/v3/account?" + STAMP + b"&signature=\xff%GG+\x00"), ED25519)
def test_any_bytes_at_all_give_a_claim_none_or_malformed(anything: Request, algorithm: Algorithm) -> None:
    """Nothing that can come off a wire makes `read` or `check` end in anything else."""
    try:
        claim = DIALECT.read(anything)
    except MalformedRequest:
        return
    if claim is not None:
        with pytest.raises(BadSignature):
            DIALECT.check(claim, algorithm, RSA_KEY if algorithm is RSA else PUBLIC_KEY)


@given(requests)
def test_any_proven_request_gives_actions_none_or_malformed(anything: Request) -> None:
    """Whatever was signed, `actions` ends in no other way, and no tuple of actions is empty."""
    try:
        actions = DIALECT.actions(anything)
    except MalformedRequest:
        return
    assert actions is None or actions


@given(requests)
def test_public_is_a_yes_or_a_no(anything: Request) -> None:
    """`is_public` never raises, and never says yes to what a key may be asked for."""
    assert DIALECT.is_public(anything) in (True, False)
    if DIALECT.is_public(anything):
        assert DIALECT.actions(anything) is None


plain = st.text("abcXYZ019.", min_size=1, max_size=9)
drafts = st.dictionaries(plain, plain, max_size=4).map(lambda given: "&".join("=".join(each) for each in given.items()))


@given(
    method=st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE"]),
    query=drafts.map(str.encode),
    body=drafts.map(str.encode),
    wire_id=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=128),
    secret=st.binary(max_size=200),
    moment_ns=st.integers(10**18, 10**19 - 1),
)
def test_what_is_signed_is_read_and_holds(
    method: bytes, query: bytes, body: bytes, wire_id: str, secret: bytes, moment_ns: int
) -> None:
    """sign, read and check fit together for each algorithm, with this secret and no other."""
    draft = Draft(method, b"/x?" + query if query else b"/x", body)
    for algorithm, own, proof, other in (
        (SHA256, secret, secret, secret + b"!"),
        (ED25519, SEED, PUBLIC_KEY, bytes(32)),
        (RSA, RSA_SECRET, RSA_KEY, OTHER_RSA_KEY),
    ):
        claim = DIALECT.read(DIALECT.sign(draft, wire_id, algorithm, Secret(own), moment_ns))
        assert claim is not None
        assert (claim.wire_id, claim.stamp_ns, claim.window_ns) == (
            wire_id,
            moment_ns // 1_000_000 * 1_000_000,
            5_000_000_000,
        )
        DIALECT.check(claim, algorithm, proof)
        with pytest.raises(BadSignature):
            DIALECT.check(claim, algorithm, other)


def test_a_draft_is_signed_where_clients_sign() -> None:
    """A GET or DELETE carries its proof in the query, anything else in a form."""
    assert DIALECT.sign(Draft(b"DELETE", b"/x", b""), "k", SHA256, Secret(b""), 10**18).target.startswith(
        b"/x?timestamp=1000000000000&signature="
    )
    signed = DIALECT.sign(Draft(b"POST", b"/x", b""), "k", SHA256, Secret(b""), 10**18)
    assert signed.target == b"/x"
    assert signed.body.startswith(b"timestamp=1000000000000&signature=")
    assert signed.headers == ((b"x-mbx-apikey", b"k"), FORM[1])


@given(query=drafts, body=drafts, cut=st.integers(0, 80))
def test_a_request_in_one_part_cannot_be_cut_in_two(query: str, body: str, cut: int) -> None:
    """Where the query ends is not signed; but what came in one part is no form any more when it is cut."""
    whole = (query or body).encode()
    first, second = whole[:cut], whole[cut:]
    assert signing_input(whole, b"")[0] == signing_input(first, second)[0]
    if not first or not second:
        return
    moved = request(b"/api/v3/order?" + first, second, FORM, b"DELETE")
    with pytest.raises(MalformedRequest):
        DIALECT.actions(moved)


def test_the_formula_joins_its_parts_without_a_mark() -> None:
    """The documentation's own example: there is no & between GTC and quantity."""
    assert signing_input(b"timeInForce=GTC", b"quantity=1&signature=abc") == (b"timeInForce=GTCquantity=1", b"abc")
    assert signing_input(b"a=1&signature=abc", b"b=2") == (b"a=1b=2", b"abc")
    assert signing_input(b"a=1", b"signature=abc") == (b"a=1", b"abc")
    assert signing_input(b"a=1", b"xsignature=abc") == (b"a=1xsignature=abc", None)


def test_a_credential_is_a_key_and_a_signature() -> None:
    """Either alone is none: market data of other servers comes with a bare key."""
    assert DIALECT.read(request(headers=())) is None
    assert DIALECT.read(request(b"/api/v3/account?" + STAMP)) is None
    assert DIALECT.read(request(b"/api/v3/account")) is None


@pytest.mark.parametrize(
    ("window", "nanoseconds"),
    [(b"5000", 5_000_000_000), (b"0", 0), (b"60000", 60_000_000_000), (b"6000.346", 6_000_346_000), (b"0.5", 500_000)],
)
def test_a_window_is_read_to_the_microsecond(window: bytes, nanoseconds: int) -> None:
    """Up to three decimals of a millisecond, as documented."""
    claim = DIALECT.read(request(b"/x?" + STAMP + b"&recvWindow=" + window + b"&signature=" + SIGNATURE))
    assert claim is not None
    assert claim.window_ns == nanoseconds


@pytest.mark.parametrize("name", [b"timestamp", b"recvWindow"])
@pytest.mark.parametrize(("query", "body"), [(b"%b=1&%b=2&", b""), (b"%b=1&", b"%b=2")])
def test_a_time_or_window_that_stands_twice_is_none(name: bytes, query: bytes, body: bytes) -> None:
    """Nobody could say which of the two Binance would believe."""
    query, body = query.replace(b"%b", name), body.replace(b"%b", name)
    twice = request(b"/x?" + query + STAMP + b"&signature=" + SIGNATURE)._replace(body=body)
    with pytest.raises(MalformedRequest, match=f"{name.decode()} stands twice"):
        DIALECT.read(twice)


def test_milliseconds_and_microseconds_are_one_scale() -> None:
    """The length of a time says its unit, and both are read as nanoseconds."""
    for stamp in (b"1763661600000", b"1763661600000000"):
        claim = DIALECT.read(request(b"/x?timestamp=" + stamp + b"&signature=" + SIGNATURE))
        assert claim is not None
        assert claim.stamp_ns == 1_763_661_600_000_000_000


@pytest.mark.parametrize("algorithm", [each for each in Algorithm if each not in (SHA256, ED25519, RSA)])
def test_no_other_algorithm_proves_anything(algorithm: Algorithm) -> None:
    """A credential of another algorithm does not hold, even with the right HMAC of its own."""
    draft = Draft(b"GET", b"/api/v3/account", b"")
    claim = DIALECT.read(DIALECT.sign(draft, "bk_live_x", SHA256, Secret(b"secret"), 10**18))
    assert claim is not None
    if algorithm.shared:
        claim = claim._replace(signature=mac(algorithm, b"secret", claim.signing_input).hex().encode())
    with pytest.raises(BadSignature):
        DIALECT.check(claim, algorithm, b"secret")


def test_an_empty_signature_is_no_signature() -> None:
    """Not even over nothing, by nobody."""
    with pytest.raises(BadSignature):
        DIALECT.check(Claim("bk_live_x", b"", b""), SHA256, b"")


def test_the_description_tells_how_requests_are_told_apart() -> None:
    """The time must agree, method and path are free, and no credential header goes on to the upstream."""
    description = DIALECT.description
    assert description.name == "binance"
    assert description.clock is Clock.AGREES
    assert not description.binds.method
    assert not description.binds.path
    assert {name for name, _ in KEY} == description.credential_headers


@given(st.binary(min_size=32, max_size=32))
def test_a_minted_secret_is_64_letters_and_digits(random: bytes) -> None:
    """It is as long as Binance's own, and no two draws of 256 bits give one secret."""
    secret = DIALECT.mint(lambda length: random[:length]).reveal()
    assert len(secret) == 64
    assert secret.isalnum()
    assert bytes.fromhex(secret.decode()) == random


def test_a_header_tells_the_weight_that_is_used() -> None:
    """By the name under which clients look for it."""
    assert DIALECT.usage(Admitted(5, 10, 0, {})) == ((b"x-mbx-used-weight-1m", b"5"),)
