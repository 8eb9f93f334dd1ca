"""Refusals in the journal: who asked for what, on what, and why it was not done.

By what they are refused, people with more curiosity than rights are seen first, and whoever has a stolen session. So a
leaf each; but a program that asks in a loop must not fill the disk: an actor has MOST_AN_HOUR, and how many more there
were stands in the next one that is kept. Of the operator on the machine only refused changes are kept: he may see all.

What is no refusal: that a change has to be confirmed, or approved by a second person, which is how these go (with a
confirmation that does not fit, it is one); and that nobody is signed in, of which sign-in keeps records of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from bitting.desk.caller import Caller
from bitting.desk.ports import Book, Shelf
from bitting.domain.canonical import Plain
from bitting.domain.errors import (
    ApprovalMissing,
    BittingError,
    ConsentMissing,
    NotSignedIn,
    Refused,
    TooMany,
)
from bitting.domain.holds import Authority
from bitting.domain.ids import Entropy
from bitting.lifecycle.act import Act

MOST_AN_HOUR: Final = 60
MOST_ACTORS: Final = 10_000
HOUR_NS: Final = 3600 * 10**9
_NAMED: Final = ("key", "account", "user", "approval", "dialect")  # what an intent is about; nothing else is kept of it
_MOST_NAME: Final = 64
_MOST_WHY: Final = 300


@dataclass(slots=True)
class _Hour:
    began_ns: int
    kept: int = 0
    left_out: int = 0


class _Object(NamedTuple):
    id: str
    account: str


_NOTHING: Final = _Object("", "")


@dataclass(slots=True)
class Refusals:
    """How many there were of each actor lately."""

    _hours: OrderedDict[str, _Hour] = field(default_factory=OrderedDict)

    async def note(
        self,
        book: Book,
        caller: Caller,
        name: str,
        values: Mapping[str, Any],
        why: Refused,
        now_ns: int,
        entropy: Entropy,
    ) -> None:
        """Keep it, if it is one and there is room. That it could not be written down changes nothing for the asker."""
        if not _counts(caller, why):
            return
        hour = self._hour(caller.actor, now_ns)
        if hour.kept >= MOST_AN_HOUR:
            hour.left_out += 1
            return
        asked = {each: _text(values[each], _MOST_NAME) for each in _NAMED if isinstance(values.get(each), str)}
        facts: dict[str, Plain] = {"why": _text(str(why), _MOST_WHY), "asked": asked}
        if hour.left_out:
            facts["left_out"] = hour.left_out
        hour.kept, hour.left_out = hour.kept + 1, 0
        with suppress(BittingError):
            of_house = caller.is_local or bool(caller.house)
            about = await book.read(lambda shelf: _about(shelf, asked))
            if not of_house and about.account not in caller.accounts:
                about = _NOTHING  # nobody writes into the records of those who have nothing to do with them
            consent = caller.consent(Authority.OPERATOR if of_house else Authority.HOLDER)
            await book.change(
                now_ns, lambda work: Act(work, consent, now_ns, entropy).refuse(name, about.id, about.account, facts)
            )

    def _hour(self, actor: str, now_ns: int) -> _Hour:
        hour = self._hours.setdefault(actor, _Hour(now_ns))
        if not 0 <= now_ns - hour.began_ns < HOUR_NS:
            hour.began_ns, hour.kept = now_ns, 0
        self._hours.move_to_end(actor)
        if len(self._hours) > MOST_ACTORS:
            self._hours.popitem(last=False)
        return hour


def _counts(caller: Caller, why: Refused) -> bool:
    if isinstance(why, ApprovalMissing | NotSignedIn | TooMany):
        return False
    if isinstance(why, ConsentMissing) and why.confirmation is not None and not caller.confirmed:
        return False
    return why.of_a_change or not caller.is_local


def _about(shelf: Shelf, asked: Mapping[str, str]) -> _Object:
    """The key or account that was meant, where there is one."""
    with suppress(BittingError):
        if "key" in asked:
            key = shelf.find_key(asked["key"])
            return _Object(key.id, key.account)
        if "account" in asked:
            account = shelf.find_account(asked["account"])
            return _Object(account.id, account.id)
    return _NOTHING


def _text(text: str, most: int) -> str:
    """Its beginning, as Unicode: a command line can say any bytes."""
    return text[:most].encode(errors="replace").decode()
