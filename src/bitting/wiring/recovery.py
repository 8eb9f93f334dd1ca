"""Going on without what was lost, when an operator says so: offline, in the open, and frozen."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bitting.domain.consent import Consent, Strength
from bitting.domain.errors import Refused, Unavailable
from bitting.domain.holds import Authority
from bitting.journal import epoch, log
from bitting.settings import WitnessSettings
from bitting.stores.shelf import Shelf
from bitting.wiring.house import House, new_request_id, open_house
from bitting.wiring.witnesses import Contradiction, Kind, asked, contradictions


def recover_house(data: Path, witnesses: Sequence[WitnessSettings], *, accept_loss: bool) -> Mapping[str, Any]:
    """What is lost, and with `accept_loss` the house that goes on without it. Raises Refused where nothing is lost,
    Misconfigured, Tampered, Unavailable."""
    return asyncio.run(_recover(data, witnesses, accept_loss=accept_loss))


async def _recover(data: Path, witnesses: Sequence[WitnessSettings], *, accept_loss: bool) -> Mapping[str, Any]:
    async with open_house(data) as house:
        async with asked(house, witnesses) as watched:
            found = await contradictions(house, watched)
        if house.troubles:  # a witness that is not required, and may know of more
            raise Unavailable(
                f"{'; '.join(house.troubles.values())}: nothing is given up before every witness was heard"
            )
        if not found:
            raise Refused("nothing is lost, as far as the folder and its witnesses know: `bitting serve`")
        said = await house.store.read(lambda shelf: _told(shelf, found))
        if not accept_loss:
            return {**said, "next": "nothing was changed: with --accept-loss the house goes on without this, frozen"}
        facts, origin = await house.store.read(lambda shelf: _facts(shelf, house, found))
        consent = Consent(f"operator:{os.getuid()}", Strength.LOCAL, Authority.OPERATOR, new_request_id())
        held = await house.store.recover(consent, facts)
        said = {**said, "origin": origin, "held": held}
    async with open_house(data) as house:  # under its new name
        return {
            **said,
            "vkey": house.journal.vkey,
            "next": "give each witness this vkey with --log, hold `bitting key list` against what is known, "
            "then `bitting thaw --everything`",
        }


def _told(shelf: Shelf, found: Sequence[Contradiction]) -> dict[str, Any]:
    journal = shelf.journal_storage()
    size = journal.journal_size()
    newest = next(iter(log.read(journal, size - 1, size)), None) if size else None
    return {
        "found": [each.text for each in found],
        "here": {"size": size, "newest": "" if newest is None else newest.view()["at"]},
        "lost": [
            {"known by": each.lost.known_by, "size": each.lost.size, "checkpoint": each.lost.note}
            for each in found
            if each.lost is not None
        ],
    }


def _facts(shelf: Shelf, house: House, found: Sequence[Contradiction]) -> tuple[dict[str, Any], str]:
    """What the journal will say of it, and the origin under which it goes on: the same where only rows are lost, since
    the tree continues what was witnessed."""
    present = epoch.current(shelf.journal_storage())
    number = present if all(each.kind is Kind.PART for each in found) else present + 1
    origin = house.journal.origin_of(number)
    lost = [each.lost for each in found if each.lost is not None]
    facts = {
        "epoch": number,
        "origin": origin,
        "found": [each.text for each in found],
        "given_up": [each.note or f"{each.size} leaves, known by {each.known_by}" for each in lost],
    }
    return facts, origin
