"""The desk's intents about activity: what keys did, found again and counted.

No question reads the whole log: one answers with some of it, and says where to go on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

from bitting.activity.ports import ALWAYS_NS, By, CountQuery, Query, Step
from bitting.desk.desk import Desk, Intent
from bitting.desk.form import Form, duration_ms, past_ms, time_text
from bitting.desk.ports import Shelf
from bitting.desk.views import REASONS, entry_view
from bitting.domain.consent import Consent
from bitting.domain.errors import BittingError, MalformedValue
from bitting.domain.network import ANYWHERE, Network, Rule
from bitting.domain.pairs import Pair

MOST_LINES: Final = 1000
MOST_LOOKED_AT: Final = 100_000  # records that one question looks into: for an address each has to be opened
VERDICTS: Final = ("admitted", "denied", "observed")
# What a chart is over: how long its periods are, and how many. The counts of such periods are kept for longer.
CHARTS: Final = {"hour": (Step.MINUTE, 60), "day": (Step.HOUR, 24), "week": (Step.HOUR, 168), "year": (Step.DAY, 366)}
_CHART_BY: Final = [each for each in By if each is not By.VERDICT]


async def list_activity(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """The newest records that match, oldest first; or with `after` the next ones behind a row, -1 from the first there
    is on. `on` is where to go on, as `before` or as `after`: rows beyond it were not looked at; null where all were.
    `newest` is the newest row there is, which a reader that follows goes on from then."""
    key, account = form.maybe("key"), form.maybe("account")
    wanted = _query(form, desk.now_ms)
    form.end()
    now_ns = desk.clock.now_ns()

    def look(shelf: Shelf) -> dict[str, Any]:
        found = shelf.activity(wanted._replace(key=_key_id(shelf, key), account=_account_id(shelf, account)), now_ns)
        newest = shelf.activity(Query(most=1), now_ns).entries
        labels = _labels(shelf, (each.record.key for each in found.entries))
        return {
            "records": [entry_view(each, labels) for each in found.entries],
            "on": found.on,
            "newest": newest[0].row if newest else 0,
        }

    return await desk.book.read(look)


def _query(form: Form, now_ms: int) -> Query:
    """What is asked for, but for the key and the account. Raises MalformedValue."""
    reason, pair, address = form.text("reason", ""), form.maybe("pair"), form.maybe("address")
    if reason and reason not in REASONS:
        raise MalformedValue(f"there is no reason {reason[:32]!r}; docs/reasons.md has the list")
    return Query(
        verdict=form.choice("verdict", VERDICTS, "") if form.has("verdict") else "",
        reason=reason,
        request_id=form.text("request_id", ""),
        action=form.text("action", ""),
        pair="" if pair is None else Pair.from_text(pair).to_text(),
        network=ANYWHERE if address is None else Network.of([Rule.from_text(address)]),
        since_ns=past_ms(form.text("since"), now_ms) * 1_000_000 if form.has("since") else 0,
        until_ns=past_ms(form.text("until"), now_ms) * 1_000_000 if form.has("until") else ALWAYS_NS,
        after=form.number("after", 0, least=-1),
        before=form.number("before", 0),
        most=form.number("most", 50, least=1, most=MOST_LINES),
        looked_at=MOST_LOOKED_AT,
    )


async def chart(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Decisions of a time until now, counted in its periods, and told apart by verdict and by one thing more: of a key,
    an account, of strangers or of the whole house. `periods` are when they begin; `counts` are in their order."""
    key, account, strangers = form.maybe("key"), form.maybe("account"), form.flag("strangers")
    over = form.choice("over", CHARTS, "day")
    by = By(form.choice("by", [each.value for each in _CHART_BY], By.REASON.value))
    form.end()
    if strangers and not (key is None and account is None):
        raise MalformedValue("strangers are nobody's: ask for them without key and account")
    now_ns = desk.clock.now_ns()
    step, number = CHARTS[over]
    last = now_ns // step.ns
    periods = [each * step.ns for each in range(last - number + 1, last + 1)]
    query = CountQuery(step, periods[0], now_ns + 1, strangers=strangers, by=(By.VERDICT, by))

    def look(shelf: Shelf) -> list[dict[str, Any]]:
        asked = query._replace(key=_key_id(shelf, key), account=_account_id(shelf, account))
        counts: defaultdict[tuple[str, ...], dict[int, int]] = defaultdict(dict)
        for at_ns, told_apart, times in shelf.counted(asked, now_ns):
            counts[told_apart][at_ns] = times
        labels = _labels(shelf, (of for _, of in counts)) if by is By.KEY else {}
        return [
            {"verdict": verdict, by.value: labels.get(of, of), "counts": [times.get(each, 0) for each in periods]}
            for (verdict, of), times in sorted(counts.items())
        ]

    return {
        "step": step.value,
        "by": by.value,
        "periods": [time_text(each // 1_000_000) for each in periods],
        "series": await desk.book.read(look),
    }


def _key_id(shelf: Shelf, key: str | None) -> str:
    return "" if key is None else shelf.find_key(key).id


def _account_id(shelf: Shelf, account: str | None) -> str:
    return "" if account is None else shelf.find_account(account).id


def _labels(shelf: Shelf, key_ids: Iterable[str]) -> dict[str, str]:
    """The labels of these keys, by id. One that is tampered with has none, and hides no activity."""
    labels = {}
    for key_id in {*key_ids} - {""}:
        with suppress(BittingError):
            labels[key_id] = shelf.find_key(key_id).policy.label
    return labels


async def unmapped(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Routes that clients asked for and no table of actions names: denied, or only observed."""
    form.end()
    rows = await desk.book.read(lambda shelf: shelf.unmapped())
    return {
        "routes": [
            {
                "dialect": row["dialect"],
                "method": row["method"],
                "path": row["path"],
                "count": row["count"],
                "last_at": time_text(row["last_at_ns"] // 1_000_000),
            }
            for row in rows
        ]
    }


async def observed(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """By caller and reason: what would have been refused, and what was admitted here and refused by the exchange."""
    since_ns = max(0, desk.clock.now_ns() - duration_ms(form.text("since", "24h")) * 1_000_000)
    form.end()

    def look(shelf: Shelf) -> list[dict[str, Any]]:
        rows = shelf.observed(since_ns)
        labels = _labels(shelf, (each.key for each in rows))
        return [
            {
                "label": labels.get(each.key, ""),
                "key_id": each.wire_id,
                "dialect": each.dialect,
                "here": each.reason or each.verdict,
                "times": each.times,
                "refused_there": each.refused,
                "answered_there": each.answered,
                "request_ids": list(each.request_ids),
            }
            for each in rows
        ]

    return {"since": time_text(since_ns // 1_000_000), "observed": await desk.book.read(look)}


async def strangers(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Refusals of the last day that were not kept one by one, counted by minute."""
    form.end()
    now_ns = desk.clock.now_ns()
    query = CountQuery(Step.MINUTE, now_ns - Step.DAY.ns, now_ns, strangers=True, by=(By.DIALECT, By.REASON))
    counts = await desk.book.read(lambda shelf: shelf.counted(query, now_ns))
    return {
        "counts": [
            {"minute": time_text(at_ns // 1_000_000), "dialect": dialect, "reason": reason, "count": count}
            for at_ns, (dialect, reason), count in counts
        ]
    }


INTENTS: dict[str, Intent] = {
    "activity.list": list_activity,
    "activity.chart": chart,
    "activity.unmapped": unmapped,
    "activity.observed": observed,
    "activity.strangers": strangers,
}
