"""Files that people take away: made whole, for their owner only, and never over something that is there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bitting.domain.errors import Refused, Unavailable
from bitting.kms.private_file import sync_folder


def save_new(path: Path, lines: Iterable[str]) -> int:
    """Write lines into a new file; how many they were. Raises what `new_file` does, and whatever `lines` raises."""
    written = 0
    with new_file(path) as file:
        for line in lines:
            file.write(line.encode())
            written += 1
    return written


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file of mode 0600, durable when the block has ended. What fails half-way leaves no file behind.

    Raises Refused when there is something at `path` or nothing can be made there, Unavailable when the disk fails
    or is full.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise Refused(f"{path} is there already; nothing is overwritten") from None
    except OSError as problem:
        raise Refused(f"{path} cannot be made: {problem.strerror}") from None
    try:
        with open(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        sync_folder(path.parent)
    except BaseException as problem:
        path.unlink(missing_ok=True)
        if isinstance(problem, OSError):
            raise Unavailable(f"{path} cannot be written: {problem.strerror}") from None
        raise
