"""Which dialect answers where: the gate's public face, one path prefix (or port) a dialect.

The prefix is the operator's and is taken off before the dialect sees the target, since clients sign the path
without it. Everything outside a mount is unknown, and is told nothing.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from bitting.domain.errors import Misconfigured
from bitting.domain.request import Reply, Request
from bitting.gate.passage import Passage
from bitting.gate.pipeline import Door
from bitting.gate.ports import Exchange
from bitting.gate.shell import Gate

_PREFIX: Final = re.compile(r"(?:/[a-z0-9][a-z0-9._-]{0,62})*", re.ASCII)
# As it is signed (RFC 9421 section 2.2.3): host in lower case, no default port, nothing behind the path.
_URL: Final = re.compile(
    r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[1-9][0-9]{0,4})?(?:/[A-Za-z0-9._~-]+)*",
    re.ASCII,
)
_DEFAULT_PORT: Final = re.compile(r"http://[^/]+:80(?:/.*)?|https://[^/]+:443(?:/.*)?")
NOWHERE: Final = Reply(404, ((b"content-type", b"text/plain"),), b"nothing is mounted here\n")


class Mount(NamedTuple):
    """One dialect's place: `prefix` is "" or like "/bitfinex". Gates differ only in the market they ask.

    `url` is what clients call where that differs from http, their Host header and the prefix: behind a proxy. "" is
    not named. Only dialects that sign the whole URL look at it.
    """

    prefix: str
    gate: Gate
    door: Door
    exchange: Exchange
    url: str = ""


class Mounts:
    """The handler of one listening socket."""

    def __init__(self, mounts: Sequence[Mount]) -> None:
        """Raises Misconfigured when a prefix or url is malformed, or a prefix lies inside another."""
        for mount in mounts:
            if _PREFIX.fullmatch(mount.prefix) is None:
                raise Misconfigured(
                    f"the mount {mount.prefix!r} is not a path like /bitfinex (lower case, no final slash)"
                )
            if mount.url and (_URL.fullmatch(mount.url) is None or _DEFAULT_PORT.fullmatch(mount.url)):
                raise Misconfigured(
                    f"the url {mount.url!r} is not like https://api.example.com/native (host in lower case, no default "
                    "port, no final slash)"
                )
        # With its slash behind it, a prefix stands right before what lies inside it: "/a-b" is not between the two.
        for first, second in pairwise(sorted(f"{mount.prefix}/" for mount in mounts)):
            if second.startswith(first):
                raise Misconfigured(f"the mounts {first} and {second} overlap: give each a path of its own")
        self._mounts = [(mount.prefix.encode(), (mount.url or mount.prefix).encode(), mount) for mount in mounts]

    def find(self, request: Request) -> tuple[Mount, Request] | None:
        """The mount, and the request as its dialect sees it; None where nothing is mounted."""
        target = request.target
        for prefix, base, mount in self._mounts:
            if target.startswith(prefix) and target[len(prefix) : len(prefix) + 1] == b"/":
                rest, peer = target[len(prefix) :], request.peer
                # Not `_replace`, which takes twice as long: every request comes by here.
                return mount, Request(request.method, rest, request.headers, request.body, peer, base)
        return None

    def __call__(self, request: Request) -> Reply | Awaitable[Reply]:
        """For a face of our own: what is admitted goes to the mount's exchange."""
        found = self.find(request)
        if found is None:
            return NOWHERE
        mount, inner = found
        return mount.gate.answer(inner, mount.door, mount.exchange)

    async def judge(self, request: Request) -> Passage | Reply:
        """For a program around the gate, which carries on what may go on."""
        found = self.find(request)
        if found is None:
            return NOWHERE
        mount, inner = found
        return await mount.gate.judge(inner, mount.door)
