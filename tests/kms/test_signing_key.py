"""The checkpoint key lives in a file of its own."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bitting.domain.errors import Misconfigured
from bitting.kms.local import LocalRoot
from bitting.kms.signing_key import load_or_create_signing_key

# RFC 8032 section 7.1, test 1.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")


def test_the_key_is_made_once_and_signs_the_same_after_a_restart(tmp_path: Path) -> None:
    """A signature made before a restart is verified by the key read after it."""
    before, after = (load_or_create_signing_key(tmp_path / "checkpoint.key", os.urandom) for _ in range(2))
    after.public_key().verify(before.sign(b"checkpoint"), b"checkpoint")


def test_the_bytes_in_the_file_are_the_private_key_of_rfc_8032(tmp_path: Path) -> None:
    """The file holds the seed as the standard has it, so another program can use the key."""
    key = load_or_create_signing_key(tmp_path / "checkpoint.key", lambda _: SEED)
    assert SEED.hex() in (tmp_path / "checkpoint.key").read_text()
    assert key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw) == PUBLIC


def test_the_root_does_not_sign(tmp_path: Path) -> None:
    """The root's file, named by mistake, is refused."""
    LocalRoot.create(tmp_path / "root.key", os.urandom)
    with pytest.raises(Misconfigured, match="is a root key, not a checkpoint key"):
        load_or_create_signing_key(tmp_path / "root.key", os.urandom)
