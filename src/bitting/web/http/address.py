"""One address of an upstream: a pool of kept connections.

A request is sent once. The only second try is the one that cannot repeat anything: a kept
connection found closed before a byte was written is left for another.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from bitting.domain.errors import Misconfigured
from bitting.domain.request import Header, Reply
from bitting.web.http.certificates import NO_TLS
from bitting.web.http.deadlines import Deadlines
from bitting.web.http.errors import UpstreamDown
from bitting.web.http.health import Health
from bitting.web.http.hop import return_headers
from bitting.web.http.limits import UpstreamLimits
from bitting.web.http.link import Link
from bitting.web.http.writer import request_bytes

_ORIGIN: Final = re.compile(r"(https?)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")
_PORTS: Final = {"http": 80, "https": 443}


class Address:
    """A client of one origin, made inside the running loop that will use it."""

    def __init__(
        self,
        base_url: str,
        *,
        limits: UpstreamLimits,
        tls: Callable[[], ssl.SSLContext] = NO_TLS.client,
        health: Health | None = None,
    ) -> None:
        """`base_url` is `http://host:port` or `https://…`, nothing behind it; `tls` is then asked for each connection.
        With `health` somebody checks it, and it is asked nothing else while the checks fail.

        Raises Misconfigured.
        """
        self.url = base_url
        self._health = health
        self._host, self._port, secure, self._host_header = _origin(base_url)
        self._tls = tls if secure else None
        self.limits = limits
        self.deadlines: Deadlines[Link] = Deadlines(min(limits.reply_s, limits.idle_s))
        self._idle: list[Link] = []  # the last one used is the first one taken: the others may grow old and go
        self._opening = 0
        self._failures = 0  # connections in a row that did not come about
        self._rests_until = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    @property
    def load(self) -> int:
        """Requests under way, and those that wait."""
        return self._opening + len(self.deadlines.watched) - len(self._idle) + len(self._waiting)

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for a connection."""
        return bool(self._waiting)

    @property
    def up(self) -> bool:
        """Whether it passes its checks; without any, whether connections to it come about."""
        return self._failures < self.limits.failures if self._health is None else self._health.up

    async def send(
        self, method: bytes, target: bytes, headers: Iterable[Header], body: bytes, *, flows: bool = False
    ) -> Reply:
        """Send one request and return its whole reply, its hop-by-hop headers taken off. Who says that it `flows` gets
        of a long one the beginning and a rest, which has to be poured or dropped.

        `headers` are what `forward_headers` lets pass and what the gate adds; Host and Content-Length are ours.
        Raises UpstreamDown when no byte was sent, OutcomeUnknown when some were and no whole reply
        came, ValueError for a header or target that cannot be written.
        """
        if self._health is not None and not self._health.up:
            raise UpstreamDown("the upstream does not pass its checks")
        request = request_bytes(method, target, self._host_header, headers, body)
        link = self._idle_link() or await self._another_link()
        answer = link.ask(request, to_head=method == b"HEAD", flows=flows)
        try:
            status, fields, content, rest = await answer
        except asyncio.CancelledError:
            link.give_up(answer)
            raise
        return Reply(status, return_headers(fields), content, rest)

    async def close(self) -> None:
        """Drop every connection; requests under way have no known outcome, and later ones find the upstream down."""
        self._closed = True
        for link in list(self.deadlines.watched):
            link.abort("the gate is closing")
        while self._waiting:
            self._next_turn()
        self.deadlines.stop()
        await asyncio.sleep(0)  # so that the links hear that they are lost

    def _idle_link(self) -> Link | None:
        while self._idle:
            link = self._idle.pop()
            if link.open:
                return link
        return None

    async def _another_link(self) -> Link:
        """A new connection, or a kept one that comes free first. Raises UpstreamDown."""
        try:
            async with asyncio.timeout(self.limits.connect_s):
                while self._opening + len(self.deadlines.watched) >= self.limits.connections:
                    await self._turn()
                    link = self._idle_link()
                    if link is not None:
                        return link
                return await self._connect()
        except TimeoutError:
            raise UpstreamDown(f"no connection to the upstream within {self.limits.connect_s} s") from None
        except OSError as error:
            raise UpstreamDown(f"no connection to the upstream: {error.strerror or error}") from error

    async def _turn(self) -> None:
        """Wait until a connection comes free or goes."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                with suppress(ValueError):  # somebody has passed over it already
                    self._waiting.remove(turn)
            else:  # our turn came, and we can no longer use it
                self._next_turn()
            raise

    def _next_turn(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    async def _connect(self) -> Link:
        if self._closed:
            raise UpstreamDown("the gate is closing")
        self._check_rest()
        link, tls = Link(self), self._tls() if self._tls else None
        self._opening += 1
        try:
            await asyncio.get_running_loop().create_connection(lambda: link, self._host, self._port, ssl=tls)
        except BaseException:
            self._failures += 1
            if self._health is not None:
                self._health.heard(well=False)
            self._next_turn()
            raise
        finally:
            self._opening -= 1
        self._failures = 0
        if self._closed:
            link.abort("")
        if not link.open:
            self._next_turn()
            raise UpstreamDown("the connection closed before anything was sent")
        self.deadlines.watched.add(link)
        return link

    def _check_rest(self) -> None:
        """Raises UpstreamDown where so many have failed that it is somebody else's turn to try, or nobody's yet: who
        waits in vain for a machine that is gone holds a place that others need."""
        limits, now = self.limits, asyncio.get_running_loop().time()
        if self._health is None and not self.up and now < self._rests_until:
            raise UpstreamDown(f"no connection to the upstream {self._failures} times in a row; it is left alone now")
        self._rests_until = now + limits.rest_s

    # A link calls these.

    def take_back(self, link: Link) -> None:
        """It can carry another request."""
        self._idle.append(link)
        self._next_turn()

    def lose(self, link: Link) -> None:
        """It is gone."""
        self.deadlines.watched.discard(link)
        if link in self._idle:
            self._idle.remove(link)
        self._next_turn()


def _origin(base_url: str) -> tuple[str, int, bool, bytes]:
    """Host, port, whether by TLS, and the Host header. Raises Misconfigured."""
    found = _ORIGIN.fullmatch(base_url)
    scheme, host, port_text = found.groups() if found else ("", "", "")
    port = int(port_text or _PORTS.get(scheme, 0))
    if not 0 < port < 65_536:
        raise Misconfigured(f"an upstream is written http://host:port or https://host:port, not {base_url!r}")
    return host.strip("[]"), port, scheme == "https", base_url.partition("://")[2].encode()
