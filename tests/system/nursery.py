"""A process that has imported everything, and forks a `bitting serve` whenever it is asked for one.

Importing is most of what a start costs, and a death takes no longer than a start. What is forked is the server as the
command line starts it, with descriptors of its own and nothing open but them; it is killed like any other.
"""

from __future__ import annotations

import json
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn

from bitting.cli import main as bitting
from bitting.wiring import house as wiring
from tests.end_to_end.house import PATIENCE_S, House

ROOT: Final = Path(__file__).parents[2]
MOST_WORDS: Final = 65536


class NotReady(Exception):
    """A server ended before its doors were open."""


class Server:
    """One that was forked. It is named by a descriptor: its number may be given away when it has ended."""

    def __init__(self, pid: int, said: int) -> None:
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)
        self._said = said

    def ready(self) -> dict[str, Any]:
        """What it says when its doors are open. Raises NotReady."""
        with open(self._said, closefd=False) as file:
            line = file.readline()
        if not line:
            raise NotReady
        said: dict[str, Any] = json.loads(line)
        return said

    def is_alive(self) -> bool:
        """Whether it has not ended by itself."""
        return not select.select([self._descriptor], [], [], 0)[0]

    def kill(self) -> None:
        """At once, with nothing said; on return it is gone."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)
        assert select.select([self._descriptor], [], [], PATIENCE_S)[0]
        os.close(self._descriptor)
        os.close(self._said)


class Nursery:
    """The process, from outside. A context manager. A `defect` is as in House."""

    def __init__(self, defect: str = "") -> None:
        self._defect = defect

    def __enter__(self) -> Nursery:
        self._line, theirs = socket.socketpair()
        program = f"{self._defect}\nfrom tests.system.nursery import main\nmain()"
        with theirs:
            words = [sys.executable, "-c", program, str(theirs.fileno())]
            self._process = subprocess.Popen(words, cwd=ROOT, pass_fds=[theirs.fileno()])
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()
        with self._process as process:
            assert process.wait(PATIENCE_S) == 0

    def serve(self, words: list[str], log: Path) -> Server:
        """A server that has just begun."""
        said, theirs = os.pipe()
        with log.open("ab") as file:
            socket.send_fds(self._line, [json.dumps(words).encode()], [theirs, file.fileno()])
        os.close(theirs)
        return Server(int(self._line.recv(32)), said)


class NurseryHouse(House):
    """A House whose gates come from a nursery; `data` may lie on a disk of its own."""

    def __init__(
        self, folder: Path, nursery: Nursery, *, settings: str, upstream: str, data: Path | None = None
    ) -> None:
        super().__init__(folder, settings=settings, upstream=upstream)
        self.data = data or self.data
        self.server: Server | None = None
        self._nursery = nursery

    def begin_gate(self) -> Server:
        """A gate that is not ready yet."""
        port = str(self.address[1])
        words = ["serve", "--config", str(self.config), "--port", port, "--data", str(self.data), "--json"]
        self.server = self._nursery.serve(words, self.log)
        return self.server

    def start_gate(self) -> None:
        try:
            self.url = self.begin_gate().ready()["url"]
        except NotReady:
            raise NotReady(f"the gate did not start: {self.log.read_text()}") from None

    def kill_gate(self) -> None:
        assert self.server is not None
        alive = self.server.is_alive()
        self.server.kill()
        self.server = None
        assert alive, f"the gate has ended by itself: {self.log.read_text()}"

    def _end(self) -> None:
        if self.server is not None:
            self.server.kill()
        super()._end()


def main() -> None:
    """Fork until nobody asks any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who has ended is gone
    line = socket.socket(fileno=int(sys.argv[1]))
    while True:
        words, descriptors, _, _ = socket.recv_fds(line, MOST_WORDS, 2)
        if not words:
            return
        pid = os.fork()
        if pid == 0:
            line.close()
            _serve(json.loads(words), *descriptors)
        for each in descriptors:
            os.close(each)
        line.send(str(pid).encode())


def _serve(words: list[str], out: int, log: int) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(out, 1)
    os.dup2(log, 2)
    os.close(out)
    os.close(log)
    sys.stdout, sys.stderr = open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115 - for as long as it lives
    # A process names its requests by what it drew when it was imported; one that was forked has to draw again.
    setattr(wiring, "_BOOT", secrets.token_hex(5))  # noqa: B010
    sys.argv = ["bitting", *words]
    bitting()
    os._exit(0)
