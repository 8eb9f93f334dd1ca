"""bitting backup: sealed copies of the database while everything runs, looked through, and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cyclopts import App

from bitting.cli.common import HERE, Common, Flag, Words
from bitting.cli.page import fields
from bitting.desk.form import time_text
from bitting.domain.errors import MalformedValue, Refused
from bitting.journal.note import Verifier
from bitting.kms.age import Identity
from bitting.stores.folder import DataFolder
from bitting.wiring.backups import restore_backup, verify_backup

app = App(name="backup", help="Backups: made while everything runs, sealed, verified, restored.")


@app.command
def key(path: Path, /, *, common: Common = HERE) -> None:
    """Make the key that opens backups, in a new file; print the public half.

    The public half seals, the file opens, and belongs elsewhere than the
    server: make it there, or move it. Who has it opens every backup; without
    it, nobody does. `age-keygen` makes such keys, too.

    For example:

        bitting backup key /media/safe/backup.key

    Parameters
    ----------
    path: Path
        The new file.
    """
    common.show({"recipient": Identity.create(path), "identity": str(path)}, fields)


@app.command
def make(path: Path, /, *, recipient: Words | None = None, plain: Flag = False, common: Common = HERE) -> None:
    r"""Copy the database into a new file while everything runs, and seal it.

    Only its recipients open it. It is opened to its end before the command
    says that it is there, by a key that is then forgotten. It does not hold
    the root: back that up by shares (bitting root backup).

    For example:

        bitting backup make /backups/bitting-2026-11-20.age \
            --recipient age1ql3z7hjy54pw3...

    Parameters
    ----------
    path: Path
        The new file.
    recipient: list[str]
        A public key that may open it, age1..., as `bitting backup key` prints it. Repeat for more.
    plain: bool
        Do not seal it: secrets stay sealed under the root, and everything else can be read.
    """
    if plain is (recipient is not None):
        raise Refused("say for whom to seal it: --recipient age1… (`bitting backup key` makes one); or --plain")
    said = common.ask("backup", path=str(path.absolute()), recipients=recipient or [])
    common.show(said, _made)


@app.command
def verify(path: Path, /, *, identity: Path | None = None, vkey: Words | None = None, common: Common = HERE) -> None:
    r"""Open a backup and read it through, where it is.

    It is opened in a temporary folder, which needs as much room as it.

    For example:

        bitting backup verify bitting-2026-11-20.age --identity backup.key \
            --vkey bitting.local/journal/5f2b9c01+1a2b3c4d+AQ...

    Parameters
    ----------
    path: Path
        The backup.
    identity: Path
        The file of the key that opens it.
    vkey: list[str]
        The journal's public key: then the journal in it is recomputed, too. Repeat for earlier ones.
    """
    found = verify_backup(path, identity, list(map(_verifier, vkey or [])))
    said: dict[str, Any] = {"made": time_text(found.made_at_ns // 1_000_000), "entries": found.leaves}
    if found.journal is not None:
        said |= {"root": found.journal.root.hex(), "signed": found.journal.signed_size}
    journal = "its pages" if found.journal is None else "its pages and its journal"
    common.show({"verified": journal, **said}, fields)


@app.command
def restore(path: Path, /, *, identity: Path | None = None, common: Common = HERE) -> None:
    r"""Make the database of an empty data folder from a backup.

    The root must be there already (bitting root restore). The backup does not
    know what was used or revoked since it was made. So nothing signed before
    this moment is admitted afterwards, and every key is stopped until
    `bitting thaw --everything`. Accounts that were shredded since are there
    again: shred them again.

    For example:

        bitting backup restore /backups/bitting-2026-11-20.age \
            --identity /media/safe/backup.key --data /srv/bitting

    Parameters
    ----------
    path: Path
        The backup.
    identity: Path
        The file of the key that opens it.
    """
    folder = DataFolder(common.folder)
    restore_backup(folder, path, identity)
    said = {
        "restored": str(folder.database),
        "from": str(path),
        "next": "revoke what was revoked since the backup, then `bitting thaw --everything`",
    }
    common.show(said, fields)


def _made(said: Mapping[str, Any]) -> Iterator[str]:
    yield f"{said['path']}: {said['pages']} pages, verified"
    yield from (f"opened by the owner of {each}" for each in said["recipients"])
    if not said["recipients"]:
        yield "not sealed: everything but secrets can be read by whoever has the file"


def _verifier(text: str) -> Verifier:
    try:
        return Verifier.from_vkey(text)
    except MalformedValue as problem:
        raise MalformedValue(f"--vkey: {problem}: copy it whole, as `bitting journal export` prints it") from None
