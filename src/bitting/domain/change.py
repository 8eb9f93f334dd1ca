"""What the journal keeps of one change: who did what to which object, and what it was afterwards.

The digest of the object's new policy stands in here, in the row's MAC, in the consent that allowed
the change and in the ETag: one value, so that none of the four can drift from the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bitting.domain.canonical import Plain

SCHEMA = 1


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

    def to_plain(self) -> list[Plain]:
        """The leaf's fields in the order of the schema, its version first."""
        return [
            SCHEMA,
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
        ]
