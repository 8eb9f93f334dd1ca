"""The Merkle tree of RFC 9162 section 2.1 (the same hashes as RFC 6962).

A leaf is SHA-256(0x00 ‖ leaf) and a node SHA-256(0x01 ‖ left ‖ right): the two first bytes keep a node from
ever being passed off as a leaf. Only complete subtrees are stored, by (level, index), and they never change
again; roots and proofs are put together from O(log n) of them. The two `verify_` functions need no tree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

from bitting.domain.errors import Tampered

EMPTY = hashlib.sha256(b"").digest()
"""The root of the tree without leaves."""

Read = Callable[[int, int], bytes]
"""(level, index) → the hash of that complete subtree."""


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf's bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def grown(read: Read, index: int, hash: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Every (level, index, hash) the leaf at `index` completes, itself first. Reads one node a level."""
    level = 0
    yield level, index, hash
    while index & 1:
        hash = node_hash(read(level, index - 1), hash)
        level, index = level + 1, index >> 1
        yield level, index, hash


def root(read: Read, size: int) -> bytes:
    """MTH(D[size]), section 2.1.1."""
    return _span(read, 0, size) if size else EMPTY


def inclusion_proof(read: Read, index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]), section 2.1.3.1: from the leaf's sibling up to the root's child."""
    path = []
    start, stop = 0, size
    while stop - start > 1:
        middle = _split(start, stop)
        if index < middle:
            path.append(_span(read, middle, stop))
            stop = middle
        else:
            path.append(_span(read, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(read: Read, old: int, new: int) -> list[bytes]:
    """PROOF(old, D[new]), section 2.1.4.1. Empty for old = 0 and for old = new."""
    path = []
    start, stop = 0, new
    while 0 < old < stop:
        middle = _split(start, stop)
        if old <= middle:
            path.append(_span(read, middle, stop))
            stop = middle
        else:
            path.append(_span(read, start, middle))
            start = middle
    if start:  # to the left of everything the old tree is a subtree whose hash the verifier has: its root
        path.append(_span(read, start, stop))
    return path[::-1]


def verify_inclusion(hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that `hash` is leaf `index` of `size` under `root`, section 2.1.3.2. Raises Tampered."""
    if not 0 <= index < size:
        raise Tampered(f"there is no leaf {index} in a tree of {size}")
    _only_hashes(proof)
    at, last = index, size - 1
    for sibling in proof:
        if last == 0:
            raise Tampered(f"the inclusion proof of leaf {index} is too long for a tree of {size}")
        if at & 1 or at == last:
            hash = node_hash(sibling, hash)
            at, last = _climb(at, last)
        else:
            hash = node_hash(hash, sibling)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise Tampered(f"the inclusion proof of leaf {index} is too short for a tree of {size}")
    if hash != root:
        raise Tampered(f"leaf {index} is not under the root of the tree of {size}")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `new` leaves begins with the tree of `old`, section 2.1.4.2. Raises Tampered."""
    if not 0 <= old <= new:
        raise Tampered(f"a tree of {new} cannot begin with one of {old}")
    if old in (0, new):
        if proof or old_root != (new_root if old else EMPTY):
            raise Tampered(f"there are two trees of {old}")
        return
    _only_hashes(proof)
    # A complete old tree is a node of the new one, and its root is left out of the proof.
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        raise Tampered(f"the consistency proof from {old} to {new} is too short")
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for hash in path[1:]:
        if last == 0:
            raise Tampered(f"the consistency proof from {old} to {new} is too long")
        if at & 1 or at == last:
            first, second = node_hash(hash, first), node_hash(hash, second)
            at, last = _climb(at, last)
        else:
            second = node_hash(second, hash)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise Tampered(f"the consistency proof from {old} to {new} is too short")
    if first != old_root or second != new_root:
        raise Tampered(f"the tree of {new} does not begin with the tree of {old}")


class Frontier:
    """The right edge of a tree: enough to append to it and to know its root, in log n hashes."""

    def __init__(self) -> None:
        """The edge of the empty tree."""
        self.size = 0
        self._edge: dict[int, bytes] = {}  # level → the last complete subtree of that level

    @classmethod
    def at(cls, read: Read, size: int) -> Frontier:
        """The edge of the tree of `size`, whose nodes `read` knows."""
        frontier = cls()
        frontier.size = size
        # One subtree for each 1 in the size: the ones the root and the next leaves are made from.
        levels = (level for level in range(size.bit_length()) if size >> level & 1)
        frontier._edge = {level: read(level, (size >> level) - 1) for level in levels}
        return frontier

    def append(self, hash: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf's hash; return every (level, index, hash) it completes, as `grown`."""
        nodes = list(grown(self._last, self.size, hash))
        self._edge.update((level, node) for level, _, node in nodes)
        self.size += 1
        return nodes

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        return root(self._last, self.size)

    def _last(self, level: int, index: int) -> bytes:
        return self._edge[level]


def _split(start: int, stop: int) -> int:
    """Where the RFC divides two or more leaves: after the largest power of two smaller than their number."""
    return start + (1 << (stop - start - 1).bit_length() - 1)


def _span(read: Read, start: int, stop: int) -> bytes:
    """MTH(D[start:stop]) for a span the RFC's recursion can reach: its left part is always complete."""
    level = (stop - start).bit_length() - 1
    left = read(level, start >> level)
    middle = start + (1 << level)
    return left if middle == stop else node_hash(left, _span(read, middle, stop))


def _only_hashes(proof: Sequence[bytes]) -> None:
    """32 bytes each: with other lengths, one pair of children could be cut into another pair."""
    if any(len(hash) != 32 for hash in proof):
        raise Tampered("a proof is made of hashes of 32 bytes")


def _climb(at: int, last: int) -> tuple[int, int]:
    """Past the levels where an incomplete right edge has no sibling (sections 2.1.3.2 and 2.1.4.2)."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last
