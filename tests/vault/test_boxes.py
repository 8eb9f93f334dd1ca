"""The box: what is put in comes out, for its own key and context, and for nothing else."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedStored, Tampered
from bitting.domain.secret import Secret
from bitting.vault import boxes
from bitting.vault.boxes import SealedSecret

keys = st.binary(min_size=32, max_size=32).map(Secret)
seeds = st.integers(0, 2**64)

KEY = Secret(bytes(range(32)))
OVERHEAD = 1 + 16 + 32 + 12 + 16


@given(key=keys, plain=st.binary(max_size=200), context=st.binary(max_size=80), seed=seeds)
def test_what_is_sealed_opens_again_and_again(key: Secret, plain: bytes, context: bytes, seed: int) -> None:
    """A box opens to what was put in, as often as asked, and is 77 bytes longer."""
    box = boxes.seal(key, Secret(plain), context, random.Random(seed).randbytes)
    sealed = SealedSecret.from_bytes(box, key, context)
    assert sealed.open() == sealed.open() == plain
    assert len(box) == len(plain) + OVERHEAD


@given(key=keys, other=keys, context=st.binary(max_size=80), elsewhere=st.binary(max_size=80), seed=seeds)
def test_a_box_opens_under_its_own_key_and_context_only(
    key: Secret, other: Secret, context: bytes, elsewhere: bytes, seed: int
) -> None:
    """Another key or another context is found before anything is decrypted."""
    box = boxes.seal(key, Secret(b"s"), context, random.Random(seed).randbytes)
    if other != key:
        with pytest.raises(Tampered):
            SealedSecret.from_bytes(box, other, context)
    if elsewhere != context:
        with pytest.raises(Tampered):
            SealedSecret.from_bytes(box, key, elsewhere)


@given(plain=st.binary(max_size=64), seed=seeds)
def test_no_bit_of_a_box_can_be_flipped(plain: bytes, seed: int) -> None:
    """K-04: layout, salt, commitment, nonce, ciphertext and tag: every single bit is guarded."""
    box = boxes.seal(KEY, Secret(plain), b"row", random.Random(seed).randbytes)
    for bit in range(8 * len(box)):
        flipped = bytearray(box)
        flipped[bit // 8] ^= 1 << bit % 8
        expected = MalformedStored if bit < 8 else Tampered
        with pytest.raises(expected):
            SealedSecret.from_bytes(bytes(flipped), KEY, b"row").open()


@given(seed=seeds, cut=st.integers(0, OVERHEAD + 4))
def test_a_box_cut_short_does_not_open(seed: int, cut: int) -> None:
    """However much is missing at its end, a box is refused and nothing else goes wrong."""
    box = boxes.seal(KEY, Secret(b"12345"), b"row", random.Random(seed).randbytes)
    with pytest.raises((MalformedStored, Tampered)):
        SealedSecret.from_bytes(box[:cut], KEY, b"row").open()


@given(anything=st.binary(max_size=200))
def test_any_bytes_at_all_are_malformed_or_tampered(anything: bytes) -> None:
    """Whatever stands in the database, reading it as a box raises one of two errors."""
    with pytest.raises((MalformedStored, Tampered)):
        SealedSecret.from_bytes(anything, KEY, b"row").open()


def test_a_constant_source_of_randomness_does_not_repeat_a_keystream() -> None:
    """K-17: with salt and nonce stuck, two records still have two keys, so one does not unmask the other."""
    stuck = bytes  # bytes(n) is n zeros, every time
    first = boxes.seal(KEY, Secret(b"a" * 64), b"row 1", stuck)[-80:-16]
    second = boxes.seal(KEY, Secret(b"b" * 64), b"row 2", stuck)[-80:-16]
    difference = bytes(x ^ y for x, y in zip(first, second, strict=True))
    assert difference != bytes([ord("a") ^ ord("b")]) * 64
    assert len(set(difference)) > 20


def test_the_layout_is_pinned() -> None:
    """A box written today is read for ever: layout, order of fields and labels are these bytes."""
    # From a second composition of the layout, with HKDF written out on hmac alone.
    assert boxes.seal(KEY, Secret(b"secret"), b"context", bytes).hex() == (
        "01"
        "00000000000000000000000000000000"
        "7bddf46683e64203ae06440903333aa43ab22bf363772a3b0bb5a1c2260d0ac1"
        "000000000000000000000000"
        "cdef42d2d3f8"
        "eb2d60c72c5b23694b62ab4ab3fdb1a2"
    )


def test_a_sealed_secret_is_shy() -> None:
    """Neither the box key nor the plaintext is in its text form or in an error."""
    box = boxes.seal(KEY, Secret(b"hunter2"), b"row", bytes)
    assert repr(SealedSecret.from_bytes(box, KEY, b"row")) == "SealedSecret()"
    with pytest.raises(Tampered) as error:
        SealedSecret.from_bytes(box, KEY, b"elsewhere")
    assert "hunter2" not in str(error.value)
    assert error.value.__context__ is None
