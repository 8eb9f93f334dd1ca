"""What keys did: one record a decision.

Addresses are personal. They stay sealed under the account's key from the moment the record is written.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Record(NamedTuple):
    """One decision of the gate.

    `verdict` is "admitted" or "denied", or "observed": it would have been denied, and went on. `reason` is the
    reason's code or ""; `detail` is the owner's text. `value` is what was reserved against a daily total, in
    `currency`, as text. `policy` is the key's row version that was judged. Before proof, `key` and `account` are
    "" and `wire_id` is whatever was claimed.
    """

    at_ns: int
    request_id: str
    tenant: str
    account: str
    key: str
    credential: str
    wire_id: str
    dialect: str
    method: str
    path: str
    action: str
    pair: str
    verdict: str
    reason: str
    shown: str
    detail: str
    peer: int
    agent: str
    policy: int
    value: str
    currency: str


class Outcome(NamedTuple):
    """What became of a request that went on: the upstream's status, or 0 with a note when nobody can know."""

    request_id: str
    status: int
    note: str


_REQUEST_ID: Final = re.compile(r"([0-9a-f]{8})-[a-z2-7]{8}-[0-9a-f]{1,16}", re.ASCII)


def request_id_of(second: int, run: str, number: int) -> str:
    """A request id: the second since 1970, which finds its record without an index, the run of the process (8 letters
    of base32), and a number of its own there. A name, not a secret."""
    return f"{second:08x}-{run}-{number:x}"


def second_of(request_id: str) -> int | None:
    """When the request came, in seconds since 1970; None where the id is not one of ours."""
    parts = _REQUEST_ID.fullmatch(request_id)
    return None if parts is None else int(parts[1], 16)
