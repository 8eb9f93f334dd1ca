"""The PROXY protocol, by which a proxy says whose connection it passes on, before anything else: pure, no socket.

HAProxy's doc/proxy-protocol.txt (2020/03/05) describes it. Version 1 is one line, version 2 a binary block:

    1  PROXY TCP4 203.0.113.7 192.0.2.1 56324 443, CR, LF
    2  a signature (12 bytes), version and command, family, length (2), addresses, TLVs: type (1), length (2), value

Like everything that is read here, it is read in one way only. A header is refused when it is no header of either
version, is longer than the bounds below, names ports or addresses that are none, has addresses of another length than
its family says, TLVs that do not fit, two checksums, or a checksum (CRC-32C) that is not its own.

Some headers name nobody: `UNKNOWN`, and the families UNSPEC and UNIX. The client is then NO_ADDRESS, which lies in no
key's network: that is not the proxy itself, which might. Command LOCAL is the proxy itself, looking whether we live.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import Final, NamedTuple

from bitting.domain.errors import Malformed, MalformedValue
from bitting.domain.network import address_from_text
from bitting.web.http.peer import NO_ADDRESS

MOST_V1: Final = 107  # the longest line there can be, its CRLF included
MOST_V2: Final = 536  # with 520 bytes of addresses and TLVs: they fit into the smallest segment
_SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
_PREFIX: Final = b"PROXY "
_SIX: Final = rb"([0-9A-Fa-f]*:[0-9A-Fa-f:.]+)"
_LINE: Final = re.compile(rb"PROXY (?:TCP4 ([0-9.]+) ([0-9.]+)|TCP6 %b %b) (\d+) (\d+)\r\n" % (_SIX, _SIX))
_UNKNOWN: Final = re.compile(rb"PROXY UNKNOWN(?: [!-~]+){0,4}\r\n")
_PORT: Final = re.compile(rb"0|[1-9][0-9]{0,4}")
_LOCAL, _PROXY = 0x20, 0x21  # version 2 in the upper half
# Bytes of addresses and ports, by family and transport.
_ADDRESSES: Final = {0x00: 0, 0x11: 12, 0x21: 36, 0x31: 216, 0x32: 216}
_CRC32C: Final = 0x03


class MalformedHeader(Malformed):
    """These bytes, or what will follow them, are no header of the PROXY protocol."""


class Introduced(NamedTuple):
    """A header: how many bytes it has, and the client's address; None is the proxy itself."""

    length: int
    client: int | None


def read_proxy_header(data: bytes) -> Introduced | None:
    """The header that `data` begins with, or None until more bytes come. Raises MalformedHeader as soon as no more
    bytes could make it one, so a stranger cannot have us wait."""
    for start, most, read in ((_SIGNATURE, MOST_V2, _read_v2), (_PREFIX, MOST_V1, _read_v1)):
        if data.startswith(start):
            return read(data[:most])
        if start.startswith(data):
            return None
    raise MalformedHeader("a connection from a trusted proxy begins with a PROXY header")


def _read_v1(data: bytes) -> Introduced | None:
    end = data.find(b"\r\n")
    if end < 0:
        if len(data) == MOST_V1 or b"\n" in data:
            raise MalformedHeader("the PROXY line does not end")
        return None
    line = data[: end + 2]
    if _UNKNOWN.fullmatch(line):
        return Introduced(len(line), NO_ADDRESS)
    found = _LINE.fullmatch(line)
    if found is None:
        raise MalformedHeader("the PROXY line is malformed")
    source4, target4, source6, target6, *ports = found.groups()
    if not all(_PORT.fullmatch(port) and int(port) < 65_536 for port in ports):
        raise MalformedHeader("the PROXY line has a port that is none")
    client = _address(source4 or source6)
    _address(target4 or target6)
    return Introduced(len(line), client)


def _address(text: bytes) -> int:
    try:
        return address_from_text(text.decode("ascii"))
    except MalformedValue:
        raise MalformedHeader("the PROXY line has an address that is none") from None


def _read_v2(data: bytes) -> Introduced | None:
    if len(data) < 16:
        return None
    command, family = data[12], data[13]
    length = 16 + int.from_bytes(data[14:16], "big")
    if command not in (_LOCAL, _PROXY):
        raise MalformedHeader("the PROXY header has another version or command")
    if length > MOST_V2:
        raise MalformedHeader(f"the PROXY header is longer than {MOST_V2} bytes")
    addresses = _ADDRESSES.get(family)
    if addresses is None or length < 16 + addresses:
        raise MalformedHeader("the PROXY header has another family, or is too short for its addresses")
    if len(data) < length:
        return None
    _check_tlvs(data[:length], 16 + addresses)
    if command == _LOCAL:
        return Introduced(length, None)
    if family == 0x11:
        return Introduced(length, 0xFFFF << 32 | int.from_bytes(data[16:20], "big"))
    return Introduced(length, int(IPv6Address(data[16:32])) if family == 0x21 else NO_ADDRESS)


def _check_tlvs(header: bytes, at: int) -> None:
    """Walk over what stands behind the addresses. Nothing of it is used; a checksum has to be right."""
    summed = False
    while at < len(header):
        kind, end = header[at], at + 3 + int.from_bytes(header[at + 1 : at + 3], "big")
        if at + 3 > len(header) or end > len(header):
            raise MalformedHeader("the PROXY header has a TLV that does not fit")
        if kind == _CRC32C:
            if summed or end != at + 7:
                raise MalformedHeader("the PROXY header has two checksums, or one of another length")
            summed = True
            if crc32c(header[: at + 3] + bytes(4) + header[end:]) != int.from_bytes(header[at + 3 : end], "big"):
                raise MalformedHeader("the PROXY header is not what its checksum says")
        at = end


def crc32c(data: bytes) -> int:
    """Castagnoli's CRC-32 (RFC 3720 section 12.1), bit by bit: a header is short, and there is one a connection."""
    crc = 0xFFFF_FFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F6_3B78 if crc & 1 else 0)
    return crc ^ 0xFFFF_FFFF
