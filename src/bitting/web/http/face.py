"""What all connections of one server share."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from bitting.domain.network import Network
from bitting.domain.request import Reply, Request
from bitting.web.http.deadlines import Deadlines, Watched
from bitting.web.http.limits import Limits

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
    trusted     the proxies that are believed about whom they speak for
    on_error    told of every exception a handler raises, and of every reply that cannot be written
    deadlines   watches all connections that are open
    tasks       answers under way; a connection may be gone before its answer is
    per_block   open connections by the peer's address block
    rejections  refused at this face, by status, since the start
    draining    the next reply of each connection is its last
    drained     nothing is under way any more
    """

    handler: Handler
    limits: Limits
    trusted: Network
    on_error: Callable[[BaseException], None]
    deadlines: Deadlines[Client]
    tasks: set[asyncio.Future[Reply]] = field(default_factory=set)
    per_block: Counter[int] = field(default_factory=Counter)
    rejections: Counter[int] = field(default_factory=Counter)
    draining: bool = False
    drained: asyncio.Event = field(default_factory=asyncio.Event)

    def check_drained(self) -> None:
        """To be called when a connection or an answer has gone."""
        if self.draining and not self.deadlines.watched and not self.tasks:
            self.drained.set()
