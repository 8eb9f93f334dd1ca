"""A journal in memory: the ports of `bitting.journal.ports` over three dicts, open to be tampered with."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.domain.change import Change
from bitting.domain.errors import Conflict
from bitting.journal import log, merkle
from bitting.journal.checkpoint import Checkpointer
from bitting.journal.note import Signer
from bitting.journal.ports import StoredCheckpoint, StoredLeaf

K = TypeVar("K")
V = TypeVar("V")


class MemoryStorage:
    """Rows by index, nodes by (level, index), notes by size; each is written once."""

    def __init__(self) -> None:
        self.rows: dict[int, StoredLeaf] = {}
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.notes: dict[int, str] = {}

    def copy(self) -> MemoryStorage:
        return copy.deepcopy(self)

    def journal_size(self) -> int:
        return max(self.rows, default=-1) + 1

    def journal_node(self, level: int, index: int) -> bytes | None:
        return self.nodes.get((level, index))

    def stray_node(self, size: int) -> tuple[int, int] | None:
        return next((each for each in self.nodes if min(each) < 0 or each[1] >= size >> each[0]), None)

    def put_journal_leaf(self, leaf: StoredLeaf) -> None:
        _put(self.rows, leaf.index, leaf)

    def put_journal_node(self, level: int, index: int, hash: bytes) -> None:
        _put(self.nodes, (level, index), hash)

    def journal_leaves(self, start: int, stop: int) -> Iterable[StoredLeaf]:
        return [self.rows[index] for index in sorted(self.rows) if start <= index < stop]

    def journal_indexes(self, stop: int) -> Iterable[int]:
        return [index for index in sorted(self.rows) if index < stop]

    def newest_leaf(self, kind: str, id: str) -> StoredLeaf | None:
        found = [row for row in self.rows.values() if (row.kind, row.id) == (kind, id)]
        return max(found, key=lambda row: row.index, default=None)

    def drop_journal_leaves(self, stop: int) -> int:
        newest = {(row.kind, row.id): index for index, row in sorted(self.rows.items())}
        gone = [index for index, row in self.rows.items() if index < stop and newest[row.kind, row.id] != index]
        for index in gone:
            del self.rows[index]
        return len(gone)

    def put_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        _put(self.notes, checkpoint.size, checkpoint.note)

    def newest_checkpoint(self) -> StoredCheckpoint | None:
        return max(self.checkpoints(), key=lambda row: row.size, default=None)

    def checkpoints(self) -> Iterable[StoredCheckpoint]:
        return [StoredCheckpoint(size, self.notes[size]) for size in sorted(self.notes)]

    def replace_journal_node(self, level: int, index: int, hash: bytes) -> None:
        self.nodes[level, index] = hash

    def refile_journal_leaf(self, leaf: StoredLeaf) -> None:
        self.rows[leaf.index] = leaf

    def drop_checkpoint(self, size: int) -> None:
        del self.notes[size]

    def rehash(self) -> None:
        """What a thief with the database and without the key does: all nodes anew, to fit the leaves."""
        self.nodes = {}
        for index, row in sorted(self.rows.items()):
            for level, place, hash in merkle.grown(log.reader(self), index, merkle.leaf_hash(row.leaf)):
                self.nodes[level, place] = hash


def _put(table: dict[K, V], key: K, value: V) -> None:
    if key in table:
        raise Conflict(f"{key} is written already")
    table[key] = value


def change(number: int) -> Change:
    """The issue or an edit of one of three keys."""
    return Change(
        at_ns=1_790_000_000_000_000_000 + number,
        request_id=f"request-{number}",
        actor="user:ada",
        strength="step-up",
        deed="key.issue" if number < 3 else "key.edit",
        kind="key",
        id=f"key-{number % 3}",
        account="account-1",
        version=1 + number // 3,
        before=b"" if number < 3 else bytes([number % 256]) * 32,
        digest=bytes([(number + 3) % 256]) * 32,
        facts={"label": f"bot {number}"},
    )


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer("bitting.example/journal", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@pytest.fixture(scope="session")
def stranger() -> Signer:
    """Somebody who signs in the log's name with a key of his own."""
    return Signer("bitting.example/journal", Ed25519PrivateKey.from_private_bytes(b"s" * 32))


@pytest.fixture(scope="session")
def a_change() -> Callable[[int], Change]:
    return change


@pytest.fixture(scope="session")
def journal_of(signer: Signer) -> Callable[..., MemoryStorage]:
    """`journal_of(9, signed=(4, 9))`: nine leaves, checkpoints after the fourth and the ninth."""

    def build(size: int, signed: tuple[int, ...] = ()) -> MemoryStorage:
        storage = MemoryStorage()
        for number in range(size + 1):
            if number in signed:
                Checkpointer(signer).sign(storage)
            if number < size:
                log.append(storage, change(number))
        return storage

    return build


@pytest.fixture(scope="session")
def refused() -> Callable[[type[Exception], str], AbstractContextManager[None]]:
    """`with refused(Tampered, "leaf 3 is …"):` this exception and exactly these words."""

    @contextmanager
    def expect(kind: type[Exception], words: str) -> Iterator[None]:
        with pytest.raises(kind) as caught:
            yield
        assert str(caught.value) == words

    return expect
