"""The two clients with one face, so that what is asked of the one is asked of the other."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from bitting_client.manage import AsyncClient, Call, Client, shapes
from bitting_client.manage.client import Answering

T = TypeVar("T")


class Way(Protocol):
    """A client, as the tests see it."""

    token: str

    def __init__(self, base: str, token: str = "", **options: Any) -> None: ...

    def do(self, call: Call[T], confirm: Answering | None = None) -> T: ...

    def pages(self, call: Call[T]) -> list[T]: ...

    def sign_in(self, name: str, password: str, code: str) -> shapes.Welcome: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Sync(Client):
    """As it is."""

    def pages(self, call: Call[T]) -> list[T]:  # type: ignore[override]  # all of them
        return list(super().pages(call))

    def __enter__(self) -> Self:
        super().__enter__()
        return self


class OnALoop:
    """The asynchronous one, on a loop of its own."""

    def __init__(self, base: str, token: str = "", **options: Any) -> None:
        self._client = AsyncClient(base, token, **options)
        self._runner = asyncio.Runner()

    @property
    def token(self) -> str:
        return self._client.token

    @token.setter
    def token(self, token: str) -> None:
        self._client.token = token

    def do(self, call: Call[T], confirm: Answering | None = None) -> T:
        return self._runner.run(self._client.do(call, confirm))

    def pages(self, call: Call[T]) -> list[T]:
        async def gather() -> list[T]:
            return [each async for each in self._client.pages(call)]

        return self._runner.run(gather())

    def sign_in(self, name: str, password: str, code: str) -> shapes.Welcome:
        return self._runner.run(self._client.sign_in(name, password, code))

    def __repr__(self) -> str:
        return repr(self._client)

    def __enter__(self) -> Self:
        self._runner.run(self._client.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.run(self._client.__aexit__(kind, value, trace))
        self._runner.close()


WAYS: tuple[type[Way], ...] = (Sync, OnALoop)
