"""bitting activity: what keys did, what was refused and why, and the routes nobody knows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from time import sleep
from typing import Any, Final

from cyclopts import App

from bitting.cli.common import HERE, Common, Flag
from bitting.cli.page import columns, fields, visible
from bitting.domain.errors import MalformedValue, NotFound

app = App(name="activity", help="What keys did, and why they were refused.")

AGAIN_S: Final = 0.5
PAGE: Final = 500  # of records that follow
_NAMES: Final = ("at", "key", "address", "action", "pair", "verdict", "request id")


@app.command(name="list")
def list_(
    *,
    key: str | None = None,
    account: str | None = None,
    request: str | None = None,
    reason: str | None = None,
    denied: Flag = False,
    observed: Flag = False,
    most: int = 50,
    follow: Flag = False,
    common: Common = HERE,
) -> None:
    """What was decided, oldest first.

    For example:

        bitting activity list --key bot --denied

        bitting activity list --request hq3x5vkz-1f

        bitting activity list --follow

    Parameters
    ----------
    key: str
        Only of this key, by id, key id or label.
    account: str
        Only of this account's keys.
    request: str
        One request, whole, by the id that every reply carries (x-request-id).
    reason: str
        Only refusals for this reason; docs/reasons.md has the list.
    denied: bool
        Only refusals.
    observed: bool
        Only what would have been refused, had its mount not been one that observes.
    most: int
        How many of the newest: up to 1000.
    follow: bool
        Go on as records come, until interrupted. With --json one record a line.
    """
    if denied and observed:
        raise MalformedValue("--denied and --observed are two verdicts: ask for one")
    verdict = "denied" if denied else "observed" if observed else None
    wanted = {"key": key, "account": account, "request_id": request, "reason": reason, "verdict": verdict}
    ask = common.ask_server if follow else common.ask
    said = ask("activity.list", **wanted, most=most)
    if follow:
        with suppress(KeyboardInterrupt):
            _follow(common, wanted, said["records"])
        return
    if request is None:
        common.show(said, _table)
        return
    if not said["records"]:
        raise NotFound(
            f"there is no record of {request[:64]}. It may be a moment away; and of a flood of unproven requests "
            "most are only counted: `bitting activity strangers`"
        )
    common.show(said, _whole)


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
    """Unproven requests of the last day that came too fast to be kept one by one.

    For example:

        bitting activity strangers
    """
    common.show(common.ask("activity.strangers"), lambda said: _counted(said["counts"]))


def _follow(common: Common, wanted: Mapping[str, str | None], records: Sequence[dict[str, Any]]) -> None:
    """Page after page, each forgotten when it is printed."""
    after = -1  # before the first row there may ever be
    while True:
        for record in records:
            print(json.dumps(record) if common.json else visible("  ".join(filter(None, _row(record)))), flush=True)
            after = record["row"]
        if len(records) < PAGE:
            sleep(AGAIN_S)
        records = common.ask_server("activity.list", **wanted, after=after, most=PAGE)["records"]


def _table(said: Mapping[str, Any]) -> Iterator[str]:
    return columns(_NAMES, list(map(_row, said["records"])))


def _whole(said: Mapping[str, Any]) -> Iterator[str]:
    for record in said["records"]:
        yield from fields({name: value for name, value in record.items() if value not in ("", 0)})


def _row(record: Mapping[str, Any]) -> list[str]:
    outcome = [record["verdict"], record["reason"], str(record["status"] or ""), record["outcome"]]
    return [
        record["at"],
        record["label"] or record["key_id"],
        record["address"],
        record["action"] or f"{record['method']} {record['path']}",
        record["pair"],
        " ".join(filter(None, outcome)),
        record["request_id"],
    ]


def _observed(said: Mapping[str, Any]) -> Iterator[str]:
    rows = [{**each, "request_ids": " ".join(each["request_ids"])} for each in said["observed"]]
    yield from _counted(rows)


def _counted(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    names = tuple(rows[0]) if rows else ()
    return columns([name.replace("_", " ") for name in names], [[str(each[name]) for name in names] for each in rows])
