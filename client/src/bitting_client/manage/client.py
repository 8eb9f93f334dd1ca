"""Carry calls out: `Client`, or `AsyncClient` on an event loop, over httpx2.

A call that could not be delivered, or was answered with "busy", is sent again a few times, under the same name: the
house carries it out once. What has no such name and changes something is sent once, and what became of it is for you
to look up. Redirects are not followed: the token is for one address.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from types import TracebackType
from typing import Any, TypeVar, cast

import httpx2

from bitting_client.manage import calls, shapes
from bitting_client.manage.call import Call, Wire, checked_base, read
from bitting_client.manage.problems import Busy, Confirm, Problem, Undelivered

T = TypeVar("T")

TIMEOUT = httpx2.Timeout(30.0, connect=5.0)
PAUSES_S = (0.2, 1.0, 3.0)  # before each time it is sent again
MOST_PAUSE_S = 60  # a house that wants more is left alone

Answering = Callable[[Confirm], shapes.Answer]


class _Tries:
    """Whether a call is worth sending again, and when."""

    again = (Busy, Undelivered, httpx2.TransportError)

    def __init__(self, call: Call[Any], token: str) -> None:
        operation = calls.OPERATIONS[call.operation]
        self.wire: Wire = call.wire(operation, token)
        self._pauses: Iterator[float] = iter(PAUSES_S if operation.repeatable else ())

    def pause_s(self, problem: Exception) -> float:
        """How long to wait; raises the problem when that was the last time."""
        pause, wanted = next(self._pauses, None), problem.retry_after_s if isinstance(problem, Problem) else 0
        if pause is None or wanted > MOST_PAUSE_S:
            raise problem
        return max(pause, wanted)


class Client:
    """A house's management API. `base` is its address; `unix` the path of a socket instead of the address's host;
    `options` are httpx2's, `verify` among them. Raises ValueError for an address that a token must not go to."""

    def __init__(self, base: str, token: str = "", *, unix: str | None = None, **options: Any) -> None:
        transport = None if unix is None else httpx2.HTTPTransport(uds=unix)
        self.token = token
        options = {"base_url": checked_base(base), "timeout": TIMEOUT, "transport": transport, **options}
        self._http = httpx2.Client(**options, follow_redirects=False)

    def do(self, call: Call[T], confirm: Answering | None = None) -> T:
        """Carry it out. `confirm` answers with the second factor where the change wants it. Raises Problem, and
        httpx2.TransportError when nobody answers."""
        try:
            return self._try(call)
        except Confirm as asked:
            if confirm is None or not asked.confirmation:
                raise
            self._try(calls.confirmation_answer(asked.confirmation, answer=confirm(asked)))
            return self._try(call.confirmed(asked.confirmation))

    def pages(self, call: Call[T]) -> Iterator[T]:
        """Page after page of a list. Raises what `do` raises."""
        following: Call[T] | None = call
        while following is not None:
            page = self.do(following)
            yield page
            following = following.next_page(calls.OPERATIONS[call.operation], page)

    def sign_in(self, name: str, password: str, code: str) -> shapes.Welcome:
        """Begin a session, and go on in it. `code` is the app's, or one from paper. Raises SignIn."""
        ticket = self.do(calls.sign_in_begin(name=name, password=password))["ticket"]
        welcome = self.do(calls.sign_in_finish(ticket=ticket, code=code))
        self.token = welcome["token"] or ""
        return welcome

    def _try(self, call: Call[T]) -> T:
        tries = _Tries(call, self.token)
        while True:
            try:
                return cast(T, self._send(tries.wire))
            except tries.again as problem:
                time.sleep(tries.pause_s(problem))

    def _send(self, wire: Wire) -> Any:
        reply = self._http.request(wire.method, wire.target, headers=wire.headers, content=wire.body)
        return _read(reply)

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient:
    """The same on an event loop."""

    def __init__(self, base: str, token: str = "", *, unix: str | None = None, **options: Any) -> None:
        transport = None if unix is None else httpx2.AsyncHTTPTransport(uds=unix)
        self.token = token
        options = {"base_url": checked_base(base), "timeout": TIMEOUT, "transport": transport, **options}
        self._http = httpx2.AsyncClient(**options, follow_redirects=False)

    async def do(self, call: Call[T], confirm: Answering | None = None) -> T:
        """Carry it out. `confirm` answers with the second factor where the change wants it. Raises Problem, and
        httpx2.TransportError when nobody answers."""
        try:
            return await self._try(call)
        except Confirm as asked:
            if confirm is None or not asked.confirmation:
                raise
            await self._try(calls.confirmation_answer(asked.confirmation, answer=confirm(asked)))
            return await self._try(call.confirmed(asked.confirmation))

    async def pages(self, call: Call[T]) -> AsyncIterator[T]:
        """Page after page of a list. Raises what `do` raises."""
        following: Call[T] | None = call
        while following is not None:
            page = await self.do(following)
            yield page
            following = following.next_page(calls.OPERATIONS[call.operation], page)

    async def sign_in(self, name: str, password: str, code: str) -> shapes.Welcome:
        """Begin a session, and go on in it. `code` is the app's, or one from paper. Raises SignIn."""
        ticket = (await self.do(calls.sign_in_begin(name=name, password=password)))["ticket"]
        welcome = await self.do(calls.sign_in_finish(ticket=ticket, code=code))
        self.token = welcome["token"] or ""
        return welcome

    async def _try(self, call: Call[T]) -> T:
        tries = _Tries(call, self.token)
        while True:
            try:
                return cast(T, await self._send(tries.wire))
            except tries.again as problem:
                await asyncio.sleep(tries.pause_s(problem))

    async def _send(self, wire: Wire) -> Any:
        reply = await self._http.request(wire.method, wire.target, headers=wire.headers, content=wire.body)
        return _read(reply)

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _read(reply: httpx2.Response) -> Any:
    return read(
        reply.status_code,
        reply.headers.get("content-type", ""),
        reply.content,
        reply.headers.get("retry-after", ""),
    )
