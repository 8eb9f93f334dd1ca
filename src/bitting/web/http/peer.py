"""Whose address a request comes from.

The socket says it, and nothing a client writes can change that. Only a proxy that the operator has
named is believed, and of it only the hop it added itself: the right-most address in X-Forwarded-For
that is not another trusted proxy. Everything left of that hop was written by a stranger.
`Forwarded`, `X-Real-IP` and their kin are never read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bitting.domain.errors import MalformedValue
from bitting.domain.network import Network, address_from_text
from bitting.domain.request import Header
from bitting.web.http.errors import Rejected

# The address of who comes through a Unix socket, or whom a proxy cannot name: `::`, which no peer on a network has.
NO_ADDRESS: Final = 0


def socket_address(peername: object) -> int | None:
    """Read what the socket says of its peer: (host, port, …), or a path for a Unix socket; None if it is gone already.

    A zone is taken off: `fe80::1%eth0` is the peer fe80::1, whichever cable it came through.
    """
    if isinstance(peername, tuple):
        host: str = peername[0]
        return address_from_text(host.partition("%")[0])
    return None if peername is None else NO_ADDRESS


def client_address(headers: Iterable[Header], peer: int, trusted: Network) -> int:
    """The client's address as trusted proxies tell it; `peer` itself if it is none, or tells nothing.

    Raises Rejected (400) when a trusted proxy passes on two X-Forwarded-For headers or an address
    that is not one: somebody has tampered, and guessing would pick a winner.
    """
    if not trusted.admits(peer):
        return peer
    told = [value for name, value in headers if name == b"x-forwarded-for"]
    if not told:
        return peer
    if len(told) > 1:
        raise Rejected(400, "X-Forwarded-For stands twice")
    for hop in reversed(told[0].split(b",")):
        try:
            peer = address_from_text(hop.strip(b" \t").decode("latin-1"))
        except MalformedValue:
            raise Rejected(400, "X-Forwarded-For holds something that is not an address") from None
        if not trusted.admits(peer):
            break
    return peer
