"""Activity as the desk tells it: found again by everything that is known of it, page by page, and counted."""

from __future__ import annotations

from typing import Any

import pytest

from bitting.desk import activity
from bitting.domain.activity import Outcome
from bitting.domain.errors import MalformedValue, NotFound
from bitting.domain.keys import Key
from bitting.domain.verdict import Reason
from bitting.stores.pages import row_number
from tests.desk.office import DAY_NS, OPERATOR, Office
from tests.stores.trial import START_NS, record
from tests.stores.vandal import Vandal

MINUTE = START_NS // 60_000_000_000


def denied(key: Key, reason: Reason) -> Any:
    return record(key, verdict="denied", reason=reason.code, shown="its own value", detail="what would pass")


def test_a_record_is_shown_whole(office: Office, key: Key) -> None:
    """With the key's label, the owner's text for the reason, and the address in plain."""
    written = denied(key, Reason.PAIR)
    office.write(written, outcomes=(Outcome(written.request_id, 200, "order 7"),))
    [shown] = office.ask("activity.list", request_id=written.request_id)["records"]
    assert shown == {
        "row": row_number(1, 0),
        "at": "2026-09-21T14:13:20.000Z",
        "request_id": written.request_id,
        "account": key.account,
        "key": key.id,
        "key_id": key.wire_id,
        "label": "bot",
        "dialect": "binance",
        "method": "POST",
        "path": "/api/v3/order",
        "action": "order.place",
        "pair": "BTC/USDT",
        "verdict": "denied",
        "reason": "pair.outside",
        "why": Reason.PAIR.owner,
        "shown": "its own value",
        "detail": "what would pass",
        "address": "203.0.113.7",
        "client": "ccxt/4",
        "value": "100.5 USDT",
        "status": 200,
        "outcome": "order 7",
    }


def test_filters(office: Office, key: Key) -> None:
    """By key, account, verdict, reason and request, and several at once."""
    office.open_account("bob")
    bobs = office.issue(account="bob", label="other")["id"]
    other = office.look(lambda shelf: shelf.find_key(bobs))
    stranger = record(wire_id=key.wire_id)
    rows = [record(key), denied(key, Reason.NETWORK), denied(key, Reason.PAIR), record(other), stranger]
    office.write(*rows)

    def found(**values: Any) -> list[int]:
        return [each["row"] - first + 1 for each in office.ask("activity.list", values)["records"]]

    first = row_number(1, 0)
    assert found() == [1, 2, 3, 4, 5]
    assert found(key="bot") == [1, 2, 3]
    assert found(account="bob") == [4]
    assert found(verdict="admitted") == [1, 4]
    assert found(verdict="denied", key=key.wire_id) == [2, 3]
    assert found(reason="pair.outside") == [3]
    assert found(request_id=rows[3].request_id) == [4]
    assert found(request_id="never-was") == []
    assert found(key="bot", account="bob") == []
    assert found(most=2) == [4, 5]
    assert found(after=first + 1) == [3, 4, 5]
    assert found(after=first + 1, most=1) == [3]
    assert found(after=-1, most=2) == [1, 2]
    assert found(before=first + 2) == [1, 2]
    assert found(before=first + 2, after=-1, most=1) == [1]


def test_filters_by_what_was_wanted_from_where_and_when(office: Office, key: Key) -> None:
    """Action and pair; an address or a block of them, though it is sealed; and a time, whose end is not within."""
    far, hour_ns = (0xFFFF << 32) + 0xC6336401, 3600 * 10**9  # 198.51.100.1
    rows = [
        record(key, action="balances.read, orders.read", pair=""),
        record(key, pair="ETH/USDT", peer=far, at_ns=START_NS + hour_ns),
        record(key, peer=far + 1, at_ns=START_NS + 2 * hour_ns),
    ]
    office.write(*rows)
    office.clock.ns = START_NS + 3 * hour_ns - 10**9  # a question comes a second later

    def found(**values: Any) -> list[int]:
        ids = [each["request_id"] for each in office.ask("activity.list", values)["records"]]
        office.clock.ns -= 10**9
        return [place for place, each in enumerate(rows) if each.request_id in ids]

    assert found(action="orders.read") == [0]
    assert found(action="orders") == []
    assert found(pair="ETH/USDT") == [1]
    assert found(address="198.51.100.1") == [1]
    assert found(address="198.51.100.0/24") == [1, 2]
    assert found(address="2001:db8::/48") == []
    assert found(since="2h") == [1, 2]
    assert found(until="1h") == [0, 1]
    assert found(since="2026-09-21T15:13:20Z", until="2026-09-21T16:13:20+00:00") == [1]
    assert found(address="198.51.100.0/24", pair="BTC/USDT", since="9w") == [2]


def test_a_question_looks_so_far_and_says_where_to_go_on(
    office: Office, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address is found by opening record after record; nobody waits for a year of them, and none is left out."""
    far = (0xFFFF << 32) + 0xC6336401
    office.write(record(key, peer=far), *(record(key) for _ in range(6)))
    monkeypatch.setattr(activity, "MOST_LOOKED_AT", 3)
    asked: dict[str, Any] = {"address": "198.51.100.1"}
    answers = [office.ask("activity.list", asked)]
    while answers[-1]["on"] is not None:
        answers.append(office.ask("activity.list", asked, before=answers[-1]["on"]))
    assert [len(each["records"]) for each in answers] == [0, 0, 1]
    first, newest = answers[-1]["records"][0]["row"], answers[0]["newest"]
    assert newest == first + 6
    behind = office.ask("activity.list", asked, after=-1)
    assert (len(behind["records"]), behind["on"]) == (1, first + 2)
    behind = office.ask("activity.list", asked, after=first + 5)
    assert (behind["records"], behind["on"], behind["newest"]) == ([], None, newest)


def test_nothing_at_all(office: Office) -> None:
    """An empty log has no newest row."""
    assert office.ask("activity.list") == {"records": [], "on": None, "newest": 0}


def test_a_chart_counts_every_period(office: Office, key: Key) -> None:
    """By verdict and reason, also where nothing happened; the last period is the one we are in."""
    hour_ns = 3600 * 10**9
    office.write(
        *(record(key, at_ns=START_NS - 2 * hour_ns) for _ in range(3)),
        record(key, at_ns=START_NS),
        record(key, at_ns=START_NS, verdict="denied", reason="pair.outside"),
        record(key, at_ns=START_NS - 25 * hour_ns),
    )
    said = office.ask("activity.chart", key="bot")
    assert (said["step"], said["by"], len(said["periods"])) == ("hour", "reason", 24)
    assert (said["periods"][0], said["periods"][-1]) == ("2026-09-20T15:00:00Z", "2026-09-21T14:00:00Z")
    assert said["series"] == [
        {"verdict": "admitted", "reason": "", "counts": [0] * 21 + [3, 0, 1]},
        {"verdict": "denied", "reason": "pair.outside", "counts": [0] * 23 + [1]},
    ]
    said = office.ask("activity.chart", over="year", account="alice", by="key")
    assert [(each["key"], each["verdict"], each["counts"][-2:]) for each in said["series"]] == [
        ("bot", "admitted", [1, 4]),
        ("bot", "denied", [0, 1]),
    ]
    assert len(said["periods"]) == 366
    said = office.ask("activity.chart", over="week", by="client", key="bot")
    assert [(each["client"], sum(each["counts"])) for each in said["series"]] == [("ccxt/4", 5), ("ccxt/4", 1)]


def test_a_chart_of_strangers_and_of_the_house(office: Office, key: Key) -> None:
    """Who proved nothing is in the house's counts, and alone."""
    office.write(record(key), strangers={(MINUTE, "binance", "key.not_proven"): 500})

    def totals(**values: Any) -> dict[str, int]:
        return {each["verdict"]: sum(each["counts"]) for each in office.ask("activity.chart", values)["series"]}

    assert totals(over="hour") == {"admitted": 1, "denied": 500}
    assert totals(over="hour", strangers=True) == {"denied": 500}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"over": "decade"}, "over is hour or day or week or year, not 'decade'"),
        ({"by": "verdict"}, "by is dialect or action or reason"),
        ({"by": "block"}, "the whole house is not counted by key, block or client: name a key or an account"),
        ({"key": "nobody"}, "there is no key nobody"),
        ({"strangers": True, "account": "alice"}, "strangers are nobody's"),
    ],
)
def test_what_cannot_be_charted(office: Office, values: dict[str, Any], words: str) -> None:
    """And why."""
    with pytest.raises((MalformedValue, NotFound), match=words):
        office.ask("activity.chart", values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"key": "nobody"}, "there is no key nobody"),
        ({"account": "nobody"}, "there is no account nobody"),
        ({"reason": "because"}, "there is no reason 'because'; docs/reasons.md has the list"),
        ({"verdict": "maybe"}, "verdict is admitted or denied or observed, not 'maybe'"),
        ({"most": 0}, "most is a whole number from 1 to 1000"),
        ({"most": -1}, "most is a whole number"),
        ({"most": 1001}, "most is a whole number"),
        ({"after": -2}, "after is a whole number"),
        ({"verdict": ""}, "verdict is admitted or denied"),
        ({"after": 2**64}, "after is a whole number"),
        ({"before": -1}, "before is a whole number"),
        ({"pair": "BTCUSDT"}, "not a pair: 'BTCUSDT'; write BASE/QUOTE"),
        ({"address": "203.0.113.7/24"}, "203.0.113.7/24 has host bits set"),
        ({"address": "anywhere"}, "not an IP address: 'anywhere'"),
        ({"since": "yesterday"}, "not a time: 'yesterday'; write 24h for a day ago, or 2027-01-31T00:00:00Z"),
        ({"since": "never"}, "not a time: 'never'"),
        ({"until": "2026-09-21T14:00:00"}, "not a time: '2026-09-21T14:00:00'"),
        ({"looked_at": 5}, "unknown: looked_at"),
    ],
)
def test_what_cannot_be_asked_of_the_activity(office: Office, values: dict[str, Any], words: str) -> None:
    """There is no way to ask for everything at once."""
    with pytest.raises((MalformedValue, NotFound), match=words):
        office.ask("activity.list", values)


def test_what_was_observed_is_reported(office: Office, key: Key) -> None:
    """By key and reason since then, with the key's label, and what the exchange said to it."""
    missing = [record(key, verdict="observed", reason="permission.missing") for _ in range(2)]
    strange = record(verdict="observed", reason="key.not_proven", at_ns=START_NS - 1)
    refused = record(key)
    outcomes = (Outcome(missing[0].request_id, 200, ""), Outcome(refused.request_id, 401, ""))
    office.write(*missing, strange, refused, outcomes=outcomes)
    said = office.ask("activity.observed", since="10w")
    assert [tuple(each.values()) for each in said["observed"]] == [
        ("bot", key.wire_id, "binance", "permission.missing", 2, 0, 1, [each.request_id for each in missing[::-1]]),
        ("", strange.wire_id, "binance", "key.not_proven", 1, 0, 0, [strange.request_id]),
        ("bot", key.wire_id, "binance", "admitted", 1, 1, 0, [refused.request_id]),
    ]
    assert office.ask("activity.observed", since="99999999w")["since"] == "1970-01-01T00:00:00Z"
    office.later(days=2)
    assert office.ask("activity.observed")["observed"] == []
    with pytest.raises(MalformedValue, match="not a duration"):
        office.ask("activity.observed", since="yesterday")


def test_a_tampered_key_hides_no_activity(office: Office, key: Key, vandal: Vandal) -> None:
    """Its records are shown, without its label."""
    office.write(record(key))
    [row] = vandal.rows("keys")
    vandal.edit("keys", row, label="somebody else's")
    [shown] = office.ask("activity.list")["records"]
    assert (shown["key"], shown["label"]) == (key.id, "")


def test_unmapped_routes_and_counted_strangers(office: Office, key: Key) -> None:
    """Each with how often, and when."""
    office.write(
        *(record(key, path=path, verdict="denied", reason=Reason.UNMAPPED.code) for path in ("/a", "/b", "/a")),
        strangers={(MINUTE, "binance", "key.not_proven"): 500, (MINUTE - 1441, "binance", "key.not_proven"): 7},
    )
    routes = office.ask("activity.unmapped")["routes"]
    assert {(each["path"], each["count"], each["last_at"]) for each in routes} == {
        ("/a", 2, "2026-09-21T14:13:20Z"),
        ("/b", 1, "2026-09-21T14:13:20Z"),
    }
    assert office.ask("activity.strangers")["counts"] == [
        {"minute": "2026-09-21T14:13:00Z", "dialect": "binance", "reason": "key.not_proven", "count": 500}
    ]


def test_a_day_of_strangers(office: Office) -> None:
    """What is older than a day is left to the log."""
    office.write(strangers={(MINUTE, "binance", "key.not_proven"): 5})
    office.clock.ns += DAY_NS + 60_000_000_000
    assert office.ask_as(OPERATOR, "activity.strangers", {}) == {"counts": []}
