"""What a server and an application around the gate have in common: a house at work, and a gate for each mount."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from bitting.activity.ports import USUAL_RETENTION, Retention
from bitting.desk.ports import GateMemory, Window
from bitting.dialects.dialect import Dialect
from bitting.domain.errors import Misconfigured, Unavailable
from bitting.gate.admission import MemoryAdmission
from bitting.gate.forgetting import Forgetting
from bitting.gate.limits import Market
from bitting.gate.observe import Outflows
from bitting.gate.pipeline import Door
from bitting.gate.rates import Buckets
from bitting.gate.shell import Gate
from bitting.settings import NO_PEOPLE, MountSettings, PeopleSettings, Settings, WitnessSettings
from bitting.web.http import Limits, serve_unix
from bitting.web.local import LocalFace
from bitting.wiring.dialects import DIALECTS
from bitting.wiring.house import House, SelfRevoker, new_request_id, open_house
from bitting.wiring.people import keep_people
from bitting.wiring.process import prepare
from bitting.wiring.witnesses import watched

OnError = Callable[[BaseException], None]

FORGET_EVERY_S: Final = 60.0
REST_S: Final = 0.05  # between two slices of what is forgotten, for whoever waits to write


@asynccontextmanager
async def at_work(
    data: Path,
    on_error: OnError,
    on_failure: OnError,
    witnesses: Sequence[WitnessSettings] = (),
    people: PeopleSettings = NO_PEOPLE,
    retention: Retention = USUAL_RETENTION,
) -> AsyncIterator[House]:
    """The house open, kept up, and its desk at the operator's socket; at the end what is left is written.

    `on_failure` is told when a task that keeps the house has failed for a reason nobody foresaw.
    Raises Misconfigured, Tampered, Unavailable.
    """
    prepare()
    async with open_house(data) as house, watched(house, witnesses):
        keep_people(house, people)
        house.duties.append(("activity", FORGET_EVERY_S, partial(_forget, house, retention)))
        await house.move_floor()
        with suppress(Unavailable):  # said by `status`, and tried again
            await house.learn_routes()
        keeping = asyncio.create_task(house.keep())
        try:
            local = await serve_unix(LocalFace(house.ask), path=house.folder.socket, limits=Limits(), on_error=on_error)
            try:
                keeping.add_done_callback(lambda done: _tell(done, on_failure))
                yield house
            finally:
                await local.close(1.0)
        finally:
            await _wind_up(house, keeping, on_error)


def _tell(keeping: asyncio.Task[None], on_failure: OnError) -> None:
    problem = None if keeping.cancelled() else keeping.exception()
    if problem is not None:
        on_failure(problem)


async def _wind_up(house: House, keeping: asyncio.Task[None], on_error: OnError) -> None:
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


async def _forget(house: House, retention: Retention) -> None:
    """Drop what the log has kept long enough. Raises Tampered, Unavailable."""
    more = True
    while more:
        more = await house.store.forget(retention)
        await asyncio.sleep(REST_S)


class Gates:
    """Makes gates and doors that share what they count and remember."""

    def __init__(self, house: House, settings: Settings) -> None:
        self._house = house
        self._rates = settings.rates
        self._strangers, self._public = Buckets(), Buckets()
        self._admission = admission = MemoryAdmission(settings.rates)
        forgetting = Forgetting(house.snapshots, admission.marks, admission.totals)
        house.chores.append(forgetting.tidy)
        house.recorder.on_written = forgetting.written
        self._windows: list[Window] = []
        house.desk.gate = GateMemory(admission, lambda: house.footing.floor, self._windows)

    def gate(self, market: Market) -> Gate:
        """One that asks this market."""
        house = self._house
        return Gate(
            clock=house.clock,
            request_id=new_request_id,
            keys=house.store,
            footing=house.footing,
            recorder=house.recorder,
            market=market,
            revoker=SelfRevoker(house.desk),
            admission=self._admission,
            snapshots=house.snapshots,
            freeze=house.desk.freeze,
        )

    def door(self, mount: MountSettings) -> Door:
        """Where a mount's requests come in. Raises Misconfigured."""
        dialect, routes = dialect_of(mount), self._house.routes.of(mount.dialect)
        return Door(
            dialect,
            mount.environment,
            self._house.tag_key,
            self._strangers,
            self._rates.strangers,
            self._public,
            self._rates.public,
            Outflows(dialect, routes) if mount.observes else None,
            routes,
        )

    def tell(self, mount: MountSettings, door: Door, market: Market) -> None:
        """Let the desk know by what this mount's requests are judged."""
        self._windows.append(Window(mount.prefix, door, market))


def dialect_of(mount: MountSettings) -> Dialect:
    """Raises Misconfigured."""
    dialect = DIALECTS.get(mount.dialect)
    if dialect is None:
        raise Misconfigured(f"no dialect {mount.dialect!r}; there are: {', '.join(sorted(DIALECTS))}")
    return dialect


def status(house: House, where: str, connections: int, observing: list[str]) -> Mapping[str, Any]:
    """For `bitting doctor`: how the running server is. `observing` are the places where nothing is enforced."""
    return {
        "url": where,
        "observing": observing,
        "process": os.getpid(),
        "connections": connections,
        "cached_keys": len(house.snapshots),
        "records_lost": house.recorder.lost,
        "trouble": "; ".join(dict.fromkeys(house.troubles.values())),
        "frozen_in_memory": sorted(house.desk.freeze.scopes),
        "not_durable": sorted(house.desk.unsettled),
        "vkey": house.journal.vkey,
        "witnesses": [each.status() for each in house.journal.witnesses],
    }
