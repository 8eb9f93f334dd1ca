"""The database's file and folder, before SQLite touches them: a regular file of ours that nobody else can reach."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from bitting.domain.errors import Misconfigured


def sides(path: Path) -> list[Path]:
    """The database, and what SQLite keeps beside it while it is in use, with the same mode."""
    return [path, *(path.with_name(path.name + side) for side in ("-wal", "-shm", "-journal"))]


def check(path: Path) -> None:
    """Raises Misconfigured, with what to do, for a file that is not as it must be. A missing one is as it must be."""
    for each in sides(path):
        try:
            status = each.lstat()
        except FileNotFoundError:
            continue
        except OSError as problem:
            raise Misconfigured(f"{each} cannot be looked at: {problem.strerror}") from problem
        if not stat.S_ISREG(status.st_mode):
            raise Misconfigured(f"{each} is not a regular file: give the path of the database itself")
        if status.st_uid != os.geteuid():
            raise Misconfigured(f"{each} belongs to another user: run as that user, or chown it")
        if stat.S_IMODE(status.st_mode) != 0o600:
            raise Misconfigured(f"{each} is for us alone to read and write: chmod 600 {each}")


def create(path: Path) -> None:
    """Make an empty file of mode 0600. Raises Misconfigured when there is one, or when the folder does not allow it."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    except FileExistsError:
        raise Misconfigured(f"{path} is there already") from None
    except OSError as problem:
        raise Misconfigured(f"{path} cannot be created: {problem.strerror}") from problem


def keep(path: Path) -> None:
    """Make the file, its name and its contents, durable."""
    for each in (path, path.parent):
        descriptor = os.open(each, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
