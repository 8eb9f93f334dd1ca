"""One account's own entries as a file that proves itself to whoever holds the account, and shows nobody else's.

JSON Lines in ASCII, one object a line:

    {"format": "bitting-journal-excerpt@1", "account": <id>, "entries": <number>, "checkpoint": <newest note>}
    {"leaf": <base64 of the leaf>, "reads": {…}, "proof": [<base64 of a hash>, …]}    for each entry, in order

`proof` is the way from the leaf to the checkpoint's root: hashes, which tell nothing about what they are made of. What
the file does give away besides is how many entries the journal has, and where these stand among them.

A Merkle tree proves that something is in it, and never that nothing else is. But each record of a key or an account
says what the one before it left behind, so none can be left out in between: what can be missing are the newest changes
of an object, whole objects, and what was dropped when its time was over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bitting.domain.change import Change
from bitting.domain.errors import Malformed, MalformedValue, NotFound, Tampered
from bitting.journal import log, merkle
from bitting.journal.checkpoint import Checkpoint
from bitting.journal.cosignature import with_cosignatures
from bitting.journal.leaf import Leaf
from bitting.journal.note import Verifier
from bitting.journal.ports import Leaves, Storage
from bitting.journal.spelling import from_base64, to_base64

FORMAT: Final = "bitting-journal-excerpt@1"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What a file proves: so many entries of the account are in the journal of `size` leaves under `root`. `begun` is
    how many of its objects have entries from before the first that is here."""

    account: str
    entries: int
    begun: int
    size: int
    root: bytes
    note: str


def export_excerpt(
    storage: Storage, account: str, trusted: Sequence[Verifier], cosigned: Sequence[Checkpoint] = ()
) -> Iterator[str]:
    """The lines, each with its newline, up to the newest checkpoint. Each is proven before it is given away.

    Raises NotFound while nothing is signed; Tampered or MalformedStored at the first thing that is not sound.
    """
    row = storage.newest_checkpoint()
    if row is None:
        raise NotFound("no checkpoint has been signed yet")
    newest = Checkpoint.from_row(row, trusted)
    indexes = [leaf.index for leaf in of_account(storage, account, newest.size)]
    yield _heading(account, len(indexes), with_cosignatures(newest.note, [each.note for each in cosigned]))
    for index in indexes:
        [leaf] = log.read(storage, index, index + 1)
        path = merkle.inclusion_proof(log.reader(storage), index, newest.size)
        merkle.verify_inclusion(leaf.hash, index, newest.size, path, newest.root)
        yield _entry(leaf, path)


def verify_excerpt(lines: Iterable[str], trusted: Sequence[Verifier]) -> Excerpt:
    """Check every line. Raises Tampered or Malformed with the line, the leaf and the reason."""
    reader: _Reader | None = None
    for number, line in enumerate(lines, 1):
        try:
            if reader is None:
                reader = _Reader(line, trusted)
            else:
                reader.read(line)
        except (Malformed, Tampered) as exc:
            raise type(exc)(f"line {number}: {exc}") from exc
    if reader is None:
        raise MalformedValue("this file is empty")
    return reader.report()


class _Reader:
    """One file, line by line. Everything raises Tampered or Malformed."""

    def __init__(self, heading: str, trusted: Sequence[Verifier]) -> None:
        match _json(heading):
            case {"account": str(account), "entries": int(entries), "checkpoint": str(note)} if heading == _heading(
                account, entries, note
            ):
                self._account, self._entries = account, entries
                self._checkpoint = Checkpoint.from_note(note, trusted)
            case _:
                raise MalformedValue(f"this file is not a {FORMAT}")
        self._last: dict[tuple[str, str], Change] = {}
        self._read = self._begun = 0
        self._index = -1

    def read(self, line: str) -> None:
        match _json(line):
            case {"leaf": str(encoded), "proof": list(proof)} if all(isinstance(each, str) for each in proof):
                leaf = Leaf.from_bytes(from_base64(encoded))
                path = [from_base64(each) for each in proof]
            case _:
                raise MalformedValue("no entry with its proof")
        if line != _entry(leaf, path):
            raise Tampered(f"what stands beside leaf {leaf.index} is not what it says")
        if leaf.change.account != self._account:
            raise Tampered(f"leaf {leaf.index} is of another account")
        if leaf.index <= self._index:
            raise Tampered(f"leaf {leaf.index} stands behind leaf {self._index}")
        size, root = self._checkpoint.size, self._checkpoint.root
        merkle.verify_inclusion(leaf.hash, leaf.index, size, path, root)
        self._follows(leaf)
        self._read, self._index = self._read + 1, leaf.index

    def _follows(self, leaf: Leaf) -> None:
        """A record of an object says in which state the one before it has left that."""
        change = leaf.change
        if change.version == 0:  # not of a state of anything: a refusal
            return
        last = self._last.get((change.kind, change.id))
        if last is None:
            self._begun += change.version > 1
        elif (change.version, change.before) not in ((last.version, last.digest), (last.version + 1, last.digest)):
            raise Tampered(
                f"between leaf {leaf.index} and the one before it of {change.kind} {change.id} one is missing"
            )
        self._last[change.kind, change.id] = change

    def report(self) -> Excerpt:
        if self._read != self._entries:
            raise Tampered(f"the file was to have {self._entries} entries and has {self._read}")
        checkpoint = self._checkpoint
        return Excerpt(self._account, self._read, self._begun, checkpoint.size, checkpoint.root, checkpoint.note)


def of_account(leaves: Leaves, account: str, stop: int) -> Iterator[Leaf]:
    """The account's leaves before an index, not checked yet. Raises MalformedStored."""
    # An id stands in a leaf as it is. Most leaves are others', and need not be read to know that.
    sought = account.encode()
    for row in leaves.journal_leaves(0, stop):
        if sought in row.leaf:
            leaf = Leaf.from_bytes(row.leaf)
            if leaf.change.account == account:
                yield leaf


def _heading(account: str, entries: int, note: str) -> str:
    return _line({"format": FORMAT, "account": account, "entries": entries, "checkpoint": note})


def _entry(leaf: Leaf, path: Sequence[bytes]) -> str:
    return _line({"leaf": to_base64(leaf.raw), "reads": leaf.view(), "proof": list(map(to_base64, path))})


def _line(value: dict[str, object]) -> str:
    # ASCII, so that no character of a label can end a line, turn it round or talk to a terminal.
    return json.dumps(value, separators=(",", ":")) + "\n"


def _json(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise MalformedValue("not a line of JSON") from None
