"""Personal fields under an account's key."""

import hmac
import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedStored, Tampered
from bitting.domain.secret import Secret
from bitting.vault.account_key import AccountKey

KEY = AccountKey(Secret(bytes(range(32))))
TODAY = KEY.sealer("activity:2026-11-20")


@given(plain=st.binary(max_size=100), context=st.binary(max_size=60), seed=st.integers(0, 2**64))
def test_a_field_opens_for_its_context(plain: bytes, context: bytes, seed: int) -> None:
    """What is sealed for a row opens for that row and is 29 bytes longer."""
    box = TODAY.seal(plain, context, random.Random(seed).randbytes)
    assert TODAY.open(box, context) == plain
    assert len(box) == len(plain) + 29


@given(context=st.binary(max_size=60), elsewhere=st.binary(max_size=60))
def test_a_field_copied_to_another_row_does_not_open(context: bytes, elsewhere: bytes) -> None:
    """The context is associated data: the address of one request cannot be shown as that of another."""
    box = TODAY.seal(b"203.0.113.7", context, os.urandom)
    if elsewhere != context:
        with pytest.raises(Tampered):
            TODAY.open(box, elsewhere)


def test_purposes_and_accounts_have_keys_of_their_own() -> None:
    """Another day or another account does not open it."""
    box = TODAY.seal(b"203.0.113.7", b"row", os.urandom)
    for sealer in (
        KEY.sealer("activity:2026-11-21"),
        AccountKey(Secret(bytes(32))).sealer("activity:2026-11-20"),
    ):
        with pytest.raises(Tampered):
            sealer.open(box, b"row")


def test_no_bit_of_a_field_can_be_flipped() -> None:
    """Layout, nonce, ciphertext and tag are all guarded."""
    box = TODAY.seal(b"203.0.113.7", b"row", os.urandom)
    for bit in range(8 * len(box)):
        flipped = bytearray(box)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(MalformedStored if bit < 8 else Tampered):
            TODAY.open(bytes(flipped), b"row")


@given(anything=st.binary(max_size=60))
def test_any_bytes_at_all_are_malformed_or_tampered(anything: bytes) -> None:
    """Whatever stands in the database, reading it as a field raises one of two errors."""
    with pytest.raises((MalformedStored, Tampered)):
        TODAY.open(anything, b"row")


def test_the_layout_is_pinned() -> None:
    """A field written today is read as long as its record is kept."""
    # From a second composition of the layout, with HKDF written out on hmac alone.
    assert TODAY.seal(b"203.0.113.7", b"row", bytes).hex() == (
        "01000000000000000000000000d44dbef41d411190bb7a83996ab9b8db9bbc07babc25034c9316b7"
    )


def test_a_mark_is_one_account_s_and_one_purpose_s() -> None:
    """The same bytes have the same mark, and nobody else's key makes it; one bit more has another."""
    marker = KEY.marker("names")
    mark = marker.mark(b"203.0.113.7")
    assert marker.mark(b"203.0.113.7") == mark
    assert marker.check(b"203.0.113.7", mark)
    assert not marker.check(b"203.0.113.8", mark)
    assert not marker.check(b"203.0.113.7", mark[:-1])
    for other in (KEY.marker("log"), AccountKey(Secret(bytes(32))).marker("names")):
        assert not other.check(b"203.0.113.7", mark)


def test_the_mark_is_pinned() -> None:
    """What was marked is found as long as it is kept. HKDF and HMAC written out on hmac alone."""
    info = b"".join(len(each).to_bytes(4, "big") + each for each in (b"bitting field mark", b"names"))
    prk = hmac.digest(bytes(32), bytes(range(32)), "sha256")
    key = hmac.digest(prk, info + b"\1", "sha256")
    assert KEY.marker("names").mark(b"203.0.113.7") == hmac.digest(key, b"203.0.113.7", "sha256")


def test_keys_are_shy() -> None:
    """Neither key nor sealer nor marker shows a byte, in its text form or in a dict's."""
    assert repr(KEY.marker("names")) == "FieldMarker()"
    assert repr(KEY) == "AccountKey(key=Secret())"
    assert f"{ {'sealer': TODAY} }" == "{'sealer': FieldSealer()}"
