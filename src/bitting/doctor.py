"""`bitting doctor`: is everything as it must be? Each line is a thing looked at, and what to do if it is not well."""

from __future__ import annotations

import shutil
import sqlite3
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from bitting.domain.errors import BittingError
from bitting.kms.secret_file import SecretFile
from bitting.stores.folder import DataFolder
from bitting.wiring import reach

LEAST_FREE_MB: Final = 512
# Corruption when two connections write or checkpoint at one instant; Bitting writes with one only (docs/decisions).
_WAL_RESET_FIXED: Final = (3, 51, 3)


class Finding(NamedTuple):
    """`state` is `well`, `note` or `wrong`."""

    state: str
    what: str
    said: str


def examine(data: Path) -> Iterator[Finding]:
    """Look at the folder, the keys in it, the database's library, and the running server."""
    folder = DataFolder(data)
    if not data.exists():
        yield Finding("note", "data folder", f"{data} is not there yet: `bitting serve` makes it")
        return
    mode = stat.S_IMODE(data.stat().st_mode)
    yield _judge(mode & 0o077 == 0, "data folder", f"{data}, mode {mode:04o}", f"`chmod 700 {data}`")
    for path, kind in ((folder.root, "root"), (folder.checkpoint, "checkpoint")):
        yield _key_file(path, kind)
    free_mb = shutil.disk_usage(data).free // 2**20
    yield _judge(free_mb >= LEAST_FREE_MB, "disk", f"{free_mb} MB free", "make room: a full disk refuses every change")
    yield _library()
    yield Finding("well", "openssl", ssl.OPENSSL_VERSION)
    yield from _server(data)


def _key_file(path: Path, kind: str) -> Finding:
    try:
        SecretFile(path, kind).load()
    except BittingError as problem:
        return Finding("wrong", f"{kind} key", str(problem))
    return Finding("well", f"{kind} key", f"{path}, mode 0600, whole")


def _library() -> Finding:
    version = sqlite3.sqlite_version_info
    said = f"{sqlite3.sqlite_version}, linked into this Python"
    if version >= _WAL_RESET_FIXED:
        return Finding("well", "sqlite", said)
    return Finding("note", "sqlite", f"{said}: has the WAL-reset fault, which one writing connection does not meet")


def _server(data: Path) -> Iterator[Finding]:
    if not DataFolder(data).socket.exists():
        yield Finding("note", "server", "none runs on this folder")
        return
    try:
        said = reach.ask(data, "status", {})
        journal = reach.ask(data, "journal.check", {})
    except BittingError as problem:
        yield Finding("wrong", "server", str(problem))
        return
    yield _judge(not said.get("trouble"), "server", said.get("url", "no gate"), said.get("trouble", ""))
    lost = said.get("records_lost", 0)
    yield _judge(lost == 0, "activity", f"{lost} records lost", "the disk did not keep up; look at its health")
    stops = said.get("not_durable", [])
    yield _judge(not stops, "stops", f"{len(stops)} in memory only", "they are tried again every second; free the disk")
    yield Finding("well", "journal", f"{journal['size']} entries, recomputed; {journal['signed']} signed")


def _judge(good: bool, what: str, said: str, advice: str) -> Finding:
    return Finding("well", what, said) if good else Finding("wrong", what, f"{said}: {advice}")
