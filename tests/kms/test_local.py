"""The root in a local file fits the vault's port."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedStored, Misconfigured, Tampered
from bitting.domain.secret import Secret
from bitting.kms.local import LocalRoot
from bitting.vault.port import Root


def test_a_root_is_the_same_after_a_restart(tmp_path: Path) -> None:
    """What a root wrapped, the root loaded from its file unwraps; its id stays."""
    created: Root = LocalRoot.create(tmp_path / "root.key", os.urandom)
    loaded: Root = LocalRoot.load(tmp_path / "root.key", os.urandom)
    assert loaded.root_id == created.root_id
    assert loaded.unwrap(created.wrap(b"k" * 32, b"context"), b"context") == b"k" * 32


def test_a_second_root_is_not_made_over_the_first(tmp_path: Path) -> None:
    """The one key nothing can replace is never overwritten."""
    root = LocalRoot.create(tmp_path / "root.key", os.urandom)
    with pytest.raises(Misconfigured, match="never overwritten"):
        LocalRoot.create(tmp_path / "root.key", os.urandom)
    assert LocalRoot.load(tmp_path / "root.key", os.urandom).root_id == root.root_id


@given(key=st.binary(max_size=64), context=st.binary(max_size=64), elsewhere=st.binary(max_size=64))
def test_what_is_wrapped_opens_for_its_context_only(key: bytes, context: bytes, elsewhere: bytes) -> None:
    """Unwrapping needs the same root and the same context."""
    root, other = (LocalRoot(Secret(bytes([n]) * 32), os.urandom) for n in (1, 2))
    wrapped = root.wrap(key, context)
    assert root.unwrap(wrapped, context) == key
    with pytest.raises(Tampered):
        other.unwrap(wrapped, context)
    if elsewhere != context:
        with pytest.raises(Tampered):
            root.unwrap(wrapped, elsewhere)


def test_what_is_no_box_is_malformed() -> None:
    """Bytes the root never wrote are told from bytes that were altered."""
    with pytest.raises(MalformedStored):
        LocalRoot(Secret(bytes(32)), os.urandom).unwrap(b"nothing of ours", b"")


def test_a_root_shows_its_name_and_not_its_key() -> None:
    """Its text form is its id; the key in it hides itself."""
    root = LocalRoot(Secret(b"k" * 32), os.urandom)
    assert repr(root) == f"LocalRoot({root.root_id})"
    assert repr(root.key) == "Secret()"
