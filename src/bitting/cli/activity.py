"""bitting activity: what keys did, what was refused and why, and the routes nobody knows; other verbs stand beside."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cyclopts import App

from bitting.cli import chart, export, tail
from bitting.cli.common import HERE, Common
from bitting.cli.explain import record_page
from bitting.cli.filters import ALL, Filters
from bitting.cli.page import columns, record_row

_HELP: Final = """What keys did, and why they were refused.

For example:

    bitting activity --key bot --verdict denied
"""

app = App(name="activity", help=_HELP)
tail.add_to(app)
chart.add_to(app)
export.add_to(app)

_NAMES: Final = ("at", "key", "address", "action", "pair", "verdict", "request id")


@app.default
@app.command(name="list")
def list_(*, which: Filters = ALL, most: int = 50, before: int | None = None, common: Common = HERE) -> None:
    """What was decided, oldest first. The word list may be left out.

    For example:

        bitting activity list --key bot --verdict denied

        bitting activity list --address 203.0.113.0/24 --since 24h

    Parameters
    ----------
    most: int
        How many of the newest: up to 1000.
    before: int
        Only records before this row: where a list before this one has ended.
    """
    said = common.ask("activity.list", **which.form(), most=most, before=before)
    common.show(said, lambda said: columns(_NAMES, list(map(record_row, said["records"]))))
    if said["on"] is not None and len(said["records"]) < most:
        print(f"So many were looked at that there may be more: go on with --before {said['on']}", file=sys.stderr)


@app.command
def why(request_id: str, /, *, common: Common = HERE) -> None:
    """Why a request was refused, and what would pass.

    For example:

        bitting activity why 6a1b2c3d-hq3x5vkz-1f

    Parameters
    ----------
    request_id: str
        The id that every reply carries (x-request-id).
    """
    common.show(common.ask("key.explain-record", request_id=request_id), record_page)


@app.command
def unmapped(*, common: Common = HERE) -> None:
    """Routes that clients asked for and no table of actions names: denied, or only observed.

    A row of the house's own maps one (docs/actions.md).

    For example:

        bitting activity unmapped
    """
    common.show(common.ask("activity.unmapped"), lambda said: _counted(said["routes"]))


@app.command
def observed(*, since: str = "24h", common: Common = HERE) -> None:
    """What mounts that only observe would have refused.

    By key and reason, with what the API behind them said: a key without a label
    is not known here. `admitted` is what the API refused and this gate had not.

    For example:

        bitting activity observed --since 7d

    Parameters
    ----------
    since: str
        How far back: 30m, 24h, 7d.
    """
    common.show(common.ask("activity.observed", since=since), _observed)


@app.command
def strangers(*, common: Common = HERE) -> None:
    """Unproven requests of the last day that were not kept one by one.

    For example:

        bitting activity strangers
    """
    common.show(common.ask("activity.strangers"), lambda said: _counted(said["counts"]))


def _observed(said: Mapping[str, Any]) -> Iterator[str]:
    rows = [{**each, "request_ids": " ".join(each["request_ids"])} for each in said["observed"]]
    yield from _counted(rows)


def _counted(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    names = tuple(rows[0]) if rows else ()
    return columns([name.replace("_", " ") for name in names], [[str(each[name]) for name in names] for each in rows])
