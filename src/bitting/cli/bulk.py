"""bitting key bulk: one step over many keys, seen before it is taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from cyclopts import App, Parameter

from bitting.cli.common import HERE, AccountName, Common, Flag
from bitting.cli.page import columns


def add_to(app: App) -> None:
    """Give the noun its verb."""
    app.command(bulk)


def bulk(
    step: Annotated[str, Parameter(help="pause, lock or revoke.")],
    /,
    *,
    account: AccountName | None = None,
    label: str | None = None,
    dialect: str | None = None,
    permission: str | None = None,
    unused_for: str | None = None,
    never_expires: Flag = False,
    anywhere: Flag = False,
    digest: str | None = None,
    common: Common = HERE,
) -> None:
    r"""Pause, lock or revoke every key that a filter matches.

    First it is a dry run, which lists them and names the list by a digest;
    with that digest it is done, to all of them or to none.

    For example:

        bitting key bulk revoke --unused-for 90d --permission orders.write

        bitting key bulk lock --label "grid*" --digest 4f0c11

    Parameters
    ----------
    label: str
        The label, or a pattern: * is anything, ? one character.
    dialect: str
        Only keys of this dialect.
    permission: str
        Only keys with this permission.
    unused_for: str
        Only keys not used for so long, like 90d.
    never_expires: bool
        Only keys without an end.
    anywhere: bool
        Only keys that are not bound to addresses.
    digest: str
        What the dry run gave: do it.
    """
    wanted = {
        "account": account,
        "label": label,
        "dialect": dialect,
        "permission": permission,
        "unused_for": unused_for,
        "never_expires": never_expires or None,
        "anywhere": anywhere or None,
    }
    dry_run = True if digest is None else None
    common.show(common.ask("key.bulk", step=step, **wanted, digest=digest, dry_run=dry_run), _listed)


def _listed(said: Mapping[str, Any]) -> Iterator[str]:
    rows = [[each["label"], each["key_id"], each["dialect"]] for each in said["keys"]]
    yield from columns(("label", "key id", "dialect"), rows)
    yield from (f"cannot be believed: {each}" for each in said["damaged"])
    if said["dry_run"]:
        yield f"nothing is done yet: to {said['step']} these {len(rows)}, add --digest {said['digest']}"
    else:
        yield f"done: {said['step']}, {len(rows)} keys"
