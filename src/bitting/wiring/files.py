"""Files that people take away: made whole, for their owner only, and never over something that is there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from bitting.domain.errors import Refused, Unavailable


def save_new(path: Path, lines: Iterable[str]) -> int:
    """Write lines into a new file of mode 0600; how many they were. What fails half-way leaves no file behind.

    Raises Refused when there is something at `path` or nothing can be made there, Unavailable when the disk fails
    or is full, and whatever `lines` raises.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise Refused(f"{path} is there already; nothing is overwritten") from None
    except OSError as problem:
        raise Refused(f"{path} cannot be made: {problem.strerror}") from None
    written = 0
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            for line in lines:
                file.write(line)
                written += 1
            file.flush()
            os.fsync(descriptor)
    except BaseException as problem:
        path.unlink(missing_ok=True)
        if isinstance(problem, OSError):
            raise Unavailable(f"{path} cannot be written: {problem.strerror}") from None
        raise
    return written
