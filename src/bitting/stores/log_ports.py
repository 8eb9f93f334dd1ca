"""What the activity log asks of an engine: pages of records, and what is counted and numbered beside them.

An engine does not look into a page: what is in it, and whether it may be believed, is said by `pages` and `search`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from bitting.activity.ports import CountQuery, Step


class Page(NamedTuple):
    """Records of one group commit and what became of earlier ones, packed (`pages`). `top_ns` is the newest moment of
    all that was written until here, so it never falls from one page to the next. `before` is the mark of the page
    before, and `mark` is over all of this: nothing can be taken out, put in or exchanged unseen."""

    number: int
    oldest_ns: int
    top_ns: int
    body: bytes
    before: bytes
    mark: bytes


class Span(NamedTuple):
    """Says that a caller has records on a day in some of the pages that belong together."""

    day: int
    caller: int
    number: int


class LogHead(NamedTuple):
    """Between which pages the log is whole, and the mark of the last; `seal` is over the three. Pages before `first`
    have been forgotten."""

    first: int
    last: int
    mark: bytes
    seal: bytes


class Caller(NamedTuple):
    """Whoever appears in the log: six ids by which records are alike. Strangers have no ids, and everybody together (a
    caller by whom the whole house is counted) has the wire id `*`."""

    tenant: str
    account: str
    key: str
    credential: str
    wire_id: str
    dialect: str


class CallerRow(NamedTuple):
    """A caller with its number; `mark` is over all of it."""

    number: int
    caller: Caller
    mark: bytes


class Alikeness(NamedTuple):
    """By what decisions of a caller are told apart when they are counted."""

    action: str
    verdict: str
    reason: str


class NameRow(NamedTuple):
    """An address, a block or a client of a caller. The text is sealed under the account's key; `mark`, under the same
    key, is how it is found again."""

    number: int
    caller: int
    kind: str
    mark: bytes
    box: bytes
    first_ns: int
    last_ns: int
    times: int


class CountRow(NamedTuple):
    """How often in one period (its number since 1970). `block` and `client` are numbers of names, 0 for none; so is
    each column by which the counts that were asked for are not told apart."""

    period: int
    caller: int
    likeness: int
    block: int
    client: int
    times: int


class UseRow(NamedTuple):
    """The last request that a caller proved; `address` and `client` are numbers of names."""

    caller: int
    at_ns: int
    address: int
    client: int
    method: str
    path: str


class ObservedRow(NamedTuple):
    """What was observed alike within an hour; `newest` are the newest few request ids, the latest first."""

    hour: int
    caller: int
    claimed: str
    verdict: str
    reason: str
    times: int
    refused: int
    answered: int
    newest: tuple[str, ...]


class Unmapped(NamedTuple):
    """A route that clients asked for and no table of actions names."""

    dialect: str
    method: str
    path: str
    times: int
    last_at_ns: int


class Log(Protocol):
    """The pages of the activity log, and two ways to find one: by caller, and by what it tells of earlier ones."""

    def head(self) -> LogHead | None:
        """None while nothing has been written."""

    def put_head(self, head: LogHead) -> None: ...

    def add_page(self, page: Page, spans: Iterable[Span], about: Iterable[int]) -> None:
        """A new page, with the spans by which it is found that are not there yet, and the earlier pages about whose
        records it tells."""

    def page(self, number: int) -> Page | None: ...

    def ends(self) -> tuple[int, int] | None:
        """The first and the last page there are; None where there is none."""

    def pages(self, low: int, high: int, callers: Sequence[int] | None, *, back: bool) -> Iterator[Page]:
        """Those from `low` to `high`, both included, in order or `back`: in the spans of these callers (None: all)."""

    def tellers(self, page: int) -> list[int]:
        """The later pages that tell about records of this one, in order."""

    def has_span(self, span: Span) -> bool: ...

    def drop_pages(self, before_ns: int, most: int) -> int:
        """Delete the oldest pages with a `top_ns` before then; how many it were."""

    def drop_spans(self, before_day: int, most: int) -> int:
        """Delete some of the spans of the days before this one; how many it were."""

    def count_unmapped(self, routes: Iterable[Unmapped]) -> None:
        """Add to what was counted before."""

    def unmapped(self) -> list[Unmapped]:
        """The latest first."""


class Tallies(Protocol):
    """What is counted of the log, and what is numbered for it. Numbers begin with 1."""

    def caller(self, caller: Caller) -> int | None: ...

    def add_caller(self, row: CallerRow) -> None: ...

    def newest_caller(self) -> int:
        """0 while there is none."""

    def caller_rows(self, numbers: Iterable[int]) -> list[CallerRow]: ...

    def callers_of(self, key: str, account: str) -> list[int]:
        """Of this key, this account or both."""

    def likeness(self, likeness: Alikeness) -> int:
        """Its number, a new one if need be."""

    def likenesses(self) -> dict[int, Alikeness]: ...

    def name(self, mark: bytes) -> int | None: ...

    def add_name(self, row: NameRow) -> int:
        """Its number; that of the row counts for nothing."""

    def names(self, numbers: Iterable[int]) -> list[NameRow]: ...

    def names_of(self, caller: int) -> list[NameRow]: ...

    def see_names(self, seen: Iterable[tuple[int, int, int, int]]) -> None:
        """By name: how many more times, when first and when last."""

    def drop_names(self, before_ns: Mapping[str, int], since: int, most: int) -> int:
        """Of the next few behind this number, delete those last seen before the moment of their kind; where to go on, 0
        at the end."""

    def count(self, step: Step, rows: Iterable[CountRow]) -> None:
        """Add to what was counted before."""

    def counts(self, query: CountQuery, columns: Sequence[str]) -> list[CountRow]:
        """Summed by period and by these columns of `CountRow`."""

    def drop_counts(self, step: Step, before: int, most: int) -> int:
        """Delete some of the counts of the periods before this one; how many it were."""

    def put_uses(self, uses: Iterable[UseRow]) -> None:
        """Each over the one of the same caller."""

    def uses(self, key_id: str) -> list[UseRow]: ...

    def put_admitted(self, admitted: Mapping[tuple[int, str], int]) -> None:
        """When a caller's action was last admitted."""

    def admitted(self, key_id: str) -> dict[str, int]: ...

    def observed_row(self, place: tuple[int, int, str, str, str]) -> ObservedRow | None:
        """By hour, caller, claimed wire id, verdict and reason."""

    def put_observed_row(self, row: ObservedRow) -> None: ...

    def observed(self, since_hour: int) -> list[ObservedRow]:
        """The latest hour first."""

    def drop_observed(self, before_hour: int, most: int) -> int: ...
