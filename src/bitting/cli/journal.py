"""bitting journal: take it away, prove one entry, and verify either offline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cyclopts import App

from bitting.cli.common import HERE, Common, Flag
from bitting.cli.page import columns, fields
from bitting.desk.form import time_text
from bitting.domain.errors import Malformed, MalformedValue, Misconfigured, Tampered
from bitting.journal.bundle import verify_bundle
from bitting.journal.cosignature import Witness
from bitting.journal.excerpt import FORMAT as EXCERPT
from bitting.journal.excerpt import Excerpt, verify_excerpt
from bitting.journal.note import Verifier
from bitting.journal.proof import HEADING, verify_proof
from bitting.wiring.files import save_new
from bitting.wiring.fsck import check_folder

app = App(name="journal", help="The journal: every change there ever was, provable offline.")


@app.command
def export(path: Path, /, *, account: str | None = None, common: Common = HERE) -> None:
    """Write the journal to a new file that anybody can verify with the public key.

    For example:

        bitting journal export journal.jsonl

        bitting journal export alice.jsonl --account alice

    Parameters
    ----------
    path: Path
        The new file.
    account: str
        Only the entries of this account, by id or name, each with its proof. Of others it holds hashes.
    """
    common.show(common.ask("journal.export", path=str(path.absolute()), account=account), fields)


@app.command(name="list")
def list_(*, account: str | None = None, most: int = 50, before: int | None = None, common: Common = HERE) -> None:
    """The newest entries, oldest first, with what is sealed in them opened.

    For example:

        bitting journal list --account alice

        bitting journal list --most 100 --before 2000

    Parameters
    ----------
    account: str
        Only those of this account, by id or name.
    most: int
        How many.
    before: int
        Only entries before this one, by its number.
    """
    common.show(common.ask("journal.list", account=account, most=most, before=before), _entries)


def _entries(said: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [
            str(each["index"]),
            f"{each['at'][:19]}Z",
            each["actor"],
            each["strength"],
            each["deed"] if each["result"] == "done" else f"{each['deed']}: refused",
            f"{each['kind']} {each['id']}".strip(),
            _person(each["personal"]),
        ]
        for each in said["entries"]
    ]
    return columns(("entry", "at", "who", "known by", "what", "on what", "from"), rows)


def _person(personal: Mapping[str, str] | str) -> str:
    return personal if isinstance(personal, str) else ", ".join(personal.values())


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
def prune(before: str, /, *, export: Path | None = None, common: Common = HERE) -> None:
    """Drop old entries, but the newest of each object, which vouches for it.

    Hashes stay, so that everything that was proven can be proven again, and
    the journal is still recomputed from the beginning. What was dropped is
    an entry itself. Entries that are gone are only in exports.

    For example:

        bitting journal prune 2026-01-01 --export journal-2025.jsonl

    Parameters
    ----------
    before: str
        A day: what is older is dropped. Or the index of the first entry that stays.
    export: Path
        Write the journal to this new file before.
    """
    if export is not None:
        common.ask("journal.export", path=str(export.absolute()))
    dropped = 0
    while True:
        said = common.ask("journal.prune", before=before)
        dropped += said["dropped"]
        if not said["left"]:
            break
    common.show({"dropped": dropped, "minimum": said["minimum"]}, fields)


@app.command
def fsck(*, repair: Flag = False, common: Common = HERE) -> None:
    """Look for everything that is wrong with the journal; offline.

    Hashes over entries, and the columns they are searched by, are worked out
    again; entries and signatures are never changed. The exit code is 0 where
    all is well, 1 where all that was wrong has been repaired, and 4 where
    something is left.

    For example:

        bitting journal fsck

        bitting journal fsck --repair

    Parameters
    ----------
    repair: bool
        Repair what can be. Without this nothing is changed.
    """
    found = check_folder(common.folder, repair=repair)
    left = [each for each in found if not (repair and each.mendable)]
    said = {"found": [each._asdict() for each in found], "repaired": len(found) - len(left), "left": len(left)}
    common.show(said, _findings)
    raise SystemExit(4 if left else 1 if found else 0)


def _findings(said: Mapping[str, Any]) -> Iterator[str]:
    for each in said["found"]:
        yield f"{each['text']} ({'mendable' if each['mendable'] else 'not mendable'})"
    if not said["found"]:
        yield "all is well"
    elif said["repaired"]:
        yield f"{said['repaired']} repaired, {said['left']} left"
    elif any(each["mendable"] for each in said["found"]):
        yield "nothing was changed: `bitting journal fsck --repair` mends what is mendable"


@app.command
def verify(
    path: Path | None = None, /, *, vkey: str | None = None, witness: str | None = None, common: Common = HERE
) -> None:
    r"""Verify an export or a proof offline, or the journal where it lies.

    For example:

        bitting journal verify journal.jsonl \
            --vkey bitting.local/journal/5f2b9c01+1a2b3c4d+AQ...

        bitting journal verify

    Parameters
    ----------
    path: Path
        An export or a proof; without it the journal of the data folder is recomputed.
    vkey: str
        The public key, as `bitting journal export` prints it. Get it once, and keep it apart from the file.
    witness: str
        The public key of a witness, which has to have cosigned the newest checkpoint of the file, too.
    """
    if path is None:
        said = common.ask("journal.check")
    elif vkey is None:
        raise MalformedValue("name the public key with --vkey: a file cannot vouch for itself")
    else:
        said = _verified(path, vkey, None if witness is None else _witness(witness))
    common.show({"verified": True, **said}, lambda said: fields({**said, "verified": "yes"}))


def _verified(path: Path, vkey: str, witness: Witness | None) -> dict[str, Any]:
    """What the file proves. Raises Tampered, Malformed, Misconfigured."""
    trusted = [_verifier(vkey)]
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            first = file.readline()
            if first == f"{HEADING}\n":
                proof = first + file.read()
                return {**verify_proof(proof, trusted).view(), **_witnessed(proof.partition("\n\n")[2], witness)}
            file.seek(0)
            if first.startswith(f'{{"format":"{EXCERPT}"'):
                return _excerpt_view(verify_excerpt(file, trusted), witness)
            report = verify_bundle(file, trusted)
        said = {"size": report.size, "root": report.root.hex(), "signed": report.signed_size}
        return {**said, **({"dropped": report.dropped} if report.dropped else {}), **_witnessed(report.note, witness)}
    except (Tampered, Malformed) as problem:
        raise type(problem)(f"{path}: {problem}") from None
    except OSError as problem:
        raise Misconfigured(f"{path} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise MalformedValue(f"{path} is neither an export nor a proof") from None


def _excerpt_view(excerpt: Excerpt, witness: Witness | None) -> dict[str, Any]:
    said = {
        "account": excerpt.account,
        "entries": excerpt.entries,
        "of": excerpt.size,
        "root": excerpt.root.hex(),
    }
    begun = {"begin later": excerpt.begun} if excerpt.begun else {}  # what was before them was dropped
    return {**said, **begun, **_witnessed(excerpt.note, witness)}


def _witnessed(note: str, witness: Witness | None) -> dict[str, Any]:
    """When the witness saw it, where that was asked. Raises Tampered."""
    return {} if witness is None else {"witnessed": time_text(witness.cosigned_at_s(note) * 1000)}


def _witness(vkey: str) -> Witness:
    try:
        return Witness.from_vkey(vkey)
    except MalformedValue as problem:
        raise MalformedValue(f"--witness: {problem}: copy it whole, as `bitting witness` prints it") from None


def _verifier(vkey: str) -> Verifier:
    try:
        return Verifier.from_vkey(vkey)
    except MalformedValue as problem:
        raise MalformedValue(f"--vkey: {problem}: copy it whole, as `bitting journal export` prints it") from None
