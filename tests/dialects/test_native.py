"""The native dialect: where a request was sent to, which algorithm proves it, and what it means by itself.

What its readers make of headers is in the vectors; what holds of every dialect in test_every_dialect.py.
"""

import re
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bitting.dialects.dialect import Draft
from bitting.dialects.native import DIALECT, KEY_PATH
from bitting.dialects.native_proof import canonical_authority
from bitting.domain.action import Kind
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedRequest
from bitting.domain.request import Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Admitted

KEY: Final = "bk_live_4mfjcpvbdfo6lrmiuyq2vqfyxu5qh2zd"
SECRET: Final = Secret(b"6b" * 32)
NOW: Final = 1_795_000_000_123_456_789
GATE: Final = b"https://api.example.com/native"


def signed(target: bytes = b"/orders?x=1", base: bytes = GATE, body: bytes = b"", method: bytes = b"GET") -> Request:
    draft = Draft(method, target, body, base)
    return DIALECT.sign(draft, KEY, Algorithm.HMAC_SHA256, SECRET, NOW)


def with_host(request: Request, host: bytes) -> Request:
    return request._replace(headers=((b"host", host), *request.headers))


def proves(request: Request) -> bool:
    claim = DIALECT.read(request)
    assert claim is not None
    try:
        DIALECT.check(claim, Algorithm.HMAC_SHA256, SECRET.reveal())
    except BadSignature:
        return False
    return True


# ---- where it was sent to


@pytest.mark.parametrize("host", [b"api.example.com", b"API.example.COM", b"api.example.com:443"])
def test_a_gate_that_knows_its_url_is_called_by_it(host: bytes) -> None:
    """The Host header may spell the authority in any way that means it."""
    assert proves(with_host(signed(), host))


@pytest.mark.parametrize("host", [b"evil.example", b"api.example.com:80", b"api.example.com.", b"", b"a b", b"\xe4"])
def test_a_gate_that_knows_its_url_is_called_by_no_other(host: bytes) -> None:
    """The text says which one it is, since the cause is often a proxy that puts its own."""
    with pytest.raises(MalformedRequest, match=re.escape("this gate is https://api.example.com/native, ")):
        DIALECT.read(with_host(signed(), host))


@pytest.mark.parametrize(
    ("base", "host", "called"),
    [
        (b"", b"127.0.0.1:8700", b"http://127.0.0.1:8700"),
        (b"/native", b"127.0.0.1:8700", b"http://127.0.0.1:8700/native"),
        (b"/native", b"Gate.Example:80", b"http://gate.example/native"),
        (b"/native", b"[2001:DB8::7]:8700", b"http://[2001:db8::7]:8700/native"),
    ],
)
def test_a_gate_that_does_not_is_called_by_the_host_header(base: bytes, host: bytes, called: bytes) -> None:
    """By http, with the mount's path in front of the target."""
    request = with_host(signed(base=called), host)._replace(base=base)
    claim = DIALECT.read(request)
    assert claim is not None
    assert b'"@target-uri": %b/orders?x=1\n' % called in claim.signing_input
    assert proves(request)


def test_what_was_signed_for_one_gate_proves_nothing_at_another() -> None:
    """Same key, same bytes, same path: another gate has another URL, whatever the Host header says there."""
    request = signed(base=b"https://one.example/native")
    assert proves(request)
    elsewhere = request._replace(base=b"https://two.example/native")
    assert not proves(elsewhere)
    with pytest.raises(MalformedRequest):
        DIALECT.read(with_host(elsewhere, b"one.example"))


def test_what_was_signed_for_one_mount_proves_nothing_at_another() -> None:
    """The live and the test gate often differ by the path alone."""
    request = with_host(signed(base=b"http://gate.example/native"), b"gate.example")
    assert proves(request._replace(base=b"/native"))
    assert not proves(request._replace(base=b"/native-test"))
    assert not proves(request._replace(base=b"/native", target=b"/native/orders?x=1"))


def test_a_gate_that_does_not_know_its_url_believes_the_host_header() -> None:
    """The limit of it, and the reason to set `url`: whoever chooses the Host header chooses the place."""
    request = signed(base=b"http://one.example/native")
    assert proves(with_host(request, b"one.example")._replace(base=b"/native"))


@pytest.mark.parametrize(
    ("scheme", "host", "authority"),
    [
        (b"http", b"A.example:80", b"a.example"),
        (b"http", b"a.example:443", b"a.example:443"),
        (b"https", b"a.example:443", b"a.example"),
        (b"https", b"[::1]:443", b"[::1]"),
        (b"http", b"[::80]", b"[::80]"),
        (b"ftp", b"a.example", None),
        (b"http", b"a.example:0", None),
        (b"http", b"a.example:", None),
        (b"http", b"a.example, b.example", None),
        (b"http", b"user@a.example", None),
        (b"http", b"::1", None),
        (b"http", b"", None),
    ],
)
def test_an_authority_has_one_spelling(scheme: bytes, host: bytes, authority: bytes | None) -> None:
    """RFC 9421 section 2.2.3: lower case, without the scheme's default port."""
    assert canonical_authority(scheme, host) == authority


def test_a_draft_goes_somewhere() -> None:
    """To this machine when it does not say; what it says has to be a URL."""
    assert signed(base=b"").base == b"http://localhost"
    assert proves(signed(base=b""))
    with pytest.raises(MalformedRequest, match="the base of a draft is a URL"):
        signed(base=b"gopher://old.example")


# ---- one base, one request

LINES = st.sampled_from(
    [b"\n", b'"@authority": evil.example', b"\r\n", b"GET", b"/", b"a", b'"@method": ', b"%0A", b" "]
)


@given(method=st.lists(LINES, max_size=4), target=st.lists(LINES, max_size=4))
@example(method=[b"GET", b"\n", b'"@authority": evil.example'], target=[b"/"])
@example(method=[b"GET"], target=[b"/", b"\n", b'"@method": '])
def test_no_line_of_the_base_can_be_forged(method: list[bytes], target: list[bytes]) -> None:
    """Whatever a face hands over, a base has the four lines it should have, or there is none."""
    request = signed()._replace(method=b"".join(method), target=b"".join(target))
    try:
        claim = DIALECT.read(request)
    except MalformedRequest:
        return
    assert claim is not None
    lines = claim.signing_input.split(b"\n")
    assert [line.split(b'"')[1] for line in lines] == [b"@method", b"@authority", b"@target-uri", b"@signature-params"]


@given(
    first=st.tuples(st.sampled_from([b"GET", b"POST"]), st.binary(max_size=6), st.sampled_from([GATE, b"http://b"])),
    second=st.tuples(st.sampled_from([b"GET", b"POST"]), st.binary(max_size=6), st.sampled_from([GATE, b"http://b"])),
)
def test_two_requests_never_have_one_base(first: Any, second: Any) -> None:
    """What is signed says the request: method, place, target and body are all in it, each in its line."""

    def base(method: bytes, body: bytes, gate: bytes) -> bytes:
        claim = DIALECT.read(signed(b"/a", gate, body, method))
        assert claim is not None
        return claim.signing_input

    assert (base(*first) == base(*second)) is (first == second)


# ---- by which algorithm


def test_the_request_does_not_choose_its_algorithm() -> None:
    """`alg` is compared with the credential's, after the signature: a stranger learns nothing by when it is refused."""
    request = signed()
    claim = DIALECT.read(request)
    assert claim is not None
    DIALECT.check(claim, Algorithm.HMAC_SHA256, SECRET.reveal())
    with pytest.raises(BadSignature, match="not an algorithm of this dialect"):
        DIALECT.check(claim, Algorithm.HMAC_SHA384, SECRET.reveal())
    with pytest.raises(BadSignature, match="in base64"):
        DIALECT.check(claim, Algorithm.ED25519, bytes(32))
    with pytest.raises(BadSignature):
        DIALECT.check(claim, Algorithm.ECDSA_P256, bytes(65))


def test_other_headers_may_stand_as_often_as_they_like() -> None:
    """They are not signed, and mean nothing here."""
    request = signed()
    assert proves(request._replace(headers=((b"accept", b"a"), (b"accept", b"b"), *request.headers)))


def test_a_text_that_looks_like_alg_is_none() -> None:
    """Neither in the URL nor in a key id can `;alg=` be made to stand where the parameter stands."""
    assert proves(signed(target=b'/orders?;alg="ed25519"'))
    forged = signed()._replace(
        headers=tuple((name, value.replace(KEY.encode(), b'x;alg="ed25519')) for name, value in signed().headers)
    )
    with pytest.raises(MalformedRequest, match="its parameters are"):
        DIALECT.read(forged)


# ---- what it means


def test_by_itself_it_knows_the_keys_own_two_routes() -> None:
    """Everything else is the operator's to map, and nothing is open."""
    kinds = {
        (method, path): DIALECT.actions(signed(path, method=method))
        for method in (b"GET", b"DELETE", b"POST")
        for path in (KEY_PATH.encode(), b"/exchange/v1/orders")
    }
    own = {key: found[0].kind for key, found in kinds.items() if found}
    assert own == {
        (b"GET", KEY_PATH.encode()): Kind.SELF_READ,
        (b"DELETE", KEY_PATH.encode()): Kind.SELF_REVOKE,
    }
    assert not DIALECT.is_public(signed(b"/exchange/v1/markets"))
    for other in (b"/.well-known//bitting/key", b"/.well-known/bitting/key/", b"/.well-known/bitting/%6bey", b"/x/.."):
        assert DIALECT.actions(signed(other)) is None


def test_a_secret_is_text_of_256_bits() -> None:
    """It is shown once and pasted somewhere."""
    assert DIALECT.mint(lambda size: bytes(range(size))).reveal() == bytes(range(32)).hex().encode()


def test_it_has_no_rate_headers_of_its_own() -> None:
    """The gate's RateLimit headers are the standard's."""
    assert DIALECT.usage(Admitted(1, 2, 3, {})) == ()


def test_it_binds_everything() -> None:
    """Which is why withdrawals belong here."""
    assert all(DIALECT.description.binds)
    assert any("withdrawals" in note for note in DIALECT.description.notes)
    assert DIALECT.description.algorithms[0] is Algorithm.ED25519
