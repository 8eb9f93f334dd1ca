"""bitting backup and bitting restore: a copy of the database while everything runs, and the way back."""

from __future__ import annotations

import time
from pathlib import Path

from bitting.cli.common import HERE, Common
from bitting.cli.page import fields
from bitting.stores.folder import DataFolder
from bitting.stores.sqlite.backup import restore as restore_database


def backup(path: Path, /, *, common: Common = HERE) -> None:
    """Copy the database into a new file while everything runs.

    It does not hold the root: back that up by shares (bitting root backup).

    For example:

        bitting backup /backups/bitting-2026-11-20.db

    Parameters
    ----------
    path: Path
        The new file.
    """
    said = common.ask("backup", path=str(path.absolute()))
    common.show(said, lambda said: [f"{said['path']}: {said['pages']} pages, verified"])


def restore(path: Path, /, *, common: Common = HERE) -> None:
    """Make the database of an empty data folder from a backup.

    The root must be there already (bitting root restore). The backup does not
    know what was used or revoked since it was made. So nothing signed before
    this moment is admitted afterwards, and every key is stopped until
    `bitting thaw --everything`.

    For example:

        bitting restore /backups/bitting-2026-11-20.db --data /srv/bitting

    Parameters
    ----------
    path: Path
        The backup.
    """
    folder = DataFolder(common.folder)
    folder.make()
    with folder.locked():
        restore_database(path, folder.database, time.time_ns())
    said = {
        "restored": str(folder.database),
        "from": str(path),
        "next": "revoke what was revoked since the backup, then `bitting thaw --everything`",
    }
    common.show(said, fields)
