"""The activity log: written in groups with what has to be durable beside it, read back as it was, addresses sealed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitting.activity.ports import Batch, Entry, Line, Query
from bitting.domain.activity import Outcome, Record, request_id_of
from bitting.domain.network import Network, address_to_text
from bitting.gate.ports import Effects
from bitting.gate.totals import DAY_NS
from bitting.stores.pages import plain_of
from tests.stores.trial import PEER, START_NS, Trial, record
from tests.stores.vandal import Vandal


def write(trial: Trial, *records: Record) -> None:
    batch = Batch([Line(each, None) for each in records], [], {}, {})
    assert trial.store.write(batch) == [None] * len(records)


def read(trial: Trial, query: Query | None = None) -> list[Entry]:
    return trial.store.activity(query or Query(), trial.now_ns).entries


def ids(entries: Sequence[Entry]) -> list[str]:
    return [each.record.request_id for each in entries]


def test_records_come_back_as_they_were(trial: Trial) -> None:
    """A key's records and those of who claimed to be it, in the order they were written, addresses and all."""
    key = trial.key()
    records = [
        record(key, value="0.00000001", peer=PEER),
        record(wire_id=key.wire_id, peer=1, detail="ein Satz, größer als ASCII"),
        record(wire_id=key.wire_id, peer=2**128 - 1, agent="", path="/" * 200),
        record(key, peer=1, agent="another"),
    ]
    write(trial, *records)
    entries = read(trial)
    assert [each.record for each in entries] == records
    assert {(each.status, each.note) for each in entries} == {(0, "")}
    assert [each.row for each in entries] == sorted(each.row for each in entries)


def test_an_invented_key_is_counted_and_not_kept(trial: Trial) -> None:
    """Whoever claims a key that is not there, or none, leaves no record: inventing ids costs nothing."""
    key = trial.key()
    kept = record(wire_id=key.wire_id)
    write(trial, record(), kept, record(wire_id=""), record(wire_id=key.wire_id, dialect="bitfinex"))
    assert [each.record for each in read(trial)] == [kept]
    observed = record(verdict="observed", reason="key.not_proven")
    write(trial, observed)
    assert read(trial)[1:] == [Entry(read(trial)[1].row, observed, 0, "")]


def test_a_stranger_is_found_as_long_as_he_is_remembered(trial: Trial) -> None:
    """By his request id, though nothing of him is kept; and not by who looks into one account."""
    key, stranger = trial.key(), record()
    trial.store.strangers = {stranger.request_id: stranger}.get
    assert read(trial, Query(request_id=stranger.request_id)) == [Entry(0, stranger, 0, "")]
    assert read(trial, Query(request_id="another")) == []
    assert read(trial, Query(request_id=stranger.request_id, account=key.account)) == []
    assert read(trial) == []
    assert read(Trial(trial.engine), Query(request_id=stranger.request_id)) == []


def test_an_address_that_was_refused_is_shown(trial: Trial) -> None:
    """The record of a refused address names it, though it is kept in no other place than sealed."""
    refused = record(trial.key(), verdict="denied", reason="network.outside", shown=address_to_text(PEER))
    write(trial, refused)
    for each in bodies(trial):
        assert b"203.0.113" not in each
        assert b"ccxt" not in each
    assert [each.record for each in read(trial)] == [refused]


def test_a_query_matches_what_it_names(trial: Trial) -> None:
    """Key, account, verdict, reason and request id narrow, each alone and together."""
    one, other = trial.account("one"), trial.account("other")
    first, second, third = trial.key(one, "first"), trial.key(one, "second"), trial.key(other, "third")
    refused = record(second, verdict="denied", reason="pair.outside")
    stranger = record(wire_id=third.wire_id, action="")
    elsewhere = record(first, action="order.cancel, order.place", pair="ETH/USDT", peer=PEER + 256, at_ns=START_NS + 5)
    records = [record(first), record(second), refused, record(third), stranger, elsewhere]
    write(trial, *records)
    names = [each.request_id for each in records]
    cases = {
        Query(key=first.id): [names[0], names[5]],
        Query(account=one.id): names[:3] + names[5:],
        Query(key=second.id, account=one.id): names[1:3],
        Query(key=second.id, account=other.id): [],
        Query(verdict="denied"): names[2:3] + names[4:5],
        Query(reason="signature.bad"): names[4:5],
        Query(action="order.place"): names[:4] + names[5:],
        Query(action="order.cancel"): names[5:],
        Query(action="order"): [],
        Query(pair="ETH/USDT"): names[5:],
        Query(network=Network.from_text(["203.0.113.0/24"])): names[:5],
        Query(network=Network.from_text(["203.0.114.7"]), key=first.id): names[5:],
        Query(since_ns=START_NS + 1): names[5:],
        Query(since_ns=START_NS, until_ns=START_NS + 5): names[:5],
        Query(since_ns=START_NS + 6): [],
        Query(until_ns=START_NS): [],
        Query(account=one.id, verdict="denied"): names[2:3],
        Query(request_id=names[3]): names[3:4],
        Query(request_id="nobody's"): [],
        Query(key="nobody"): [],
    }
    for query, expected in cases.items():
        assert ids(read(trial, query)) == expected, query


def test_the_newest_are_shown_and_the_next_followed(trial: Trial) -> None:
    """Without `after` the newest `most`, newest last; with it the next ones, until there are no more; and back."""
    keys = [trial.key(label=f"bot {number}", account=trial.account(f"desk {number}")) for number in range(3)]
    records = [record(keys[number % 3]) for number in range(30)]
    for at in range(0, 30, 6):
        write(trial, *records[at : at + 6])
    names = [each.request_id for each in records]
    assert ids(read(trial, Query(most=5))) == names[-5:]
    assert ids(read(trial, Query(most=5, key=keys[1].id))) == names[1::3][-5:]
    assert ids(read(trial, Query(most=0))) == []
    for key, wanted in (("", names), (keys[1].id, names[1::3])):
        seen = []
        query = Query(after=-1, most=7, key=key)
        while (page := trial.store.activity(query, trial.now_ns)).on is not None:
            seen += ids(page.entries)
            query = query._replace(after=page.on)
        assert seen + ids(page.entries) == wanted
        seen = []
        query = Query(most=7, key=key)
        while (page := trial.store.activity(query, trial.now_ns)).on is not None:
            seen = ids(page.entries) + seen
            query = query._replace(before=page.on)
        assert ids(page.entries) + seen == wanted
    last = read(trial, Query(most=1))[0].row
    assert read(trial, Query(after=last)) == []


def test_a_large_group_takes_little_room(trial: Trial) -> None:
    """What repeats is compressed; it is read, searched and marked like any other."""
    key, other = trial.key(), trial.key(trial.account("other"))
    records = [record(key if number % 100 else other, value=str(number)) for number in range(1000)]
    write(trial, *records)
    with trial.engine.reading() as tables:
        (page,) = tables.log.pages(0, 2**40, None, back=False)
    assert len(page.body) < 20 * len(records)
    assert [each.record for each in read(trial, Query(most=1000))] == records
    assert ids(read(trial, Query(key=other.id))) == [each.request_id for each in records[::100]]
    assert read(trial, Query(pair="ETH/USDT")) == []


def test_a_search_looks_at_so_many_rows_and_says_so(trial: Trial) -> None:
    """Then it can be gone on with."""
    key = trial.key()
    write(trial, *[record(key, peer=number) for number in range(20)])
    query = Query(network=Network.from_text([address_to_text(3)]), looked_at=7)
    found = trial.store.activity(query, trial.now_ns)
    looks = 1
    while not found.entries:
        assert found.on is not None
        found = trial.store.activity(query._replace(before=found.on), trial.now_ns)
        looks += 1
    assert looks == 3
    assert found.entries[0].record.peer == 3


def test_a_request_id_says_where_to_look(trial: Trial) -> None:
    """One of ours is found by the second in it, among many; one that names another second is not there."""
    key = trial.key()
    second = START_NS // 10**9
    records = [
        record(key, at_ns=START_NS + n * 10**9, request_id=request_id_of(second + n, "abcdefgh", n)) for n in range(50)
    ]
    for each in records:
        write(trial, each)
    for each in records[::7]:
        assert ids(read(trial, Query(request_id=each.request_id))) == [each.request_id]
    assert read(trial, Query(request_id=request_id_of(second + 60, "abcdefgh", 5))) == []


def test_many_callers_of_an_account_are_read_through(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more keys than lists are worth while for, all pages are looked at, and the same is found."""
    account = trial.account()
    keys = [trial.key(account, f"bot {number}") for number in range(3)]
    other = trial.key(trial.account("other"))
    records = [record(each) for each in (*keys, other, *keys)]
    for each in records:
        write(trial, each)
    wanted = [each.request_id for each in records if each.account == account.id]
    assert ids(read(trial, Query(account=account.id))) == wanted
    monkeypatch.setattr("bitting.stores.search.MOST_CALLERS", 2)
    assert ids(read(trial, Query(account=account.id))) == wanted


def test_a_group_larger_than_a_page_is_several(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its outcomes find their records in each."""
    monkeypatch.setattr("bitting.stores.ledger.MOST_A_PAGE", 4)
    key = trial.key()
    records = [record(key) for _ in range(10)]
    outcomes = [Outcome(each.request_id, 200 + number, "") for number, each in enumerate(records)]
    trial.store.write(Batch([Line(each, None) for each in records], outcomes, {}, {}))
    entries = read(trial)
    assert [each.record for each in entries] == records
    assert [each.status for each in entries] == list(range(200, 210))
    assert len(bodies(trial)) == 3


def test_an_outcome_is_added_to_its_record(trial: Trial) -> None:
    """Status and note appear at the record, whether they come with it or later; an unknown request is nothing."""
    mine, other = record(trial.key()), record(trial.key(trial.account("other")))
    trial.store.write(Batch([Line(mine, None), Line(other, None)], [Outcome(mine.request_id, 200, "order 7")], {}, {}))
    trial.store.write(Batch([], [Outcome(other.request_id, 0, "unknown"), Outcome("nobody's", 500, "")], {}, {}))
    assert [(each.status, each.note) for each in read(trial)] == [(200, "order 7"), (0, "unknown")]


def test_outcomes_of_many_pages_are_found(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever of them is held in memory while one reads; the last word counts."""
    monkeypatch.setattr("bitting.stores.search._TELLERS_HELD", 1)
    key = trial.key()
    records = [record(key) for _ in range(6)]
    write(trial, *records)
    for status in (500, 200):
        for each in records:
            trial.store.write(Batch([], [Outcome(each.request_id, status, "")], {}, {}))
    assert [each.status for each in read(trial)] == [200] * 6


def test_an_outcome_finds_a_record_that_nobody_remembers(trial: Trial) -> None:
    """After a restart, or when too much was sent since."""
    key = trial.key()
    records = [record(key) for _ in range(3)]
    write(trial, *records)
    other = Trial(trial.engine)
    other.store.write(Batch([], [Outcome(records[1].request_id, 503, "late")], {}, {}))
    assert [(each.status, each.note) for each in read(trial)] == [(0, ""), (503, "late"), (0, "")]


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
    assert [(each.record.peer, each.record.agent) for each in read(trial)] == [(0, ""), (PEER, "ccxt/4")] * 2


def test_nobody_learns_an_address_whose_account_was_forgotten(trial: Trial, vandal: Vandal) -> None:
    """Where an account's key is destroyed, its records stay, and nothing personal of them; nobody else's suffer."""
    key, other = trial.key(), trial.key(trial.account("other"))
    write(trial, record(key), record(other))
    row = next(each for each in vandal.rows("account_keys") if each["account_id"] == key.account)
    vandal.delete("account_keys", row)
    entries = trial_again(trial)
    assert [(each.record.peer, each.record.agent) for each in entries] == [(0, ""), (PEER, "ccxt/4")]


def trial_again(trial: Trial) -> list[Entry]:
    """What a process reads that has unwrapped no key yet."""
    return read(Trial(trial.engine))


def bodies(trial: Trial) -> list[bytes]:
    with trial.engine.reading() as tables:
        return [plain_of(each) for each in tables.log.pages(0, 2**40, None, back=False)]


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
    key = trial.key(trial.account("any"))
    records = [
        record(wire_id=wire_id, path=path, agent=agent, peer=peer, at_ns=at_ns, verdict="observed")
        for wire_id, path, agent, peer, at_ns in rows
    ]
    records.append(record(key, path=rows[0][1], agent=rows[0][2], peer=rows[0][3]))
    write(trial, *records)
    assert [each.record for each in read(trial, Query(most=len(records)))] == records
