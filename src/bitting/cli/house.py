"""Commands about the whole house: freeze, thaw, activity, journal, root, backup, restore."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console

from bitting.cli.common import HERE, Common, fields, rows
from bitting.domain.errors import MalformedValue, Misconfigured
from bitting.journal.bundle import verify_bundle
from bitting.journal.note import Verifier
from bitting.journal.proof import verify_proof
from bitting.kms.backup import restore_root
from bitting.stores.folder import DataFolder
from bitting.stores.sqlite.backup import restore as restore_database

journal = App(name="journal", help="The journal: every change there ever was, provable offline.")
root = App(name="root", help="The root of all sealing: paper shares of it, and back.")
activity = App(name="activity", help="What keys did, and why they were refused.")


def freeze(
    *, key: str | None = None, account: str | None = None, everything: bool = False, common: Common = HERE
) -> None:
    """Stop a key, an account or everything, at once; it works even when the disk is full.

    Examples
    --------
    bitting freeze --account alice

    bitting freeze --everything
    """
    said = common.ask("freeze", key=key, account=account, everything=everything or None)
    common.show(said, lambda screen: _frozen(screen, said))


def thaw(
    *, key: str | None = None, account: str | None = None, everything: bool = False, common: Common = HERE
) -> None:
    """Let it work again.

    Examples
    --------
    bitting thaw --everything
    """
    said = common.ask("thaw", key=key, account=account, everything=everything or None)
    common.show(said, lambda screen: screen.print(f"{said['thawed']} works again"))


@activity.command(name="list")
def list_(
    *,
    key: str | None = None,
    account: str | None = None,
    request: str | None = None,
    reason: str | None = None,
    denied: Annotated[bool, Parameter(negative=())] = False,
    most: int | None = None,
    follow: Annotated[bool, Parameter(negative=())] = False,
    common: Common = HERE,
) -> None:
    """What was decided, oldest first.

    Examples
    --------
    bitting activity list --key bot --denied

    bitting activity list --request hq3x5vkz-1f

    bitting activity list --follow

    Parameters
    ----------
    request: str
        The id that every reply carries (x-request-id).
    denied: bool
        Only refusals.
    follow: bool
        Go on as records come, until interrupted.
    """
    given = {
        "key": key,
        "account": account,
        "request_id": request,
        "reason": reason,
        "verdict": "denied" if denied else None,
        "most": most,
    }
    said = common.ask("activity.list", **given)
    if request is not None and not common.json:
        common.show(said, lambda screen: _records_whole(screen, said["records"]))
        return
    common.show(said, lambda screen: rows(screen, _NAMES, [_line(each) for each in said["records"]]))
    while follow:
        after = said["records"][-1]["row"] if said["records"] else given.get("after", 0)
        time.sleep(0.5)
        given["after"] = after
        said = common.ask("activity.list", **given)
        if said["records"]:
            common.show(said, partial(_tail, records=said["records"]))


@activity.command
def unmapped(*, common: Common = HERE) -> None:
    """Routes that clients asked for and no table of actions names: all were denied.

    Examples
    --------
    bitting activity unmapped
    """
    said = common.ask("activity.unmapped")
    lines = [[str(each[name]) for name in ("dialect", "method", "path", "count", "last_at")] for each in said["routes"]]
    common.show(said, lambda screen: rows(screen, ["dialect", "method", "path", "times", "last"], lines))


@journal.command
def export(path: Path, /, *, common: Common = HERE) -> None:
    """Write the journal to a file that anybody can verify with the public key.

    Examples
    --------
    bitting journal export journal.jsonl
    """
    said = common.ask("journal.export")
    _write_new(path, "".join(_ended(line) for line in said["lines"]))
    answer = {"path": str(path), "lines": len(said["lines"]), "vkey": said["vkey"]}
    common.show(answer, lambda screen: fields(screen, answer))


@journal.command
def prove(index: int, path: Path, /, *, common: Common = HERE) -> None:
    """Write a proof that one entry is in the journal.

    Examples
    --------
    bitting journal prove 12 entry.proof
    """
    said = common.ask("journal.prove", index=index)
    _write_new(path, said["proof"])
    answer = {"path": str(path), "index": index, "vkey": said["vkey"]}
    common.show(answer, lambda screen: fields(screen, answer))


@journal.command
def verify(path: Path | None = None, /, *, vkey: str | None = None, common: Common = HERE) -> None:
    """Verify an export or a proof offline, or the journal where it lies.

    Examples
    --------
    bitting journal verify journal.jsonl --vkey bitting.local/journal+1a2b3c4d+AQ...

    bitting journal verify

    Parameters
    ----------
    path: Path
        An export or a proof; without it the journal of the data folder is recomputed.
    vkey: str
        The public key, as `bitting journal export` prints it. Get it once, and keep it apart from the file.
    """
    if path is None:
        answer = common.ask("journal.check")
    elif vkey is None:
        raise MalformedValue("name the public key with --vkey")
    else:
        answer = _verified(_text(path), vkey)
    common.show(answer, lambda screen: fields(screen, {"verified": "yes", **answer}))


@root.command(name="backup")
def back_up_root(*, needed: int = 3, shares: int = 5, common: Common = HERE) -> None:
    """Split the root into shares of 33 words, any `needed` of which restore it. Write each on paper, apart.

    Examples
    --------
    bitting root backup --needed 3 --shares 5
    """
    said = common.ask("root.split", needed=needed, shares=shares)
    common.show(said, lambda screen: _shares(screen, said["shares"]))


@root.command(name="restore")
def restore_root_file(
    path: Path, /, *, share: Annotated[list[str], Parameter(negative=())], common: Common = HERE
) -> None:
    """Make the root file from shares.

    Examples
    --------
    bitting root restore ~/.local/share/bitting/root.key --share "words of one" --share "words of another"
    """
    restored = restore_root(share, os.urandom)
    restored.save(path)
    answer = {"path": str(path), "root": restored.root_id}
    common.show(answer, lambda screen: fields(screen, answer))


def backup(path: Path, /, *, common: Common = HERE) -> None:
    """Copy the database into a new file while everything runs. It does not hold the root: back that up by shares.

    Examples
    --------
    bitting backup /backups/bitting-2026-11-20.db
    """
    said = common.ask("backup", path=str(path.absolute()))
    common.show(said, lambda screen: screen.print(f"{said['path']}: {said['pages']} pages, verified"))


def restore(path: Path, /, *, common: Common = HERE) -> None:
    """Make the database of an empty data folder from a backup. The root must be there already (`bitting root restore`).

    Nothing signed before this moment is admitted afterwards: the backup does not know what was used since.

    Examples
    --------
    bitting restore /backups/bitting-2026-11-20.db --data /srv/bitting
    """
    folder = DataFolder(common.folder)
    folder.make()
    with folder.locked():
        restore_database(path, folder.database, time.time_ns())
    answer = {"restored": str(folder.database), "from": str(path)}
    common.show(answer, lambda screen: fields(screen, answer))


_NAMES = ["at", "verdict", "reason", "action", "pair", "address", "status", "request id"]


def _line(record: dict[str, Any]) -> list[str]:
    status = str(record["status"] or "") + (f" {record['outcome']}" if record["outcome"] else "")
    action = record["action"] or f"{record['method']} {record['path']}"
    return [
        record["at"],
        record["verdict"],
        record["reason"],
        action,
        record["pair"],
        record["address"],
        status,
        record["request_id"],
    ]


def _tail(screen: Console, records: list[dict[str, Any]]) -> None:
    for record in records:
        screen.print("  ".join(each for each in _line(record) if each), markup=False)


def _records_whole(screen: Console, records: list[dict[str, Any]]) -> None:
    if not records:
        screen.print("no such request; floods of unproven requests are counted and not kept one by one")
    for record in records:
        fields(screen, {name: value for name, value in record.items() if value not in ("", 0)})


def _frozen(screen: Console, said: dict[str, Any]) -> None:
    screen.print(f"{said['frozen']} is stopped" + ("" if said["durable"] else f", in memory only: {said['why']}"))


def _shares(screen: Console, shares: list[str]) -> None:
    for number, share in enumerate(shares, 1):
        screen.print(f"share {number} of {len(shares)}\n{share}\n", markup=False)
    screen.print("Write each on paper and keep them apart; then clear this screen.", style="bold")


def _verified(text: str, vkey: str) -> dict[str, Any]:
    trusted = [Verifier.from_vkey(vkey)]
    if text.startswith("c2sp.org/tlog-proof"):
        leaf = verify_proof(text, trusted)
        return {"index": leaf.index, "entry": leaf.view()}
    report = verify_bundle(text.splitlines(keepends=True), trusted)
    return {"size": report.size, "root": report.root.hex(), "signed": report.signed_size}


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as problem:
        raise Misconfigured(f"{path} cannot be read ({problem})") from None


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n"


def _write_new(path: Path, text: str) -> None:
    """Into a new file; nothing is overwritten."""
    try:
        with path.open("x") as file:
            file.write(text)
    except OSError as problem:
        raise Misconfigured(f"{path} cannot be written ({problem.strerror})") from None
