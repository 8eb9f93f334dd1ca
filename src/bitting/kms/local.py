"""The root key in a local file (`secret_file`, kind `root`): the default, for a house without a KMS.

Whoever reads this file and the database reads every secret, so keep it out of the database's backups, and
keep paper shares of it (`backup`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bitting.domain.canonical import framed
from bitting.domain.secret import Secret
from bitting.kms.secret_file import KEY_BYTES, SecretFile, key_id
from bitting.vault import boxes

_KIND = "root"


class LocalRoot:
    """Fits `vault.port.Root`. What it wraps is a box (`vault.boxes`) under the root key."""

    __slots__ = ("_entropy", "key", "root_id")

    def __init__(self, key: Secret, entropy: Callable[[int], bytes]) -> None:
        self.key = key
        self.root_id = key_id(_KIND, key)
        self._entropy = entropy

    @classmethod
    def create(cls, path: Path, entropy: Callable[[int], bytes]) -> LocalRoot:
        """A new root in a new file. Raises as `save` does."""
        root = cls(Secret(entropy(KEY_BYTES)), entropy)
        root.save(path)
        return root

    @classmethod
    def load(cls, path: Path, entropy: Callable[[int], bytes]) -> LocalRoot:
        """The root in a file. Raises Misconfigured, with what to do, for a file that is not as it must be."""
        return cls(SecretFile(path, _KIND).load(), entropy)

    def save(self, path: Path) -> None:
        """Write it into a new file: a restored root, for one. Raises as `SecretFile.create` does."""
        SecretFile(path, _KIND).create(self.key)

    def wrap(self, key: bytes, context: bytes) -> bytes:
        return boxes.seal(self.key, Secret(key), _own(context), self._entropy)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Raises Tampered when it does not open, MalformedStored when it is no box."""
        return boxes.SealedSecret.from_bytes(wrapped, self.key, _own(context)).open()

    def __repr__(self) -> str:
        return f"LocalRoot({self.root_id})"


def _own(context: bytes) -> bytes:
    return framed(b"bitting local root", context)
