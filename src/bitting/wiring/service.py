"""A house with its faces: the gate on its port, the desk on its Unix socket."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bitting.domain.errors import Misconfigured
from bitting.gate.admission import MemoryAdmission
from bitting.gate.limits import Market
from bitting.gate.pipeline import Door
from bitting.gate.rates import Buckets
from bitting.gate.shell import Gate
from bitting.kms.secret_file import SecretFile
from bitting.settings import MountSettings, Settings
from bitting.web.exchange import HttpExchange
from bitting.web.http import Limits, Server, Upstream, UpstreamLimits, serve, serve_unix
from bitting.web.local import LocalFace
from bitting.web.market import MarketFeed, NoMarket
from bitting.web.mounts import Mount, Mounts
from bitting.wiring.house import DIALECTS, House, SelfRevoker, new_request_id, open_house

GRACE_S: Final = 5.0


@dataclass(slots=True)
class Service:
    """A running server. `url` is where the gate listens."""

    house: House
    face: Server
    url: str


@asynccontextmanager
async def running(data: Path, settings: Settings, on_error: Callable[[BaseException], None]) -> AsyncIterator[Service]:
    """Open the house and its faces; at the end, let what is under way finish, and write what is left.
    Raises Misconfigured, Tampered, Unavailable."""
    if not settings.mounts:
        raise Misconfigured(
            "no [[mount]] in the settings: name at least one dialect and its upstream (bitting serve --help)"
        )
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(data))
        await house.move_floor()
        keeping = asyncio.create_task(house.keep())
        stack.push_async_callback(_wind_up, house, keeping)
        mounts, market = await _mounts(house, settings, stack)
        gate = Gate(
            clock=house.clock,
            request_id=new_request_id,
            keys=house.store,
            footing=house.footing,
            recorder=house.recorder,
            market=market,
            revoker=SelfRevoker(house.desk),
            admission=MemoryAdmission(settings.rates),
            snapshots=house.snapshots,
            freeze=house.desk.freeze,
        )
        local = await serve_unix(LocalFace(house.ask), path=house.folder.socket, limits=Limits(), on_error=on_error)
        stack.push_async_callback(local.close, 1.0)
        face = await serve(
            Mounts(gate, mounts),
            host=settings.host,
            port=settings.port,
            limits=Limits(),
            on_error=on_error,
            trusted_proxies=settings.trusted_proxies,
        )
        stack.push_async_callback(face.close, GRACE_S)
        host, port = face.addresses[0]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        house.desk.status = lambda: _status(house, face, url)
        service = Service(house, face, url)
        # What stays (modules, settings) is not looked through by the collector again and again, and cached keys,
        # which hold no cycles, less often than by default: a full collection stops every request.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        failing = asyncio.current_task()
        keeping.add_done_callback(lambda done: _stop(done, failing))
        yield service


async def _mounts(house: House, settings: Settings, stack: AsyncExitStack) -> tuple[list[Mount], Market]:
    """Each mount with its door and upstream, and the market feed of the first that has one."""
    strangers, public = Buckets(), Buckets()
    market: Market = NoMarket()
    mounts = []
    for each in settings.mounts:
        dialect = DIALECTS.get(each.dialect)
        if dialect is None:
            raise Misconfigured(f"no dialect {each.dialect!r}; there are: {', '.join(sorted(DIALECTS))}")
        door = Door(
            dialect,
            each.environment,
            house.tag_key,
            strangers,
            settings.rates.strangers,
            public,
            settings.rates.public,
        )
        upstream = Upstream(each.upstream, limits=UpstreamLimits(connections=32))
        stack.push_async_callback(upstream.close)
        secret = SecretFile(house.folder.identity(each.prefix), "identity").load_or_create(os.urandom)
        exchange = HttpExchange(
            upstream, secret, dialect.description.credential_headers, lambda: house.clock.now_ns() // 1_000_000
        )
        mounts.append(Mount(each.prefix, door, exchange))
        if each.facts is not None and isinstance(market, NoMarket):
            market = await _feed(house, each, upstream, stack)
    return mounts, market


async def _feed(house: House, mount: MountSettings, upstream: Upstream, stack: AsyncExitStack) -> MarketFeed:
    feed = MarketFeed(upstream, (mount.facts or "").encode(), house.clock.monotonic_ns)
    await feed.refresh()
    task = asyncio.create_task(feed.run())
    stack.callback(task.cancel)
    return feed


async def _wind_up(house: House, keeping: asyncio.Task[None]) -> None:
    """Write what is left, sign what has grown, and stop the tasks."""
    house.recorder.close()
    await house.recorder.drained()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


def _stop(done: asyncio.Task[None], main: asyncio.Task[Any] | None) -> None:
    """A task that keeps the house has failed for a reason nobody foresaw: stop serving rather than go on without."""
    if not done.cancelled() and done.exception() is not None and main is not None:
        main.cancel(f"bitting stops: {done.exception()!r}")


def _status(house: House, face: Server, url: str) -> Mapping[str, Any]:
    """For `bitting doctor`: how the running server is."""
    return {
        "url": url,
        "process": os.getpid(),
        "connections": face.connections,
        "cached_keys": len(house.snapshots),
        "records_lost": house.recorder.lost,
        "trouble": "; ".join(dict.fromkeys(house.troubles.values())),
        "frozen_in_memory": sorted(house.desk.freeze.scopes),
        "not_durable": sorted(house.desk.unsettled),
        "vkey": house.journal.vkey,
    }
