"""Which headers go on to the next hop.

Three kinds stay behind. Those that speak of one connection only (RFC 9110 section 7.6.1). Those by
which a client could make the upstream see another caller, method or path than the gate judged. And
whatever the caller names, such as the credentials the gate has already used up.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from bitting.domain.request import Header
from bitting.web.identity import PREFIX

# Host and Content-Length as well: whoever writes the message knows its own host and counts the body anew.
_HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"content-length",
        b"host",
        b"http2-settings",
        b"keep-alive",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
# Frameworks read these from whoever sends them (CVE-2018-14773 is one case of many).
_SPOOFABLE: Final = frozenset(
    {
        b"cf-connecting-ip",
        b"cf-connecting-ipv6",
        b"client-ip",
        b"expect",
        b"fastly-client-ip",
        b"forwarded",
        b"true-client-ip",
        b"x-client-ip",
        b"x-cluster-client-ip",
        b"x-http-method",
        b"x-http-method-override",
        b"x-method-override",
        b"x-original-host",
        b"x-original-url",
        b"x-real-ip",
        b"x-rewrite-url",
    }
)
_FAMILIES: Final = (PREFIX, b"proxy-", b"x-forwarded")
_FROM_CLIENT: Final = _HOP_BY_HOP | _SPOOFABLE


def forward_headers(headers: Iterable[Header], also_drop: frozenset[bytes] = frozenset()) -> tuple[Header, ...]:
    """The headers of a client's request that go on to the upstream, in their order; names are in lower case."""
    return _kept(tuple(headers), _with(_FROM_CLIENT, also_drop))


def inner_headers(headers: Iterable[Header], also_drop: frozenset[bytes]) -> list[Header]:
    """The headers that an application in this process sees: the connection is its server's business."""
    drop = _with(_SPOOFABLE, also_drop)
    return [each for each in headers if each[0] not in drop and not each[0].startswith(_FAMILIES)]


def return_headers(headers: Iterable[Header]) -> tuple[Header, ...]:
    """The headers of an upstream's reply that go back to the client: an echo of our identity headers does not."""
    return _kept(tuple(headers), _HOP_BY_HOP)


@lru_cache(64)
def _with(drop: frozenset[bytes], also_drop: frozenset[bytes]) -> frozenset[bytes]:
    """Made once for each dialect."""
    return drop | also_drop


def _kept(headers: tuple[Header, ...], drop: frozenset[bytes]) -> tuple[Header, ...]:
    # What a Connection header names belongs to that connection, too.
    options = [value for name, value in headers if name == b"connection" and value != b"keep-alive"]
    if options:
        drop |= {one.strip(b" \t").lower() for value in options for one in value.split(b",")}
    return tuple([each for each in headers if each[0] not in drop and not each[0].startswith(_FAMILIES)])
