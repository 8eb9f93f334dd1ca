"""What the writer of the activity log has found out and need not ask the database again.

All of it can be read back, so it may be dropped at any time; after a transaction that failed it has to be, for numbers
that were given in it mean nothing.
"""

from __future__ import annotations

from typing import Final

from bitting.stores.log_ports import Alikeness, Caller, LogHead

MOST_HELD: Final = 100_000  # of each kind

Place = tuple[int, int, str, str, str]  # hour, caller, claimed wire id, verdict, reason


Sent = tuple[int, Place]  # the row of a request that went on, and as what it counts if the exchange refuses it


class Known:
    """The memory of one writer."""

    def __init__(self) -> None:
        self.head: LogHead | None = None
        self.top_ns = 0
        self.callers: dict[Caller, int] = {}
        self.likenesses: dict[Alikeness, int] = {}
        self.people: dict[tuple[int, int, str], tuple[int, int, int]] = {}  # block, address and client, by name
        self.blocks: dict[tuple[int, int], int] = {}
        self.admitted: dict[tuple[int, str], int] = {}  # the minute that was last written
        self.new_names: dict[tuple[int, str], int] = {}  # of a caller and kind, since `names_day` began
        self.names_day = 0
        self.span = (0, 0)  # the day and the number of the last one
        self.spanned: set[int] = set()  # callers who have it
        self.sent: dict[str, Sent] = {}
        self.swept = 0  # how far old names have been looked for

    def forget(self) -> None:
        """Nothing is known any more."""
        Known.__init__(self)

    def trim(self) -> None:
        """Keep within bounds. Of what was sent only the newest stay: outcomes of the others hardly come any more."""
        if len(self.callers) > MOST_HELD:
            self.callers.clear()
        if len(self.people) > MOST_HELD:
            self.people.clear()
        if len(self.blocks) > MOST_HELD:
            self.blocks.clear()
        if len(self.admitted) > MOST_HELD:
            self.admitted.clear()
        if len(self.sent) > MOST_HELD:
            self.sent = dict(list(self.sent.items())[-MOST_HELD // 2 :])
