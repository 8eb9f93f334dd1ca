"""An exchange of a test's own: a real server that notes what arrives, and answers, stalls or hangs up as it is told."""

from __future__ import annotations

import asyncio
import json
import threading
from types import TracebackType
from typing import Final, NamedTuple

_PRICES: Final = {"BTC/USD": "50000", "BTC/USDT": "50000", "BTC/KRW": "50000"}
_FACTS: Final = {"prices": _PRICES, "open_orders": {}, "open_orders_by_key": {}}


class Came(NamedTuple):
    """A request as it arrived; header names in lower case."""

    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def raw(self) -> bytes:
        """The bytes once more."""
        head = [self.method + b" " + self.target + b" HTTP/1.1", *(b": ".join(each) for each in self.headers)]
        return b"\r\n".join([*head, b"", self.body])

    def header(self, name: bytes) -> bytes:
        """The value of the only header of that name."""
        [value] = [value for found, value in self.headers if found == name]
        return value

    @property
    def request_id(self) -> str:
        """The gate's id of it; empty for open market data, which comes without identity."""
        return self.header(b"bitting-request-id").decode() if self.identity else ""

    @property
    def identity(self) -> list[tuple[bytes, bytes]]:
        """All headers of the gate's family."""
        return [each for each in self.headers if each[0].startswith(b"bitting-")]


class Exchange:
    """A context manager; it serves in a thread of its own. What may be set at any time:

    status, body  what every request but the facts is answered with; without a body, as the dialect's exchange
                  acknowledges an order
    stall_s       how long an answer waits
    hangs_up      after how many bytes of an answer the connection is closed; None: it is not
    """

    def __init__(self) -> None:
        self.came: list[Came] = []
        self.status = 200
        self.body = b""
        self.stall_s = 0.0
        self.hangs_up: int | None = None
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Exchange:
        self._thread.start()
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(self, port: int = 0) -> None:
        """Listen, on a free port or on this one."""
        asyncio.run_coroutine_threadsafe(self._open(port), self._loop).result()

    def close(self) -> None:
        """Be down: no port, no connection."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()

    async def _open(self, port: int) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (came := await _read(reader)) is not None:
                if came.target == b"/house/facts":
                    writer.write(_reply(200, json.dumps(_FACTS).encode()))
                    continue
                self.came.append(came)
                await asyncio.sleep(self.stall_s)
                whole = _reply(self.status, self.body or _placed(came))
                writer.write(whole[: self.hangs_up])
                if self.hangs_up is not None:
                    break
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()


def _placed(came: Came) -> bytes:
    if came.target.startswith((b"/v1/", b"/v2/orders")):
        return b'{"order_id": "7"}'
    if came.target.startswith((b"/info/", b"/trade/")):
        return b'{"status": "0000", "order_id": "7"}'
    if came.target.startswith(b"/v2/"):
        return b'[1, "on-req", null, null, [[7]], null, "SUCCESS", "Submitting 1 orders."]'
    return b'{"orderId": 7}'


async def _read(reader: asyncio.StreamReader) -> Came | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head[:-4].split(b"\r\n")
    method, target, _ = first.split(b" ")
    pairs = (line.partition(b":") for line in lines)
    headers = [(name.lower(), value.strip()) for name, _, value in pairs]
    length = dict(headers).get(b"content-length", b"0")
    return Came(method, target, headers, await reader.readexactly(int(length)))


def _reply(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
