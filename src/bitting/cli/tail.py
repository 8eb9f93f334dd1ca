"""bitting activity tail: records as they come."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from time import sleep
from typing import Any, Final

from cyclopts import App

from bitting.cli.common import HERE, Common
from bitting.cli.filters import ALL, Filters
from bitting.cli.page import record_row, visible

AGAIN_S: Final = 0.5
PAGE: Final = 500


def add_to(app: App) -> None:
    """The command belongs to the noun `activity`."""
    app.command(tail)


def tail(*, which: Filters = ALL, most: int = 10, common: Common = HERE) -> None:
    """Records as they come, until Ctrl-C; first the newest there are.

    With --json one record a line. A server has to run.

    For example:

        bitting activity tail --verdict denied

        bitting activity tail --key bot --json

    Parameters
    ----------
    most: int
        With how many of the newest to begin: up to 1000.
    """
    with suppress(KeyboardInterrupt):
        said = common.ask_server("activity.list", **which.form(), most=most)
        after = said["newest"] or -1  # before the first row there may ever be
        while True:
            _print(said["records"], as_json=common.json)
            if said["on"] is None:
                sleep(AGAIN_S)
            said = common.ask_server("activity.list", **which.form(), after=after, most=PAGE)
            after = said["on"] or said["newest"] or after


def _print(records: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """A line each, which is forgotten when it is printed."""
    for record in records:
        print(json.dumps(record) if as_json else visible("  ".join(filter(None, record_row(record)))), flush=True)
