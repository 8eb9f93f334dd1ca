"""The emergency brake."""

import pytest

from bitting.domain.verdict import Reason
from bitting.gate.freeze import EVERYTHING, Freeze
from tests.gate.world import World


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        ("key-1", Reason.HELD),
        ("acc-1", Reason.ACCOUNT_HELD),
        ("fund", Reason.ACCOUNT_HELD),
        (EVERYTHING, Reason.HOUSE_HELD),
    ],
)
def test_a_stop_counts_for_the_key_its_accounts_and_everything(scope: str, reason: Reason) -> None:
    """And for nothing else."""
    freeze = Freeze()
    freeze.stop(scope)
    stopped = freeze.objection("key-1", ("acc-1", "fund"))
    assert stopped is not None
    assert stopped.reason is reason
    assert (freeze.objection("key-2", ("acc-2",)) is None) is (scope != EVERYTHING)


def test_a_stop_stands_until_it_is_released() -> None:
    """Releasing what is not stopped does nothing, and one release does not touch another stop."""
    freeze = Freeze()
    assert freeze.objection("key-1", ("acc-1",)) is None
    freeze.stop("key-1")
    freeze.stop("acc-1")
    freeze.release("key-1")
    freeze.release("key-9")
    assert freeze.scopes == {"acc-1"}
    assert freeze.objection("key-1", ("acc-1",)) is not None
    freeze.release("acc-1")
    assert freeze.objection("key-1", ("acc-1",)) is None


@pytest.mark.parametrize("scope", ["key-1", "acc-1", EVERYTHING])
def test_the_brake_works_at_once_and_without_a_disk(scope: str) -> None:
    """The row in the cache says that all is well, and the store is not asked."""
    world = World()
    holder = world.issue()
    assert world.answer(holder.order()).status == 200
    world.freeze.stop(scope)
    assert world.answer(holder.order()).status == 403
    assert len(world.store.loads) == 1
    world.freeze.release(scope)
    assert world.answer(holder.order()).status == 200


def test_a_parent_account_stops_its_sub_accounts() -> None:
    """Their keys are under it."""
    world = World()
    world.account("desk", parent="acc-1")
    holder = world.issue("desk")
    world.freeze.stop("acc-1")
    assert world.answer(holder.order()).status == 403
