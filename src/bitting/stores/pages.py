"""A page: the records of one group commit, packed, marked, and chained to the page before.

A thousand records written one by one are a thousand rows and their places in indices; packed they are one row, a third
of the size and less, whose mark costs next to nothing. A page is JSON in ASCII, compressed where it is worth while; so
words can be looked for before it is read:

    v        1
    at       the records' moments, each less the page's oldest
    id       their request ids
    from     for each record a place in `whose`
    whose    callers by their numbers, a slash before and behind each, so that one of them can be looked for; one that
             came from two addresses stands here twice
    boxes    by caller: its addresses and clients in the order of `whose`, 16 bytes and a text behind its length in 2
             bytes, sealed under its account's key, in base64; "" where there was no such key any more
    is       for each record a place in `likes`
    likes    what else there is to a record and repeats from one to the next, in the order of `ALIKE`
    claimed  by place: the wire id a stranger came with
    value    by place: what was reserved, and its currency
    told     what became of records of this page or earlier ones: row, status, note

A row's number is that of its page, and in the last bits its place there; so rows are in order, and a row says where it
lies. The mark is HMAC-SHA256 over L(mark of the page before, number, oldest, top, body), under a key that hangs from
the house's own account key: shards may turn, and it stays. A new layout is a new `v`.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from itertools import compress
from operator import itemgetter
from typing import Any, Final, NamedTuple

from bitting.domain.activity import Record
from bitting.domain.canonical import framed
from bitting.domain.errors import Tampered
from bitting.stores.log_ports import Caller, LogHead, Page
from bitting.vault.account_key import FieldMarker

ROW_BITS: Final = 12
MOST_A_PAGE: Final = 1 << ROW_BITS
SPAN_BITS: Final = 6  # by how many pages a caller is found
NO_MARK: Final = b""
ALIKE: Final = ["method", "path", "action", "pair", "verdict", "reason", "shown", "detail", "policy"]

Told = tuple[int, int, str]  # row, status, note
Person = tuple[int, str]  # address, client

_alike = itemgetter(*map(Record._fields.index, ALIKE))
_VERSION: Final = 1
_WORTH_WHILE: Final = 1024  # bytes
_ADDRESS: Final = 16  # bytes
_LENGTH: Final = 2


class Sheet(NamedTuple):
    """The records of a page in columns: `people` are callers with an address and a client each, `of` says which is a
    record's, `likes` and `like` the same of what else repeats."""

    records: Sequence[Record]
    people: Sequence[tuple[int, int, str]]
    of: Sequence[int]
    likes: Sequence[tuple[Any, ...]]
    like: Sequence[int]

    @classmethod
    def of_records(cls, records: Sequence[Record], callers: Sequence[int]) -> Sheet:
        """Lay out records, of these callers."""
        peers, agents = [each.peer for each in records], [each.agent for each in records]
        people, of = _numbered(zip(callers, peers, agents, strict=True))
        likes, like = _numbered(map(_alike, records))
        return cls(records, people, of, likes, like)


def _numbered(values: Any) -> tuple[list[Any], list[int]]:
    """The values, each once, and for each the place of it."""
    places: dict[Any, int] = {}
    column = [places.setdefault(each, len(places)) for each in values]
    return list(places), column


def span_of(page: int) -> int:
    """The pages among which a page is found."""
    return page >> SPAN_BITS


def row_number(page: int, place: int) -> int:
    """The number of a row."""
    return page << ROW_BITS | place


def page_of(row: int) -> int:
    """The page a row is in."""
    return row >> ROW_BITS


def pack(sheet: Sheet, told: Sequence[Told], seal: Callable[[int, bytes], bytes]) -> bytes:
    """The body of a page. `seal` is given a caller, and what is to be sealed for it."""
    records = sheet.records
    oldest_ns = min([each.at_ns for each in records], default=0)
    whose = [caller for caller, _, _ in sheet.people]
    boxes: dict[int, bytes] = {}
    for caller, peer, agent in sheet.people:
        boxes[caller] = boxes.get(caller, b"") + _person(peer, agent)
    body = {
        "v": _VERSION,
        "at": [each.at_ns - oldest_ns for each in records],
        "id": [each.request_id for each in records],
        "from": sheet.of,
        "whose": f"/{'/'.join(map(str, whose))}/",
        "boxes": {caller: b64encode(seal(caller, plain)).decode() for caller, plain in boxes.items()},
        "is": sheet.like,
        "likes": sheet.likes,
        "claimed": {place: each.wire_id for place, each in enumerate(records) if not each.key},
        "value": {place: (each.value, each.currency) for place, each in enumerate(records) if each.value},
        "told": told,
    }
    plain = _json(body)
    return plain if len(plain) < _WORTH_WHILE else zlib.compress(plain, 1)


def plain_of(page: Page) -> bytes:
    """The JSON of a page that was found to be whole."""
    return page.body if page.body.startswith(b"{") else zlib.decompress(page.body)


class Leaves:
    """What is in a page that was found to be whole."""

    def __init__(self, page: Page, plain: bytes) -> None:
        self.number = page.number
        self._oldest_ns = page.oldest_ns
        self._body: dict[str, Any] = json.loads(plain)
        self.whose = [int(each) for each in self._body["whose"].split("/") if each]
        self._ranks = _ranks(self.whose)
        self.outcomes: dict[int, tuple[int, str]] = {row: (status, note) for row, status, note in self._body["told"]}

    def __len__(self) -> int:
        return len(self._body["at"])

    def box(self, caller: int) -> bytes:
        """The caller's addresses and clients, sealed; empty where they could not be."""
        return b64decode(self._body["boxes"][str(caller)])

    def places_of(self, callers: frozenset[int]) -> list[int]:
        """The places of their records."""
        wanted = [each in callers for each in self.whose]
        return list(compress(range(len(self)), map(wanted.__getitem__, self._body["from"])))

    def person_at(self, place: int) -> tuple[int, int]:
        """Whose record it is, and which of the caller's addresses and clients it came from."""
        at = self._body["from"][place]
        return self.whose[at], self._ranks[at]

    def record(self, place: int, caller: Caller) -> Record:
        """One record of this caller, without what is sealed of it."""
        body, at = self._body, str(place)
        method, path, action, pair, verdict, reason, shown, detail, policy = body["likes"][body["is"][place]]
        value, currency = body["value"].get(at, ("", ""))
        return Record(
            self._oldest_ns + body["at"][place],
            body["id"][place],
            caller.tenant,
            caller.account,
            caller.key,
            caller.credential,
            caller.wire_id or body["claimed"].get(at, ""),
            caller.dialect,
            method,
            path,
            action,
            pair,
            verdict,
            reason,
            shown,
            detail,
            0,
            "",
            policy,
            value,
            currency,
        )


def _ranks(whose: Sequence[int]) -> list[int]:
    """For each of them, the how many-th of the same it is."""
    so_far: dict[int, int] = {}
    ranks = []
    for each in whose:
        ranks.append(so_far.get(each, 0))
        so_far[each] = ranks[-1] + 1
    return ranks


def people_of(plain: bytes) -> list[Person]:
    """A caller's addresses and clients, out of its box."""
    people, at = [], 0
    while at < len(plain):
        agent_at = at + _ADDRESS + _LENGTH
        end = agent_at + int.from_bytes(plain[at + _ADDRESS : agent_at])
        people.append((int.from_bytes(plain[at : at + _ADDRESS]), plain[agent_at:end].decode()))
        at = end
    return people


def _person(peer: int, agent: str) -> bytes:
    text = agent.encode()
    return peer.to_bytes(_ADDRESS) + len(text).to_bytes(_LENGTH) + text


def word(text: str) -> bytes:
    """What stands in a page's body wherever the text does."""
    return _json(text)[1:-1]


def caller_word(number: int) -> bytes:
    """What stands in a page's body with a record of this caller."""
    return b"/%d/" % number


def chained(marker: FieldMarker, before: bytes, number: int, oldest_ns: int, top_ns: int, body: bytes) -> Page:
    """A page behind the one with the mark `before`."""
    return Page(number, oldest_ns, top_ns, body, before, marker.mark(_bound(before, number, oldest_ns, top_ns, body)))


def check(marker: FieldMarker, page: Page) -> None:
    """Raises Tampered unless the page is as it was written, in its place."""
    number, oldest_ns, top_ns, body, before, mark = page
    if not marker.check(_bound(before, number, oldest_ns, top_ns, body), mark):
        raise Tampered(f"page {number} of the activity log does not match its mark: it was edited past Bitting")


def head_of(marker: FieldMarker, first: int, last: int, mark: bytes) -> LogHead:
    """Where the log begins and ends, sealed."""
    return LogHead(first, last, mark, marker.mark(_head(first, last, mark)))


def check_head(marker: FieldMarker, head: LogHead) -> None:
    """Raises Tampered."""
    if not marker.check(_head(head.first, head.last, head.mark), head.seal):
        raise Tampered("the head of the activity log does not match its seal: it was edited past Bitting")


def _bound(before: bytes, number: int, oldest_ns: int, top_ns: int, body: bytes) -> bytes:
    return framed(b"page", before, b"%d" % number, b"%d" % oldest_ns, b"%d" % top_ns, body)


def _head(first: int, last: int, mark: bytes) -> bytes:
    return framed(b"head", b"%d" % first, b"%d" % last, mark)


def _json(value: Any) -> bytes:
    return _encode(value).encode("ascii")


_encode: Final = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
