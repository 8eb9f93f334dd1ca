"""What the journal keeps of one change: who did what to which object, and what it was afterwards.

The digest of the object's new policy stands in here, in the row's MAC, in the consent that allowed
the change and in the ETag: one value, so that none of the four can drift from the others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bitting.domain.canonical import Plain, framed
from bitting.domain.errors import MalformedStored

SCHEMA: Final = 2
# How many fields each schema has, without its number. A field is added at the end and never taken out, and a leaf of
# an earlier schema says nothing else in those it lacks than what they are by default.
FIELDS: Final[Mapping[int, int]] = {1: 12, 2: 14}

DONE: Final = "done"
REFUSED: Final = "refused"

MOST_CLIENT: Final = 256  # characters of what a client says it is


class Personal(NamedTuple):
    """What a record knows about the person behind it. It is sealed under the key of the account it belongs to, or the
    house's, so that it can be forgotten and the record stays."""

    address: str = ""
    client: str = ""
    email: str = ""

    def to_bytes(self) -> bytes:
        """What is sealed."""
        known = {**self._asdict(), "client": self.client[:MOST_CLIENT]}
        return json.dumps({name: text for name, text in known.items() if text}).encode()

    @classmethod
    def from_bytes(cls, plain: bytes) -> Personal:
        """Read what `to_bytes` writes. Raises MalformedStored."""
        try:
            return cls(**json.loads(plain))
        except (TypeError, ValueError):
            raise MalformedStored("not the personal fields of a record") from None


NOBODY: Final = Personal()


@dataclass(frozen=True, slots=True)
class Change:
    """One leaf of the journal, before it has an index.

    at_ns       when, nanoseconds since 1970, UTC
    request_id  the request this was part of
    actor       `operator:<uid>` on the machine itself, `user:<id>`, `key:<id>`, `bitting` for the house itself
    strength    how the actor was known: `local`, `session`, `step-up`, `signature`, `none`
    deed        noun and verb, `key.issue`
    kind, id    the object: `key`, `account`, `house`, `root`, … and its id
    account     the account it belongs to, or "" for what belongs to the house
    version     the object's row version afterwards
    before      digest of the canonical object before, 32 bytes, or b"" where there was none
    digest      digest of the canonical object afterwards, 32 bytes, or b""
    facts       what else a reader should see, without secrets: {"overlap_s": 3600}
    result      `done`, or `refused`: then nothing was changed, and facts say why
    sealed      `Personal`, sealed for `place`; b"" where there was nothing to seal, or no key any more
    """

    at_ns: int
    request_id: str
    actor: str
    strength: str
    deed: str
    kind: str
    id: str
    account: str
    version: int
    before: bytes
    digest: bytes
    facts: Mapping[str, Plain] = field(default_factory=dict)
    result: str = DONE
    sealed: bytes = b""

    @property
    def place(self) -> bytes:
        """What its personal fields are bound to."""
        return framed(self.request_id.encode(), self.deed.encode(), self.kind.encode(), self.id.encode())

    def to_plain(self, schema: int = SCHEMA) -> list[Plain]:
        """The leaf's fields in the order of the schema, its number first."""
        values: list[Plain] = [
            self.at_ns,
            self.request_id,
            self.actor,
            self.strength,
            self.deed,
            self.kind,
            self.id,
            self.account,
            self.version,
            self.before,
            self.digest,
            dict(self.facts),
            self.result,
            self.sealed,
        ]
        return [schema, *values[: FIELDS[schema]]]
