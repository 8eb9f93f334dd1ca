"""What can be wrong with a house before a command is typed: files, folders, ports, papers.

Each is a function of the folder that has the house in `data`, and of what ends with the test.
"""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

from bitting.stores.folder import DataFolder
from tests.cli.server import NOWHERE, found
from tests.cli.transcript import bitting

MOUNT: Final = f'[[mount]]\nprefix = "/binance"\ndialect = "binance"\nupstream = "{NOWHERE}"\n'

Break = Callable[[Path, ExitStack], object]


def toml(text: str) -> Break:
    """Settings as an operator might write them."""

    def before(folder: Path, ends: ExitStack) -> None:
        (folder / "bitting.toml").write_text(text)

    return before


def mode(name: str, wanted: int) -> Break:
    return lambda folder, ends: (folder / "data" / name).chmod(wanted)


def gone(name: str) -> Break:
    return lambda folder, ends: (folder / "data" / name).unlink()


def content(name: str, text: bytes) -> Break:
    """The file is there and is something else."""

    def before(folder: Path, ends: ExitStack) -> None:
        path = folder / name
        path.touch(0o600)
        path.write_bytes(text)

    return before


def link(name: str) -> Break:
    def before(folder: Path, ends: ExitStack) -> None:
        path = folder / "data" / name
        path.rename(folder / "elsewhere")
        path.symlink_to(folder / "elsewhere")

    return before


def another_root(folder: Path, ends: ExitStack) -> None:
    found(folder / "other")
    shutil.copy2(folder / "other" / "root.key", folder / "data" / "root.key")


def sql(statement: str) -> Break:
    def before(folder: Path, ends: ExitStack) -> None:
        with closing(sqlite3.connect(folder / "data" / "bitting.db", isolation_level=None)) as database:
            database.execute(statement)

    return before


def rotten(folder: Path, ends: ExitStack) -> None:
    """A page in the middle of the database is not what was written."""
    path = folder / "data" / "bitting.db"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xa5" * 4096)


def listening(folder: Path, ends: ExitStack) -> None:
    """Somebody has the port, and the settings want it."""
    taken = ends.enter_context(socket.create_server(("127.0.0.1", 0)))
    (folder / "bitting.toml").write_text(f"[listen]\nport = {taken.getsockname()[1]}\n{MOUNT}")


def in_use(folder: Path, ends: ExitStack) -> None:
    """Another process works in the folder."""
    ends.enter_context(DataFolder(folder / "data").locked())


def deaf(folder: Path, ends: ExitStack) -> None:
    """A server that takes the call and hangs up."""
    line = ends.enter_context(socket.socket(socket.AF_UNIX))
    line.bind(str(folder / "data" / "bitting.sock"))
    line.listen()
    line.settimeout(20)

    def hang_up() -> None:
        line.accept()[0].close()

    thread = threading.Thread(target=hang_up)
    thread.start()
    ends.callback(thread.join)


def exported(change: Callable[[list[str]], list[str]]) -> Break:
    """The journal was taken away, and somebody had it for a while."""

    def before(folder: Path, ends: ExitStack) -> None:
        assert bitting("journal", "export", "good.jsonl").code == 0
        lines = (folder / "good.jsonl").read_text().splitlines(keepends=True)
        (folder / "journal.jsonl").write_text("".join(change(lines)))

    return before


def shares(change: Callable[[list[str]], list[str]]) -> Break:
    """What somebody typed off paper, in a file."""

    def before(folder: Path, ends: ExitStack) -> None:
        said = json.loads(bitting("root", "backup", "--needed", "3", "--shares", "4", "--json").out)
        (folder / "typed").write_text("\n".join(change(said["shares"])))

    return before


def other_split(given: list[str]) -> list[str]:
    said = json.loads(bitting("root", "backup", "--needed", "3", "--shares", "4", "--json").out)
    return [*given[:2], said["shares"][2]]


def misspelt(given: list[str]) -> list[str]:
    first, *words = given[0].split()
    return [" ".join([first, "acadamic", *words[1:]]), *given[1:]]


def exchanged(given: list[str]) -> list[str]:
    """A word that is in the list, and is another one."""
    words = given[0].split()
    words[10] = "academic" if words[10] != "academic" else "acid"
    return [" ".join(words), *given[1:]]
