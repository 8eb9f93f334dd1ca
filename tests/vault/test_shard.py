"""Shard keys: the right root opens them, and any other stops the process at its start, saying why."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import BittingError, MalformedStored, Misconfigured, Unavailable
from bitting.domain.secret import Secret
from bitting.vault.port import Root
from bitting.vault.shard import open_shard, wrap_shard
from tests.vault.roots import AbsentRoot, LyingRoot, new_root

KEY = Secret(bytes(range(32)))


def test_a_shard_opens_under_its_root() -> None:
    """What was wrapped comes back, with a key for row MACs beside it that is not the same."""
    root = new_root()
    shard = open_shard(root, "live", 3, wrap_shard(root, "live", 3, KEY))
    assert (shard.number, shard.key) == (3, KEY)
    assert shard.row_key != shard.key


def test_environments_do_not_share_row_keys() -> None:
    """Were one shard key used in two environments, their MACs would still differ."""
    root = new_root()
    live, test = (open_shard(root, name, 0, wrap_shard(root, name, 0, KEY)) for name in ("live", "test"))
    assert live.row_key != test.row_key


def test_a_root_of_another_name_is_named() -> None:
    """K-14: the operator reads which root is wanted and which was given."""
    root, other = new_root(), new_root()
    with pytest.raises(Misconfigured, match=f"wrapped by root {root.root_id}, .* is {other.root_id}"):
        open_shard(other, "live", 0, wrap_shard(root, "live", 0, KEY))


def test_another_key_under_the_right_name_is_found_at_the_start() -> None:
    """K-14: a wrong root that bears the right id opens nothing, and says so."""
    root, impostor = new_root(), new_root()
    impostor.root_id = root.root_id
    with pytest.raises(Misconfigured, match="another key under the same id"):
        open_shard(impostor, "live", 0, wrap_shard(root, "live", 0, KEY))


@pytest.mark.parametrize("answer", [bytes(32), KEY.reveal()[:31], KEY.reveal() + b"\x00", b""])
def test_a_root_that_answers_with_another_key_is_found_at_the_start(answer: bytes) -> None:
    """K-15: nothing is ever sealed under a key that a lying KMS made us believe in."""
    stored = wrap_shard(LyingRoot("kms-1", b""), "live", 0, KEY)
    assert open_shard(LyingRoot("kms-1", KEY.reveal()), "live", 0, stored).key == KEY
    with pytest.raises(Misconfigured, match="does not open shard 0 of environment live"):
        open_shard(LyingRoot("kms-1", answer), "live", 0, stored)


@pytest.mark.parametrize("known", [b"", bytes(32), b"k" * 32])
def test_a_shard_of_a_known_key_cannot_be_planted(known: bytes) -> None:
    """Who writes to the database can compute a check, and still cannot make us hold a key of their choice."""
    root, impostor = new_root(), new_root()
    impostor.root_id = root.root_id
    with pytest.raises(Misconfigured):
        open_shard(root, "live", 0, wrap_shard(impostor, "live", 0, Secret(known)))


def test_a_root_that_is_away_is_unavailable() -> None:
    """A KMS that does not answer is no reason to say that a key is wrong."""
    root = new_root()
    away: Root = AbsentRoot(root.root_id)
    with pytest.raises(Unavailable):
        open_shard(away, "live", 0, wrap_shard(root, "live", 0, KEY))
    with pytest.raises(Unavailable):
        wrap_shard(away, "live", 0, KEY)


@pytest.mark.parametrize(("environment", "number"), [("test", 0), ("live", 1)])
def test_a_shard_stands_where_it_was_made_for(environment: str, number: int) -> None:
    """Shards of two environments or numbers cannot be exchanged."""
    root = new_root()
    with pytest.raises(Misconfigured):
        open_shard(root, environment, number, wrap_shard(root, "live", 0, KEY))


def test_no_bit_of_a_stored_shard_can_be_flipped() -> None:
    """K-04: layout, root id, check and wrapped key are all guarded."""
    root = new_root()
    stored = wrap_shard(root, "live", 0, KEY)
    for bit in range(8 * len(stored)):
        flipped = bytearray(stored)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises((Misconfigured, MalformedStored)):
            open_shard(root, "live", 0, bytes(flipped))


@given(anything=st.binary(max_size=200))
def test_any_bytes_at_all_are_an_error_of_ours(anything: bytes) -> None:
    """Whatever stands in the database, reading it as a shard raises an error of the tree."""
    with pytest.raises(BittingError):
        open_shard(LyingRoot("", os.urandom(32)), "live", 0, anything)


def test_the_layout_is_pinned() -> None:
    """A shard wrapped today opens after every upgrade."""
    assert wrap_shard(LyingRoot("kms-1", b""), "live", 0, KEY).hex() == (
        "01"
        "0005"
        "6b6d732d31"
        "f69cffbb2d89092f7c02c9909fe0e82b61bd2da43517185a9e7d4adcf2cb83c9"
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    )


def test_a_shard_is_shy() -> None:
    """A shard in a traceback or a log line is a number."""
    root = new_root()
    shard = open_shard(root, "live", 0, wrap_shard(root, "live", 0, KEY))
    assert repr(shard) == "Shard(number=0, key=Secret(), row_key=Secret())"
