"""Whether rows and journal are of one moment, as far as can be seen in a moment.

Somebody who puts one table of a backup back, and leaves the others, has rows that are older or newer than their leaves.
Each such row is refused when it is used (`reading`), and all are found by `scrub`, which takes as long as there are
rows. This looks where the difference must show first: at what the newest leaves speak of, and at rows that are younger
than the newest leaf.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bitting.domain.errors import Malformed, NotFound, Tampered
from bitting.domain.ids import new_id
from bitting.journal import epoch
from bitting.journal.leaf import Leaf
from bitting.stores.head import check_head
from bitting.stores.ports import Tables
from bitting.stores.reading import Reader
from bitting.stores.seals import Seals

MOST_LEAVES: Final = 256


def torn(tables: Tables, seals: Seals) -> str | None:
    """The first object whose row is of another time than its leaf, and why; None where there is none. What was there
    when a loss was accepted is not looked at again."""
    reader = Reader(tables, seals)
    recovery = epoch.recovery(tables.journal)
    size = tables.journal.journal_size()
    first = max(0 if recovery is None else recovery.index + 1, size - MOST_LEAVES)
    rows = list(tables.journal.journal_leaves(first, size))
    looks: dict[str, Callable[[str], object]] = {
        "key": reader.key,
        "account": reader.account,
        "actions": reader.actions,
    }
    what = "the journal"
    try:
        check_head(tables, seals)
        what = "the house's rules"
        reader.house()
        for kind, id in sorted({(row.kind, row.id) for row in rows if row.kind in looks}):
            what = f"{kind} {id}"
            looks[kind](id)
        if rows:
            # Ids are made of time, so what is younger than the newest leaf lies behind all others.
            behind = new_id(Leaf.from_bytes(rows[-1].leaf).change.at_ns + 1_000_000, bytes)
            for key in tables.objects.key_rows(None, behind, 1):
                what = f"key {key.key_id}"
                reader.key_of(key)
            for account in tables.objects.account_rows(behind, 1):
                what = f"account {account.account_id}"
                reader.account_of(account)
    except (Malformed, NotFound, Tampered) as problem:
        return f"{what}: {problem}"
    return None
