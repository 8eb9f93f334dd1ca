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

from bitting.domain.errors import Misconfigured, Unavailable
from bitting.gate.admission import MemoryAdmission
from bitting.gate.limits import Market
from bitting.gate.pipeline import Door
from bitting.gate.rates import Buckets
from bitting.gate.shell import Gate
from bitting.gate.totals import DAY_NS
from bitting.kms.secret_file import SecretFile
from bitting.settings import Settings
from bitting.web.exchange import HttpExchange
from bitting.web.http import Limits, Server, Upstream, UpstreamLimits, serve, serve_unix
from bitting.web.local import LocalFace
from bitting.web.market import MarketFeed, NoMarket
from bitting.web.mounts import Mount, Mounts
from bitting.wiring.dialects import DIALECTS
from bitting.wiring.house import House, SelfRevoker, new_request_id, open_house
from bitting.wiring.process import prepare

GRACE_S: Final = 5.0


@dataclass(slots=True)
class Service:
    """A running server. `mounts` are the addresses clients are pointed at; `url` is the first one's origin."""

    house: House
    url: str
    mounts: list[str]


@asynccontextmanager
async def running(data: Path, settings: Settings, on_error: Callable[[BaseException], None]) -> AsyncIterator[Service]:
    """Open the house and its faces; at the end, let what is under way finish, and write what is left.
    Raises Misconfigured, Tampered, Unavailable."""
    if not settings.mounts:
        raise Misconfigured(
            "no [[mount]] in the settings: name at least one dialect and its upstream (docs/settings.md)"
        )
    prepare()
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(data))
        await house.move_floor()
        keeping = asyncio.create_task(house.keep())
        stack.push_async_callback(_wind_up, house, keeping, on_error)
        mounts = await _mounts(house, settings, stack)
        local = await serve_unix(LocalFace(house.ask), path=house.folder.socket, limits=Limits(), on_error=on_error)
        stack.push_async_callback(local.close, 1.0)
        faces: list[Server] = []
        places: list[str] = []
        for port, here in mounts.items():
            face = await serve(
                Mounts(here),
                host=settings.host,
                port=port,
                limits=Limits(connections_per_peer=settings.connections_per_address),
                on_error=on_error,
                trusted_proxies=settings.trusted_proxies,
            )
            stack.push_async_callback(face.close, GRACE_S)
            faces.append(face)
            places += [f"{_url(face)}{mount.prefix}" for mount in here]
        house.desk.status = lambda: _status(house, faces)
        # What stays (modules, settings) is not looked through by the collector again and again, and cached keys,
        # which hold no cycles, less often than by default: a full collection stops every request.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        failing = asyncio.current_task()
        keeping.add_done_callback(lambda done: _stop(done, failing))
        yield Service(house, _url(faces[0]), places)


async def _mounts(house: House, settings: Settings, stack: AsyncExitStack) -> dict[int, list[Mount]]:
    """The mounts by port, each with its gate, door and upstream. All gates share what they count and remember."""
    strangers, public = Buckets(), Buckets()
    admission = MemoryAdmission(settings.rates)
    house.chores.append(lambda now_ns: admission.totals.forget_before(now_ns // DAY_NS - 1))
    feeds: dict[tuple[str, str], MarketFeed] = {}
    mounts: dict[int, list[Mount]] = {}
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
        secret = SecretFile(house.folder.identity(each.name), "identity").load_or_create(os.urandom)
        exchange = HttpExchange(
            upstream, secret, dialect.description.credential_headers, lambda: house.clock.now_ns() // 1_000_000
        )
        if each.facts is not None and (each.upstream, each.facts) not in feeds:
            feeds[each.upstream, each.facts] = await _feed(house, each.facts, upstream, stack)
        market = NoMarket() if each.facts is None else feeds[each.upstream, each.facts]
        port = settings.port if each.port is None else each.port
        mounts.setdefault(port, []).append(Mount(each.prefix, _gate(house, admission, market), door, exchange))
    return mounts


def _gate(house: House, admission: MemoryAdmission, market: Market) -> Gate:
    return Gate(
        clock=house.clock,
        request_id=new_request_id,
        keys=house.store,
        footing=house.footing,
        recorder=house.recorder,
        market=market,
        revoker=SelfRevoker(house.desk),
        admission=admission,
        snapshots=house.snapshots,
        freeze=house.desk.freeze,
    )


async def _feed(house: House, facts: str, upstream: Upstream, stack: AsyncExitStack) -> MarketFeed:
    feed = MarketFeed(upstream, facts.encode(), house.clock.monotonic_ns)
    await feed.refresh()
    task = asyncio.create_task(feed.run())
    stack.callback(task.cancel)
    return feed


def _url(face: Server) -> str:
    host, port = face.addresses[0]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _wind_up(house: House, keeping: asyncio.Task[None], on_error: Callable[[BaseException], None]) -> None:
    """Write what is left, and stop the tasks. Where one of them has failed all are gone, and nobody writes any more."""
    house.recorder.close()
    drained = asyncio.ensure_future(house.recorder.drained())
    await asyncio.wait({drained, keeping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (drained, keeping):
        task.cancel()
    _, failed = await asyncio.gather(drained, keeping, return_exceptions=True)
    if isinstance(failed, Exception):
        on_error(failed)
    if house.recorder.lost:
        on_error(Unavailable(f"{house.recorder.lost} records of activity were lost: the disk did not take them"))


def _stop(done: asyncio.Task[None], main: asyncio.Task[Any] | None) -> None:
    """A task that keeps the house has failed for a reason nobody foresaw: stop serving rather than go on without."""
    if not done.cancelled() and done.exception() is not None and main is not None:
        main.cancel(f"bitting stops: {done.exception()!r}")


def _status(house: House, faces: list[Server]) -> Mapping[str, Any]:
    """For `bitting doctor`: how the running server is."""
    return {
        "url": ", ".join(map(_url, faces)),
        "process": os.getpid(),
        "connections": sum(face.connections for face in faces),
        "cached_keys": len(house.snapshots),
        "records_lost": house.recorder.lost,
        "trouble": "; ".join(dict.fromkeys(house.troubles.values())),
        "frozen_in_memory": sorted(house.desk.freeze.scopes),
        "not_durable": sorted(house.desk.unsettled),
        "vkey": house.journal.vkey,
    }
