"""Roots for tests: a real one that lives in memory, and two that fail as a KMS can."""

import os

from bitting.domain.errors import Unavailable
from bitting.domain.secret import Secret
from bitting.kms.local import LocalRoot
from bitting.vault.keyring import SHARDS, Keyring


def new_root() -> LocalRoot:
    """A root without a file."""
    return LocalRoot(Secret(os.urandom(32)), os.urandom)


def new_shards(root: LocalRoot, environment: str = "live") -> dict[int, bytes]:
    """All shard keys of a new environment, as they would be stored."""
    return {n: Keyring.new_shard(root, environment, n, os.urandom) for n in range(SHARDS)}


class LyingRoot:
    """Answers under the right id with whatever key it is given (K-15)."""

    def __init__(self, root_id: str, answer: bytes) -> None:
        self.root_id = root_id
        self._answer = answer

    def wrap(self, key: bytes, context: bytes) -> bytes:
        return key

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        return self._answer


class AbsentRoot:
    """A KMS that cannot be reached."""

    def __init__(self, root_id: str) -> None:
        self.root_id = root_id

    def wrap(self, key: bytes, context: bytes) -> bytes:
        raise Unavailable("the KMS does not answer")

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        raise Unavailable("the KMS does not answer")
