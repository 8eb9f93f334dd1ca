"""Backups: an online copy of the database, and the way back.

A copy is one file of mode 0600, checked through before it gets its name. What is sealed stays sealed; root and
checkpoint keys are not in it. Where the copy itself is to be sealed, it is made beside the database, since all it holds
lies there anyhow, and only what is sealed leaves the data folder.

A restored store is not simply an older one. Requests were admitted since the copy was made, and it does not know
them; keys were revoked, and in it they work. So `restore` moves the floor of time past everything that can have been
admitted until now, leaves a mark behind which no time-shaped nonce is new, and leaves the store unsettled: no key is
given out until `settle` has frozen the house and held the keys whose clients count. One thing it cannot know are
nonces from the future, which are admitted up to a day ahead. Where clients send such, thaw the house a day later.
A copy says of itself that it is one, so that it cannot be put in place without all that.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from bitting.domain.errors import Misconfigured, Refused
from bitting.gate.times import AHEAD_NS
from bitting.journal import audit
from bitting.journal.note import Verifier
from bitting.journal.replay import Report
from bitting.stores.ports import Progress, Seal
from bitting.stores.sqlite import file
from bitting.stores.sqlite.check import check
from bitting.stores.sqlite.connection import open_reader
from bitting.stores.sqlite.counts import SqliteCounts
from bitting.stores.sqlite.failures import starting
from bitting.stores.sqlite.journal import SqliteJournal
from bitting.stores.sqlite.migrate import migrate, version

PAGES_A_STEP: Final = 1024
PLAIN: Final = "backup.plain"  # in the data folder, while a backup is sealed or opened


def backup(source: Path, target: Path, now_ns: int, progress: Progress, seal: Seal | None) -> None:
    """Copy the database as it is at this moment, while it is in use; sealed, if there is what seals it. One at a time.

    Raises Refused when there is something at `target` or nothing can be made there, Misconfigured when the copy is
    not sound, sqlite3.Error.
    """
    with _new_file(target) as draft:
        if seal is None:
            _copy(source, draft, now_ns, progress)
            return
        with plain_file(source.with_name(PLAIN)) as plain:
            _copy(source, plain, now_ns, progress)
            seal(plain, draft)


@contextmanager
def plain_file(path: Path) -> Iterator[Path]:
    """An empty file for a copy that is not sealed, for as long as it is needed. One that was left by a process that
    died is taken away: whoever has the data folder to himself is the only one to make any."""
    try:
        for each in file.sides(path):
            each.unlink(missing_ok=True)
        file.create(path)
        yield path
    finally:
        for each in file.sides(path):
            each.unlink(missing_ok=True)


def _copy(source: Path, draft: Path, now_ns: int, progress: Progress) -> None:
    with closing(open_reader(source)) as live, closing(_open(draft)) as copy:
        live.execute("BEGIN")  # one state: without it, every write in between would begin the copy anew
        leaves = _leaves(live)
        live.backup(copy, pages=PAGES_A_STEP, progress=lambda _, left, total: progress(total - left, total))
        copy.execute("PRAGMA journal_mode = DELETE")  # one file and no sides, whoever looks into it
        copy.execute("UPDATE ground SET backed_up_at_ns = ?", (now_ns,))
        check(copy, "integrity_check")
        if _leaves(copy) != leaves:
            raise Misconfigured("the copy has lost leaves of the journal: look at the disk")


def restore(source: Path, target: Path, now_ns: int) -> None:
    """Make the database `target` of a copy. It has to be settled (`settle`) before its keys work.

    Raises Refused when there is a database at `target`, Misconfigured for a source that is damaged, another
    program's or a newer Bitting's, Unavailable where the disk is full.
    """
    if not source.is_file():
        raise Refused(f"there is no backup at {source}")
    must_be_free(target)
    with starting(source), _new_file(target) as draft, closing(_open(draft)) as fresh:
        with _copy_of(source) as copy:
            copy.backup(fresh)
        migrate(fresh)
        fresh.execute("PRAGMA journal_mode = DELETE")
        # Whoever ran before may have admitted what was stamped up to AHEAD_NS from now.
        fresh.execute("UPDATE ground SET floor_ns = max(floor_ns, ?)", (now_ns + AHEAD_NS,))
        fresh.execute("UPDATE ground SET backed_up_at_ns = 0, restored_at_ns = ?, settled = 0", (now_ns,))


def must_be_free(target: Path) -> None:
    """Raises Refused where there is a database, or what is left of one."""
    if left := [each for each in file.sides(target) if each.exists()]:
        raise Refused(f"{left[0]} is there: a restore overwrites nothing, so move it away first")


class Examined(NamedTuple):
    """What is in a backup: when it was made, how many leaves its journal has, and what the check of that found."""

    made_at_ns: int
    leaves: int
    journal: Report | None


def examine(source: Path, trusted: Sequence[Verifier]) -> Examined:
    """Read a copy through, and work out its journal where there are keys to check it by. Raises Misconfigured for what
    is damaged, another program's, newer or no backup; Tampered, Unavailable."""
    with starting(source), _copy_of(source) as copy:
        made_at_ns = SqliteCounts(copy).ground().backed_up_at_ns
        if not made_at_ns:
            raise Misconfigured(f"{source} is no backup but a database that is in use: `bitting doctor` looks at those")
        report = audit.check(SqliteJournal(copy), trusted) if trusted else None
        return Examined(made_at_ns, _leaves(copy), report)


@contextmanager
def _copy_of(source: Path) -> Iterator[sqlite3.Connection]:
    """A backup, read through."""
    with closing(_open(source, "ro")) as copy:
        if version(copy) == 0:
            raise Misconfigured(f"{source} is empty: a copy that was never finished, for one")
        check(copy, "integrity_check")
        yield copy


@contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """A draft beside `target`, which becomes `target`, durable, if all goes well, and is gone if not."""
    draft = target.with_name(f"{target.name}.draft")
    if target.exists():
        raise Refused(f"{target} is there already; nothing is overwritten")
    try:
        file.create(draft)
    except Misconfigured as problem:
        raise Refused(str(problem)) from problem
    try:
        yield draft
        file.keep(draft)
        os.link(draft, target)  # not a renaming, which would overwrite
    except OSError as problem:
        raise Refused(f"{target} cannot be made: {problem.strerror}") from problem
    finally:
        for each in file.sides(draft):
            each.unlink(missing_ok=True)
    file.keep(target)


def _open(path: Path, mode: str = "rw") -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)


def _leaves(connection: sqlite3.Connection) -> int:
    leaves: int = connection.execute("SELECT count(*) FROM journal_leaves").fetchone()[0]
    return leaves
