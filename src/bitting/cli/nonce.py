"""bitting key nonce: the nonce doctor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bitting.cli.common import HERE, Common, Flag, KeyName
from bitting.cli.page import columns, fields, visible

_NAMES = ("address", "client", "admitted", "nonce refused", "time refused", "last")


def nonce(key: KeyName, /, *, reset: Flag = False, common: Common = HERE) -> None:
    """Where the key's nonces stand, who moves them, and what helps.

    For a dialect without nonces: how far its clients' clocks are off.

    For example:

        bitting key nonce bot

        bitting key nonce bot --reset

    Parameters
    ----------
    reset: bool
        Forget what only reading has moved, as a restart would. What changed state stays used up.
    """
    common.show(common.ask("key.reset-nonces" if reset else "key.nonces", key=key), _page)


def _page(said: Mapping[str, Any]) -> Iterator[str]:
    yield from fields({"key": f"{said['label']}, {said['key_id']}", "dialect": said["dialect"], "now": said["now"]})
    for each in said["credentials"]:
        yield ""
        mark = "none yet" if each["mark"] is None else str(each["mark"])
        shown = {
            "credential": f"{each['id']} ({each['state']}, {each['mode']})",
            "mark": mark,
            "on disk": "none yet" if each["durable"] is None else str(each["durable"]),
        }
        if each["ahead_ms"] is not None:
            side = "ahead of" if each["ahead_ms"] > 0 else "behind"
            shown["its client counts in"] = each["unit"]
            shown["that is"] = f"{abs(each['ahead_ms'])} ms {side} now"
        yield from fields(shown)
    if said["clients"]:
        yield ""
        yield from columns(_NAMES, [_client(each) for each in said["clients"]])
    yield ""
    for line in said["advice"]:
        yield visible(f"-> {line}")


def _client(each: Mapping[str, Any]) -> list[str]:
    counts = [str(each[name]) for name in ("admitted", "nonce_refused", "time_refused")]
    return [each["address"], each["client"], *counts, each["last_at"]]
