"""Codes of an app, by the vectors of RFC 6238 and what a kind reader would let pass."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import pytest

from bitting.domain.secret import Secret
from bitting.identity import totp
from tests.identity.hall import seed_of

SEED = Secret(b"12345678901234567890")  # RFC 6238 appendix B, SHA-1
STEP = 60_000_000
NOW_MS = STEP * totp.STEP_MS + 7_000


@pytest.mark.parametrize(
    ("at_s", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_the_codes_are_those_of_rfc_6238(at_s: int, code: str) -> None:
    """Appendix B has eight digits; ours are the last six of them."""
    assert totp.code_at(SEED, at_s // 30) == code


@pytest.mark.parametrize(("ahead", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_of_drift_is_allowed(ahead: int, fits: bool) -> None:
    found = totp.step_of(SEED, totp.code_at(SEED, STEP + ahead), -1, NOW_MS)
    assert found == (STEP + ahead if fits else None)


def test_a_step_that_was_used_is_used_and_so_are_those_before_it() -> None:
    for ahead in (-1, 0):
        assert totp.step_of(SEED, totp.code_at(SEED, STEP + ahead), STEP, NOW_MS) is None
    assert totp.step_of(SEED, totp.code_at(SEED, STEP + 1), STEP, NOW_MS) == STEP + 1


SPELLINGS: dict[str, Callable[[str], str]] = {
    "a space before": lambda code: f" {code}",
    "a space behind": lambda code: f"{code} ",
    "a line's end": lambda code: f"{code}\n",
    "a gap": lambda code: f"{code[:3]} {code[3:]}",
    "a hyphen": lambda code: f"{code[:3]}-{code[3:]}",
    "a sign": lambda code: f"+{code}",
    "a zero more": lambda code: f"0{code}",
    "an underscore": lambda code: f"{code[:3]}_{code[3:]}",
    "full width": lambda code: "".join(chr(ord("\N{FULLWIDTH DIGIT ZERO}") + int(each)) for each in code),
    "Arabic": lambda code: "".join(chr(ord("\N{ARABIC-INDIC DIGIT ZERO}") + int(each)) for each in code),
    "five digits": lambda code: code[:5],
    "nothing": lambda code: "",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_m06_a_code_has_one_spelling(spelling: str) -> None:
    """M-06: spaces, line ends, full-width and other digits are no code, so no table of used codes can miss them."""
    assert totp.step_of(SEED, SPELLINGS[spelling](totp.code_at(SEED, STEP)), -1, NOW_MS) is None


def test_an_app_reads_the_seed_from_the_code() -> None:
    uri = totp.uri(SEED, "ada@example.com")
    assert (
        uri.reveal()
        == b"otpauth://totp/Bitting:ada@example.com?secret=" + base64.b32encode(SEED.reveal()) + b"&issuer=Bitting"
    )
    assert seed_of(uri).reveal() == SEED.reveal()


def test_the_picture_is_svg_that_loads_nothing() -> None:
    picture = totp.qr_svg(totp.uri(SEED, "ada@example.com")).reveal()
    tags = {each.tag.rpartition("}")[2] for each in ElementTree.fromstring(picture).iter()}
    assert tags == {"svg", "path"}
    assert b"href" not in picture
