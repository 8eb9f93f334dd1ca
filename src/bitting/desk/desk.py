"""The operator's desk: each thing a person may ask for, by name, from plain values to a use case and back.

The command line, and later the management API and the console, all come through here, so that what may be
done, and what is journalled, does not depend on the door. An intent is one async function of a `Desk` and a
`Form`; the table `INTENTS` is the whole list, `asking` the way to it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bitting.desk.form import Form
from bitting.desk.ports import Book, GateMemory, Journal, People, Save, SealFor, Vault
from bitting.desk.refusals import Refusals
from bitting.dialects.dialect import Dialect
from bitting.domain.consent import Consent
from bitting.domain.errors import MalformedValue, Refused, Repeated
from bitting.domain.ids import Entropy
from bitting.domain.once import Once
from bitting.domain.secret import Secret
from bitting.gate.freeze import Freeze
from bitting.gate.ports import Clock
from bitting.identity.identity import Identity
from bitting.lifecycle.act import Act
from bitting.lifecycle.ports import Work

T = TypeVar("T")
Settle = Callable[[], Awaitable[object]]


@dataclass(slots=True)
class Desk:
    """The running house, as its desk needs it."""

    book: Book
    freeze: Freeze
    dialects: Mapping[str, Dialect]
    tag_key: Secret
    clock: Clock
    entropy: Entropy
    journal: Journal
    save: Save
    vault: Vault
    seal_for: SealFor
    status: Callable[[], Mapping[str, Any]] = dict  # how the server is, where one runs
    gate: GateMemory | None = None  # None where no gate runs
    refusals: Refusals = field(default_factory=Refusals)
    unsettled: dict[str, Settle] = field(default_factory=dict)  # stops in memory that are not on disk yet
    identity: Identity | None = None  # where people sign in
    people: People | None = None  # None where only the operator on the machine is known
    asked_ms: int | None = None  # when this question was asked first, if it is asked again with a confirmation
    first: Callable[[Work, int], None] | None = None  # what else belongs into the transaction of this one question
    once: Once | None = None  # the name of this one question, if it has one

    @property
    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return self.clock.now_ns() // 1_000_000

    @property
    def counted_from_ms(self) -> int:
        """What `90d` counts from: the change has to be the one that was confirmed, though that took a minute."""
        return self.now_ms if self.asked_ms is None else self.asked_ms

    async def act(self, consent: Consent, make: Callable[[Act], T]) -> T:
        """Run one use case in one transaction."""
        now_ns = self.clock.now_ns()

        def within(work: Work) -> T:
            if self.first is not None:
                self.first(work, now_ns)
            if self.once is None:
                return make(Act(work, consent, now_ns, self.entropy))
            done = work.repeated(self.once)
            if done is not None:
                raise Repeated(done)
            made = make(Act(work, consent, now_ns, self.entropy))
            work.keep_once(self.once, _id_of(made))
            return made

        try:
            return await self.book.change(now_ns, within)
        except Refused as refusal:
            refusal.of_a_change = True
            raise

    def dialect(self, name: str) -> Dialect:
        """By name. Raises MalformedValue."""
        if name not in self.dialects:
            raise MalformedValue(f"no dialect {name[:32]!r}; there are: {', '.join(sorted(self.dialects))}")
        return self.dialects[name]


def _id_of(made: object) -> str:
    """The id of what a use case has made or changed: the thing itself, or the first of what it returns."""
    found = made[0] if isinstance(made, tuple) else made
    return str(getattr(found, "id", ""))


Intent = Callable[[Desk, Consent, Form], Awaitable[dict[str, Any]]]
