"""How much of everything the face gives to one client, and to all of them.

Times are seconds and coarse: lateness is looked for about once a second (see `deadlines`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the server side.

    line_bytes            the request line; beyond it 414
    head_bytes            request line and headers with the empty line behind them; beyond it 431
    headers               number of header lines; beyond it 431
    body_bytes            the declared Content-Length; beyond it 413, before a byte of the body is read
    head_s                from a request's first byte (or the connection's first moment) to its last header; then 408
    body_s                from the last header to the last byte of the body; then 408
    idle_s                between two requests; then the connection is closed without a word
    reply_s               a client that does not take its reply away is cut off after this
    flow_bytes            of a long reply that wait for the client; with them full it has to take three quarters of
                          them within `reply_s`, so it cannot hold a connection to the upstream with a byte now and then
    linger_s              after a refusal, how long what is still arriving is thrown away, so that the refusal arrives
    connections           in all; beyond it 503 and closed
    connections_per_peer  from one address, or one /64 of IPv6; trusted proxies and Unix sockets are not counted
    """

    line_bytes: int = 8 * 1024
    head_bytes: int = 32 * 1024
    headers: int = 100
    body_bytes: int = 1024 * 1024
    head_s: float = 10
    body_s: float = 30
    idle_s: float = 75
    reply_s: float = 60
    flow_bytes: int = 1024 * 1024
    linger_s: float = 2
    connections: int = 4096
    connections_per_peer: int = 64


@dataclass(frozen=True, slots=True)
class UpstreamLimits:
    """Bounds of the client side, for each address of an upstream.

    connections   open at one time; the next request waits for one, at most `connect_s`
    connect_s     for a connection, its TLS handshake included; with several addresses, for all tries together
    reply_s       from the request's first byte to the reply's last; where a long one flows, from one piece to the next
    held_bytes    of a reply that are gathered before the client is given any of it: shorter ones are whole then
    held_s        of a reply that may be longer, but is slow in coming; also how long a client may be slow in taking it
                  while others wait for a connection
    head_bytes    of headers, and of anything else in a row that is no body
    reply_bytes   of a reply that is wanted whole, however long it is
    failures      connections in a row that do not come about; then requests are refused at once, without trying,
    rest_s        for so long, and of those that come later one tries in so much time, until one succeeds
    idle_s        how long an unused connection is kept. Keep it below the upstream's own limit (uvicorn
                  and node close after 5 s): a request sent into a closing connection has no known outcome
    """

    connections: int = 64
    connect_s: float = 5
    reply_s: float = 30
    held_bytes: int = 64 * 1024
    held_s: float = 1
    head_bytes: int = 64 * 1024
    reply_bytes: int = 16 * 1024 * 1024
    failures: int = 5
    rest_s: float = 1
    idle_s: float = 3
