"""The data folder: everything one server owns, and the lock that makes it one server.

    bitting.db        the database (beside it, SQLite's -wal and -shm)
    root.key          the root of all sealing; never in a backup of the database
    root.at           where the root is, when it is not in root.key
    checkpoint.key    signs the journal
    identity-*.key    shared with an upstream, which proves by it that a request came through the gate
    witnessed/        what witnesses have cosigned of the journal; in a witness's folder, what it has cosigned itself
    witness.key       signs for a witness, in its folder
    mail/             notices to people, where no mail server is named
    lock              held while a server, or a command in its place, works here
    bitting.sock      the local operator's socket, while a server runs

The folder is made with mode 0700; every file in it is 0600.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bitting.domain.errors import Misconfigured

LONGEST_SOCKET = 107  # unix(7): sun_path has 108 bytes, the last of them 0


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The places in the folder."""

    path: Path

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.path / "bitting.db"

    @property
    def root(self) -> Path:
        """The root key."""
        return self.path / "root.key"

    @property
    def checkpoint(self) -> Path:
        """The journal's signing key."""
        return self.path / "checkpoint.key"

    @property
    def witnessed(self) -> Path:
        """The newest cosigned checkpoints."""
        return self.path / "witnessed"

    @property
    def witness(self) -> Path:
        """A witness's own key."""
        return self.path / "witness.key"

    @property
    def mail(self) -> Path:
        """Notices to people, where no mail server is named."""
        return self.path / "mail"

    @property
    def socket(self) -> Path:
        """The local operator's socket."""
        return self.path / "bitting.sock"

    def identity(self, name: str) -> Path:
        """The secret shared with the upstream that stands behind the mount of this name: its prefix, or what it is
        called where it has none. `+` stands in no prefix, so no two names meet in one file."""
        return self.path / f"identity-{name.removeprefix('/').replace('/', '+')}.key"

    def make(self) -> None:
        """Make the folder if it is not there. Raises Misconfigured when it cannot be, or others may enter it."""
        if len(os.fsencode(self.socket)) > LONGEST_SOCKET:
            raise Misconfigured(
                f"the path of {self.socket} is too long: a Unix socket has at most {LONGEST_SOCKET} bytes: "
                "give a shorter --data"
            )
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = self.path.stat().st_mode & 0o777
        except OSError as problem:
            raise Misconfigured(f"the data folder {self.path} cannot be made ({problem.strerror})") from None
        if mode & 0o077:
            raise Misconfigured(
                f"others may enter the data folder {self.path} (mode {mode:04o}): `chmod 700 {self.path}`"
            )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process. Raises Misconfigured when another one has it."""
        try:
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as problem:
            raise Misconfigured(f"{self.path / 'lock'} cannot be opened ({problem.strerror})") from None
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
                raise Misconfigured(
                    f"another bitting{f' (process {holder})' if holder else ''} works in {self.path}: "
                    "stop it, or use another --data"
                ) from None
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(descriptor)  # and with it the lock, also when the process is killed
