"""Where admitted requests go: one address, or several that are the same to the gate.

A request goes to the address with the fewest under way. Where not a byte of it could be sent it goes to the next; once
one may have left, to no other.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Final

from bitting.domain.errors import Malformed, Unavailable
from bitting.domain.request import Header, Reply
from bitting.web.http.address import Address
from bitting.web.http.certificates import NO_TLS
from bitting.web.http.errors import UpstreamDown
from bitting.web.http.health import Health
from bitting.web.http.limits import UpstreamLimits

CHECK_EVERY_S: Final = 1.0
CHECK_S: Final = 1.0  # for the whole of its reply
# A check has a connection of its own: an address that is busy is not down.
_CHECKS: Final = UpstreamLimits(connections=1, rest_s=0, reply_bytes=64 * 1024)


class Upstream:
    """A client of addresses, made inside the running loop that will use it."""

    def __init__(
        self,
        where: str | Sequence[str],
        *,
        limits: UpstreamLimits,
        tls: Callable[[], ssl.SSLContext] = NO_TLS.client,
        health: str | None = None,
    ) -> None:
        """`where` is one address or several, as `Address` takes them; `health` is the path by which they are checked.

        Raises Misconfigured.
        """
        urls = [where] if isinstance(where, str) else where
        limits = replace(limits, connect_s=limits.connect_s / len(urls))
        self._path = None if health is None else health.encode()
        self._checked = [(Address(url, limits=_CHECKS, tls=tls), Health()) for url in urls if health is not None]
        states: list[Health | None] = [each for _, each in self._checked]
        self.addresses = tuple(
            Address(url, limits=limits, tls=tls, health=state) for url, state in zip_longest(urls, states)
        )
        self._turn = 0

    def send(
        self, method: bytes, target: bytes, headers: Iterable[Header], body: bytes, *, flows: bool = False
    ) -> Awaitable[Reply]:
        """See `Address.send`; raises UpstreamDown when that is so of every address."""
        if len(self.addresses) == 1:
            return self.addresses[0].send(method, target, headers, body, flows=flows)
        return self._send(method, target, tuple(headers), body, flows=flows)

    async def _send(
        self, method: bytes, target: bytes, headers: tuple[Header, ...], body: bytes, *, flows: bool
    ) -> Reply:
        down = UpstreamDown("no address of the upstream is up")
        for address in self._in_turn():
            try:
                return await address.send(method, target, headers, body, flows=flows)
            except UpstreamDown as problem:
                down = problem
        raise down

    async def watch(self) -> None:
        """Check every address for ever, where there is a path for it."""
        if self._path is not None:
            await asyncio.gather(*(_check(address, self._path, state) for address, state in self._checked))

    async def close(self) -> None:
        """See `Address.close`."""
        for address in (*self.addresses, *(address for address, _ in self._checked)):
            await address.close()

    def _in_turn(self) -> list[Address]:
        """The least busy first; among those that are equal, each is the first in turn."""
        self._turn = (self._turn + 1) % len(self.addresses)
        return sorted(self.addresses[self._turn :] + self.addresses[: self._turn], key=lambda each: each.load)


async def _check(address: Address, path: bytes, state: Health) -> None:
    """Well is a whole reply of status 2xx in time."""
    while True:
        try:
            async with asyncio.timeout(CHECK_S):
                reply = await address.send(b"GET", path, (), b"")
            well = 200 <= reply.status < 300
        except (TimeoutError, Unavailable, Malformed):
            well = False
        state.heard(well=well)
        await asyncio.sleep(CHECK_EVERY_S)
