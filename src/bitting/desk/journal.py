"""The desk's intent about what is kept of the journal."""

from __future__ import annotations

import re
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from bitting.desk.desk import Desk, Intent
from bitting.desk.form import Form
from bitting.domain.consent import Consent
from bitting.domain.errors import MalformedValue, Refused, Unavailable
from bitting.journal import log
from bitting.journal.ports import Storage
from bitting.lifecycle.journal import prune

MOST_AT_ONCE: Final = 100_000  # leaves in one transaction, during which nothing else is written
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


async def prune_journal(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Drop leaves below an index, or from before a day, but the newest of each object; so many that it does not take
    long. `left` says of how many it is still to be asked."""
    before = form.text("before")
    form.end()
    await desk.journal.sign()
    stop = await desk.book.read(lambda shelf: _index(shelf.journal_storage(), before))

    def look(storage: Storage) -> int:
        """Nothing is dropped that is not what was written: afterwards nobody could tell."""
        minimum = log.minimum(storage)
        following = min(stop, minimum + MOST_AT_ONCE)
        deque(log.walk(storage, minimum, following), maxlen=0)
        return following

    following = await desk.book.read(lambda shelf: look(shelf.journal_storage()))
    raised = await desk.act(consent, lambda act: prune(act, following))
    with suppress(Unavailable):  # so that an export from now on can say what is gone
        await desk.journal.sign()
    return {"minimum": raised.minimum, "dropped": raised.dropped, "left": stop - raised.minimum}


def _index(storage: Storage, before: str) -> int:
    """The first index that stays: the one that is named, or that of the first leaf of the day."""
    if before.isascii() and before.isdigit() and len(before) < 19:
        return int(before)
    if not _DAY.fullmatch(before):
        raise MalformedValue("before is an index, or a day like 2026-01-31")
    try:
        at_ns = int(datetime.fromisoformat(before).replace(tzinfo=UTC).timestamp()) * 10**9
    except ValueError:
        raise MalformedValue(f"there is no day {before}") from None
    for leaf in log.read(storage, log.minimum(storage), storage.journal_size()):
        if leaf.change.at_ns >= at_ns:
            return leaf.index
    raise Refused(f"everything in the journal is older than {before}; the newest leaves always stay")


INTENTS: dict[str, Intent] = {"journal.prune": prune_journal}
