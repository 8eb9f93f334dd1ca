"""The vectors of Bitfinex v2: captures of real clients, the documentation's examples, and attacks."""

from pathlib import Path

import pytest

from bitting.dialects.bitfinex import DIALECT
from tests.dialects.vector import cases, walk


@pytest.mark.parametrize("folder", cases("bitfinex"))
def test_each_stage_makes_of_the_request_what_the_case_says(folder: Path) -> None:
    """From raw bytes to actions, every stage agrees with the vector."""
    walk(DIALECT, folder)
