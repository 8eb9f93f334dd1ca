"""The tree against the RFC's own recursive definitions, public vectors, and what is nearly a proof."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bitting.domain.errors import Tampered
from bitting.journal import merkle

Refused = Callable[[type[Exception], str], AbstractContextManager[None]]

SIZES = range(71)

# Leaves and roots of the Certificate Transparency reference tests, as in transparency-dev/merkle v0.0.2
# (testonly/constants.go, rfc6962/rfc6962_test.go).
CT_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CT_INCLUSION = {  # (index, size) → path
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
# compact/range_test.go: leaf i is i in two bytes, little endian.
GOLDEN = {
    10: "VjWMPSYNtCuCNlF/RLnQy6HcwSk6CIipfxm+hettA+4=",
    15: "j4SulYmocFuxdeyp12xXCIgK6PekBcxzAIj4zbQzNEI=",
    16: "c+4Uc6BCMOZf/v3NZK1kqTUJe+bBoFtOhP+P3SayKRE=",
    100: "dUh9hYH88p0CMoHkdr1wC2szbhcLAXOejWpINIooKUY=",
}


class Tree:
    """The nodes of a growing tree, and how many of them were read."""

    def __init__(self, leaves: Sequence[bytes] = ()) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.reads = 0
        for index, leaf in enumerate(leaves):
            for level, place, hash in merkle.grown(self.read, index, merkle.leaf_hash(leaf)):
                self.nodes[level, place] = hash

    def read(self, level: int, index: int) -> bytes:
        self.reads += 1
        return self.nodes[level, index]


def numbered(size: int) -> list[bytes]:
    return [b"leaf %d" % number for number in range(size)]


LEAVES = numbered(max(SIZES))
TREE = Tree(LEAVES)


# RFC 9162 section 2.1.1, 2.1.3.1 and 2.1.4.1, as they are written there.


def mth(d: Sequence[bytes]) -> bytes:
    if not d:
        return hashlib.sha256().digest()
    if len(d) == 1:
        return hashlib.sha256(b"\x00" + d[0]).digest()
    k = below(len(d))
    return hashlib.sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def path(m: int, d: Sequence[bytes]) -> list[bytes]:
    if len(d) == 1:
        return []
    k = below(len(d))
    return [*path(m, d[:k]), mth(d[k:])] if m < k else [*path(m - k, d[k:]), mth(d[:k])]


def subproof(m: int, d: Sequence[bytes], b: bool) -> list[bytes]:
    if m == len(d):
        return [] if b else [mth(d)]
    k = below(len(d))
    return [*subproof(m, d[:k], b), mth(d[k:])] if m <= k else [*subproof(m - k, d[k:], False), mth(d[:k])]


def below(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def test_public_roots() -> None:
    """The roots of the Certificate Transparency reference trees come out."""
    leaves = [bytes.fromhex(leaf) for leaf in CT_LEAVES]
    tree = Tree(leaves)
    assert [merkle.root(tree.read, size).hex() for size in range(9)] == CT_ROOTS
    for (index, size), expected in CT_INCLUSION.items():
        assert [hash.hex() for hash in merkle.inclusion_proof(tree.read, index, size)] == expected
    golden = Tree([number.to_bytes(2, "little") for number in range(100)])
    for size, expected_root in GOLDEN.items():
        assert merkle.root(golden.read, size) == base64.b64decode(expected_root)


def test_public_hashes() -> None:
    """A leaf and a node hash as RFC 6962 has them, each behind its own first byte."""
    leaf = merkle.leaf_hash(b"L123456").hex()
    node = merkle.node_hash(b"N123", b"N456").hex()
    assert leaf == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


def test_roots_are_those_of_the_definition() -> None:
    """Root, frontier and a frontier taken up in the middle give MTH(D[n]) for every size."""
    frontier = merkle.Frontier()
    for size in SIZES:
        expected = mth(LEAVES[:size])
        assert merkle.root(TREE.read, size) == frontier.root() == expected
        taken_up = merkle.Frontier.at(TREE.read, size // 2)
        for leaf in LEAVES[size // 2 : size]:
            taken_up.append(merkle.leaf_hash(leaf))
        assert taken_up.size == size
        assert taken_up.root() == expected
        if size < len(LEAVES):
            frontier.append(merkle.leaf_hash(LEAVES[size]))


def test_inclusion_proofs_are_those_of_the_definition() -> None:
    """Every proof for every leaf of every size is PATH(m, D[n]) and verifies."""
    for size in SIZES:
        root = merkle.root(TREE.read, size)
        for index in range(size):
            proof = merkle.inclusion_proof(TREE.read, index, size)
            assert proof == path(index, LEAVES[:size])
            merkle.verify_inclusion(merkle.leaf_hash(LEAVES[index]), index, size, proof, root)


def test_consistency_proofs_are_those_of_the_definition() -> None:
    """Every proof between every two sizes is PROOF(m, D[n]) and verifies; from nothing it is empty."""
    for new in SIZES:
        for old in range(new + 1):
            proof = merkle.consistency_proof(TREE.read, old, new)
            assert proof == (subproof(old, LEAVES[:new], True) if old else [])
            roots = merkle.root(TREE.read, old), merkle.root(TREE.read, new)
            merkle.verify_consistency(old, new, *roots, proof)


def test_nodes_are_complete_subtrees() -> None:
    """Each stored node is the root of exactly the leaves under it, and an append writes each only once."""
    for (level, index), hash in TREE.nodes.items():
        assert hash == mth(LEAVES[index << level : (index + 1) << level])
    assert len(TREE.nodes) == sum(len(LEAVES) >> level for level in range(len(LEAVES).bit_length()))


@given(st.integers(1, 10**12), st.data())
def test_a_thousand_million_leaves_cost_a_few_reads(size: int, data: st.DataObject) -> None:
    """Append, root and both proofs read O(log n) nodes, whatever the size."""
    tree = Tree()
    tree.read = lambda level, index: count(tree)  # type: ignore[method-assign]
    bits = size.bit_length()
    for work in (
        lambda: list(merkle.grown(tree.read, size, bytes(32))),
        lambda: merkle.root(tree.read, size),
        lambda: merkle.inclusion_proof(tree.read, data.draw(st.integers(0, size - 1)), size),
        lambda: merkle.consistency_proof(tree.read, data.draw(st.integers(0, size)), size),
        lambda: merkle.Frontier.at(tree.read, size).root(),
    ):
        tree.reads = 0
        work()
        assert tree.reads <= 2 * bits


def count(tree: Tree) -> bytes:
    tree.reads += 1
    return bytes(32)


@st.composite
def altered(draw: st.DrawFn, proof: list[bytes]) -> list[bytes]:
    """A proof with one hash changed, lost, doubled, cut short or put in."""
    at = draw(st.integers(0, max(0, len(proof) - 1)))
    foreign = draw(st.sampled_from([bytes(32), merkle.EMPTY, b"", bytes(31), bytes(33), *LEAVES[:1]]))
    if not proof:
        return [foreign]
    return draw(
        st.sampled_from(
            [
                proof[:at] + proof[at + 1 :],
                [*proof[:at], foreign, *proof[at + 1 :]],
                [*proof[:at], foreign, *proof[at:]],
                [*proof[:at], proof[at], *proof[at:]],
                [*proof[:at], proof[at][:-1], *proof[at + 1 :]],
                [*proof, foreign],
            ]
        )
    )


@given(st.data())
def test_a_changed_inclusion_proof_proves_nothing(data: st.DataObject) -> None:
    """A wrong path, leaf or root is Tampered; so is the right one for another index."""
    size = data.draw(st.sampled_from(SIZES[1:]))
    index = data.draw(st.integers(0, size - 1))
    root, hash = merkle.root(TREE.read, size), merkle.leaf_hash(LEAVES[index])
    proof = merkle.inclusion_proof(TREE.read, index, size)
    wrong = data.draw(altered(proof))
    assume(wrong != proof)
    other = data.draw(st.integers(-1, size).filter(lambda other: other != index))
    for tried in (
        (hash, index, size, wrong, root),
        (hash, other, size, proof, root),
        (merkle.leaf_hash(b"forged"), index, size, proof, root),
        (hash, index, size, proof, merkle.EMPTY),
    ):
        with pytest.raises(Tampered):
            merkle.verify_inclusion(*tried)


@given(st.data())
def test_a_changed_consistency_proof_proves_nothing(data: st.DataObject) -> None:
    """A wrong path or either wrong root is Tampered, for all sizes."""
    new = data.draw(st.sampled_from(SIZES[1:]))
    old = data.draw(st.integers(1, new))
    roots = merkle.root(TREE.read, old), merkle.root(TREE.read, new)
    proof = merkle.consistency_proof(TREE.read, old, new)
    wrong = data.draw(altered(proof))
    assume(wrong != proof)
    for tried in (
        (old, new, *roots, wrong),
        (old, new, merkle.EMPTY, roots[1], proof),
        (old, new, roots[0], merkle.EMPTY, proof),
        (new + 1, new, *roots, proof),
        (-1, new, *roots, proof),
    ):
        with pytest.raises(Tampered):
            merkle.verify_consistency(*tried)


def test_every_fork_is_inconsistent() -> None:
    """No tree that differs in one earlier leaf continues the old one, whatever proof its owner makes."""
    for old in range(1, 20):
        for forked in range(old):
            for new in (old, old + 1, 2 * old, 33):
                leaves = numbered(new)
                leaves[forked] = b"forged"
                fork = Tree(leaves)
                proof = merkle.consistency_proof(fork.read, old, new)
                roots = merkle.root(TREE.read, old), merkle.root(fork.read, new)
                with pytest.raises(Tampered):
                    merkle.verify_consistency(old, new, *roots, proof)


def test_between_any_two_sizes_one_proof_holds() -> None:
    """For all sizes to 200: the proof made holds, and with a hash changed, lost or put in, or for another pair of
    sizes, it does not."""
    leaves = numbered(200)
    tree = Tree(leaves)
    roots = [merkle.root(tree.read, size) for size in range(201)]
    for new in range(1, 201):
        for old in range(1, new):
            proof = merkle.consistency_proof(tree.read, old, new)
            merkle.verify_consistency(old, new, roots[old], roots[new], proof)
            at = (old + new) % len(proof)
            forged = bytes([proof[at][0] ^ 1]) + proof[at][1:]
            for wrong in (
                (old, new, roots[old], roots[new], [*proof[:at], forged, *proof[at + 1 :]]),
                (old, new, roots[old], roots[new], proof[:at] + proof[at + 1 :]),
                (old, new, roots[old], roots[new], [*proof[:at], forged, *proof[at:]]),
                (old, new, roots[old - 1], roots[new], proof),
                (old, new, roots[old], roots[new - 1], proof),
            ):
                with pytest.raises(Tampered):
                    merkle.verify_consistency(*wrong)


@pytest.mark.parametrize(
    ("old", "new", "proof", "reason"),
    [
        (3, 7, [], "the consistency proof from 3 to 7 is too short"),
        (4, 7, [], "the consistency proof from 4 to 7 is too short"),
        (4, 7, [bytes(32)] * 4, "the consistency proof from 4 to 7 is too long"),
        (4, 7, [bytes(32)], "the tree of 7 does not begin with the tree of 4"),
        (4, 4, [bytes(32)], "there are two trees of 4"),
        (0, 4, [bytes(32)], "there are two trees of 0"),
        (4, 3, [], "a tree of 3 cannot begin with one of 4"),
        (4, 7, [bytes(31)], "a proof is made of hashes of 32 bytes"),
    ],
)
def test_the_reason_of_a_consistency_failure(
    old: int, new: int, proof: list[bytes], reason: str, refused: Refused
) -> None:
    """Length, order and content of a consistency proof are told apart."""
    with refused(Tampered, reason):
        merkle.verify_consistency(old, new, bytes(32), bytes(32), proof)


@pytest.mark.parametrize(
    ("index", "size", "proof", "reason"),
    [
        (0, 0, [], "there is no leaf 0 in a tree of 0"),
        (7, 7, [], "there is no leaf 7 in a tree of 7"),
        (2, 7, [bytes(32)] * 2, "the inclusion proof of leaf 2 is too short for a tree of 7"),
        (2, 7, [bytes(32)] * 4, "the inclusion proof of leaf 2 is too long for a tree of 7"),
        (2, 7, [bytes(32)] * 3, "leaf 2 is not under the root of the tree of 7"),
        (2, 7, [bytes(33)] * 3, "a proof is made of hashes of 32 bytes"),
    ],
)
def test_the_reason_of_an_inclusion_failure(
    index: int, size: int, proof: list[bytes], reason: str, refused: Refused
) -> None:
    """Range, length and content of an inclusion proof are told apart."""
    with refused(Tampered, reason):
        merkle.verify_inclusion(bytes(32), index, size, proof, bytes(32))
