"""Backups as files that come from elsewhere: opened, looked through, and made into a house again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bitting.domain.errors import Misconfigured, Refused
from bitting.journal.note import Verifier
from bitting.kms.age import Identity, is_sealed
from bitting.stores.folder import DataFolder
from bitting.stores.sqlite.backup import PLAIN, Examined, examine, must_be_free, plain_file, restore


def verify_backup(path: Path, identity: Path | None, trusted: Sequence[Verifier]) -> Examined:
    """Open it and read it through, in a temporary folder of our own. Raises Refused, Misconfigured, Tampered,
    Unavailable."""
    with TemporaryDirectory(prefix="bitting-backup-") as folder, _opened(path, identity, Path(folder)) as plain:
        return examine(plain, trusted)


def restore_backup(folder: DataFolder, path: Path, identity: Path | None) -> None:
    """Make the database of a data folder that has none. Raises Refused, Misconfigured, Unavailable."""
    folder.make()
    with folder.locked():
        must_be_free(folder.database)
        with _opened(path, identity, folder.path) as plain:
            restore(plain, folder.database, time.time_ns())


@contextmanager
def _opened(path: Path, identity: Path | None, folder: Path) -> Iterator[Path]:
    """The backup as a database: the file itself, or what is sealed in it, in a file that is taken away again."""
    if not is_sealed(path):
        yield path
        return
    if identity is None:
        raise Refused(f"{path} is sealed: name the identity that opens it with --identity")
    key = Identity.load(identity)
    with plain_file(folder / PLAIN) as plain:
        key.unseal(path, plain)
        try:
            yield plain
        except Misconfigured as problem:  # it was made so: what is sealed cannot be damaged in part
            raise Misconfigured(f"what is sealed in {path} is no sound backup: {problem}") from None
