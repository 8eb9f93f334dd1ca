"""bitting root: where the root of all sealing is, another one in its place, paper shares of it and back."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cyclopts import App

from bitting.cli import given
from bitting.cli.common import HERE, Common, Words
from bitting.cli.page import fields
from bitting.kms.backup import restore_root
from bitting.stores.folder import DataFolder
from bitting.wiring.roots import absolute
from bitting.wiring.vault import init_root, use_root

app = App(name="root", help="The root of all sealing: where it is, another one, paper shares of it.")

_A_LINE: Final = 11  # words, so that three lines are a share


@app.command
def show(*, common: Common = HERE) -> None:
    """Where the root is, and its id.

    For example:

        bitting root show
    """
    common.show(common.ask("root.show"), fields)


@app.command
def init(place: str, /, *, common: Common = HERE) -> None:
    """Make the root of a new house in another place than root.key.

    For example:

        bitting root init file:/secure/root.key

    Parameters
    ----------
    place: str
        file:PATH, or pkcs11:… for a key that a token makes and keeps (docs/vault.md).
    """
    common.show(init_root(DataFolder(common.folder), absolute(place)), fields)


@app.command
def use(place: str, /, *, common: Common = HERE) -> None:
    """Say where the root is: after it was moved, or for an older backup.

    For example:

        bitting root use file:/secure/root.key

    Parameters
    ----------
    place: str
        file:PATH or pkcs11:…, as for `bitting root init`.
    """
    common.show(use_root(DataFolder(common.folder), absolute(place)), fields)


@app.command
def rotate(*, to: str, common: Common = HERE) -> None:
    """Put everything under another root, while keys go on working.

    The one before is left where it is: backups need it. Where it has leaked,
    let `bitting shards rotate` follow.

    For example:

        bitting root rotate --to file:/secure/root-2027.key

    Parameters
    ----------
    to: str
        file:PATH or pkcs11:…, as for `bitting root init`; it is made if it is not there.
    """
    common.show(common.ask("root.rotate", to=absolute(to)), _rotated)


@app.command
def backup(*, needed: int = 3, shares: int = 5, common: Common = HERE) -> None:
    """Split the root into shares of 33 words. Write each on paper, and keep them apart.

    For example:

        bitting root backup --needed 3 --shares 5

    Parameters
    ----------
    needed: int
        How many of them restore the root; fewer tell nothing about it.
    shares: int
        How many are made.
    """
    common.show(common.ask("root.split", needed=needed, shares=shares), _shares)


@app.command
def restore(path: Path | None = None, /, *, share: Words | None = None, common: Common = HERE) -> None:
    """Make the root file from shares, typed or piped in.

    For example:

        bitting root restore

    Parameters
    ----------
    path: Path
        The new file; by default root.key in the data folder.
    share: list[str]
        A share, instead of typing it: your shell may keep it in its history. Repeat for more.
    """
    root = restore_root(given.shares() if share is None else share, os.urandom)
    if path is None:
        folder = DataFolder(common.folder)
        folder.make()
        path = folder.root
    root.save(path)
    common.show({"path": str(path), "root": root.root_id}, fields)


def _rotated(said: Mapping[str, Any]) -> Iterator[str]:
    yield f"everything is under root {said['root']} now, in {said['place']}"
    yield f"root {said['before']} is still in {said['was']}: every backup made until now needs it"
    yield from (f"  {path}" for path in said["backups"])
    yield "Make a backup now, and back up the new root; destroy the old one when the last of these is gone."
    yield "If it has leaked, what it opened is known too: `bitting shards rotate` comes next."


def _shares(said: Mapping[str, Any]) -> Iterator[str]:
    for number, share in enumerate(said["shares"], 1):
        words = share.split()
        yield f"share {number} of {len(said['shares'])}"
        for start in range(0, len(words), _A_LINE):
            yield "  " + " ".join(words[start : start + _A_LINE])
        yield ""
    yield f"Any {said['needed']} of these restore the root."
    yield "Write each on paper and keep them apart; then clear this screen."
