"""A disk whose power can be cut: an ext4 file system in a file, which the kernel is told to shut down.

`EXT4_IOC_SHUTDOWN` with NOLOGFLUSH (Linux, fs/ext4/ext4.h) stops the file system where it stands: what was not synced
is gone, as it is when the power goes. A sync that is under way just then may still report success, so only what was
known before the call counts as done.

It takes root, loop devices and a mount namespace of one's own (`unshare --mount`), in which nothing is left mounted.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
from pathlib import Path
from typing import Final

_SHUTDOWN: Final = 0x8004587D  # _IOR('X', 125, __u32)
_NO_LOG_FLUSH: Final = 2
_MEGABYTES: Final = 64


class Disk:
    """A context manager: made, mounted, and gone at the end. Each has a file of another name: the kernel lets go of a
    file it had as a disk when it likes, and would bring its old pages with it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / name
        self._image = folder / f"{name}.img"

    def __enter__(self) -> Disk:
        self.path.mkdir()
        with self._image.open("wb") as file:
            file.truncate(_MEGABYTES * 2**20)
        _run("mkfs.ext4", "-q", "-F", str(self._image))
        self.power_on()
        return self

    def __exit__(self, *_: object) -> None:
        self.power_off()
        self._image.unlink()
        self.path.rmdir()

    def power_on(self) -> None:
        """Mount it, which brings its own journal to an end first."""
        _run("mount", "-o", "loop", str(self._image), str(self.path))

    def cut(self) -> None:
        """The power is gone: nothing that is not on the disk will ever be."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def power_off(self) -> None:
        """Take it away; nobody may have a file on it open any more."""
        _run("umount", str(self.path))


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)
