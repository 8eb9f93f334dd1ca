"""What people still have to sign, in a dict."""

from __future__ import annotations

from bitting.domain.errors import Conflict
from bitting.stores.memory.undo import Undo
from bitting.stores.ports import Mac
from bitting.stores.rows import PaperRow


class MemoryPapers:
    """Fits `ports.Papers`."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self.papers: dict[tuple[str, str], PaperRow] = {}

    def paper(self, kind: str, paper_id: str) -> PaperRow | None:
        return self.papers.get((kind, paper_id))

    def waiting(self, kind: str, now_ms: int) -> list[PaperRow]:
        found = [each for each in self.papers.values() if each.kind == kind and each.waits and each.until_ms > now_ms]
        return sorted(found, key=lambda each: each.paper_id)

    def owned(self, kind: str, owner: str, now_ms: int) -> int:
        return sum((each.kind, each.owner) == (kind, owner) and each.until_ms > now_ms for each in self.papers.values())

    def newest(self, kind: str, before: str, most: int) -> list[PaperRow]:
        found = [each for each in self.papers.values() if each.kind == kind and (not before or each.paper_id < before)]
        return sorted(found, key=lambda each: each.paper_id, reverse=True)[:most]

    def put_paper(self, row: PaperRow, before: int) -> None:
        there = self.paper(row.kind, row.paper_id)
        if (0 if there is None else there.version) != before:
            raise Conflict(f"the {row.kind} was used meanwhile; look again")
        self._undo.put(self.papers, (row.kind, row.paper_id), row)

    def forget_papers(self, kind: str, before_ms: int) -> None:
        for place in [place for place, each in self.papers.items() if each.kind == kind and each.until_ms < before_ms]:
            self._undo.drop(self.papers, place)

    def macs(self) -> list[Mac]:
        return [Mac("papers", "", f"{each.kind} {each.paper_id}", each.mac) for each in self.papers.values()]

    def put_mac(self, mac: Mac) -> None:
        kind, _, paper_id = mac.id.partition(" ")
        self._undo.put(self.papers, (kind, paper_id), self.papers[kind, paper_id]._replace(mac=mac.mac))
