"""bitting journal: take it away, prove one entry, and verify either offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cyclopts import App

from bitting.cli.common import HERE, Common
from bitting.cli.page import fields
from bitting.domain.errors import Malformed, MalformedValue, Misconfigured, Tampered
from bitting.journal.bundle import verify_bundle
from bitting.journal.note import Verifier
from bitting.journal.proof import HEADING, verify_proof
from bitting.wiring.files import save_new

app = App(name="journal", help="The journal: every change there ever was, provable offline.")


@app.command
def export(path: Path, /, *, common: Common = HERE) -> None:
    """Write the journal to a new file that anybody can verify with the public key.

    For example:

        bitting journal export journal.jsonl

    Parameters
    ----------
    path: Path
        The new file.
    """
    common.show(common.ask("journal.export", path=str(path.absolute())), fields)


@app.command
def prove(index: int, path: Path, /, *, common: Common = HERE) -> None:
    """Write a proof that one entry is in the journal to a new file.

    For example:

        bitting journal prove 12 entry.proof

    Parameters
    ----------
    index: int
        Which entry, counted from 0.
    path: Path
        The new file.
    """
    said = common.ask("journal.prove", index=index)
    save_new(path, [said.pop("proof")])
    common.show({"path": str(path), **said}, fields)


@app.command
def verify(path: Path | None = None, /, *, vkey: str | None = None, common: Common = HERE) -> None:
    r"""Verify an export or a proof offline, or the journal where it lies.

    For example:

        bitting journal verify journal.jsonl \
            --vkey bitting.local/journal+1a2b3c4d+AQ...

        bitting journal verify

    Parameters
    ----------
    path: Path
        An export or a proof; without it the journal of the data folder is recomputed.
    vkey: str
        The public key, as `bitting journal export` prints it. Get it once, and keep it apart from the file.
    """
    if path is None:
        said = common.ask("journal.check")
    elif vkey is None:
        raise MalformedValue("name the public key with --vkey: a file cannot vouch for itself")
    else:
        said = _verified(path, vkey)
    common.show({"verified": True, **said}, lambda said: fields({**said, "verified": "yes"}))


def _verified(path: Path, vkey: str) -> dict[str, Any]:
    """What the file proves. Raises Tampered, Malformed, Misconfigured."""
    trusted = [_verifier(vkey)]
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            first = file.readline()
            if first == f"{HEADING}\n":
                return verify_proof(first + file.read(), trusted).view()
            file.seek(0)
            report = verify_bundle(file, trusted)
    except (Tampered, Malformed) as problem:
        raise type(problem)(f"{path}: {problem}") from None
    except OSError as problem:
        raise Misconfigured(f"{path} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise MalformedValue(f"{path} is neither an export nor a proof") from None
    return {"size": report.size, "root": report.root.hex(), "signed": report.signed_size}


def _verifier(vkey: str) -> Verifier:
    try:
        return Verifier.from_vkey(vkey)
    except MalformedValue as problem:
        raise MalformedValue(f"--vkey: {problem}: copy it whole, as `bitting journal export` prints it") from None
