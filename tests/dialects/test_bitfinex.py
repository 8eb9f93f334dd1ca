"""Bitfinex v2: reading, checking, signing, naming; with anything at all on the wire."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bitting.dialects.bitfinex import DIALECT, signed_bytes
from bitting.dialects.bitfinex_routes import OPEN_BELOW, OPEN_GETS, OPEN_POSTS, ROUTES
from bitting.dialects.dialect import Claim, Clock, Draft
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedRequest
from bitting.domain.request import Header, Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Admitted

SHA384 = Algorithm.HMAC_SHA384
NOW_NS = 1_763_661_600_000_000_000
SIGNATURE = b"ab" * 48

PROOF: tuple[Header, ...] = (
    (b"bfx-apikey", b"bk_live_x"),
    (b"bfx-nonce", b"1763661600000"),
    (b"bfx-signature", SIGNATURE),
)


def request(
    target: bytes = b"/v2/auth/r/wallets",
    body: bytes = b"{}",
    headers: tuple[Header, ...] = PROOF,
    method: bytes = b"POST",
) -> Request:
    return Request(method, target, headers, body, peer=0)


header_names = st.sampled_from([b"bfx-apikey", b"bfx-nonce", b"bfx-signature", b"bfx-token", b"content-type", b"host"])
header_values = st.binary(max_size=120) | st.sampled_from([b"1763661600000", SIGNATURE, b"application/json"])
targets = (
    st.binary(max_size=80)
    | st.sampled_from([route.path.encode() for route in ROUTES])
    | st.builds(b"/v2/auth/r/orders/%b".__mod__, st.binary(max_size=20))
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
LIKELY: dict[str, list[Any]] = {
    "type": ["EXCHANGE LIMIT", "STOP LIMIT", "MARKET"],
    "symbol": ["tBTCUSD", "tBTCF0:USTF0"],
    "amount": ["1", -1, 0.5],
    "price": ["1", 1, 0.5],
    "price_aux_limit": ["1"],
    "price_oco_stop": ["1"],
    "flags": [0, 1024, 16384],
    "id": [1],
    "from": ["exchange"],
    "to": ["margin"],
    "currency": ["UST"],
    "method": ["bitcoin", "BITCOIN"],
    "address": ["1BC9PZqpUmjyEB54uggn8TFKj49zSDYzqG"],
    "payment_id": ["7"],
}
fields = st.fixed_dictionaries(
    {}, optional={name: json_values | st.sampled_from(values) for name, values in LIKELY.items()}
)
operations = st.lists(st.lists(st.sampled_from(["on", "ou", "oc", "oc_multi", "fon"]) | fields, max_size=3), max_size=3)
bodies = (
    st.binary(max_size=40)
    | st.just(b"")
    | st.builds(lambda value: json.dumps(value).encode(), fields | operations.map(lambda ops: {"ops": ops}))
)
requests = st.builds(
    Request,
    method=st.sampled_from([b"POST", b"GET"]) | st.binary(max_size=6),
    target=targets,
    headers=st.lists(st.tuples(header_names, header_values), max_size=6).map(tuple),
    body=bodies,
    peer=st.just(0),
)


@given(requests)
@example(request(headers=((b"bfx-apikey", b"\xff"), *PROOF[1:])))
@example(request(headers=(PROOF[0], (b"bfx-nonce", b"9" * 5000), PROOF[2])))
def test_any_bytes_at_all_give_a_claim_none_or_malformed(anything: Request) -> None:
    """Nothing that can come off a wire makes `read` or `check` end in anything else."""
    try:
        claim = DIALECT.read(anything)
    except MalformedRequest:
        return
    if claim is not None:
        with pytest.raises(BadSignature):
            DIALECT.check(claim, SHA384, b"secret")


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
    """`is_public` never raises, and never says yes to a private path."""
    assert not (DIALECT.is_public(anything) and anything.path.startswith(b"/v2/auth/"))


@given(
    target=st.sampled_from([b"/v2/auth/r/wallets", b"/v2/auth/r/orders/tBTCF0:USTF0", b"/v2/x?y=z"]),
    body=st.just(b"") | st.dictionaries(st.text(), st.text()).map(lambda value: json.dumps(value).encode()),
    wire_id=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=128),
    secret=st.binary(max_size=200),
    moment_ns=st.integers(1_000, 2**63 - 1),
)
def test_what_is_signed_is_read_and_holds(
    target: bytes, body: bytes, wire_id: str, secret: bytes, moment_ns: int
) -> None:
    """sign, read and check fit together, for this secret and no other."""
    signed = DIALECT.sign(Draft(b"POST", target, body), wire_id, SHA384, Secret(secret), moment_ns)
    claim = DIALECT.read(signed)
    assert claim is not None
    assert (claim.wire_id, claim.nonce) == (wire_id, moment_ns // 1000)
    DIALECT.check(claim, SHA384, secret)
    with pytest.raises(BadSignature):
        DIALECT.check(claim, SHA384, secret + b"!")


@given(st.text("/a:01{}", max_size=14))
def test_signed_bytes_can_be_cut_in_one_way_only(text: str) -> None:
    """Of all ways to cut what was signed into path, nonce and body, at most one is a request: a captured one
    cannot be moved to another path, nonce or body."""
    signed = text.encode()
    admitted = []
    for first in range(len(signed) + 1):
        for second in range(first, len(signed) + 1):
            target, nonce, body = signed[:first], signed[first:second], signed[second:]
            try:
                claim = DIALECT.read(request(target, body, (PROOF[0], (b"bfx-nonce", nonce), PROOF[2])))
            except MalformedRequest:
                continue
            assert claim is not None
            assert claim.signing_input == b"/api" + signed
            admitted.append((target, nonce, body))
    assert len(admitted) <= 1


@pytest.mark.parametrize("missing", PROOF)
def test_half_a_proof_is_malformed(missing: Header) -> None:
    """Key id, nonce and signature come together; two of them are not a request without a credential."""
    with pytest.raises(MalformedRequest, match="a proof is"):
        DIALECT.read(request(headers=tuple(each for each in PROOF if each != missing)))


@pytest.mark.parametrize("doubled", PROOF)
def test_a_doubled_credential_header_is_malformed(doubled: Header) -> None:
    """Even one that says the same twice, since others may look at the other one."""
    with pytest.raises(MalformedRequest, match="stands twice"):
        DIALECT.read(request(headers=(*PROOF, doubled)))


def test_other_headers_may_repeat() -> None:
    """What proves nothing is not looked at."""
    assert DIALECT.read(request(headers=((b"via", b"a"), *PROOF, (b"via", b"b")))) is not None


def test_no_credential_is_none() -> None:
    """A request that does not claim to be anybody's is no error."""
    assert DIALECT.read(request(headers=((b"host", b"x"),))) is None


def test_no_other_algorithm_proves_anything() -> None:
    """A credential of another algorithm does not hold, even with the right HMAC of its own."""
    claim = Claim("bk_live_x", b"signed", SIGNATURE, nonce=1)
    for algorithm in Algorithm:
        with pytest.raises(BadSignature):
            DIALECT.check(claim, algorithm, b"secret")


def test_the_formula_joins_its_parts_without_a_mark() -> None:
    """The formula of the description is what the function does."""
    assert signed_bytes(b"/v2/auth/r/wallets", b"17", b"{}") == b"/api/v2/auth/r/wallets17{}"
    assert DIALECT.description.formula == '"/api" + target + nonce + body'


@pytest.mark.parametrize("path", sorted([*OPEN_GETS, *(below + b"x" for below in OPEN_BELOW)]))
def test_open_market_data_is_a_get(path: bytes) -> None:
    """The listed paths are open to GET, with any query, and to no other method."""
    assert DIALECT.is_public(request(path + b"?symbols=ALL", b"", (), b"GET"))
    assert not DIALECT.is_public(request(path, b"", (), b"POST"))
    assert not DIALECT.is_public(request(path, b"", (), b"HEAD"))


@pytest.mark.parametrize("path", sorted(OPEN_POSTS))
def test_two_calculations_are_open_posts(path: bytes) -> None:
    """They are open with and without a proof; a proven one wants to read the market."""
    assert DIALECT.is_public(request(path + b"?symbol=tBTCUSD", b"", ()))
    assert not DIALECT.is_public(request(path, b"", (), b"GET"))
    actions = DIALECT.actions(request(path))
    assert actions is not None
    assert [each.name for each in actions] == ["market.read"]


@pytest.mark.parametrize(
    "path",
    [
        b"/v2/auth/r/wallets",
        b"/v2/conf",
        b"/v2/confx",
        b"/v2/tickers/",
        b"/v2/conf/../auth/r/wallets",
        b"/v2/conf/%2e%2e/auth/r/wallets",
        b"/v2/ticker//auth",
        b"/v2/pulse/add",
        b"/v1/pubticker/btcusd",
        b"/V2/tickers",
        b"",
    ],
)
def test_what_is_not_listed_is_private(path: bytes) -> None:
    """So is a path that another server would resolve to a private one."""
    assert not DIALECT.is_public(request(path, b"", (), b"GET"))
    assert not DIALECT.is_public(request(path, b"", ()))


def test_the_description_tells_how_requests_are_told_apart() -> None:
    """The nonce runs free, the body is bound, and no credential header goes on to the upstream."""
    description = DIALECT.description
    assert description.name == "bitfinex"
    assert description.clock is Clock.FREE
    assert description.binds.body
    assert {name for name, _ in PROOF} | {b"bfx-token"} <= description.credential_headers


@given(st.binary(min_size=32, max_size=32))
def test_a_minted_secret_is_43_letters_and_digits(random: bytes) -> None:
    """It is as long as Bitfinex's own, and no two draws of 256 bits give one secret."""
    secret = DIALECT.mint(lambda length: random[:length]).reveal()
    assert len(secret) == 43
    assert secret.isalnum()
    digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    assert sum(digits.index(each) * 62**at for at, each in enumerate(secret)) == int.from_bytes(random, "big")


def test_no_headers_tell_the_rate() -> None:
    """Bitfinex has none, and clients look for none."""
    assert DIALECT.usage(Admitted(5, 10, 0, {})) == ()
