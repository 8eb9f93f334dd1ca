"""One spelling for each value."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedValue
from bitting.journal.spelling import from_base64, to_base64, to_number


@given(st.binary())
def test_base64_comes_back(data: bytes) -> None:
    """Bytes written are bytes read."""
    assert from_base64(to_base64(data)) == data


@given(st.text(alphabet="AQRZaz09+/=-_ \n\u00e9\ud800") | st.text())
@example("QR==")
@example("QQ")
@example("QQ==\n")
@example("Q Q=")
def test_no_second_base64(text: str) -> None:
    """Any text is refused or is exactly what writing its bytes gives."""
    try:
        data = from_base64(text)
    except MalformedValue:
        return
    assert to_base64(data) == text


@given(st.text(alphabet="0123456789+-_ .\n\u0663\uff11", max_size=25) | st.integers(0, 10**25).map(str))
def test_one_number(text: str) -> None:
    """Any text is refused or is exactly how the number prints, below 10^19."""
    try:
        number = to_number(text)
    except MalformedValue:
        return
    assert str(number) == text
    assert 0 <= number < 10**19


@pytest.mark.parametrize("text", ["", "00", "01", "+1", "-1", " 1", "1\n", "1_0", "\u0663", "\uff11", "1" * 20])
def test_pythons_other_numbers(text: str) -> None:
    """What `int` reads besides is refused."""
    with pytest.raises(MalformedValue):
        to_number(text)
