"""Long replies through a real gate: 200 MB that the gate never holds, and a stop in the middle of one."""

from __future__ import annotations

import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.end_to_end.house import NO_RATES, PATIENCE_S, House, until
from tests.end_to_end.signing import order
from tests.end_to_end.wire import Line
from tests.system.raw_attacks import request

MB = 1_000_000
LENGTH = 200 * MB
MOST_GROWTH_MB = 20
PIECE = bytes(range(250)) * 400  # 100 kB, of which no two places look alike


class LongExchange:
    """A context manager: an exchange each of whose replies has 200 MB. How it frames them, and after how much it stops
    and waits or hangs up, can be set."""

    def __init__(self) -> None:
        self.chunked = False
        self.stops_at = LENGTH
        self.hangs_up = False
        self.go_on = threading.Event()
        self.lost = 0  # replies that could not be given whole
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def __enter__(self) -> LongExchange:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self.go_on.set()
        self._server.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                one, _ = self._server.accept()
                threading.Thread(target=self._answer, args=(one,), daemon=True).start()

    def _answer(self, one: socket.socket) -> None:
        with one, suppress(ConnectionError):
            while head := self._head(one):
                if b"/house/facts" in head:
                    one.sendall(b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n")
                    continue
                try:
                    self._tell(one)
                except ConnectionError:
                    self.lost += 1
                    raise
                if self.hangs_up:
                    return

    def _head(self, one: socket.socket) -> bytes:
        head = b""
        while b"\r\n\r\n" not in head:
            part = one.recv(65536)
            if not part:
                return b""
            head += part
        return head

    def _tell(self, one: socket.socket) -> None:
        frame = b"Transfer-Encoding: chunked" if self.chunked else b"Content-Length: %d" % LENGTH
        one.sendall(b"HTTP/1.1 200 OK\r\n" + frame + b"\r\n\r\n")
        piece = b"%x\r\n%b\r\n" % (len(PIECE), PIECE) if self.chunked else PIECE
        for at in range(0, LENGTH, len(PIECE)):
            if at == self.stops_at:
                if self.hangs_up:
                    return
                self.go_on.wait(PATIENCE_S)
            one.sendall(piece)
        if self.chunked:
            one.sendall(b"0\r\n\r\n")


@pytest.fixture
def exchange() -> Iterator[LongExchange]:
    with LongExchange() as exchange:
        yield exchange


@pytest.fixture
def house(tmp_path: Path, exchange: LongExchange) -> Iterator[House]:
    with House(tmp_path, settings=NO_RATES, upstream=exchange.url) as house:
        yield house


def memory_mb(house: House, what: str = "VmRSS") -> float:
    """Of the gate's process; VmHWM is the most it ever had."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{house.gate}/status").read_text())
    assert found is not None
    return int(found[1]) / 1000


def received(line: Line, least: int) -> int:
    """Take at least so many bytes; how many came. They are what was sent, in its order."""
    count = 0
    while count < least:
        part = line.socket.recv(MB)
        if not part:
            break
        count += len(part)
    return count


@pytest.mark.parametrize("chunked", [False, True], ids=["by length", "in chunks"])
def test_a_reply_of_200_mb(house: House, exchange: LongExchange, chunked: bool) -> None:
    """It comes through whole, and the gate grows by less than 20 MB; also for one that stops reading for a while."""
    exchange.chunked = chunked
    with Line(house.address) as line:
        line.socket.sendall(request())
        assert received(line, LENGTH // 10) >= LENGTH // 10  # so that the buffers of one reply are there
    before = memory_mb(house, "VmHWM")
    for pause_s in (0.0, 1.5):
        with Line(house.address) as line:
            line.socket.sendall(request(b"Connection: close"))
            count = received(line, LENGTH // 2)
            time.sleep(pause_s)
            count += received(line, 10 * LENGTH)
        assert count > LENGTH
    assert memory_mb(house, "VmHWM") - before < MOST_GROWTH_MB


def test_the_first_of_them_costs_no_more(house: House) -> None:
    """From a gate that has not yet answered anything to the most it had while the reply went through."""
    before = memory_mb(house)
    with Line(house.address) as line:
        line.socket.sendall(request(b"Connection: close"))
        time.sleep(1.0)
        assert received(line, 10 * LENGTH) > LENGTH
    assert memory_mb(house, "VmHWM") - before < MOST_GROWTH_MB


def test_clients_that_leave_in_the_middle(house: House, exchange: LongExchange) -> None:
    """A hundred of them, more than there are connections to the exchange: each gives its own back."""
    for _ in range(100):
        with Line(house.address) as line:
            line.socket.sendall(request())
            received(line, 100_000)
    until(lambda: exchange.lost >= 99)
    with Line(house.address) as line:
        line.socket.sendall(request(b"Connection: close"))
        assert received(line, 10 * LENGTH) > LENGTH


def test_slow_readers_do_not_shut_others_out(house: House, exchange: LongExchange) -> None:
    """More of them than there are connections to the exchange, from several addresses, and none takes what it has
    asked for: another client gets its reply."""
    lines = [Line(house.address, f"127.0.0.{20 + at % 4}") for at in range(60)]
    try:
        for line in lines:
            line.socket.sendall(request())
        time.sleep(2.0)
        with Line(house.address, "127.0.0.30") as line:
            line.socket.sendall(request())
            head = line.socket.recv(100)
            assert head.startswith(b"HTTP/1.1 200 ")
    finally:
        for line in lines:
            line.socket.close()


def test_an_exchange_that_breaks_off_in_the_middle(house: House, exchange: LongExchange) -> None:
    """The client's connection is reset, and of an order the log says that nobody knows."""
    exchange.stops_at, exchange.hangs_up = LENGTH // 20, True
    key = house.issue("binance", "trade")
    with Line(house.address) as line:
        line.socket.sendall(order(key).raw)
        head = line.socket.recv(1000)
        with pytest.raises(ConnectionResetError):
            received(line, LENGTH)
    found = re.search(rb"(?i)x-request-id: (\S+)", head)
    assert found is not None
    assert house.outcome(found[1].decode()) == (0, "unknown")


@pytest.mark.parametrize("signals", [1, 2])
def test_a_stop_in_the_middle(house: House, exchange: LongExchange, signals: int) -> None:
    """With one signal the reply that is on its way may end, within the grace; a second one cuts it off."""
    exchange.stops_at = LENGTH // 2
    with Line(house.address) as line:
        line.socket.sendall(request())
        count = received(line, LENGTH // 4)
        stopping = threading.Thread(target=house.stop, args=("gate", signal.SIGTERM))
        gate = house._processes["gate"]
        stopping.start()
        count += received(line, LENGTH // 2 - count)
        time.sleep(0.3)
        if signals == 2:
            gate.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionResetError):
                received(line, LENGTH)
        else:
            exchange.go_on.set()
            count += received(line, 10 * LENGTH)
            assert count > LENGTH
        stopping.join(PATIENCE_S)
        assert not stopping.is_alive()
