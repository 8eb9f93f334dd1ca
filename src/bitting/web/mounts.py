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
from bitting.gate.pipeline import Door
from bitting.gate.ports import Exchange
from bitting.gate.shell import Gate

_PREFIX: Final = re.compile(r"(?:/[a-z0-9][a-z0-9._-]{0,62})*", re.ASCII)
_NOWHERE: Final = Reply(404, ((b"content-type", b"text/plain"),), b"nothing is mounted here\n")


class Mount(NamedTuple):
    """One dialect's place: `prefix` is "" or like "/bitfinex". Gates differ only in the market they ask."""

    prefix: str
    gate: Gate
    door: Door
    exchange: Exchange


class Mounts:
    """The handler of one listening socket."""

    def __init__(self, mounts: Sequence[Mount]) -> None:
        """Raises Misconfigured when a prefix is malformed, or lies inside another."""
        for mount in mounts:
            if _PREFIX.fullmatch(mount.prefix) is None:
                raise Misconfigured(
                    f"the mount {mount.prefix!r} is not a path like /bitfinex (lower case, no final slash)"
                )
        # With its slash behind it, a prefix stands right before what lies inside it: "/a-b" is not between the two.
        for first, second in pairwise(sorted(f"{mount.prefix}/" for mount in mounts)):
            if second.startswith(first):
                raise Misconfigured(f"the mounts {first} and {second} overlap: give each a path of its own")
        self._mounts = [(mount.prefix.encode(), mount.gate, mount.door, mount.exchange) for mount in mounts]

    def __call__(self, request: Request) -> Reply | Awaitable[Reply]:
        target = request.target
        for prefix, gate, door, exchange in self._mounts:
            if target.startswith(prefix) and target[len(prefix) : len(prefix) + 1] == b"/":
                return gate.answer(request._replace(target=target[len(prefix) :]), door, exchange)
        return _NOWHERE
