"""Under which name a journal is signed, and when that name changes.

A log may grow and do nothing else; whoever has lost leaves that a witness has seen can never go on under the same
origin, for sooner or later there would be two trees of one size. After such a loss, which an operator has to accept
(`bitting recover`), the tree goes on under the origin of the next epoch, and says in a leaf what it gave up. The
signing key stays: the key of an origin is another one by its name (C2SP signed-note).
"""

from __future__ import annotations

import hashlib
from typing import Final

from bitting.domain.errors import Tampered
from bitting.journal import log
from bitting.journal.checkpoint import Checkpointer
from bitting.journal.leaf import Leaf
from bitting.journal.note import Signer
from bitting.journal.ports import Leaves

EPOCH: Final = "epoch"  # the id of the object, of kind `journal`, whose leaves say what was given up


def checkpointer(signer: Signer, leaves: Leaves) -> Checkpointer:
    """What signs this journal now. `signer` is the one of the first epoch. Raises Tampered."""
    names = [origin(signer.name, number) for number in range(1, current(leaves) + 1)]
    *retired, present = [Signer(name, signer.key) for name in names]
    return Checkpointer(present, [each.verifier for each in reversed(retired)])


def current(leaves: Leaves) -> int:
    """The number of the epoch, from 1. Raises Tampered."""
    leaf = recovery(leaves)
    if leaf is None:
        return 1
    number = leaf.change.facts.get("epoch")
    if not isinstance(number, int) or not 1 <= number <= leaf.change.version + 1:
        raise Tampered(f"leaf {leaf.index} begins an epoch and does not say which")
    return number


def recovery(leaves: Leaves) -> Leaf | None:
    """The leaf of the last loss that was accepted, None where there was none."""
    return log.newest(leaves, log.KIND, EPOCH)


def origin(first: str, number: int) -> str:
    """The name of an epoch, made of the one of the first."""
    return first if number == 1 else f"{first}/{number}"


def first_origin(public: bytes) -> str:
    """The name of a house's journal in its first epoch: another one for each house, so that a witness of several can
    tell them apart."""
    return f"bitting.local/journal/{hashlib.sha256(public).hexdigest()[:8]}"
