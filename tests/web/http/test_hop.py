"""What goes on to the next hop, and what stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.web.http import forward_headers
from bitting.web.http.hop import return_headers

CONNECTION_ONLY = [
    b"connection", b"content-length", b"host", b"http2-settings", b"keep-alive", b"proxy-authenticate",
    b"proxy-authorization", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade",
]  # fmt: skip
SPOOFED = [
    b"bitting-account", b"bitting-key", b"bitting-signature", b"bitting-time", b"bitting-anything", b"cf-connecting-ip",
    b"expect", b"forwarded", b"true-client-ip", b"x-forwarded", b"x-forwarded-for", b"x-forwarded-host",
    b"x-forwarded-proto", b"x-http-method-override", b"x-original-url", b"x-real-ip", b"x-rewrite-url",
]  # fmt: skip
KEPT = (
    (b"accept", b"*/*"),
    (b"x-mbx-apikey", b"id"),
    (b"accept", b"text/html"),
    (b"content-type", b"application/json"),
)


@pytest.mark.parametrize("name", CONNECTION_ONLY + SPOOFED)
def test_what_a_client_cannot_pass_on(name: bytes) -> None:
    """Headers of its connection, and those by which it could speak as somebody else, stay here."""
    assert forward_headers((*KEPT[:2], (name, b"1"), *KEPT[2:])) == KEPT


@pytest.mark.parametrize("name", [*CONNECTION_ONLY, b"bitting-signature"])
def test_what_an_upstream_cannot_pass_back(name: bytes) -> None:
    """Headers of its connection, and an echo of ours, stay here."""
    assert return_headers((*KEPT[:2], (name, b"1"), *KEPT[2:])) == KEPT


def test_what_connection_names_stays() -> None:
    """RFC 9110 section 7.6.1: each of its options is a header of this connection only, over all its lines."""
    sent = ((b"connection", b"close, X-Mbx-Apikey"), (b"connection", b"accept\t"), *KEPT)
    assert forward_headers(sent) == KEPT[3:]
    assert return_headers(sent) == KEPT[3:]


def test_what_the_caller_names_stays() -> None:
    """Such as the credentials that the gate has used up."""
    assert forward_headers(KEPT, frozenset({b"x-mbx-apikey", b"accept"})) == KEPT[3:]


@given(
    st.lists(st.tuples(st.sampled_from([*CONNECTION_ONLY, *SPOOFED, b"a", b"b", b"c"]), st.sampled_from([b"a", b"b"])))
)
def test_order_is_kept_and_nothing_is_added(headers: list[tuple[bytes, bytes]]) -> None:
    """What goes on is what came, less what stays; going on twice takes no more away."""
    forwarded = forward_headers(headers)
    rest = iter(headers)
    assert all(header in rest for header in forwarded)
    assert forward_headers(forwarded) == forwarded
    assert not {name for name, _ in forwarded} & {*CONNECTION_ONLY, *SPOOFED}
