"""What the vault needs of whatever holds the root key: a file, a cloud KMS, an HSM.

The root key never comes out of it. It is asked once for each shard key, when the process starts, and
never while a request waits, so a slow or absent KMS costs a restart and not a verdict.
"""

from __future__ import annotations

from typing import Protocol


class Root(Protocol):
    """A key that wraps other keys and does not show itself."""

    @property
    def root_id(self) -> str:
        """Names the key, not the place it is kept in: a copy has the same id, another key another one."""

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Encrypt `key` (32 bytes), bound to `context` (at most a few hundred bytes, not secret).

        The randomness is the root's own. Raises Unavailable when the root cannot be reached.
        """

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Return what `wrap` was given under the same context.

        Raises Tampered when it does not open (MalformedStored when it is not even of the root's
        layout), Unavailable when the root cannot be reached.
        """
