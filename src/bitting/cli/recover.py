"""bitting recover: go on after a loss that cannot be mended, with everything stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bitting.cli.common import HERE, Common, Flag
from bitting.cli.page import fields
from bitting.settings import Settings
from bitting.wiring.recovery import recover_house


def recover(*, accept_loss: Flag = False, config: Path | None = None, common: Common = HERE) -> None:
    """Show what the database has lost, and go on without it.

    For a house that does not start, since its database is older than its
    witnesses know, or another one, or was restored in part. First look for
    the newest database there is: what is given up here is gone, and keys that
    were revoked in it work again. So everything is stopped afterwards, until
    `bitting thaw --everything`.

    For example:

        bitting recover

        bitting recover --accept-loss

    Parameters
    ----------
    accept_loss: bool
        Do it. Without this nothing is changed.
    config: Path
        The settings, which name the witnesses; by default bitting.toml in the data folder.
    """
    settings = Settings.from_file(config or common.folder / "bitting.toml")
    common.show(dict(recover_house(common.folder, settings.witnesses, accept_loss=accept_loss)), _text)


def _text(said: Mapping[str, Any]) -> Iterator[str]:
    yield from said["found"]
    yield ""
    here = said["here"]
    rows: dict[str, Any] = {"here": f"{here['size']} leaves, the newest of {here['newest'] or 'never'}"}
    if said["lost"]:
        rows["lost"] = tuple(f"{each['size']} leaves, known by {each['known by']}" for each in said["lost"])
    rows |= {name: said[name] for name in ("origin", "held", "vkey") if said.get(name)}
    yield from fields({**rows, "next": said["next"]})
