"""What is counted beside the records, by minute, hour and day, by name and by use: never without them, nor twice."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitting.activity.blocks import block_of, block_to_text
from bitting.activity.ports import (
    ALWAYS_NS,
    USUAL_RETENTION,
    Alike,
    Batch,
    By,
    Counted,
    CountQuery,
    Entry,
    Line,
    Observed,
    Query,
    Sighting,
    Step,
    Use,
)
from bitting.domain.activity import Outcome, Record
from bitting.domain.errors import MalformedValue
from bitting.domain.network import address_to_text
from bitting.gate.totals import DAY_NS
from bitting.lifecycle.rotate import rotate
from bitting.stores.memory.engine import MemoryEngine
from bitting.stores.sqlite.engine import SqliteEngine
from tests.stores.trial import HMAC, PEER, START_NS, Trial, binance_dialect, record
from tests.stores.vandal import Vandal

MINUTE_NS, HOUR_NS = Step.MINUTE.ns, Step.HOUR.ns
MINUTE = START_NS // MINUTE_NS * MINUTE_NS


def write(trial: Trial, *records: Record, beyond: dict[Alike, int] | None = None) -> None:
    trial.store.write(Batch([Line(each, None) for each in records], [], {}, beyond or {}))


def counted(trial: Trial, step: Step = Step.MINUTE, by: tuple[By, ...] = (), **of: object) -> list[Counted]:
    query = CountQuery(step, 0, ALWAYS_NS, by=by)._replace(**of)  # type: ignore[arg-type]
    return trial.store.counted(query, trial.now_ns)


def test_decisions_are_counted_by_everything_they_are_told_apart_by(trial: Trial) -> None:
    """Of one key: action (the first of several), verdict, reason, block and client; each alone and together."""
    key = trial.key()
    write(
        trial,
        record(key),
        record(key, peer=PEER + 1),
        record(key, peer=PEER + 256, agent="other"),
        record(key, action="order.cancel, order.place", verdict="denied", reason="pair.outside", agent=""),
    )
    write(trial, record(key, at_ns=START_NS + 1))
    alone: dict[By, dict[str, int]] = {
        By.DIALECT: {"binance": 5},
        By.KEY: {key.id: 5},
        By.ACTION: {"order.place": 4, "order.cancel": 1},
        By.VERDICT: {"admitted": 4, "denied": 1},
        By.REASON: {"": 4, "pair.outside": 1},
        By.BLOCK: {"203.0.113.0/24": 4, "203.0.114.0/24": 1},
        By.CLIENT: {"ccxt/4": 3, "other": 1, "": 1},
    }
    for by, times in alone.items():
        found = counted(trial, by=(by,), key=key.id)
        assert found == [Counted(MINUTE, (text,), times[text]) for text in sorted(times)]
    assert counted(trial, by=(By.CLIENT, By.VERDICT), key=key.id) == [
        Counted(MINUTE, ("", "denied"), 1),
        Counted(MINUTE, ("ccxt/4", "admitted"), 3),
        Counted(MINUTE, ("other", "admitted"), 1),
    ]
    assert counted(trial, key=key.id) == [Counted(MINUTE, (), 5)]


def test_minutes_are_hours_and_days(trial: Trial) -> None:
    """A group over midnight counts in each period it was in."""
    key = trial.key()
    midnight = START_NS // DAY_NS * DAY_NS + DAY_NS
    write(trial, *[record(key, at_ns=midnight + at) for at in (-HOUR_NS, -1, 0, 1, MINUTE_NS, HOUR_NS - 1)])
    times = {each.at_ns - midnight: each.times for each in counted(trial, key=key.id)}
    assert times == {-HOUR_NS: 1, -MINUTE_NS: 1, 0: 2, MINUTE_NS: 1, HOUR_NS - MINUTE_NS: 1}
    assert counted(trial, Step.HOUR, key=key.id) == [
        Counted(midnight - HOUR_NS, (), 2),
        Counted(midnight, (), 4),
    ]
    assert counted(trial, Step.DAY, key=key.id) == [Counted(midnight - DAY_NS, (), 2), Counted(midnight, (), 4)]


def test_periods_that_begin_within_the_time_are_told(trial: Trial) -> None:
    """The first moment counts, the last one does not; a time with nothing in it has no periods."""
    key = trial.key()
    write(trial, *[record(key, at_ns=MINUTE + number * MINUTE_NS) for number in range(5)])
    cases = {
        (MINUTE, MINUTE + 2 * MINUTE_NS): [0, 1],
        (MINUTE + 1, MINUTE + 2 * MINUTE_NS + 1): [1, 2],
        (MINUTE + 4 * MINUTE_NS, ALWAYS_NS): [4],
        (0, MINUTE): [],
        (MINUTE + 5 * MINUTE_NS, ALWAYS_NS): [],
        (MINUTE + MINUTE_NS, MINUTE): [],
    }
    for (since_ns, until_ns), numbers in cases.items():
        found = counted(trial, key=key.id, since_ns=since_ns, until_ns=until_ns)
        assert [each.at_ns for each in found] == [MINUTE + number * MINUTE_NS for number in numbers]
    assert counted(trial, key="nobody") == []


def test_a_key_an_account_strangers_and_the_house(trial: Trial) -> None:
    """Each has its own count; the house's is of everybody, and not told apart by what is one account's."""
    one, other = trial.account("one"), trial.account("other")
    keys = [trial.key(one, "first"), trial.key(one, "second"), trial.key(other, "third")]
    write(trial, *[record(each) for each in keys], record(), record(wire_id=keys[0].wire_id))
    assert counted(trial, by=(By.KEY,), account=one.id) == sorted(Counted(MINUTE, (each.id,), 1) for each in keys[:2])
    assert counted(trial, key=keys[2].id, account=one.id) == []
    assert counted(trial, strangers=True, by=(By.REASON, By.BLOCK, By.DIALECT)) == [
        Counted(MINUTE, ("signature.bad", "203.0.113.0/24", "binance"), 2)
    ]
    assert counted(trial, by=(By.VERDICT, By.DIALECT)) == [
        Counted(MINUTE, ("admitted", "binance"), 3),
        Counted(MINUTE, ("denied", "binance"), 2),
    ]
    for by in (By.KEY, By.BLOCK, By.CLIENT):
        with pytest.raises(MalformedValue, match="name a key or an account"):
            counted(trial, by=(by,))


def test_what_is_only_counted_counts(trial: Trial) -> None:
    """Floods of strangers by reason and block, and those of a key as its own; where a block is not known, there is
    none."""
    key = trial.key()
    flood = record(key, verdict="denied", reason="rate.denials")
    stranger = record(peer=2**120 + 5)
    for _ in range(2):
        write(trial, beyond={Alike.of(flood): 500, Alike.of(stranger): 7, Alike.of(stranger)._replace(block=0): 3})
    assert counted(trial, key=key.id, by=(By.REASON, By.BLOCK)) == [
        Counted(MINUTE, ("rate.denials", "203.0.113.0/24"), 1000)
    ]
    assert counted(trial, strangers=True, by=(By.BLOCK,)) == [
        Counted(MINUTE, ("",), 6),
        Counted(MINUTE, ("100::/48",), 14),
    ]
    assert counted(trial) == [Counted(MINUTE, (), 1020)]
    assert trial.look(lambda shelf: shelf.usage(key.id)) is None
    assert trial.store.activity(Query(), trial.now_ns).entries == []


def test_strangers_alone_have_their_time(trial: Trial) -> None:
    """A house that nobody has used yet counts by what it is told, and forgets nothing of it too early."""
    write(trial, beyond={Alike.of(record()): 2})
    assert not trial.store.forget(USUAL_RETENTION, START_NS + 30 * DAY_NS)
    assert counted(trial, Step.DAY, strangers=True, by=(By.BLOCK,))[0].by == ("203.0.113.0/24",)


def test_the_last_use_of_each_credential(trial: Trial) -> None:
    """Time, address, client and endpoint; the latest first; a stranger who claims the key is no use of it."""
    key = trial.key()
    assert trial.store.uses(key.id, trial.now_ns) == ((), (), (), {})
    write(trial, record(key), record(key, at_ns=START_NS + 5, peer=PEER + 1, agent="bot", path="/api/v3/account"))
    rotated = trial.do(lambda act: rotate(act, key.id, binance_dialect(), HMAC, 60)).key
    new = record(rotated, at_ns=START_NS + 9, method="GET", agent="")
    write(trial, new, record(wire_id=key.wire_id, at_ns=START_NS + 20))
    assert trial.look(lambda shelf: shelf.usage(key.id)) == START_NS + 9
    assert trial.store.uses(key.id, trial.now_ns).credentials == (
        Use(rotated.primary.id, START_NS + 9, PEER, "", "GET", "/api/v3/order"),
        Use(key.primary.id, START_NS + 5, PEER + 1, "bot", "POST", "/api/v3/account"),
    )


def test_addresses_and_clients_are_seen_first_and_last(trial: Trial) -> None:
    """Of a key, over its credentials; and when each action was last admitted, to the minute."""
    key = trial.key()
    late = START_NS + MINUTE_NS
    write(trial, record(key, at_ns=START_NS + 1), record(key, at_ns=START_NS + 2), record(key, at_ns=START_NS + 3))
    write(trial, record(key, at_ns=late, peer=PEER + 1, agent="new", action="order.place, order.cancel"))
    refused = {"verdict": "denied", "reason": "pair.outside"}
    write(trial, record(key, at_ns=late + 1, peer=PEER + 1, action="balances.read", **refused))
    rotated = trial.do(lambda act: rotate(act, key.id, binance_dialect(), HMAC, 60)).key
    write(trial, record(rotated, at_ns=late + 9))
    uses = trial.store.uses(key.id, trial.now_ns)
    assert uses.addresses == (
        Sighting("203.0.113.7", START_NS + 1, late + 9, 4),
        Sighting("203.0.113.8", late, late + 1, 2),
    )
    assert uses.clients == (Sighting("ccxt/4", START_NS + 1, late + 9, 5), Sighting("new", late, late, 1))
    assert {action: at_ns // MINUTE_NS for action, at_ns in uses.actions.items()} == {
        "order.cancel": late // MINUTE_NS,
        "order.place": late // MINUTE_NS,
    }


def test_names_are_bounded(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-08: clients cost nothing to invent. Beyond so many new ones a day they are counted without a name; the next day
    there are new ones."""
    monkeypatch.setattr("bitting.stores.numbers.NEW_A_DAY", {"address": 2, "block": 2, "client": 3})
    key = trial.key()
    for day in range(2):
        for number in range(6):
            write(trial, record(key, at_ns=START_NS + day * DAY_NS, agent=f"{day}/{number}", peer=PEER + (number << 8)))
    write(trial, record(key, at_ns=START_NS + 2 * DAY_NS, agent="0/5", peer=PEER + (5 << 8)))
    uses = trial.store.uses(key.id, trial.now_ns)
    named = [f"{day}/{number}" for day in range(2) for number in range(3)]
    assert sorted(each.text for each in uses.clients) == sorted([*named, "0/5"])
    assert len(uses.addresses) == 5
    assert [each.times for each in counted(trial, Step.DAY, key=key.id, by=(By.CLIENT,))] == [3, 1, 1, 1] * 2 + [1]
    assert sum(each.times for each in counted(trial, key=key.id)) == 13


def test_what_is_known_is_bounded(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the writer holds in memory is dropped and found again, and nothing is counted twice or under two numbers."""
    monkeypatch.setattr("bitting.stores.known.MOST_HELD", 2)
    keys = [trial.key(label=f"bot {number}") for number in range(3)]
    records = []
    for _ in range(3):
        made = [record(each) for each in keys]
        write(trial, *made)
        records += made
        assert len(trial.store._known.sent) <= 2
    for each in records:
        trial.store.write(Batch([], [Outcome(each.request_id, 200, "")], {}, {}))
    for key in keys:
        assert counted(trial, key=key.id) == [Counted(MINUTE, (), 3)]
        assert [each.times for each in trial.store.uses(key.id, trial.now_ns).clients] == [3]
    assert {each.status for each in trial.store.activity(Query(), trial.now_ns).entries} == {200}


def test_another_process_counts_on(trial: Trial) -> None:
    """After a restart the numbers are the same ones."""
    key = trial.key()
    write(trial, record(key))
    for _ in range(2):
        again = Trial(trial.engine)
        again.now_ns = trial.now_ns
        write(again, record(key))
    assert counted(trial, key=key.id, by=(By.BLOCK, By.CLIENT)) == [Counted(MINUTE, ("203.0.113.0/24", "ccxt/4"), 3)]
    assert trial.store.uses(key.id, trial.now_ns).clients == (Sighting("ccxt/4", START_NS, START_NS, 3),)


def test_nothing_personal_is_kept_in_clear(trial: Trial, vandal: Vandal) -> None:
    """Of a shredded account counts remain, and neither blocks, clients nor addresses; those of others do."""
    key, other = trial.key(), trial.key(trial.account("other"))
    write(trial, record(key), record(other))
    for row in vandal.rows("names"):
        assert b"203" not in row["box"]
        assert b"ccxt" not in row["box"]
    row = next(each for each in vandal.rows("account_keys") if each["account_id"] == key.account)
    vandal.delete("account_keys", row)
    again = Trial(trial.engine)
    assert counted(again, key=key.id, by=(By.BLOCK, By.CLIENT)) == [Counted(MINUTE, ("", ""), 1)]
    assert again.store.uses(key.id, trial.now_ns)[:3] == (
        (Use(key.primary.id, START_NS, 0, "", "POST", "/api/v3/order"),),
        (),
        (),
    )
    assert counted(again, key=other.id, by=(By.CLIENT,)) == [Counted(MINUTE, ("ccxt/4",), 1)]


def test_a_failed_group_is_not_counted(trial: Trial) -> None:
    """Half-way through, none of it is there; the next one counts as if it had never been."""
    key = trial.key()
    nonsense = Alike.of(record())._replace(dialect=None)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        write(trial, record(key), beyond={nonsense: 1})
    assert counted(trial) == []
    write(trial, record(key))
    assert counted(trial) == [Counted(MINUTE, (), 1)]
    assert counted(trial, key=key.id, by=(By.CLIENT,)) == [Counted(MINUTE, ("ccxt/4",), 1)]


def test_a_chart_over_a_year_is_one_small_query(trial: Trial) -> None:
    """366 rows at most, of a key and of the house, by days; and of 90 days by hours."""
    key, other = trial.key(), trial.key(trial.account("other"))
    for day in range(366):
        at_ns = START_NS + day * DAY_NS
        refused = record(other, at_ns=at_ns, verdict="denied", reason="pair.outside")
        write(trial, *[record(key, at_ns=at_ns)] * (day % 3 + 1), refused)
    year = (START_NS // DAY_NS * DAY_NS, START_NS + 366 * DAY_NS)
    for of, more in ((key.id, 1), ("", 2)):
        rows = counted(trial, Step.DAY, since_ns=year[0], until_ns=year[1], key=of)
        assert [each.times for each in rows] == [day % 3 + more for day in range(366)]
        assert [each.at_ns for each in rows] == [year[0] + day * DAY_NS for day in range(366)]
        with trial.engine.reading() as tables:
            assert len(tables.tallies.counts(CountQuery(Step.DAY, *year, key=of), [])) == 366
    by_reason = counted(trial, Step.DAY, since_ns=year[0], until_ns=year[1], by=(By.REASON,))
    assert len(by_reason) == 2 * 366


Made = tuple[int, str, tuple[str, str], int, str, int]

KINDS = st.tuples(
    st.sampled_from([0, 1, 2]),  # one of two keys, or a stranger
    st.sampled_from(["order.place", "order.cancel", "order.place, order.cancel"]),
    st.sampled_from([("admitted", ""), ("denied", "pair.outside"), ("observed", "rate.key")]),
    st.sampled_from([PEER, PEER + 1, PEER + 256, 2**120]),
    st.sampled_from(["", "ccxt/4", "bot"]),
    st.integers(0, 3 * 3600).map(lambda seconds: START_NS + seconds * 1_000_000_000),
)


@settings(max_examples=20)
@given(groups=st.lists(st.lists(KINDS, max_size=8), max_size=6), restarts=st.sets(st.integers(0, 6)))
def test_counting_is_recounting(groups: list[list[Made]], restarts: set[int]) -> None:
    """Whatever is written in whatever groups, over restarts: the counts are what the records add up to."""
    with TemporaryDirectory() as folder, closing(SqliteEngine.open(Path(folder) / "bitting.db")) as opened:
        for engine in (MemoryEngine(), opened):
            trial = Trial(engine)
            keys = [trial.key(trial.account(f"desk {number}"), f"bot {number}") for number in range(2)]
            for number, group in enumerate(groups):
                if number in restarts:
                    trial = Trial(engine)
                records = []
                for of, action, (verdict, reason), peer, agent, at_ns in group:
                    made = record(keys[of] if of < 2 else None, at_ns=at_ns, wire_id=keys[of % 2].wire_id)
                    made = made._replace(action=action, verdict=verdict, reason=reason, peer=peer, agent=agent)
                    records.append(made)
                write(trial, *records)
            entries = trial.store.activity(Query(most=1000), trial.now_ns).entries
            for step in Step:
                for key in keys:
                    assert counted(trial, step, _ALL, key=key.id) == recounted(step, entries, key.id)
                assert sum(each.times for each in counted(trial, step)) == len(entries)


_ALL = (By.ACTION, By.VERDICT, By.REASON, By.BLOCK, By.CLIENT)


def recounted(step: Step, entries: list[Entry], key: str) -> list[Counted]:
    """By adding up records."""
    times: Counter[tuple[int, tuple[str, ...]]] = Counter()
    for each in [entry.record for entry in entries if entry.record.key == key]:
        block = block_to_text(block_of(each.peer))
        by = (each.action.split(", ")[0], each.verdict, each.reason, block, each.agent)
        times[each.at_ns // step.ns * step.ns, by] += 1
    return [Counted(at_ns, by, number) for (at_ns, by), number in sorted(times.items())]


def test_blocks_have_names() -> None:
    """/24 and /48, as everybody writes them; elsewhere has none."""
    assert address_to_text(block_of(PEER)) == "203.0.113.0"
    assert block_to_text(block_of(PEER)) == "203.0.113.0/24"
    assert block_to_text(block_of((0x20010DB8 << 96) + (0x12345678 << 64) + 9)) == "2001:db8:1234::/48"
    assert block_to_text(0) == ""


def test_what_was_observed_is_gathered(trial: Trial) -> None:
    """By caller and reason, the most frequent first: how often the exchange refused it too, and how often it answered;
    with the newest few. What we admitted and it refused stands there as well, by its status or by its own words."""
    key = trial.key()
    missing = [record(key, verdict="observed", reason="permission.missing") for _ in range(5)]
    stranger = record(verdict="observed", reason="key.not_proven")
    read, declined, admitted = record(key), record(key), record(key)
    others = [
        record(key, verdict="denied", reason="pair.outside"),
        record(key, at_ns=START_NS - HOUR_NS, verdict="observed"),
    ]
    outcomes = {
        missing[0]: (200, "7"),
        missing[1]: (403, ""),
        missing[2]: (0, "unknown"),
        missing[3]: (200, "declined"),
        stranger: (500, ""),
        read: (401, ""),
        declined: (200, "declined"),
        admitted: (200, "8"),
    }
    lines = [Line(each, None) for each in (*missing, stranger, read, declined, admitted, *others)]
    trial.store.write(Batch(lines, [Outcome(each.request_id, *said) for each, said in outcomes.items()], {}, {}))
    ids = [each.request_id for each in missing]
    place = (key.id, key.wire_id, "binance")
    unknown = ("", stranger.wire_id, "binance")
    assert trial.look(lambda shelf: shelf.observed(START_NS)) == [
        Observed(*place, "observed", "permission.missing", 5, 2, 1, (ids[4], ids[3], ids[2])),
        Observed(*place, "admitted", "", 2, 2, 0, (declined.request_id, read.request_id)),
        Observed(*unknown, "observed", "key.not_proven", 1, 1, 0, (stranger.request_id,)),
    ]
    assert trial.look(lambda shelf: shelf.observed(START_NS + 10**18)) == []
