"""What happened: activity, explanations, and the journal."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from bitting.web.api.shapes.common import Asked, Said, Text, Time


class ActivityAsked(Asked):
    """Which records. `after` continues behind a row, -1 begins with the first there is; `before` goes back from one."""

    key: Text | None = None
    account: Text | None = None
    verdict: Annotated[str, Field(json_schema_extra={"enum": ["admitted", "denied", "observed"]})] | None = None
    reason: Text | None = None
    action: Text | None = None
    pair: Text | None = None
    address: Annotated[Text | None, Field(description="an address, or a block of them: 203.0.113.0/24")] = None
    since: Annotated[Text | None, Field(description="RFC 3339, or how long ago: 24h")] = None
    until: Annotated[Text | None, Field(description="the first moment that is not wanted any more")] = None
    request_id: Text | None = None
    after: Annotated[int | None, Field(ge=-1)] = None
    before: Annotated[int | None, Field(ge=0)] = None
    most: Annotated[int | None, Field(ge=1, le=1000)] = None


class Record(Said):
    """One decision of the gate."""

    row: Annotated[int, Field(description="goes on growing; the `after` of the next page")]
    at: Time
    request_id: str
    account: str
    key: str
    key_id: str
    label: str
    dialect: str
    method: str
    path: str
    action: str
    pair: str
    verdict: str
    reason: str
    why: str
    shown: str
    detail: str
    address: str
    client: str
    value: str
    status: int
    outcome: str


class Activity(Said):
    """Records, oldest first."""

    records: list[Record]
    on: Annotated[
        int | None, Field(description="where to go on, as `before` or `after`; null: everything was looked at")
    ]
    newest: Annotated[int, Field(description="the newest row there is; whoever follows goes on `after` it")]


class ChartAsked(Asked):
    """What is counted, over which time until now, and by what it is told apart."""

    over: Annotated[str, Field(json_schema_extra={"enum": ["hour", "day", "week", "year"]})] | None = None
    by: (
        Annotated[str, Field(json_schema_extra={"enum": ["dialect", "action", "reason", "key", "block", "client"]})]
        | None
    ) = None
    key: Text | None = None
    account: Text | None = None
    strangers: Annotated[bool | None, Field(description="only who proved nothing")] = None


class Chart(Said):
    """How many decisions there were in each period. Each series has `verdict`, what is told apart by its name, and
    `counts` in the order of the periods."""

    step: str
    by: str
    periods: Annotated[list[Time], Field(description="when each begins")]
    series: list[dict[str, Any]]


class Explained(Said):
    """A decision of the past, and what would pass today."""

    record: Record
    step: int | None
    would_pass: list[str]
    changed_since: bool
    key: dict[str, Any] | None = None


class Nonces(Said):
    """Where a key's nonces or its clients' clocks stand, and what helps."""

    label: str
    key_id: str
    dialect: str
    now: Time
    clients: list[dict[str, Any]]
    credentials: list[dict[str, Any]]
    advice: list[str]


class EntriesAsked(Asked):
    """Entries of one account, or of all; `before` goes on before an index."""

    account: Text | None = None
    before: Annotated[int | None, Field(ge=0)] = None
    most: Annotated[int | None, Field(ge=1, le=1000)] = None


class Entries(Said):
    """Entries of the journal, oldest first, with what is sealed opened for those who may know."""

    entries: list[dict[str, Any]]


class Proof(Said):
    """That one entry is in the journal; `bitting journal verify` checks it, and needs nobody's word."""

    index: int
    proof: str
    vkey: str


class Status(Said):
    """How the house is."""

    status: dict[str, Any]
