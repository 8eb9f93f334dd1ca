"""The vectors of the native dialect: signed by another library, and every other spelling and swap refused."""

from pathlib import Path

import pytest

from bitting.dialects.native import DIALECT
from tests.dialects.vector import cases, walk


@pytest.mark.parametrize("folder", cases("native"))
def test_each_stage_makes_of_the_request_what_the_case_says(folder: Path) -> None:
    """From raw bytes to actions, every stage agrees with the vector."""
    walk(DIALECT, folder)
