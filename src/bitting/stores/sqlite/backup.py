"""Backups: an online copy of the database, and the way back.

A copy is one file of mode 0600, checked through before it gets its name. What is sealed stays sealed; root and
checkpoint keys are not in it.

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
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from bitting.domain.errors import Misconfigured, Refused
from bitting.gate.times import AHEAD_NS
from bitting.stores.ports import Progress
from bitting.stores.sqlite import file
from bitting.stores.sqlite.check import check
from bitting.stores.sqlite.connection import open_reader
from bitting.stores.sqlite.failures import starting
from bitting.stores.sqlite.migrate import migrate, version

PAGES_A_STEP: Final = 1024


def backup(source: Path, target: Path, now_ns: int, progress: Progress) -> None:
    """Copy the database as it is at this moment, while it is in use.

    Raises Refused when there is something at `target` or nothing can be made there, Misconfigured when the copy is
    not sound, sqlite3.Error.
    """
    with _new_file(target) as draft, closing(open_reader(source)) as live, closing(_open(draft)) as copy:
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
    if left := [each for each in file.sides(target) if each.exists()]:
        raise Refused(f"{left[0]} is there: a restore overwrites nothing, so move it away first")
    with starting(source), _new_file(target) as draft, closing(_open(draft)) as fresh:
        with closing(_open(source, "ro")) as copy:
            if version(copy) == 0:
                raise Misconfigured(f"{source} is empty: a copy that was never finished, for one")
            check(copy, "integrity_check")
            copy.backup(fresh)
        migrate(fresh)
        fresh.execute("PRAGMA journal_mode = DELETE")
        # Whoever ran before may have admitted what was stamped up to AHEAD_NS from now.
        fresh.execute("UPDATE ground SET floor_ns = max(floor_ns, ?)", (now_ns + AHEAD_NS,))
        fresh.execute("UPDATE ground SET backed_up_at_ns = 0, restored_at_ns = ?, settled = 0", (now_ns,))


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
