"""A house of a test's own: exchange, gate and command line as real processes, over one folder, on free ports.

Nothing here reaches into a process: what a test knows it knows through the ports, the operator's socket, the files
in the data folder and the exit codes, as an operator would.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

from bitting.domain.errors import BittingError, Unavailable
from bitting.wiring import reach
from tests.end_to_end.signing import Key

T = TypeVar("T")

DIALECTS: Final = ("bitfinex", "binance", "bithumb", "bithumb-v1")
# One for each way of telling the time, nonces and stamps: for tests that take long and ask about nothing else.
CLOCKS: Final = ("bitfinex", "binance")
PATIENCE_S: Final = 30.0  # what never takes so long, unless it never comes
# For tests that send as fast as they can, and ask about something else than rates.
NO_RATES: Final = "\n".join(
    ["[rates]", *(f"{name} = [1000000, 1000000]" for name in ("key", "account", "denials", "strangers", "public"))]
)


class House:
    """A context manager: opens an exchange and a gate, and ends what it has started.

    `settings` is what stands in bitting.toml beside the mounts. With `upstream`, a URL, no exchange is started and
    the mounts point there. A `defect` is Python that runs in the gate's process before anything else: it breaks one
    thing on purpose, for tests that have to prove they would notice.
    """

    def __init__(self, folder: Path, *, settings: str = "", upstream: str = "", defect: str = "") -> None:
        self.folder = folder
        self.data = folder / "data"
        self.config = folder / "bitting.toml"
        self.log = folder / "gate.log"
        self.url = ""
        self.console = ""
        self.exchange = upstream
        self._settings = settings
        self._defect = defect
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._labels = 0

    def __enter__(self) -> Self:
        founding = not (self.data / "bitting.db").exists()
        try:
            if not self.exchange:
                self.start_exchange()
            mounts = [
                f'[[mount]]\nprefix = "/{name}"\ndialect = "{name}"\nfacts = "/house/facts"\n'
                f'upstream = "{self.exchange}"\n'
                for name in DIALECTS
            ]
            self.config.write_text("\n".join([self._settings, *mounts]))
            self.start_gate()
            if founding:
                self.ask("account.open", name="alice")
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        if kind is None:  # what nobody foresaw is written there, whatever the client was told
            assert "Traceback" not in self.log.read_text()

    # ---- processes

    @property
    def address(self) -> tuple[str, int]:
        """Where the gate listens."""
        url = urlsplit(self.url)
        return url.hostname or "", url.port or 0

    @property
    def gate(self) -> int:
        """The gate's process id."""
        return self._processes["gate"].pid

    def start_exchange(self) -> None:
        """The demonstration exchange, empty, on the port it had before."""
        port = str(urlsplit(self.exchange).port or 0)
        self.exchange = self._start("exchange", "paper", "--port", port)["url"]

    def start_gate(self) -> None:
        """The gate, over the same folder and on the port it had before."""
        said = self._start("gate", "serve", "--config", str(self.config), "--port", str(self.address[1]))
        self.url, self.console = said["url"], said.get("console", "")

    def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> int:
        """End `gate` or `exchange`; its exit code."""
        self._processes[name].send_signal(how)
        return self.ended(name)

    def ended(self, name: str) -> int:
        """Wait for the end of `gate` or `exchange`; its exit code."""
        with self._processes.pop(name) as process:
            return process.wait(PATIENCE_S)

    def kill_gate(self) -> None:
        """As a power cut does it to a process: at once, with nothing said."""
        assert self.stop("gate", signal.SIGKILL) == -signal.SIGKILL

    def _start(self, name: str, *words: str) -> dict[str, Any]:
        program = ["-m", "bitting"]
        if self._defect and name == "gate":
            program = ["-c", f"{self._defect}\nfrom bitting.cli import main\nmain()"]
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *program, *words, "--data", str(self.data), "--json"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._processes[name] = process
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"the {name} did not start: {(self.folder / f'{name}.log').read_text()}"
        said: dict[str, Any] = json.loads(line)
        return said

    def _end(self) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            with process:
                try:
                    process.wait(PATIENCE_S)
                except subprocess.TimeoutExpired:
                    process.kill()

    # ---- the operator

    def cli(self, *words: str) -> dict[str, Any]:
        """A command in a process of its own, and its answer; with "error" and "code" when it refused."""
        done = subprocess.run(
            [sys.executable, "-m", "bitting", *words, "--data", str(self.data), "--json"],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        said: dict[str, Any] = json.loads(done.stdout or "{}")
        if done.returncode != 0:
            said |= {"error": done.stderr.strip(), "code": done.returncode}
        return said

    def ask(self, intent: str, **values: Any) -> dict[str, Any]:
        """The same through the operator's socket, without a process for each question. Raises BittingError."""
        said: dict[str, Any] = reach.ask(self.data, intent, values)
        return said

    def issue(self, dialect: str, *permissions: str, network: str = "127.0.0.1", **more: Any) -> Key:
        """A new key of alice's."""
        self._labels += 1
        said = self.ask(
            "key.issue",
            **{"account": "alice", "dialect": dialect, "label": f"bot {self._labels}", **more},
            permissions=list(permissions),
            network=[network],
        )
        return Key(dialect, said["id"], said["key_id"], said["secret"] or "")

    def record(self, request_id: str) -> dict[str, Any]:
        """What the activity log has of one request; it is written a moment after the reply."""
        found = until(lambda: self.ask("activity.list", request_id=request_id)["records"])
        assert len(found) == 1, found
        record: dict[str, Any] = found[0]
        return record

    def outcome(self, request_id: str) -> tuple[int, str]:
        """What became of an admitted request that changes state: status and note, added when the reply has come."""
        outcome = until(lambda: [each for each in [self.record(request_id)] if each["outcome"] or each["status"]])
        return outcome[0]["status"], outcome[0]["outcome"]


def until(look: Callable[[], T]) -> T:
    """What `look` gives once it gives something; the store may be away for a moment, or the record on its way."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            if found := look():
                return found
        except Unavailable:
            pass
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def refused(do: Callable[[], object]) -> str:
    """The words in which the operator was refused."""
    try:
        do()
    except BittingError as problem:
        return str(problem)
    raise AssertionError("it was not refused")
