"""Checkpoints in a folder of small files, the newest of each name: what a witness has cosigned of each log, and what a
house was cosigned by each witness.

Rule: a note is replaced whole, and is on the disk when `keep` returns. A file that cannot be read is an error and never
an empty place: forgetting is the one thing that must not happen here.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bitting.domain.errors import Misconfigured, Unavailable

_SUFFIX: Final = ".note"
_MOST_BYTES: Final = 64 * 1024


class NoteFolder:
    """The folder is made with the first note. Used by one process, which holds the lock of the data folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, name: str, note: str) -> None:
        """Put the note in the place of the one that is there. Raises Unavailable; which of the two is there then, is
        known at the next start."""
        path = self._place(name)
        draft = path.with_suffix(".draft")
        try:
            if not self._path.exists():
                self._path.mkdir(mode=0o700)
                _sync(self._path.parent)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with open(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(note)
                file.flush()
                os.fsync(descriptor)
            draft.rename(path)
            _sync(self._path)
        except OSError as problem:
            raise Unavailable(f"{path} cannot be written: {problem.strerror}") from None

    def kept(self, name: str) -> str | None:
        """The newest note of this name, None where there never was one. Raises Misconfigured."""
        path = self._place(name)
        return _read(path) if path.exists() else None

    def every(self) -> Iterator[tuple[Path, str]]:
        """All of them, with the files they are in. Raises Misconfigured."""
        if self._path.exists():
            for path in sorted(self._path.glob(f"*{_SUFFIX}")):
                yield path, _read(path)

    def _place(self, name: str) -> Path:
        # A name is made by somebody else, and may be a path; its hash is none.
        return self._path / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}{_SUFFIX}"


def _read(path: Path) -> str:
    try:
        raw = path.read_bytes()
        if len(raw) > _MOST_BYTES:
            raise Misconfigured(f"{path} is no checkpoint: restore it from a copy")
        return raw.decode()
    except UnicodeDecodeError:
        raise Misconfigured(f"{path} is no checkpoint: restore it from a copy") from None
    except OSError as problem:
        raise Misconfigured(f"{path} cannot be read ({problem.strerror}): look at the disk") from None


def _sync(folder: Path) -> None:
    """Make names in it durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
