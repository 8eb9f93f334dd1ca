"""Where people come in: the management API and the console, at their own address, in the same process as the gate."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import uvicorn
from starlette.routing import Router

from bitting.desk.asking import ask
from bitting.desk.caller import Caller
from bitting.desk.intents import INTENTS
from bitting.desk.sign_in import OWN, Visit, ask_own, ask_publicly
from bitting.domain.change import Personal
from bitting.domain.errors import Misconfigured, NotSignedIn, TooMany, Unavailable
from bitting.domain.network import address_from_text, block_of
from bitting.domain.once import Once
from bitting.domain.secret import Secret
from bitting.gate.rates import Buckets, Rate
from bitting.identity.identity import Identity
from bitting.identity.ports import Place
from bitting.identity.session import SignedIn, signed_in
from bitting.settings import ManageSettings
from bitting.web.api.app import build
from bitting.web.api.document import document
from bitting.web.api.front import Arrival
from bitting.web.api.open import open_paths
from bitting.web.api.proxied import Proxied
from bitting.web.api.routes import ROUTES
from bitting.web.console.app import build_console
from bitting.wiring.house import House, new_request_id

STRANGERS: Final = Rate.per_second(2, 60)  # calls without a session, of one block of addresses
PERSONS: Final = Rate.per_second(40, 400)  # calls of one session, and what they ask the desk for
CONNECTIONS: Final = 256
IDLE_S: Final = 15
_SECOND_NS: Final = 1_000_000_000
_NEEDED: Final = ("store", "floor")  # without these two nothing can be asked, or admitted


class DeskFront:
    """Fits `web.api.front.Front`: finds out who asks, how often, and asks the desk in their name."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._strangers, self._persons = Buckets(10_000), Buckets(10_000)

    async def admit(self, arrival: Arrival) -> None:
        """Somebody who is signed in, and does not call too often."""
        await self._person(arrival)

    async def ask(self, intent: str, values: Mapping[str, Any], arrival: Arrival) -> dict[str, Any]:
        """Carry out an intent in the name of the session's person."""
        mine = await self._person(arrival)
        if intent in OWN:
            visit, token = (
                Visit(self._identity, self._place(arrival), arrival.request_id),
                Secret(arrival.token.encode()),
            )
            return await ask_own(visit, token, intent, values)
        user, named = mine.user, arrival.named
        caller = Caller.person(
            user.id,
            mine.session.id,
            user.house,
            user.accounts,
            arrival.request_id,
            arrival.confirmation,
            Personal(arrival.peer, arrival.agent, user.name),
            None if named is None else Once(f"user:{user.id}", named.name, named.digest),
        )
        said: dict[str, Any] = await ask(self._house.desk, INTENTS, intent, values, caller)
        return said

    async def ask_publicly(self, intent: str, values: Mapping[str, Any], arrival: Arrival) -> dict[str, Any]:
        """Carry out one of the few intents that need no session."""
        place = self._place(arrival)
        self._spend(self._strangers, block_of(place.address), STRANGERS)
        return await ask_publicly(Visit(self._identity, place, arrival.request_id), intent, values)

    async def _person(self, arrival: Arrival) -> SignedIn:
        """Whose session it is. Raises NotSignedIn, TooMany."""
        try:
            if not arrival.token:
                raise NotSignedIn("sign in first")
            mine = await signed_in(self._identity, Secret(arrival.token.encode()))
        except NotSignedIn:
            self._spend(self._strangers, block_of(self._place(arrival).address), STRANGERS)
            raise
        self._spend(self._persons, mine.session.id, PERSONS)
        return mine

    @property
    def _identity(self) -> Identity:
        identity = self._house.desk.identity
        if identity is None:
            raise Unavailable("nobody can sign in here")
        return identity

    def _place(self, arrival: Arrival) -> Place:
        return Place(address_from_text(arrival.peer), arrival.agent)

    def _spend(self, buckets: Buckets, name: object, rate: Rate) -> None:
        now_ns = self._house.clock.now_ns()
        wait_ns = buckets.wait_ns(name, rate, 1, now_ns)
        if wait_ns:
            raise TooMany("too many calls just now: wait a moment", -(-wait_ns // _SECOND_NS))
        buckets.spend(name, rate, 1, now_ns)


class _Quiet(uvicorn.Server):
    """A server that leaves the process's signals to the process, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def managed(
    house: House,
    settings: ManageSettings,
    origin: str,
    gates: Mapping[str, str],
    on_error: Callable[[BaseException], None],
) -> AsyncIterator[str]:
    """Serve the API and the console while the block lasts; their address. `origin` is the console's own, as browsers
    say it; `gates` are the addresses of the mounts by their dialects. Raises Misconfigured."""
    front = DeskFront(house)
    known = {name: gates.get(name, "") for name in house.desk.dialects}
    pages = build_console(front, origin, known, lambda: house.clock.now_ns() // 1_000_000, new_request_id, on_error)
    public = open_paths(document(ROUTES, "1"), lambda: house.troubles.keys().isdisjoint(_NEEDED))
    api = build(ROUTES, front, frozenset({origin}), new_request_id, on_error, public)
    application = Router([*pages], redirect_slashes=False, default=api)
    certificate, key = settings.tls.certificate, settings.tls.key
    config = uvicorn.Config(
        Proxied(application, settings.trusted_proxies, new_request_id),
        lifespan="off",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=5,
        ssl_certfile=None if certificate is None else str(certificate),
        ssl_keyfile=None if key is None else str(key),
    )
    try:
        listening = socket.create_server((settings.host, settings.port), reuse_port=False)
    except OSError as problem:
        why = problem.strerror if problem.errno is None else os.strerror(problem.errno)
        raise Misconfigured(
            f"cannot listen at {settings.host}:{settings.port} ({why}): name another host or port in [manage]"
        ) from None
    server = _Quiet(config)
    serving = asyncio.create_task(server.serve([listening]))
    try:
        await server.listening.wait()
        host, port = listening.getsockname()[:2]
        yield f"{'http' if certificate is None else 'https'}://{host}:{port}"
    finally:
        server.should_exit = True
        await asyncio.wait({serving}, timeout=6)
        serving.cancel()
