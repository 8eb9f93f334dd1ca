"""The PROXY protocol's header: what HAProxy writes is read, and nothing that is only like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.network import address_from_text
from bitting.web.http.peer import NO_ADDRESS
from bitting.web.http.proxy_header import Introduced, MalformedHeader, crc32c, read_proxy_header
from tests.web.http.bytes_refused import GOOD

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
CLIENT = bytes([203, 0, 113, 7])
V4 = CLIENT + bytes([192, 0, 2, 1, 0xDC, 4, 1, 0xBB])
V6 = bytes.fromhex("20010db8000000000000000000000007") + bytes(16) + b"\0\1\0\2"


def v2(addresses: bytes, tlvs: bytes = b"", *, command: int = 0x21, family: int = 0x11) -> bytes:
    """A header of version 2."""
    return SIGNATURE + bytes([command, family]) + (len(addresses) + len(tlvs)).to_bytes(2, "big") + addresses + tlvs


def tlv(kind: int, value: bytes) -> bytes:
    return bytes([kind]) + len(value).to_bytes(2, "big") + value


def summed(addresses: bytes, *others: bytes, change: int = 0) -> bytes:
    """With its checksum behind the others."""
    blank = v2(addresses, b"".join(others) + tlv(3, bytes(4)))
    return blank[:-4] + (crc32c(blank) ^ change).to_bytes(4, "big")


WHOLE: dict[str, tuple[bytes, str | None]] = {
    "1, IPv4": (b"PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n", "203.0.113.7"),
    "1, the longest IPv4": (b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255"),
    "1, IPv6": (b"PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n", "2001:db8::7"),
    "1, the longest IPv6": (b"PROXY TCP6 %b ::1 65535 65535\r\n" % b":".join([b"ffff"] * 8), ":".join(["ffff"] * 8)),
    "1, IPv4 in IPv6": (b"PROXY TCP6 ::ffff:203.0.113.7 ::ffff:192.0.2.1 0 0\r\n", "203.0.113.7"),
    "1, unknown": (b"PROXY UNKNOWN\r\n", "::"),
    "1, unknown with what it is worth": (b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", "::"),
    "2, IPv4": (v2(V4), "203.0.113.7"),
    "2, IPv6": (v2(V6, family=0x21), "2001:db8::7"),
    "2, IPv4 in IPv6": (v2(bytes(10) + b"\xff\xff" + CLIENT + bytes(20), family=0x21), "203.0.113.7"),
    "2, the proxy itself": (v2(b"", command=0x20, family=0), None),
    "2, the proxy itself, with addresses": (v2(V4, command=0x20), None),
    "2, unspecified": (v2(b"", family=0), "::"),
    "2, Unix": (v2(bytes(216), family=0x31), "::"),
    "2, Unix datagrams": (v2(bytes(216), family=0x32), "::"),
    "2, with TLVs": (v2(V4, tlv(1, b"h2") + tlv(4, bytes(7)) + tlv(0xEA, b"vpce-1")), "203.0.113.7"),
    "2, as long as may be": (v2(V4, tlv(4, bytes(536 - 28 - 3))), "203.0.113.7"),
    "2, with its checksum": (summed(V4), "203.0.113.7"),
    "2, with its checksum behind others": (summed(V4, tlv(1, b"http/1.1")), "203.0.113.7"),
}

REFUSED: dict[str, bytes] = {
    "a request": GOOD,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "an empty line": b"\r\nPROXY UNKNOWN\r\n",
    "lower case": b"proxy TCP4 203.0.113.7 192.0.2.1 1 2\r\n",
    "1, another family": b"PROXY UDP4 203.0.113.7 192.0.2.1 1 2\r\n",
    "1, two spaces": b"PROXY  TCP4 203.0.113.7 192.0.2.1 1 2\r\n",
    "1, a space behind": b"PROXY TCP4 203.0.113.7 192.0.2.1 1 2 \r\n",
    "1, a port too few": b"PROXY TCP4 203.0.113.7 192.0.2.1 1\r\n",
    "1, a port too many": b"PROXY TCP4 203.0.113.7 192.0.2.1 1 2 3\r\n",
    "1, no addresses": b"PROXY TCP4\r\n",
    "1, a port with a zero before it": b"PROXY TCP4 203.0.113.7 192.0.2.1 01 2\r\n",
    "1, a port beyond the last": b"PROXY TCP4 203.0.113.7 192.0.2.1 65536 2\r\n",
    "1, a port with a sign": b"PROXY TCP4 203.0.113.7 192.0.2.1 +1 2\r\n",
    "1, IPv6 for IPv4": b"PROXY TCP4 2001:db8::7 192.0.2.1 1 2\r\n",
    "1, IPv4 for IPv6": b"PROXY TCP6 203.0.113.7 192.0.2.1 1 2\r\n",
    "1, an octet with a zero before it": b"PROXY TCP4 203.0.113.07 192.0.2.1 1 2\r\n",
    "1, an octet too many": b"PROXY TCP4 203.0.113.7.1 192.0.2.1 1 2\r\n",
    "1, an octet beyond the last": b"PROXY TCP4 203.0.113.256 192.0.2.1 1 2\r\n",
    "1, a target that is none": b"PROXY TCP4 203.0.113.7 192.0.2.256 1 2\r\n",
    "1, a zone": b"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
    "1, bare LF": b"PROXY TCP4 203.0.113.7 192.0.2.1 1 2\n",
    "1, a NUL": b"PROXY UNKNOWN \0\r\n",
    "1, no end": b"PROXY UNKNOWN " + b"a" * 93,
    "1, an end too late": b"PROXY UNKNOWN " + b"a" * 92 + b"\r\n",
    "2, version 1": v2(V4, command=0x11),
    "2, version 3": v2(V4, command=0x31),
    "2, another command": v2(V4, command=0x22),
    "2, IPv4 datagrams": v2(V4, family=0x12),
    "2, another family": v2(bytes(216), family=0x41),
    "2, another transport": v2(V4, family=0x13),
    "2, too short for IPv4": v2(V4[:-1]),
    "2, too short for IPv6": v2(V4, family=0x21),
    "2, too short for Unix": v2(bytes(215), family=0x31),
    "2, too long": v2(V4, tlv(4, bytes(537 - 28 - 3))),
    "2, as long as a number can say": SIGNATURE + b"\x21\x11\xff\xff",
    "2, a TLV cut in its length": v2(V4, b"\1\0"),
    "2, a TLV of a byte": v2(V4, b"\1"),
    "2, a TLV beyond the end": v2(V4, b"\1\0\5http"),
    "2, another checksum": summed(V4, change=1),
    "2, a checksum of other addresses": summed(V4).replace(CLIENT, bytes([203, 0, 113, 8])),
    "2, two checksums": v2(V4, tlv(3, bytes(4)) * 2),
    "2, a checksum of three bytes": v2(V4, tlv(3, bytes(3))),
    "2, a checksum of five bytes": v2(V4, tlv(3, bytes(5))),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_header(name: str) -> None:
    """It says who it is, and how long it is, whatever stands behind; a byte short of whole, it says nothing yet."""
    data, client = WHOLE[name]
    known = None if client is None else address_from_text(client)
    assert read_proxy_header(data + GOOD) == Introduced(len(data), known)
    assert [read_proxy_header(data[:end]) for end in range(len(data))] == [None] * len(data)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_none(name: str) -> None:
    """It is refused, and every way of cutting it into packets ends the same."""
    data = REFUSED[name]
    with pytest.raises(MalformedHeader):
        read_proxy_header(data)
    for end in range(len(data)):
        try:
            assert read_proxy_header(data[:end]) is None
        except MalformedHeader:
            break


def test_who_is_not_named_has_no_address() -> None:
    """So that no network of a key admits him: neither the proxy's nor anybody's."""
    assert read_proxy_header(b"PROXY UNKNOWN\r\n") == Introduced(15, NO_ADDRESS)


def test_the_checksum() -> None:
    """The values of RFC 3720, appendix B.4, and the check value of the CRC catalogues."""
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


@given(st.sampled_from([b"", SIGNATURE, b"PROXY ", b"PROXY UNKNOWN"]), st.binary(max_size=600))
def test_any_bytes(start: bytes, more: bytes) -> None:
    """Any bytes at all are a header, the beginning of one, or refused; nothing is read beyond the bounds."""
    data = start + more
    try:
        introduced = read_proxy_header(data)
    except MalformedHeader:
        return
    if introduced is None:
        assert len(data) < 536
    else:
        assert introduced.length <= min(len(data), 536)
        assert read_proxy_header(data[: introduced.length]) == introduced
