"""`bitting witness` as a process of its own, and a house that has one."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from bitting.tour.stage import free_port
from tests.end_to_end.house import PATIENCE_S, House, until

NOWHERE: Final = "http://127.0.0.1:9"  # the port of `discard`
NOBODY: Final = "bitting.example/nobody+35cd947b+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


class Witness:
    """`bitting witness` as a process of its own. A `defect` is Python that runs in it first."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "witness"
        self.port = free_port()
        self.logs: list[str] = [NOBODY]
        self.said: dict[str, Any] = {}
        self._process: subprocess.Popen[str] | None = None

    def start(self, defect: str = "") -> None:
        words = [word for log in self.logs for word in ("--log", log)]
        words += ["--data", str(self.data), "--listen", f"127.0.0.1:{self.port}", "--json"]
        program = f"{defect}\nfrom bitting.cli import main\nmain()"
        self._process = subprocess.Popen(
            [sys.executable, "-c", program, "witness", *words], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the witness did not start"
        self.said = json.loads(line)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        return self.ended()

    def ended(self) -> int:
        assert self._process is not None
        with self._process as process:
            self._process = None
            return process.wait(PATIENCE_S)

    def settings(self, *, required: bool = True) -> str:
        words = str(required).lower()
        return f'[[witness]]\nurl = "{self.said["url"]}"\nvkey = "{self.said["vkey"]}"\nrequired = {words}\n'

    def __enter__(self) -> Witness:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.stop()


def known(house: House, witness: Witness) -> None:
    """Tell the witness of the house's journal, under the name it has now."""
    vkey = house.cli("journal", "export", str(house.folder / f"{time.monotonic_ns()}.jsonl"))["vkey"]
    witness.logs.append(vkey)
    witness.stop()
    witness.start()


def found(tmp_path: Path, witness: Witness, *, required: bool = True) -> House:
    """A house with one account, which its witness knows; it is not running."""
    house = House(tmp_path, upstream=NOWHERE)
    with house:
        pass
    known(house, witness)
    return House(tmp_path, upstream=NOWHERE, settings=witness.settings(required=required))


def open_and_wait(house: House, *names: str) -> None:
    """Make changes, and wait until the witness has seen them."""
    for name in names:
        house.ask("account.open", name=name)
    size = house.ask("journal.check")["size"]
    until(lambda: [each for each in house.ask("status")["witnesses"] if each["agreed"] and each["size"] >= size])
