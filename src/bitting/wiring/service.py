"""A house with its faces: the gate on its port, the desk on its Unix socket."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bitting.domain.errors import Misconfigured
from bitting.gate.limits import NoMarket
from bitting.kms.secret_file import SecretFile
from bitting.settings import Settings
from bitting.web.exchange import HttpExchange
from bitting.web.http import Server, TlsFiles, Upstream, UpstreamLimits
from bitting.web.market import MarketFeed
from bitting.web.mounts import Mount, Mounts
from bitting.wiring.decisions import listen_for_proxies
from bitting.wiring.gates import Gates, at_work, status
from bitting.wiring.house import House
from bitting.wiring.listening import Certificates, Place, listen, origin
from bitting.wiring.process import collect_young, spare_collector

GRACE_S: Final = 5.0


@dataclass(slots=True)
class Service:
    """A running server. `mounts` are the addresses clients are pointed at, `observing` those of them that enforce
    nothing; `url` is the first one's origin. At `decisions` proxies ask: addresses, or paths of sockets.
    At `console` people come in; "" where they cannot.
    `refresh` looks at the files of certificates now; `hurry` gives what is under way at the end no time at all."""

    house: House
    url: str
    mounts: list[str]
    observing: list[str]
    decisions: list[str]
    console: str
    refresh: Callable[[], None]
    hurry: Callable[[], None]


@asynccontextmanager
async def running(data: Path, settings: Settings, on_error: Callable[[BaseException], None]) -> AsyncIterator[Service]:
    """Open the house and its faces; at the end, let what is under way finish, and write what is left.
    Raises Misconfigured, Tampered, Unavailable."""
    if not settings.mounts:
        raise Misconfigured(
            "no [[mount]] in the settings: name at least one dialect and its upstream (docs/settings.md)"
        )
    main = asyncio.current_task()

    def stop(problem: BaseException) -> None:
        """Stop serving rather than go on without what keeps the house."""
        if main is not None:
            main.cancel(f"bitting stops: {problem!r}")

    kept = (settings.witnesses, settings.people, settings.activity)
    async with at_work(data, on_error, stop, *kept) as house, AsyncExitStack() as stack:
        certificates = Certificates(house)
        upstreams: dict[str, Upstream] = {}
        mounts = await _mounts(house, settings, certificates, upstreams, stack)
        tls = None if settings.tls.certificate is None else certificates.load(settings.tls, TlsFiles.server)
        faces: list[Server] = []
        urls: list[str] = []
        places: list[str] = []
        gates: dict[str, str] = {}
        observing: list[str] = []
        for place, here in mounts.items():
            face, url = await listen(place, Mounts(here), settings, tls, on_error)
            stack.push_async_callback(face.close, GRACE_S)
            faces.append(face)
            urls.append(url)
            places += [f"{url}{mount.prefix}" for mount in here]
            gates |= {mount.door.dialect.description.name: mount.url or f"{url}{mount.prefix}" for mount in here}
            observing += [f"{url}{mount.prefix}" for mount in here if mount.door.observes]
        every = [mount for here in mounts.values() for mount in here]
        asked = await listen_for_proxies(house, settings, every, stack, on_error)
        decisions = [
            origin(face) if each.unix is None else str(each.unix)
            for each, face in zip(settings.decisions, asked, strict=True)
        ]
        console = ""
        if settings.manage is not None:
            from bitting.wiring.manage import managed  # takes a third of a second, which every command would pay

            console = await stack.enter_async_context(
                managed(house, settings.manage, settings.people.site.origin, gates, on_error)
            )
        house.desk.status = lambda: {
            **status(house, ", ".join(urls), sum(face.connections for face in faces + asked), observing),
            "certificates": certificates.until(),
            "upstreams": {
                name: {each.url: each.up for each in upstream.addresses} for name, upstream in upstreams.items()
            },
        }
        spare_collector()
        house.chores.append(collect_young)

        def hurry() -> None:
            for face in faces + asked:
                face.hurry()

        yield Service(house, urls[0], places, observing, decisions, console, certificates.refresh, hurry)


async def _mounts(
    house: House,
    settings: Settings,
    certificates: Certificates,
    upstreams: dict[str, Upstream],
    stack: AsyncExitStack,
) -> dict[Place, list[Mount]]:
    """The mounts by place, each with its gate, door and upstream; `upstreams` takes these by the mounts' names."""
    gates = Gates(house, settings)
    feeds: dict[tuple[str | tuple[str, ...], str], MarketFeed] = {}
    mounts: dict[Place, list[Mount]] = {}
    for each in settings.mounts:
        door = gates.door(each)
        if not each.upstream:
            raise Misconfigured(f"the mount {each.name} has no upstream: say where admitted requests go")
        limits = UpstreamLimits(connections=32)
        tls = certificates.load(each.tls, TlsFiles.client)
        upstream = Upstream(each.upstream, limits=limits, tls=tls, health=each.health)
        stack.push_async_callback(upstream.close)
        stack.callback(asyncio.create_task(upstream.watch()).cancel)
        upstreams[each.name] = upstream
        exchange = HttpExchange(
            upstream,
            SecretFile(house.folder.identity(each.name), "identity").load_or_create(os.urandom),
            door.dialect.description.credential_headers,
            lambda: house.clock.now_ns() // 1_000_000,
            observes=each.observes,
        )
        if each.facts is not None and (each.upstream, each.facts) not in feeds:
            feeds[each.upstream, each.facts] = await _feed(house, each.facts, upstream, stack)
        market = NoMarket() if each.facts is None else feeds[each.upstream, each.facts]
        gates.tell(each, door, market)
        shared: Place = settings.port if settings.unix is None else settings.unix
        place = shared if each.port is None else each.port
        mounts.setdefault(place, []).append(Mount(each.prefix, gates.gate(market), door, exchange, each.url))
    return mounts


async def _feed(house: House, facts: str, upstream: Upstream, stack: AsyncExitStack) -> MarketFeed:
    feed = MarketFeed(upstream, facts.encode(), house.clock.monotonic_ns)
    await feed.refresh()
    task = asyncio.create_task(feed.run())
    stack.callback(task.cancel)
    return feed
