"""The emergency stop: a key, an account or everything, in memory at once and then on disk.

The first half cannot fail. When the second does (a full disk), the stop stands all the same, the person is
told that it is not durable, and it is tried again until it is.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from bitting.desk.desk import Desk, Intent
from bitting.desk.form import Form
from bitting.domain.consent import Consent, Strength
from bitting.domain.errors import BittingError, IllegalStep, MalformedValue, Refused
from bitting.domain.holds import Authority, Hold
from bitting.gate.freeze import EVERYTHING
from bitting.lifecycle import accounts, hold, house
from bitting.lifecycle.act import Act


class _Scope(NamedTuple):
    """What is to be stopped: its id, its name for people, and the durable steps there and back."""

    id: str
    words: str
    stop: Callable[[Act], object]
    release: Callable[[Act], object]


async def freeze(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Stop it. `durable` says whether the stop would survive a restart already."""
    scope = await _scope(desk, consent, form)
    desk.freeze.stop(scope.id)

    async def settle() -> None:
        with suppress(IllegalStep):  # frozen on disk before: just as durable
            await desk.act(consent, scope.stop)
        desk.unsettled.pop(scope.id, None)
        desk.freeze.release(scope.id)  # the row stops it now

    desk.unsettled[scope.id] = settle
    try:
        await settle()
    except BittingError as problem:
        why = f"{problem}; it lasts as long as this process, which tries again every second"
        return {"frozen": scope.words, "durable": False, "why": why}
    return {"frozen": scope.words, "durable": True}


async def thaw(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Take the stop away, on disk and in memory."""
    scope = await _scope(desk, consent, form)
    if scope.id in desk.unsettled and consent.strength is not Strength.LOCAL:
        # What only memory knows of has no version that a second factor or a second person could be asked about.
        raise Refused("the stop is not on disk yet: it is thawed when it is, or by the operator on the machine itself")
    # First, or the stop would be made durable behind our back while we wait for the disk.
    pending = desk.unsettled.pop(scope.id, None)

    def release(act: Act) -> None:
        try:
            scope.release(act)
        except IllegalStep:  # nothing on disk to be taken away
            if pending is None:
                raise

    try:
        await desk.act(consent, release)
    except BittingError:
        if pending is not None:
            desk.unsettled[scope.id] = pending
        raise
    desk.freeze.release(scope.id)
    return {"thawed": scope.words}


async def settle_all(desk: Desk) -> None:
    """Try once more to make every stop durable that is not; called every second."""
    for scope_id in list(desk.unsettled):
        settle = desk.unsettled.get(scope_id)  # thawed meanwhile, perhaps
        if settle is not None:
            with suppress(BittingError):  # one that cannot be settled does not keep the others from it
                await settle()


async def _scope(desk: Desk, consent: Consent, form: Form) -> _Scope:
    """A holder stops and releases by a hold of their own, which the house's does not touch."""
    key, account, everything = form.maybe("key"), form.maybe("account"), form.flag("everything")
    form.end()
    if [key is not None, account is not None, everything].count(True) != 1:
        raise MalformedValue("say what: one key, one account, or everything")
    holder = consent.authority is Authority.HOLDER
    by = Hold.HOLDER if holder else Hold.OPERATOR
    if key is not None:
        found = await desk.book.read(lambda shelf: shelf.find_key(key))
        stop, release = (hold.pause, hold.resume) if holder else (hold.lock, hold.unlock)
        name = f"key {found.wire_id}"
        return _Scope(found.id, name, lambda act: stop(act, found.id), lambda act: release(act, found.id))
    if account is not None:
        owner = await desk.book.read(lambda shelf: shelf.find_account(account))
        return _Scope(
            owner.id,
            f"account {owner.name}",
            lambda act: accounts.freeze_account(act, owner.id, by),
            lambda act: accounts.thaw_account(act, owner.id, by),
        )
    if holder:
        raise Refused("everything is the house's to stop: name a key or an account of yours")
    return _Scope(EVERYTHING, EVERYTHING, house.freeze_house, house.thaw_house)


INTENTS: dict[str, Intent] = {"freeze": freeze, "thaw": thaw}
