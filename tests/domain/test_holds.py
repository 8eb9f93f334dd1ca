"""Who may set and lift which hold: every hold against every authority."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import IllegalStep
from bitting.domain.holds import LIFTS, SETS, Authority, Hold, with_hold, without_hold

# Rows: hold. Columns: holder, operator, house. s: may set, l: may lift.
TABLE = {
    "holder": ("sl", "sl", "  "),
    "watch": (" l", " l", "s "),
    "operator": ("  ", "sl", "s "),
    "leak": ("  ", "sl", "s "),
}
CASES = [
    (Hold(hold), authority, "s" in rights, "l" in rights)
    for hold, columns in TABLE.items()
    for authority, rights in zip(Authority, columns, strict=True)
]
sets_of_holds = st.frozensets(st.sampled_from(Hold))


def test_the_table_is_whole() -> None:
    """A new hold or authority has to be given its rights here and there."""
    assert {(hold, authority) for hold, authority, *_ in CASES} == set(product(Hold, Authority))
    assert set(SETS) == set(LIFTS) == set(Hold)


@pytest.mark.parametrize(("hold", "authority", "sets", "lifts"), CASES)
def test_each_authority_sets_and_lifts_its_own(hold: Hold, authority: Authority, sets: bool, lifts: bool) -> None:
    """A holder who paused a key cannot undo what the security officer locked, nor unmake a leak."""
    others = frozenset(Hold) - {hold}
    if sets:
        assert with_hold(others, hold, authority) == frozenset(Hold)
    else:
        with pytest.raises(IllegalStep, match=f"{hold.value} hold is not set by the {authority.value}"):
            with_hold(others, hold, authority)
    if lifts:
        assert without_hold(frozenset(Hold), hold, authority) == others
    else:
        with pytest.raises(IllegalStep, match=f"{hold.value} hold is not lifted by the {authority.value}"):
            without_hold(frozenset(Hold), hold, authority)


@given(holds=sets_of_holds, hold=st.sampled_from(Hold))
def test_a_hold_stands_once_and_is_lifted_once(holds: frozenset[Hold], hold: Hold) -> None:
    """Setting and lifting touch that hold alone; twice is an error, so nobody believes it was his doing."""
    setter, lifter = min(SETS[hold], key=str), min(LIFTS[hold], key=str)
    if hold in holds:
        assert without_hold(holds, hold, lifter) == holds - {hold}
        with pytest.raises(IllegalStep, match="stands already"):
            with_hold(holds, hold, setter)
    else:
        assert with_hold(holds, hold, setter) == holds | {hold}
        with pytest.raises(IllegalStep, match=f"no {hold.value} hold to lift"):
            without_hold(holds, hold, lifter)
