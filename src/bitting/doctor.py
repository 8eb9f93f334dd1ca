"""`bitting doctor`: is everything as it must be? Each line is a thing looked at, and what to do if it is not well."""

from __future__ import annotations

import shutil
import sqlite3
import ssl
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from bitting.domain.errors import BittingError
from bitting.kms.places import FilePlace
from bitting.kms.secret_file import SecretFile
from bitting.stores.folder import DataFolder
from bitting.wiring import reach
from bitting.wiring.roots import Roots

LEAST_FREE_MB: Final = 512
SOON_DAYS: Final = 21  # left of a certificate, and somebody should look after it: renewal has failed
MOST_BEHIND: Final = 256  # leaves that a witness may be behind for a moment
MOST_ROWS: Final = 10  # that are named when they are wrong
# Corruption when two connections write or checkpoint at one instant; Bitting writes with one only (docs/decisions).
_WAL_RESET_FIXED: Final = (3, 51, 3)


class Finding(NamedTuple):
    """`state` is `well`, `note` or `wrong`."""

    state: str
    what: str
    said: str


def examine(data: Path) -> Iterator[Finding]:
    """Look at the folder, the keys in it, the disk, the libraries, and what is in the database."""
    folder = DataFolder(data)
    yield _library()
    yield Finding("well", "openssl", ssl.OPENSSL_VERSION)
    if not data.is_dir():
        state, said = ("wrong", "is not a folder") if data.exists() else ("note", "is not there yet")
        yield Finding(state, "data folder", f"{data} {said}: `bitting serve` makes one")
        return
    mode = stat.S_IMODE(data.stat().st_mode)
    yield _judge(mode & 0o077 == 0, "data folder", f"{data}, mode {mode:04o}", f"`chmod 700 {data}`")
    free_mb = shutil.disk_usage(data).free // 2**20
    yield _judge(free_mb >= LEAST_FREE_MB, "disk", f"{free_mb} MB free", "make room: a full disk refuses every change")
    if not folder.database.exists():
        yield Finding(
            "note", "house", "none is here yet: `bitting serve` founds one, `bitting backup restore` restores one"
        )
        return
    yield from _root(folder)
    yield _key_file(folder.checkpoint, "checkpoint")
    try:
        yield from _house(data)
    except BittingError as problem:
        yield Finding("wrong", "house", str(problem))


def _library() -> Finding:
    version = sqlite3.sqlite_version_info
    said = f"{sqlite3.sqlite_version}, linked into this Python"
    if version >= _WAL_RESET_FIXED:
        return Finding("well", "sqlite", said)
    return Finding("note", "sqlite", f"{said}: has the WAL-reset fault, which one writing connection does not meet")


def _key_file(path: Path, kind: str) -> Finding:
    try:
        SecretFile(path, kind).load()
    except BittingError as problem:
        return Finding("wrong", f"{kind} key", str(problem))
    return Finding("well", f"{kind} key", f"{path}, mode 0600, whole")


def _root(folder: DataFolder) -> Iterator[Finding]:
    try:
        places = Roots(folder).places()
    except BittingError as problem:
        yield Finding("wrong", "root", str(problem))
        return
    for place in places:
        if isinstance(place, FilePlace):
            yield _key_file(place.path, "root")
        else:
            yield Finding("note", "root", f"{place}: a token, which is asked when the house is opened")


def _house(data: Path) -> Iterator[Finding]:
    """By the running server, or by opening the folder. Raises BittingError."""
    status = reach.ask(data, "status", {})
    yield from _server(status) if status else [Finding("note", "server", "none runs on this folder")]
    rules = reach.ask(data, "house.show", {})
    advice = "no key works until `bitting thaw --everything`; after a restore, see docs/operations.md first"
    yield Finding("note", "house", f"frozen: {advice}") if rules["frozen"] else Finding("well", "house", "not frozen")
    if left := reach.ask(data, "shards.show", {})["left"]:
        said = f"of the keys that were to be changed, {len(left)} are still the old ones"
        yield Finding("wrong", "shards", f"{said}: `bitting shards rotate --resume`")
    wrong = reach.ask(data, "rows.check", {})["wrong"]
    said = f"{len(wrong)} are not what the journal says" if wrong else "all are what the journal says"
    yield Finding("wrong" if wrong else "well", "rows", said)
    yield from (Finding("wrong", "row", each) for each in wrong[:MOST_ROWS])
    journal = reach.ask(data, "journal.check", {})
    yield Finding("well", "journal", f"{journal['size']} entries, recomputed; {journal['signed']} signed")


def _server(status: dict[str, Any]) -> Iterator[Finding]:
    trouble, lost, stops = status["trouble"], status["records_lost"], status["not_durable"]
    yield _judge(not trouble, "server", f"{status['url']}, process {status['process']}", trouble)
    for place in status["observing"]:
        yield Finding("note", "observing", f"{place}: nothing but withdrawals is refused there (docs/observe.md)")
    for mount, addresses in status.get("upstreams", {}).items():
        for url, up in addresses.items():
            advice = (
                "requests go to the others" if any(addresses.values()) else "requests are refused (docs/deploying.md)"
            )
            yield _judge(up, "upstream", f"{url}, of the mount {mount}", f"is down, {advice}")
    for file, until in status.get("certificates", {}).items():
        yield _certificate(file, datetime.fromisoformat(until) - datetime.now(UTC))
    for witness in status["witnesses"]:
        yield _witness(witness)
    yield _judge(lost == 0, "activity", f"{lost} records lost", "the disk did not keep up; look at its health")
    yield _judge(not stops, "stops", f"{len(stops)} in memory only", "they are tried again every second; free the disk")


def _witness(status: dict[str, Any]) -> Finding:
    """One that is far behind remembers too little."""
    said = f"{status['name']}: {status['size']} leaves cosigned, the last at {status['at'] or 'no time'}"
    if not status["agreed"]:
        return Finding("wrong", "witness", f"{said}; it could not be asked since the start: look whether it runs")
    if status["behind"] > MOST_BEHIND:
        return Finding("note", "witness", f"{said}; {status['behind']} behind: look whether it runs")
    return Finding("well", "witness", said)


def _certificate(file: str, left: timedelta) -> Finding:
    """One that has ended lets nobody in, and one that will needs somebody to replace it."""
    if left < timedelta():
        return Finding("wrong", "certificate", f"{file} has ended: put a new one in its place")
    soon = left < timedelta(days=SOON_DAYS)
    return Finding("note" if soon else "well", "certificate", f"{file} ends in {left.days} days")


def _judge(good: bool, what: str, said: str, advice: str) -> Finding:
    return Finding("well", what, said) if good else Finding("wrong", what, f"{said}: {advice}")
