"""Rights are a closed list; presets are expanded from it once (P-13)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedValue
from bitting.domain.permissions import PRESETS, WITHDRAWING, Permission, expand

NAMES: list[str] = re.findall(
    r"\S+",
    """
market.read balances.read orders.read orders.write history.read positions.read positions.write funding.read
funding.write earn.read earn.write convert.write borrow.write deposits.read deposits.write transfers.write
withdrawals.read withdrawals.write settings.read settings.write
""",
)


def test_the_rights_are_pinned() -> None:
    """Names are stored in policies and journalled: none may change or go away unnoticed."""
    assert [each.value for each in Permission] == NAMES


def test_the_presets_are_pinned() -> None:
    """*trade* cannot withdraw, *read-only* cannot write, *all* is all there is."""
    reads = {name for name in NAMES if name.endswith(".read")}
    assert {name: {each.value for each in rights} for name, rights in PRESETS.items()} == {
        "read-only": reads,
        "trade": reads | {"orders.write", "positions.write"},
        "withdraw": {"balances.read", "withdrawals.read", "withdrawals.write"},
        "all": set(NAMES),
    }


def test_only_withdrawing_presets_withdraw() -> None:
    """The dangerous right is in the two presets that say so."""
    assert {name for name, rights in PRESETS.items() if WITHDRAWING in rights} == {"withdraw", "all"}


@given(
    rights=st.lists(st.sampled_from(NAMES), unique=True),
    presets=st.lists(st.sampled_from(sorted(PRESETS)), unique=True),
)
def test_names_are_expanded_to_exactly_what_they_say(rights: list[str], presets: list[str]) -> None:
    """Presets and single rights together are their union; nothing implies anything else."""
    expected = {Permission(name) for name in rights}.union(*(PRESETS[name] for name in presets))
    assert expand([*rights, *presets]) == expected


def test_no_name_is_no_right() -> None:
    """P-13: empty admits nothing, it does not mean everything."""
    assert expand([]) == frozenset()


@pytest.mark.parametrize("names", [["orders.write", "orders.write"], ["trade", "trade"]])
def test_a_doubled_name_is_refused(names: list[str]) -> None:
    """P-13: it was meant to be something else."""
    with pytest.raises(MalformedValue, match="stands twice"):
        expand(names)


@pytest.mark.parametrize(
    "name",
    ["", "*", "orders.*", "orders", "ORDERS.WRITE", " orders.write", "orders.write ", "\u043erders.write", "x" * 9_999],
)
def test_an_unknown_name_is_refused_and_the_known_ones_are_told(name: str) -> None:
    """P-13: no wildcards, no other letter case, no look-alikes; the message is short and lists what there is."""
    with pytest.raises(MalformedValue) as caught:
        expand([name])
    assert all(each in str(caught.value) for each in NAMES)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("value", [5, None, True, ["orders.write"]])
def test_a_name_is_text(value: object) -> None:
    """JSON holds other things than texts."""
    with pytest.raises(MalformedValue, match="no permission"):
        Permission.from_text(value)  # type: ignore[arg-type]
