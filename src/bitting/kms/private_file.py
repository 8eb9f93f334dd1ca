"""Reading a small file that is for us alone: a key, a PIN, the place of the root.

Rule: it is read only if it is a regular file of the user we run as, reachable by nobody else. All of it is looked
at through one open descriptor, so nothing can be swapped between the look and the reading.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from bitting.domain.errors import Misconfigured


def read_private(path: Path, most: int) -> bytes:
    """The first `most` bytes. Raises Misconfigured, with what to do, for every file that is not as it must be."""
    try:
        # NONBLOCK: a pipe put in the file's place must not make us wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            _refuse_unless_ours(path, os.fstat(descriptor))
            return os.read(descriptor, most)
        finally:
            os.close(descriptor)
    except OSError as exc:
        raise Misconfigured(_unreadable(path, exc)) from None


def sync_folder(folder: Path) -> None:
    """Make a file's name as durable as its bytes. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_unless_ours(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Misconfigured(f"{path} is not a regular file: name the file that holds the key")
    if status.st_uid != os.geteuid():
        raise Misconfigured(
            f"{path} belongs to user {status.st_uid} and this is user {os.geteuid()}: "
            f"`chown {os.geteuid()} {path}`, or run as its owner"
        )
    if stat.S_IMODE(status.st_mode) & ~0o600:
        raise Misconfigured(
            f"{path} has mode {stat.S_IMODE(status.st_mode):04o}, wider than 0600: "
            f"`chmod 600 {path}`, and think about who may have read it"
        )


def _unreadable(path: Path, exc: OSError) -> str:
    if exc.errno == errno.ENOENT:
        return f"{path} is not there: restore it from its backup, or make one if the house is new"
    if exc.errno == errno.ELOOP:
        return f"{path} is a symbolic link: name the file itself"
    return f"{path} cannot be read ({exc.strerror}): check its folder and its owner"
