"""Policies: their canonical form, labels, and why an action is refused. The engine against a naive reading."""

import hashlib
import unicodedata
from dataclasses import fields, replace
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedValue
from bitting.domain.grants import NO_LIMITS
from bitting.domain.network import ANYWHERE
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy, label_from_text
from tests.domain import pools
from tests.domain.examples import policy


def test_the_canonical_form_is_pinned() -> None:
    """Its digest stands in row MACs, consents and journals: the same policy gives the same bytes for ever."""
    plain = {
        "label": "grid bot",
        "grants": {"orders.write": {"pairs": ["BTC/USD"], "largest_order": {"USD": "1000"}}, "balances.read": {}},
        "network": ["203.0.113.0/24"],
        "expires_at_ms": 1_795_000_000_000,
    }
    pinned = Policy.from_plain(plain)
    assert pinned.to_plain() == plain
    assert pinned.digest() == hashlib.sha256(cbor2.dumps(plain, canonical=True)).digest()
    assert pinned.digest().hex() == "25da126c75190632b2bebe1ea24555c10f075e911f9ba1410446ffd4801b49db"


def test_every_field_of_a_policy_stands_in_its_digest() -> None:
    """K-05: a new field that the digest does not cover fails here."""
    others: dict[str, Any] = {
        "label": "other",
        "grants": {Permission.BALANCES_READ: NO_LIMITS},
        "network": ANYWHERE,
        "expires_at_ms": None,
    }
    assert set(others) == {each.name for each in fields(Policy)}
    digests = {policy().digest(), *(replace(policy(), **{name: other}).digest() for name, other in others.items())}
    assert len(digests) == 1 + len(others)


@given(one=pools.policies, other=pools.policies)
def test_a_policy_reads_what_it_writes(one: Policy, other: Policy) -> None:
    """Round trip; two policies have one digest exactly when they are the same."""
    assert Policy.from_plain(one.to_plain()) == one
    assert (one.digest() == other.digest()) == (one == other)


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"label": "x", "grants": {}, "network": []},
        {"label": 5, "grants": {}, "network": [], "expires_at_ms": None},
        {"label": "x", "grants": ["orders.write"], "network": [], "expires_at_ms": None},
        {"label": "x", "grants": {"orders.all": {}}, "network": [], "expires_at_ms": None},
        {"label": "x", "grants": {"orders.write": None}, "network": [], "expires_at_ms": None},
        {"label": "x", "grants": {}, "network": None, "expires_at_ms": None},
        {"label": "x", "grants": {}, "network": "anywhere", "expires_at_ms": None},
        {"label": "x", "grants": {}, "network": [True], "expires_at_ms": None},
        {"label": "x", "grants": {}, "network": [], "expires_at_ms": "soon"},
        {"label": "x", "grants": {}, "network": [], "expires_at_ms": True},
        {"label": "x", "grants": {}, "network": [], "expires_at_ms": 1.5},
        None,
    ],
)
def test_a_policy_that_cannot_be_read_is_malformed(plain: Any) -> None:
    """Whatever stands in a row, reading it raises nothing else."""
    with pytest.raises(MalformedValue):
        Policy.from_plain(plain)


@pytest.mark.parametrize("label", ["grid bot", "Ünïcode ✓ 机器人", "O'Brien & co", "a", "x" * 64, "🤖", "<b>main</b>"])
def test_a_label_that_people_can_read_is_kept(label: str) -> None:
    """All scripts and signs; escaping is for whoever prints it (M-20)."""
    assert label_from_text(label) == unicodedata.normalize("NFC", label)
    assert label_from_text(f"  {label}\u00a0\n") == unicodedata.normalize("NFC", label)


INVISIBLE = (
    "\u0000\u0007\u001b\u007f\u0085\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180e\u180f\u200b\u200c\u200d\u200e\u200f\u2028\u2029"
    "\u202a\u202b\u202c\u202d\u202e\u2060\u2064\u2065\u2066\u2067\u2068\u2069\u206f\u2800\u3164\ud800\ue000\ufe00\ufe0f\ufeff\uffa0\ufff0"
    "\ufff9\U0001d173\U000e0001\U000e0041\U000e007f\U000e0100\U000e01ef\U000f0000\U0010fffd"
)


@pytest.mark.parametrize("mark", INVISIBLE, ids=lambda mark: f"{ord(mark):04x}")
def test_a_label_with_what_cannot_be_seen_is_refused(mark: str) -> None:
    """M-22, M-23: controls, marks that reverse or join or vary, fillers, private use: "main" must be "main"."""
    for label in (f"ma{mark}in", f"main{mark}x"):
        with pytest.raises(MalformedValue, match="visible"):
            label_from_text(label)


@pytest.mark.parametrize("label", ["", "   ", "\n", "x" * 65, "é" * 65, "x" * 100_000])
def test_a_label_has_1_to_64_characters(label: str) -> None:
    """Counted after trimming and composing."""
    with pytest.raises(MalformedValue, match="1 to 64"):
        label_from_text(label)


@given(text=st.text(max_size=80))
def test_any_text_at_all_is_a_label_or_malformed(text: str) -> None:
    """Reading raises nothing else, and a label that was read reads as itself."""
    try:
        label = label_from_text(text)
    except MalformedValue:
        return
    assert label_from_text(label) == label
    assert label.encode()


def test_two_spellings_of_one_label_are_one() -> None:
    """NFC: an é of two code points is the é of one."""
    assert label_from_text("caf\u0065\u0301") == label_from_text("caf\u00e9")
