"""The activity log: written in groups with what has to be durable beside it, read back as it was, addresses sealed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitting.activity.ports import Batch, Entry, Line, Observed, Query
from bitting.domain.activity import Outcome, Record
from bitting.domain.errors import Tampered
from bitting.domain.network import address_to_text
from bitting.gate.ports import Effects
from bitting.gate.totals import DAY_NS
from bitting.stores.ports import KeptEntry
from tests.stores.trial import PEER, START_NS, Trial, record
from tests.stores.vandal import Vandal

MINUTE = START_NS // 60_000_000_000


def write(trial: Trial, *records: Record) -> None:
    batch = Batch([Line(each, None) for each in records], [], {}, {})
    assert trial.store.write(batch) == [None] * len(records)


def read(trial: Trial, query: Query | None = None) -> list[Entry]:
    return trial.store.activity(query or Query(), trial.now_ns)


def ids(entries: Sequence[Entry]) -> list[str]:
    return [each.record.request_id for each in entries]


def test_records_come_back_as_they_were(trial: Trial) -> None:
    """A key's record and a stranger's, in the order they were written, addresses and all."""
    records = [
        record(trial.key(), value="0.00000001", peer=PEER),
        record(peer=1, detail="ein Satz, größer als ASCII"),
        record(peer=2**128 - 1, agent="", path="/" * 200),
    ]
    write(trial, *records)
    entries = read(trial)
    assert [each.record for each in entries] == records
    assert {(each.status, each.note) for each in entries} == {(0, "")}
    assert [each.row for each in entries] == sorted(each.row for each in entries)


def test_an_address_that_was_refused_is_shown(trial: Trial) -> None:
    """The record of a refused address names it, though it is kept in no other place than sealed."""
    refused = record(trial.key(), verdict="denied", reason="network.outside", shown=address_to_text(PEER))
    write(trial, refused)
    assert read_sealed(trial)[0].record.shown == ""
    assert [each.record for each in read(trial)] == [refused]


def test_a_query_matches_what_it_names(trial: Trial) -> None:
    """Key, account, verdict, reason and request id narrow, each alone and together."""
    one, other = trial.account("one"), trial.account("other")
    first, second, third = trial.key(one, "first"), trial.key(one, "second"), trial.key(other, "third")
    refused = record(second, verdict="denied", reason="pair.outside")
    stranger = record()
    records = [record(first), record(second), refused, record(third), stranger]
    write(trial, *records)
    names = [each.request_id for each in records]
    cases = {
        Query(key=first.id): names[:1],
        Query(account=one.id): names[:3],
        Query(key=second.id, account=one.id): names[1:3],
        Query(key=second.id, account=other.id): [],
        Query(verdict="denied"): names[2:3] + names[4:],
        Query(reason="signature.bad"): names[4:],
        Query(account=one.id, verdict="denied"): names[2:3],
        Query(request_id=names[3]): names[3:4],
        Query(request_id="nobody's"): [],
        Query(key="nobody"): [],
    }
    for query, expected in cases.items():
        assert ids(read(trial, query)) == expected, query


def test_the_newest_are_shown_and_the_next_followed(trial: Trial) -> None:
    """Without `after` the newest `most`, newest last; with it the next ones, until there are no more."""
    keys = [trial.key(label=f"bot {number}", account=trial.account(f"desk {number}")) for number in range(3)]
    records = [record(keys[number % 3]) for number in range(30)]
    write(trial, *records[:20])
    write(trial, *records[20:])
    names = [each.request_id for each in records]
    assert ids(read(trial, Query(most=5))) == names[-5:]
    assert ids(read(trial, Query(most=5, key=keys[1].id))) == names[1::3][-5:]
    assert ids(read(trial, Query(most=0))) == []
    first = read(trial)[0].row
    seen = [names[0]]
    while page := read(trial, Query(after=first, most=7)):
        seen += ids(page)
        first = page[-1].row
    assert seen == names


def test_an_outcome_is_added_to_its_record(trial: Trial) -> None:
    """Status and note appear at the record, whether they come with it or later; an unknown request is nothing."""
    mine, other = record(trial.key()), record()
    trial.store.write(Batch([Line(mine, None), Line(other, None)], [Outcome(mine.request_id, 200, "order 7")], {}, {}))
    trial.store.write(Batch([], [Outcome(other.request_id, 0, "unknown"), Outcome("nobody's", 500, "")], {}, {}))
    assert [(each.status, each.note) for each in read(trial)] == [(200, "order 7"), (0, "unknown")]


def test_unmapped_routes_are_gathered(trial: Trial) -> None:
    """One line for each route that no table names, with how often and when last; the latest first."""
    key = trial.key()
    routes = [("GET", "/a", 1), ("GET", "/b", 2), ("GET", "/a", 3), ("POST", "/a", 4)]
    for method, path, second in routes:
        at_ns = START_NS + second
        write(trial, record(key, at_ns=at_ns, method=method, path=path, verdict="denied", reason="action.unmapped"))
    write(trial, record(key, path="/mapped"))
    assert trial.look(lambda shelf: shelf.unmapped()) == [
        {"dialect": "binance", "method": "POST", "path": "/a", "count": 1, "last_at_ns": START_NS + 4},
        {"dialect": "binance", "method": "GET", "path": "/a", "count": 2, "last_at_ns": START_NS + 3},
        {"dialect": "binance", "method": "GET", "path": "/b", "count": 1, "last_at_ns": START_NS + 2},
    ]


def test_what_was_observed_is_gathered(trial: Trial) -> None:
    """By caller and reason, the most frequent first: how often the exchange refused it too, and how often it answered;
    with the newest few. What we admitted and it refused stands there as well, by its status or by its own words."""
    key = trial.key()
    missing = [record(key, verdict="observed", reason="permission.missing") for _ in range(5)]
    stranger = record(verdict="observed", reason="key.not_proven")
    read, declined, admitted = record(key), record(key), record(key)
    others = [record(key, verdict="denied", reason="pair.outside"), record(key, at_ns=START_NS - 1, verdict="observed")]
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


def test_floods_of_strangers_are_counted(trial: Trial) -> None:
    """What was not kept record by record adds up, minute by minute."""
    counts = {(MINUTE, "binance", "signature.bad"): 5, (MINUTE - 1, "bitfinex", "key.unknown"): 7}
    for _ in range(2):
        trial.store.write(Batch([], [], {}, counts))
    found = trial.look(lambda shelf: shelf.strangers(START_NS))
    assert found == {(MINUTE, "binance", "signature.bad"): 10}
    assert len(trial.look(lambda shelf: shelf.strangers(0))) == 2


def test_usage_is_the_last_proven_request(trial: Trial) -> None:
    """A key's last use is that of its newest record; a stranger who claims its wire id is no use of it."""
    key = trial.key()
    assert trial.look(lambda shelf: shelf.usage(key.id)) is None
    write(trial, record(key, at_ns=START_NS), record(key, at_ns=START_NS + 5))
    write(trial, record(wire_id=key.wire_id, at_ns=START_NS + 9))
    assert trial.look(lambda shelf: shelf.usage(key.id)) == START_NS + 5


@pytest.mark.parametrize("box", [b"", b"\1" + bytes(120)])
def test_an_address_without_a_key_is_not_kept(trial: Trial, vandal: Vandal, box: bytes) -> None:
    """When an account's key has been destroyed, its records are kept and their addresses are not; nobody else's
    records suffer."""
    key, other = trial.key(), trial.key(trial.account("other"))
    row = next(each for each in vandal.rows("account_keys") if each["account_id"] == key.account)
    vandal.edit("account_keys", row, box=box)
    write(trial, record(key), record(other))
    vandal.delete("account_keys", {**row, "box": box})
    write(trial, record(key), record(other))
    assert [each.record.peer for each in read(trial)] == [0, PEER] * 2


def test_an_address_is_sealed_for_its_request(trial: Trial) -> None:
    """Moved to another request, day, key's account or stranger, a sealed address does not open."""
    key, other = trial.key(), trial.key(trial.account("other"))
    write(trial, record(key), record(other), record())
    mine, theirs, _ = read_sealed(trial)
    for moved in (
        (mine.record._replace(request_id="another"), mine.peer),
        (mine.record._replace(at_ns=START_NS + DAY_NS), mine.peer),
        (mine.record, theirs.peer),
        (mine.record._replace(tenant="", account="", key=""), mine.peer),
        (mine.record, mine.peer[:-1]),
    ):
        with trial.engine.writing() as tables:
            tables.log.add([moved[0]], [moved[1]])
        row = read_sealed(trial)[-1].row
        with pytest.raises(Tampered):
            read(trial, Query(after=row - 1))


def read_sealed(trial: Trial) -> list[KeptEntry]:
    with trial.engine.reading() as tables:
        return tables.log.entries(Query())


class Broken(list[Outcome]):
    """Fails while it is written."""

    def __iter__(self) -> Iterator[Outcome]:
        raise RuntimeError("the lights went out")


def test_a_failed_group_leaves_nothing(trial: Trial) -> None:
    """When a group fails half-way, none of it is there, and the next one does not miss it."""
    key = trial.key()
    for _ in range(2):
        with pytest.raises(RuntimeError):
            trial.store.write(Batch([Line(record(key), Effects({key.primary.id: 1}, {}, None))], Broken(), {}, {}))
        assert read(trial) == []
    write(trial, record(key))
    assert len(read(trial)) == 1
    assert trial.look(lambda shelf: shelf.usage(key.id)) == START_NS


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(TEXT, TEXT, TEXT, st.integers(0, 2**128 - 1), st.integers(START_NS, START_NS + 3 * DAY_NS)),
        min_size=1,
        max_size=5,
    )
)
def test_any_text_comes_back(trial: Trial, rows: list[tuple[str, str, str, int, int]]) -> None:
    """Whatever a stranger sends as id, path or agent is read back as it came, from any address, on any day."""
    after = max((each.row for each in read(trial, Query(most=10_000))), default=0)
    records = [
        record(wire_id=wire_id, path=path, agent=agent, peer=peer, at_ns=at_ns)
        for wire_id, path, agent, peer, at_ns in rows
    ]
    write(trial, *records)
    assert [each.record for each in read(trial, Query(after=after)) or read(trial)] == records
