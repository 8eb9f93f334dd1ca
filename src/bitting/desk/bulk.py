"""One step over many keys: first the exact list, then, if it is still that list, the step over all of it or none.

Only steps that take power away are here: pause, lock, revoke. What gives power is given to one key after another, by
somebody who reads each name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from bitting.desk.desk import Desk, Intent
from bitting.desk.form import PAGE, Form, duration_ms
from bitting.desk.ports import Shelf
from bitting.domain.canonical import digest
from bitting.domain.consent import Consent
from bitting.domain.errors import Conflict, MalformedValue, Refused
from bitting.domain.holds import Hold
from bitting.domain.keys import Key
from bitting.domain.permissions import Permission
from bitting.lifecycle import hold, revoke
from bitting.lifecycle.act import Act, must_match

MOST_KEYS: Final = 1_000  # in one step, which is one transaction
_STEPS: Final[dict[str, Callable[[Act, str], Key]]] = {
    "pause": hold.pause,
    "lock": hold.lock,
    "revoke": revoke.revoke,
}
_DONE: Final = {"pause": Hold.HOLDER, "lock": Hold.OPERATOR}


@dataclass(frozen=True, slots=True)
class _Filter:
    """What is named has to be so of a key; what is None does not count."""

    account: str | None
    label: str | None
    dialect: str | None
    permission: Permission | None
    unused_since_ns: int | None
    never_expires: bool
    anywhere: bool

    def matches(self, shelf: Shelf, key: Key) -> bool:
        """Whether all of it is so. A key that was never used is as old as it is."""
        policy = key.policy
        if (
            (self.label is not None and not fnmatchcase(policy.label, self.label))
            or self.dialect not in (None, key.dialect)
            or (self.permission is not None and self.permission not in policy.grants)
            or (self.never_expires and policy.expires_at_ms is not None)
            or (self.anywhere and not policy.network.anywhere)
        ):
            return False
        if self.unused_since_ns is None:
            return True
        used_at_ns = shelf.usage(key.id)
        return (key.created_at_ms * 1_000_000 if used_at_ns is None else used_at_ns) < self.unused_since_ns


async def bulk(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Pause, lock or revoke every key that the filter matches and that is not so already.

    With `dry_run` nothing is done, and `digest` names exactly this step over these keys as they stand. The real run
    takes that digest, and does nothing at all where the list is another one by now.
    """
    step = form.choice("step", tuple(_STEPS), "")
    wanted, dry_run, expected = _filter(desk, form), form.flag("dry_run"), form.maybe("digest")
    form.end()
    if dry_run is (expected is not None):
        raise MalformedValue("first a dry_run, then the real run with the digest it gave")
    found, damaged = await _found(desk, step, wanted)
    named = digest([step, [[each.id, each.version] for each in found]]).hex()
    said: dict[str, Any] = {
        "step": step,
        "dry_run": dry_run,
        "digest": named,
        "keys": [_view(each) for each in found],
        "damaged": damaged,
    }
    if dry_run:
        return said
    if expected != named:
        raise Conflict("these are not the keys of the dry run any more, or they have changed: look at it again")

    def all_of_them(act: Act) -> None:
        for key in found:
            must_match(act.work.key(key.id).version, key.version)
            _STEPS[step](act, key.id)

    await desk.act(consent, all_of_them)
    return said


def _filter(desk: Desk, form: Form) -> _Filter:
    age = form.maybe("unused_for")
    permission, dialect = form.maybe("permission"), form.maybe("dialect")
    read = _Filter(
        form.maybe("account"),
        form.maybe("label"),
        None if dialect is None else desk.dialect(dialect).description.name,
        None if permission is None else Permission.from_text(permission),
        None if age is None else desk.clock.now_ns() - duration_ms(age) * 1_000_000,
        form.flag("never_expires"),
        form.flag("anywhere"),
    )
    if read == _Filter(None, None, None, None, None, never_expires=False, anywhere=False):
        raise MalformedValue(
            "name at least one of account, label, dialect, permission, unused_for, never_expires, anywhere"
        )
    return read


async def _found(desk: Desk, step: str, wanted: _Filter) -> tuple[list[Key], list[str]]:
    """The keys, a page at a time, and those that cannot be believed. Raises Refused when there are too many."""
    name = wanted.account
    account = None if name is None else (await desk.book.read(lambda shelf: shelf.find_account(name))).id
    found: list[Key] = []
    damaged: list[str] = []
    after: str | None = ""
    while after is not None:
        keys, wrong, after = await desk.book.read(_page(account, after, step, wanted))
        found += keys
        damaged += wrong
        if len(found) > MOST_KEYS:
            raise Refused(f"these are more than {MOST_KEYS} keys: narrow the filter, and do it in parts")
    return found, damaged


def _page(
    account: str | None, after: str, step: str, wanted: _Filter
) -> Callable[[Shelf], tuple[list[Key], list[str], str | None]]:
    def look(shelf: Shelf) -> tuple[list[Key], list[str], str | None]:
        page = shelf.listed(account, after, PAGE)
        keys = [each for each in page.keys if _can_take(step, each) and wanted.matches(shelf, each)]
        return keys, page.damaged, page.last

    return look


def _can_take(step: str, key: Key) -> bool:
    """Whether it is not so already."""
    return key.revoked_at_ms is None and _DONE.get(step) not in key.holds


def _view(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "key_id": key.wire_id,
        "account": key.account,
        "label": key.policy.label,
        "dialect": key.dialect,
        "version": key.version,
    }


INTENTS: dict[str, Intent] = {"key.bulk": bulk}
