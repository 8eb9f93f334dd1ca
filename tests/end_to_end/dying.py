"""A program that opens a house, does what it is told, and dies in the middle: at the n-th thing that it writes.

It is started once and forks for each deed, so that hundreds of deaths take seconds. A thing that is written is a
statement of SQL on the connection that writes, its COMMIT too, or a file that is opened, renamed or deleted; death
comes just before it. Nothing is tidied up: what the kernel has is what is left, as after kill -9.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from bitting.domain.errors import BittingError
from bitting.stores.sqlite.engine import SqliteEngine
from bitting.wiring.house import open_house

DIED: Final = 9
_FILES: Final = frozenset({"open", "os.rename", "os.remove", "os.link", "os.truncate"})
Asked = tuple[str, dict[str, Any]]


class Dying:
    """The program, from outside. A context manager."""

    def __enter__(self) -> Dying:
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.end_to_end.dying"],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        with self._process as process:
            process.stdin.close()  # type: ignore[union-attr]
            assert process.wait(30) == 0

    def do(self, data: Path, *asked: Asked, at: int = 0) -> bool:
        """Do it, and die at the n-th thing that is written; whether it died. 0 never dies. Asked for nothing it opens
        the house, or founds it, and may die at that."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([str(data), asked, at]), file=self._process.stdin, flush=True)
        code = int(self._process.stdout.readline())
        assert code in (0, DIED), code
        return code == DIED


class _Countdown:
    """Counts what is written, and ends the process."""

    def __init__(self) -> None:
        self.left = 0

    def step(self, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            os._exit(DIED)

    def opening(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect":  # which may make a file
            self.step()
        self.audited(event, arguments)

    def audited(self, event: str, arguments: tuple[Any, ...]) -> None:
        # A file that is opened to be read (mode "r", or O_RDONLY) is nothing that is written.
        if event in _FILES and (event != "open" or arguments[2] & (os.O_WRONLY | os.O_RDWR)):
            self.step()


async def _do(data: Path, asked: list[Asked], at: int) -> None:
    countdown = _Countdown()
    if not asked:
        sys.addaudithook(countdown.opening)
        countdown.left = at
    async with open_house(data) as house:
        if not asked:
            return
        sys.addaudithook(countdown.audited)
        engine = _ENGINES[-1]
        engine._writer.set_trace_callback(countdown.step)
        countdown.left = at
        for name, values in asked:
            said = await house.ask(name, values)
            while name == "shards.next" and said["left"]:
                said = await house.ask(name, values)
        countdown.left = 0


_ENGINES: list[SqliteEngine] = []


def _noted(engine: SqliteEngine, *rest: Any) -> None:
    _opened(engine, *rest)
    _ENGINES.append(engine)


_opened = SqliteEngine.__init__


def main() -> None:
    setattr(SqliteEngine, "__init__", _noted)  # noqa: B010 - it is a test's eye on the connection
    for line in sys.stdin:
        data, asked, at = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(_do(Path(data), asked, at))
            except BittingError as problem:
                print(problem, file=sys.stderr)
                os._exit(1)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
