"""Codes on paper."""

from __future__ import annotations

import os

import pytest

from bitting.identity import recovery


def test_there_are_ten_different_codes_of_eighty_bits() -> None:
    codes = [each.reveal().decode() for each in recovery.new_codes(os.urandom)]
    assert len(set(codes)) == 10
    assert all(recovery.is_shaped(each) and len(each) == 19 for each in codes)


def test_a_code_is_taken_out_once_in_whatever_way_it_is_written() -> None:
    codes = recovery.new_codes(os.urandom)
    kept = recovery.hashes(codes)
    assert recovery.left(kept) == 10
    for number, code in enumerate(codes):
        text = code.reveal().decode()
        after = recovery.without(kept, text if number % 2 else text.replace("-", ""))
        assert after is not None
        assert recovery.left(after) == 9 - number
        assert recovery.without(after, text) is None
        kept = after
    assert kept.reveal() == b""


@pytest.mark.parametrize(
    "text", ["", "abcd-efgh-ijkl-mno", "abcd efgh ijkl mnop", "ABCD-EFGH-IJKL-MNOP", "123456", "abcd-efgh-ijkl-mnop\n"]
)
def test_what_is_not_written_as_a_code_is_none(text: str) -> None:
    assert recovery.without(recovery.hashes(recovery.new_codes(os.urandom)), text) is None
