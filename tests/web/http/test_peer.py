"""Whose address it is, when proxies stand between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.network import NOBODY, Network, address_from_text, address_to_text
from bitting.web.http.errors import Rejected
from bitting.web.http.peer import NO_ADDRESS, client_address, socket_address

PROXY = address_from_text("10.0.0.1")
TRUSTED = Network.from_text(["10.0.0.0/8", "2001:db8:1::/48"])

STRANGERS = st.ip_addresses().filter(lambda one: not TRUSTED.admits(address_from_text(str(one))))


def client(*forwarded: bytes, peer: int = PROXY, trusted: Network = TRUSTED) -> str:
    headers = [(b"host", b"a"), *((b"x-forwarded-for", value) for value in forwarded)]
    return address_to_text(client_address(headers, peer, trusted))


@pytest.mark.parametrize(
    ("peername", "address"),
    [
        (("203.0.113.7", 5), address_from_text("203.0.113.7")),
        (("::ffff:203.0.113.7", 5, 0, 0), address_from_text("203.0.113.7")),
        (("2001:db8::1", 5, 0, 0), address_from_text("2001:db8::1")),
        (("fe80::1%eth0", 5, 0, 2), address_from_text("fe80::1")),
        ("", NO_ADDRESS),
        ("/run/client.sock", NO_ADDRESS),
        (b"\0abstract", NO_ADDRESS),
        (None, None),
    ],
)
def test_what_the_socket_says(peername: object, address: int | None) -> None:
    """I-04, I-09: mapped addresses are IPv4, a zone is taken off, Unix sockets have none."""
    assert socket_address(peername) == address


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (b"203.0.113.7", "203.0.113.7"),
        (b"198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (b"198.51.100.1,203.0.113.7, 10.0.0.9", "203.0.113.7"),
        (b"198.51.100.1,\t203.0.113.7 ,10.0.0.9 , 2001:db8:1::5", "203.0.113.7"),
        (b"::ffff:203.0.113.7", "203.0.113.7"),
        (b"203.0.113.7, ::ffff:10.0.0.9", "203.0.113.7"),
        (b"2001:db8:2::1", "2001:db8:2::1"),
        (b"junk, ' OR 1=1, 203.0.113.7", "203.0.113.7"),
        (b"10.0.0.7, 10.0.0.8", "10.0.0.7"),
    ],
)
def test_the_right_most_stranger(forwarded: bytes, address: str) -> None:
    """I-02: trusted hops are skipped from the right; what stands left of the first stranger is not even read."""
    assert client(forwarded) == address


@pytest.mark.parametrize(
    "forwarded",
    [
        b"", b",", b"203.0.113.7,", b"unknown", b"_hidden", b"203.0.113.7:443", b"[2001:db8:2::1]",
        b"203.0.113.0/24", b"203.0.113", b"0xcb007107", b"010.0.0.1", b"fe80::1%eth0", b"203.0.113.7\xa0",
        b"\xb2.0.0.1", b"203.0.113.7, junk",
    ],
)  # fmt: skip
def test_what_is_not_an_address(forwarded: bytes) -> None:
    """Only whole addresses pass; anything else from a trusted proxy ends the request."""
    with pytest.raises(Rejected) as caught:
        client(forwarded)
    assert caught.value.status == 400


def test_two_headers() -> None:
    """Two headers from a trusted proxy: one of them is not its own."""
    with pytest.raises(Rejected):
        client(b"203.0.113.7", b"203.0.113.8")


def test_no_header() -> None:
    """A trusted proxy that speaks for nobody speaks for itself."""
    assert client() == "10.0.0.1"


@pytest.mark.parametrize("trusted", [NOBODY, TRUSTED])
def test_a_stranger_is_not_listened_to(trusted: Network) -> None:
    """I-01: not even to be refused."""
    stranger = address_from_text("198.51.100.9")
    assert client(b"203.0.113.7", b"junk", peer=stranger, trusted=trusted) == "198.51.100.9"


@given(st.binary(max_size=60), STRANGERS)
def test_nothing_on_the_left_matters(left: bytes, address: object) -> None:
    """Whatever a client writes before its proxy's hop, the hop decides."""
    expected = client(str(address).encode())
    assert client(left + b", " + str(address).encode()) == expected
