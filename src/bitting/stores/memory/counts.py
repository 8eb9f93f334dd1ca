"""The floor, spent consents, repeated questions, marks and sums in dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from bitting.domain.errors import Conflict
from bitting.gate.totals import Slot
from bitting.stores.memory.undo import Undo
from bitting.stores.ports import Ground

_ONLY = 1


class MemoryCounts:
    """Fits `ports.Counts`."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self.grounds: dict[int, Ground] = {_ONLY: Ground(0, 0, 0, settled=True)}
        self.spent: dict[str, int] = {}
        self.repeats: dict[tuple[str, str], tuple[bytes, str, int]] = {}
        self.marks_of: dict[str, int] = {}
        self.sums_of: dict[Slot, Decimal] = {}

    def ground(self) -> Ground:
        return self.grounds[_ONLY]

    def raise_floor(self, floor_ns: int) -> None:
        ground = self.ground()
        self._undo.put(self.grounds, _ONLY, ground._replace(floor_ns=max(ground.floor_ns, floor_ns)))

    def settle(self) -> None:
        self._undo.put(self.grounds, _ONLY, self.ground()._replace(settled=True))

    def unsettle(self, now_ns: int) -> None:
        self._undo.put(self.grounds, _ONLY, self.ground()._replace(restored_at_ns=now_ns, settled=False))

    def spend(self, consent_id: str, expires_at_ms: int) -> None:
        if consent_id in self.spent:
            raise Conflict("this confirmation was used already; confirm the change again")
        self._undo.put(self.spent, consent_id, expires_at_ms)

    def forget_spent(self, before_ms: int) -> None:
        for consent_id in [each for each, expires_at_ms in self.spent.items() if expires_at_ms < before_ms]:
            self._undo.drop(self.spent, consent_id)

    def repeat(self, who: str, name: str) -> tuple[bytes, str] | None:
        found = self.repeats.get((who, name))
        return None if found is None else found[:2]

    def keep_repeat(self, who: str, name: str, digest: bytes, object_id: str, at_ms: int) -> None:
        if (who, name) in self.repeats:
            raise Conflict("this was asked under the same name at the same moment")
        self._undo.put(self.repeats, (who, name), (digest, object_id, at_ms))

    def forget_repeats(self, before_ms: int) -> None:
        for place in [place for place, (_, _, at_ms) in self.repeats.items() if at_ms < before_ms]:
            self._undo.drop(self.repeats, place)

    def marks(self, credential_ids: Sequence[str]) -> dict[str, int]:
        return {each: self.marks_of[each] for each in credential_ids if each in self.marks_of}

    def raise_marks(self, marks: Mapping[tuple[str, str, str], int]) -> None:
        for (_, _, credential_id), mark in marks.items():
            self._undo.put(self.marks_of, credential_id, max(mark, self.marks_of.get(credential_id, mark)))

    def sums(self, scopes: Sequence[str], day: int) -> dict[Slot, Decimal]:
        return {slot: amount for slot, amount in self.sums_of.items() if slot[0] in scopes and slot[3] == day}

    def put_sums(self, sums: Mapping[Slot, Decimal]) -> None:
        for slot, amount in sums.items():
            self._undo.put(self.sums_of, slot, amount)
