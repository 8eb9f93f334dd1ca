"""Nobody confirms what the page did not say: there is a line exactly where a change gives something."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from bitting.domain.gains import gains, limit_gains
from bitting.domain.grants import NO_LIMITS, Limits
from bitting.domain.network import ANYWHERE
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy, narrows
from tests.domain import pools
from tests.domain.examples import policy
from tests.domain.test_narrows import _PLAIN, FIELDS, LIMITS, _orders


@given(edit=pools.edits())
def test_there_is_a_line_exactly_where_there_is_power(edit: tuple[Policy, Policy]) -> None:
    """G7: the same question as `narrows`, so that neither can drift from the other."""
    before, after = edit
    assert (gains(before, after) == ()) == narrows(before, after)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_field_that_widens_is_told(name: str) -> None:
    wider, narrower = FIELDS[name]
    for each in wider:
        assert len(gains(_PLAIN, replace(_PLAIN, **{name: each}))) >= 1
    for each in narrower:
        assert gains(_PLAIN, replace(_PLAIN, **{name: each})) == ()


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_every_limit_that_widens_is_told_by_its_name(name: str) -> None:
    setting, wider, aside = LIMITS[name]
    before = _orders(**{name: setting})
    for each in (*wider, *aside):
        [line] = gains(before, _orders() if each is None else _orders(**{name: each}))
        assert line.startswith(f"orders.write, {name}: ")
    assert list(limit_gains(Limits(), Limits())) == []


def test_a_new_key_is_told_whole() -> None:
    """All of it is new."""
    wanted = policy(
        grants={Permission.ORDERS_WRITE: Limits(open_orders=5), Permission.EARN_READ: NO_LIMITS}, expires_at_ms=None
    )
    assert gains(None, wanted) == (
        "may now: earn.read",
        "may now: orders.write, with open_orders 5",
        f"usable from {', '.join(wanted.network.to_text())}; it was nowhere",
        "works until it is revoked",
    )


def test_before_and_after_stand_in_one_line() -> None:
    before = policy(grants={Permission.ORDERS_WRITE: Limits.from_plain({"largest_order": {"USDT": "100"}})})
    after = policy(
        grants={Permission.ORDERS_WRITE: NO_LIMITS},
        network=ANYWHERE,
        expires_at_ms=(before.expires_at_ms or 0) + 86_400_000,
    )
    limit, place, end = gains(before, after)
    assert limit == 'orders.write, largest_order: no limit; it was {"USDT": "100"}'
    assert place.startswith("usable from anywhere; it was ")
    assert end.startswith("works until 20")
    assert "; it was 20" in end
