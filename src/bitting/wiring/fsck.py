"""The journal of a data folder looked through, and mended where it can be, while nothing else runs there."""

from __future__ import annotations

from pathlib import Path

from bitting.domain.errors import Misconfigured
from bitting.journal import epoch
from bitting.journal.fsck import Finding, fsck
from bitting.journal.note import Verifier
from bitting.kms.signing_key import load_signing_key
from bitting.stores.folder import DataFolder
from bitting.stores.sqlite.engine import SqliteEngine


def check_folder(data: Path, *, repair: bool) -> list[Finding]:
    """What is wrong; with `repair`, what was mendable is mended. Raises Misconfigured, Unavailable."""
    folder = DataFolder(data)
    if not folder.database.exists():
        raise Misconfigured(f"there is no house in {data}: name its data folder with --data")
    with folder.locked():
        key = load_signing_key(folder.checkpoint)
        engine = SqliteEngine.open(folder.database)
        try:
            with engine.writing() as tables:
                # Whatever epoch a checkpoint is of, it is ours if it is under our key: this must not depend on leaves
                # that may be the wrong ones.
                names = {row.note.partition("\n")[0] for row in tables.journal.checkpoints()}
                public = key.public_key().public_bytes_raw()
                own = [name for name in names if name.startswith(epoch.first_origin(public))]
                return fsck(tables.journal, [Verifier(name, public) for name in own], repair=repair)
        finally:
            engine.close()
