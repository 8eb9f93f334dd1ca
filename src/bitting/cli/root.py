"""bitting root: paper shares of the root of all sealing, and back."""

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

app = App(name="root", help="The root of all sealing: paper shares of it, and back.")

_A_LINE: Final = 11  # words, so that three lines are a share


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


def _shares(said: Mapping[str, Any]) -> Iterator[str]:
    for number, share in enumerate(said["shares"], 1):
        words = share.split()
        yield f"share {number} of {len(said['shares'])}"
        for start in range(0, len(words), _A_LINE):
            yield "  " + " ".join(words[start : start + _A_LINE])
        yield ""
    yield f"Any {said['needed']} of these restore the root."
    yield "Write each on paper and keep them apart; then clear this screen."
