"""The journal's head: how many leaves there are and what their root is, under a MAC, written with every leaf.

Checkpoints are signed a moment after the leaves are written, and whoever signs believes the leaves he finds. The head
tells him that they are ours: without a key nobody can put a leaf at the end or take one off, whatever else he writes.
What it cannot tell is an older head with all that belongs to it, which is a roll-back, and the witness's to find.
"""

from __future__ import annotations

from typing import Final

from bitting.domain.errors import Tampered
from bitting.journal import log
from bitting.stores.ports import Tables
from bitting.stores.seals import Seals

_WITHOUT_HEAD: Final = b"\x01"  # the schema of leaves from before there were heads, which is a leaf's second byte


def check_head(tables: Tables, seals: Seals) -> None:
    """Raises Tampered unless the journal ends where it was left, with the same leaves."""
    size, there = headed_size(tables, seals), tables.journal.journal_size()
    if there < size:
        raise Tampered(f"the journal had {size} leaves and has {there}: its end has been cut off")
    if there > size:
        raise Tampered(f"leaf {size} of the journal, and what is behind it, was written past Bitting")
    row = tables.objects.head_row()
    if row is not None and row.root != log.root(tables.journal, size):
        raise Tampered(f"the {size} leaves of the journal are not the ones that were written")


def headed_size(tables: Tables, seals: Seals) -> int:
    """How many leaves are ours. Raises Tampered for a head that is forged, or gone."""
    row = tables.objects.head_row()
    if row is not None:
        seals.check_head(row)
        return row.size
    if tables.journal.journal_size():
        raise Tampered("the journal has lost its head: restore a backup")
    return 0


def keep_head(tables: Tables, seals: Seals) -> None:
    """Write the head of the journal as it stands."""
    size = tables.journal.journal_size()
    tables.objects.put_head_row(seals.head_row(size, log.root(tables.journal, size)))


def adopt(tables: Tables, seals: Seals) -> None:
    """Give a head to a journal that was begun before there were any. Every leaf has been written with one since, so
    that whoever takes the head away does not get another. Raises Tampered."""
    size = tables.journal.journal_size()
    if tables.objects.head_row() is None and size:
        if any(row.leaf[1:2] != _WITHOUT_HEAD for row in tables.journal.journal_leaves(0, size)):
            raise Tampered("the journal has lost its head: restore a backup")
        keep_head(tables, seals)
