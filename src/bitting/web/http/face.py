"""What all connections of one server share."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from bitting.domain.network import NOBODY, Network
from bitting.domain.request import Reply, Request
from bitting.web.http.deadlines import Deadlines, Watched
from bitting.web.http.errors import Rejected
from bitting.web.http.limits import Limits
from bitting.web.http.writer import rejection_bytes

Handler = Callable[[Request], Reply | Awaitable[Reply]]


class Client(Watched, Protocol):
    """An open connection, as the server sees it."""

    def drain(self) -> None:
        """Close if nothing is under way; otherwise the next reply will be the last."""

    def abort(self) -> None:
        """Cut off, whatever is under way."""


@dataclass(slots=True)
class Face:
    """Settings and counts.

    handler     answers a request, at once with a Reply or later with an awaitable of one
    trusted     the proxies that are believed in X-Forwarded-For about whom they speak for
    on_error    told of every exception a handler raises, and of every reply that cannot be written
    deadlines   watches all connections that are open
    introducers the proxies that have to say whose connection it is, in the PROXY protocol
    tls         what the next connection is made with; None: plain HTTP
    tasks       answers under way; a connection may be gone before its answer is
    per_block   open connections by the peer's address block
    rejections  refused at this face, by status, since the start
    draining    the next reply of each connection is its last
    drained     nothing is under way any more
    refuses     the one status of every rejection, where whoever asks knows no other; else each has its own
    """

    handler: Handler
    limits: Limits
    trusted: Network
    on_error: Callable[[BaseException], None]
    deadlines: Deadlines[Client]
    introducers: Network = NOBODY
    tls: Callable[[], ssl.SSLContext] | None = None
    tasks: set[asyncio.Future[Reply]] = field(default_factory=set)
    per_block: Counter[int] = field(default_factory=Counter)
    rejections: Counter[int] = field(default_factory=Counter)
    draining: bool = False
    drained: asyncio.Event = field(default_factory=asyncio.Event)
    refuses: int | None = None

    def rejection(self, rejected: Rejected) -> bytes:
        """The last reply on a connection, which is counted."""
        self.rejections[rejected.status] += 1
        return rejection_bytes(rejected if self.refuses is None else Rejected(self.refuses, rejected.text))

    def check_drained(self) -> None:
        """To be called when a connection or an answer has gone."""
        if self.draining and not self.deadlines.watched and not self.tasks:
            self.drained.set()
