"""A credential's secret belongs to one row: wherever else its box is put, it does not open."""

import dataclasses
import os
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bitting.domain.errors import Tampered
from bitting.domain.secret import Secret
from bitting.vault.account_key import AccountKey
from bitting.vault.envelope import Binding, seal, sealed

KEY = AccountKey(Secret(bytes(range(32))))
HERE = Binding("live", "tenant-1", "account-1", "credential-1", 1, "hmac-sha256")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
bindings = st.builds(Binding, texts, texts, texts, texts, st.integers(), texts)


@given(secret=st.binary(max_size=128), binding=bindings, seed=st.integers(0, 2**64))
def test_a_secret_opens_where_it_belongs(secret: bytes, binding: Binding, seed: int) -> None:
    """Every secret, in every row, comes back as it was."""
    box = seal(KEY, Secret(secret), binding, random.Random(seed).randbytes)
    assert sealed(KEY, box, binding).open() == secret


@given(here=bindings, there=bindings)
def test_bindings_that_differ_have_contexts_that_differ(here: Binding, there: Binding) -> None:
    """No two rows share a context, however their names might run together."""
    assert (here == there) == (here.to_bytes() == there.to_bytes())


@given(first=texts, second=texts, cut=st.integers(0, 24))
def test_moving_a_letter_to_the_next_field_is_another_binding(first: str, second: str, cut: int) -> None:
    """Lengths are part of the context: ("ab", "c") is not ("a", "bc")."""
    run = first + second
    assume(run[:cut] != first)
    here = dataclasses.replace(HERE, tenant=first, account=second)
    there = dataclasses.replace(HERE, tenant=run[:cut], account=run[cut:])
    assert here.to_bytes() != there.to_bytes()


@pytest.mark.parametrize(
    "change",
    [
        {"environment": "test"},
        {"tenant": "tenant-2"},
        {"account": "account-2"},
        {"credential": "credential-2"},
        {"version": 2},
        {"algorithm": "hmac-sha512"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_box_moved_to_another_row_does_not_open(change: dict[str, str | int]) -> None:
    """K-01: swapped between rows, accounts or versions, or relabelled, a ciphertext is worth nothing."""
    there = dataclasses.replace(HERE, **change)  # type: ignore[arg-type]  # one field, of its own type
    box = seal(KEY, Secret(b"of here"), HERE, os.urandom)
    with pytest.raises(Tampered):
        sealed(KEY, box, there)


def test_the_key_of_another_account_does_not_open_it() -> None:
    """K-01: even told the truth about the row, another account's key is of no use."""
    box = seal(KEY, Secret(b"of here"), HERE, os.urandom)
    with pytest.raises(Tampered):
        sealed(AccountKey(Secret(bytes(32))), box, HERE)


def test_an_older_box_does_not_open_in_the_row_that_replaced_it() -> None:
    """K-01: after a secret is sealed anew under the next version, the old bytes put back do not open."""
    old = seal(KEY, Secret(b"old"), HERE, os.urandom)
    with pytest.raises(Tampered):
        sealed(KEY, old, dataclasses.replace(HERE, version=2))


def test_the_context_is_pinned() -> None:
    """The bytes that bind are these, for ever."""
    assert HERE.to_bytes() == (
        b"\x00\x00\x00\x19bitting credential secret"
        b"\x00\x00\x00\x04live"
        b"\x00\x00\x00\x08tenant-1"
        b"\x00\x00\x00\x09account-1"
        b"\x00\x00\x00\x0ccredential-1"
        b"\x00\x00\x00\x011"
        b"\x00\x00\x00\x0bhmac-sha256"
    )
