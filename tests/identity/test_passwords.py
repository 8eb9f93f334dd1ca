"""What may be a password."""

from __future__ import annotations

import pytest

from bitting.domain.errors import MalformedValue
from bitting.identity.passwords import MOST_BYTES, new_password, read_password

NAME = "ada.lovelace@example.com"


@pytest.mark.parametrize(
    "text",
    [
        "correct horse battery staple",
        "kq7vz2px",
        "\N{HANGUL SYLLABLE BI}\N{HANGUL SYLLABLE MIL}\N{HANGUL SYLLABLE BEON}\N{HANGUL SYLLABLE HO} 12x",
        "with a \x00 in it",
        "x" * 500 + "yzw",
        "ada.lovelace has nine horses",
    ],
)
def test_a_password_is_taken_as_it_is(text: str) -> None:
    assert new_password(text, NAME).reveal() == text.encode()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("seven77", "at least 8"),
        ("password", "tried first"),
        ("Password", "tried first"),
        ("trustno1", "tried first"),
        ("qwertyuiop", "tried first"),
        ("aaaaaaaaaaaaaaaa", "anybody would try"),
        ("abababababababab", "anybody would try"),
        ("abcdefghijklm", "anybody would try"),
        ("9876543210", "anybody would try"),
        ("ada.lovelace", "your name"),
        ("Ada.Lovelace99", "your name"),
        ("ada.lovelace@example.com", "your name"),
        ("bitting123", "your name or ours"),
        ("x" * (MOST_BYTES + 1), "at most 1024 bytes"),
        ("\N{SNOWMAN}" * 342, "at most 1024 bytes"),
    ],
)
def test_what_is_short_common_or_told_by_the_name_is_refused(text: str, why: str) -> None:
    with pytest.raises(MalformedValue, match=why) as refused:
        new_password(text, NAME)
    assert text not in str(refused.value).replace("password", "")


def test_what_somebody_says_is_only_bounded() -> None:
    """Whether it could be a password today is not asked of one that was chosen when the rules were others."""
    assert read_password("short").reveal() == b"short"
    with pytest.raises(MalformedValue):
        read_password("x" * (MOST_BYTES + 1))
