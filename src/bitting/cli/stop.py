"""bitting freeze and bitting thaw: the emergency stop, and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bitting.cli.common import HERE, Common, Flag


def freeze(
    *, key: str | None = None, account: str | None = None, everything: Flag = False, common: Common = HERE
) -> None:
    """Stop a key, an account or everything, at once.

    It works even when the disk is full.

    For example:

        bitting freeze --account alice

        bitting freeze --everything

    Parameters
    ----------
    key: str
        One key, by id, key id or label.
    account: str
        All keys of an account and of its sub-accounts.
    everything: bool
        Every key there is.
    """
    common.show(common.ask("freeze", key=key, account=account, everything=everything or None), _frozen)


def thaw(
    *, key: str | None = None, account: str | None = None, everything: Flag = False, common: Common = HERE
) -> None:
    """Let what was frozen work again.

    For example:

        bitting thaw --everything

    Parameters
    ----------
    key: str
        One key, by id, key id or label.
    account: str
        All keys of an account and of its sub-accounts.
    everything: bool
        Every key there is; those that are frozen by themselves, or with their account, stay so.
    """
    said = common.ask("thaw", key=key, account=account, everything=everything or None)
    common.show(said, lambda said: [f"{said['thawed']} works again"])


def _frozen(said: Mapping[str, Any]) -> Iterator[str]:
    yield f"{said['frozen']} is stopped"
    if not said["durable"]:
        yield f"in memory only: {said['why']}"
