"""At most once: which signed bytes, and which nonces, have been used.

Stamped requests are remembered by the second they were stamped in. A copy carries the same stamp, so it
looks into the same drawer; when a drawer is older than any window, the whole drawer goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bitting.domain.verdict import Denied, Reason
from bitting.gate.times import LONGEST_WINDOW_NS, SECOND_NS

CHANGED: Final = b""  # stands in place of a target for bytes that changed state


class Stamped:
    """Replay ids of stamped requests, for as long as their time would still be admitted."""

    def __init__(self) -> None:
        self._drawers: dict[int, dict[bytes, bytes]] = {}
        self._horizon = 0  # seconds; what lies before it has been forgotten

    def use(self, replay_id: bytes, stamp_ns: int, target: bytes, now_ns: int) -> Denied | None:
        """Use the signed bytes up. `target` is CHANGED for what changes state, which passes once.

        A read gives its method and path: where these are not under the signature, a captured read could
        be played at another route. The same read may repeat, as clients on bad lines do; nothing else may.
        """
        second = stamp_ns // SECOND_NS
        drawer = self._drawers.get(second)
        if drawer is None:
            if second < self._horizon:
                # The clock went forward and came back: what was admitted then is no longer known.
                return Denied(Reason.TIME_FLOOR)
            self._drop_before((now_ns - LONGEST_WINDOW_NS) // SECOND_NS - 1)
            drawer = self._drawers[second] = {}
        before = drawer.get(replay_id)
        if before is None:
            drawer[replay_id] = target
            return None
        if before == target != CHANGED:
            return None
        return Denied(Reason.REPLAYED)

    def _drop_before(self, second: int) -> None:
        self._horizon = max(self._horizon, second)
        for old in [each for each in self._drawers if each < second]:
            del self._drawers[old]

    def around(self, stamp_ns: int) -> Stamped:
        """A copy of the one drawer that this stamp is kept in."""
        copy = Stamped()
        copy._horizon = self._horizon
        drawer = self._drawers.get(stamp_ns // SECOND_NS)
        if drawer is not None:
            copy._drawers[stamp_ns // SECOND_NS] = dict(drawer)
        return copy


class Marks:
    """The highest nonce of each credential, on the scale of `times.nonce_mark`.

    Beside it stands the highest of what changes state, whether or not it was admitted: below that no mark may ever
    fall, for it may not be on the disk yet. Until it is, the credential is not forgotten either (see `forgetting`).
    """

    def __init__(self) -> None:
        self._marks: dict[str, int] = {}
        self._changed: dict[str, int] = {}
        self._owed: dict[str, int] = {}  # of what changed state, the highest that the disk is not known to have

    def learn(self, credential: str, mark: int) -> None:
        """Take over what the store knows, which has only what changed state; a mark never falls."""
        if mark > self._marks.get(credential, -1):
            self._marks[credential] = mark
        if mark > self._changed.get(credential, -1):
            self._changed[credential] = mark

    def use(self, credential: str, mark: int, target: bytes) -> Denied | None:
        """Move the mark up, or refuse. `target` is CHANGED for what changes state."""
        if target == CHANGED and mark > self._changed.get(credential, -1):
            self._changed[credential] = self._owed[credential] = mark
        if mark <= self._marks.get(credential, -1):
            return Denied(Reason.NONCE_LOW, "", f"the mark stands at {self._marks[credential]}")
        self._marks[credential] = mark
        return None

    def mark(self, credential: str) -> int:
        """Where it stands; -1 while nothing is known."""
        return self._marks.get(credential, -1)

    def lower(self, credential: str, durable: int) -> int:
        """Bring the mark down to where a restart would, and return it: what only read may then come again. Never below
        what changes state, on disk (`durable`) or on its way there."""
        self._marks[credential] = mark = max(durable, self._changed.get(credential, -1))
        return mark

    def written(self, credential: str, mark: int) -> None:
        """The disk has this mark."""
        if self._owed.get(credential, mark + 1) <= mark:
            del self._owed[credential]

    def forget(self, credential: str) -> bool:
        """Forget the credential, as a restart would; False, and not yet, while the disk still lacks something."""
        if credential in self._owed:
            return False
        self._marks.pop(credential, None)
        self._changed.pop(credential, None)
        return True

    def only(self, credentials: Iterable[str]) -> Marks:
        """A copy with these."""
        copy = Marks()
        copy._marks = {each: self._marks[each] for each in credentials if each in self._marks}
        return copy

    def __len__(self) -> int:
        return len(self._marks)
