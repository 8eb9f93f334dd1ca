"""The operator's desk: each thing a person may ask for, by name, from plain values to a use case and back.

The command line, and later the management API and the console, all come through here, so that what may be
done, and what is journalled, does not depend on the door. An intent is one async function of a `Desk` and a
`Form`; the table `INTENTS` is the whole list.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bitting.desk.form import Form
from bitting.desk.ports import Book, GateMemory, Journal, Save, Vault
from bitting.dialects.dialect import Dialect
from bitting.domain.consent import Consent
from bitting.domain.errors import MalformedValue
from bitting.domain.ids import Entropy
from bitting.domain.secret import Secret
from bitting.gate.freeze import Freeze
from bitting.gate.ports import Clock
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
    status: Callable[[], Mapping[str, Any]] = dict  # how the server is, where one runs
    gate: GateMemory | None = None  # None where no gate runs
    unsettled: dict[str, Settle] = field(default_factory=dict)  # stops in memory that are not on disk yet

    @property
    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return self.clock.now_ns() // 1_000_000

    async def act(self, consent: Consent, make: Callable[[Act], T]) -> T:
        """Run one use case in one transaction."""
        now_ns = self.clock.now_ns()

        def within(work: Work) -> T:
            return make(Act(work, consent, now_ns, self.entropy))

        return await self.book.change(now_ns, within)

    def dialect(self, name: str) -> Dialect:
        """By name. Raises MalformedValue."""
        if name not in self.dialects:
            raise MalformedValue(f"no dialect {name[:32]!r}; there are: {', '.join(sorted(self.dialects))}")
        return self.dialects[name]


Intent = Callable[[Desk, Consent, Form], Awaitable[dict[str, Any]]]


async def ask(desk: Desk, intents: Mapping[str, Intent], name: str, values: Mapping[str, Any], consent: Consent) -> Any:
    """Carry out the intent `name`. Raises BittingError."""
    intent = intents.get(name)
    if intent is None:
        raise MalformedValue(f"no intent {name[:40]!r}")
    return await intent(desk, consent, Form(values))
