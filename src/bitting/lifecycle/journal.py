"""What is done to the journal itself, which records it like everything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bitting.domain.canonical import Plain
from bitting.lifecycle.act import Act
from bitting.lifecycle.ports import Raised

_RETENTION: Final = "retention"
_EPOCH: Final = "epoch"


def prune(act: Act, minimum: int) -> Raised:
    """Drop the leaves below an index, but the newest of each object. Raises Refused, Tampered, ConsentMissing."""
    raised = act.work.drop_leaves(minimum)
    act.allow("journal.prune", "journal", raised.before, raised.gone, widens=True)
    facts = {"minimum": raised.minimum, "dropped": raised.dropped}
    act.keep_journal("journal.prune", _RETENTION, raised.gone_before, raised.gone, facts)
    return raised


def accept_loss(act: Act, facts: Mapping[str, Plain]) -> None:
    """Record what was given up, and under which epoch the journal goes on."""
    act.keep_journal("journal.recover", _EPOCH, b"", b"", facts)
