"""Under which name a journal is signed, before and after a loss that was accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bitting.domain.errors import Tampered
from bitting.journal import epoch, log
from bitting.journal.audit import check
from bitting.journal.bundle import export, verify_bundle
from bitting.journal.note import Signer
from tests.journal.conftest import MemoryStorage, change

JournalOf = Callable[..., MemoryStorage]


def recovered(storage: MemoryStorage, version: int, facts: dict[str, Any]) -> None:
    said = replace(change(0), deed="journal.recover", kind="journal", id="epoch", version=version, facts=facts)
    log.append(storage, said)


def test_a_journal_goes_on_under_the_next_name(journal_of: JournalOf, signer: Signer) -> None:
    """Its first checkpoints still count, and whoever has the new key alone can verify what it signs."""
    storage = journal_of(9, signed=(4, 9))
    first = epoch.checkpointer(signer, storage)
    assert (first.signer, list(first.retired)) == (signer, [])
    recovered(storage, 1, {"epoch": 2})
    second = epoch.checkpointer(signer, storage)
    assert second.signer.name == "bitting.example/journal/2"
    assert list(second.retired) == [signer.verifier]
    assert second.sign(storage).origin == "bitting.example/journal/2"
    assert check(storage, [second.signer.verifier, *second.retired]).checkpoints == 3
    report = verify_bundle(export(storage, [second.signer.verifier]), [second.signer.verifier])
    assert (report.size, report.checkpoints) == (10, 1)
    with pytest.raises(Tampered):
        verify_bundle(export(storage, [second.signer.verifier]), [signer.verifier])
    recovered(storage, 2, {"epoch": 3})
    third = epoch.checkpointer(signer, storage)
    assert [each.name for each in third.retired] == ["bitting.example/journal/2", "bitting.example/journal"]
    third.sign(storage)
    assert check(storage, [third.signer.verifier, *third.retired]).checkpoints == 4


def test_a_loss_of_rows_alone_keeps_the_name(journal_of: JournalOf, signer: Signer) -> None:
    """The tree continues what was signed."""
    storage = journal_of(9, signed=(9,))
    recovered(storage, 1, {"epoch": 1})
    assert epoch.checkpointer(signer, storage).signer == signer
    leaf = epoch.recovery(storage)
    assert leaf is not None
    assert leaf.index == 9


@pytest.mark.parametrize("facts", [{}, {"epoch": 0}, {"epoch": 3}, {"epoch": "2"}])
def test_an_epoch_says_which_it_is(journal_of: JournalOf, facts: dict[str, Any]) -> None:
    """Never more of them than there were recoveries."""
    storage = journal_of(3)
    recovered(storage, 1, facts)
    with pytest.raises(Tampered, match="begins an epoch and does not say which"):
        epoch.current(storage)


def test_each_house_has_a_name_of_its_own() -> None:
    """Made of its key, so that one witness can tell houses apart."""
    assert epoch.first_origin(bytes(32)) == "bitting.local/journal/66687aad"
    assert epoch.first_origin(bytes(31) + b"\x01") != epoch.first_origin(bytes(32))
