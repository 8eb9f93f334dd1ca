"""A shard key: one of the few keys held in memory while the process runs; account keys are wrapped under it.

Stored, wrapped by the root, as

    1 byte    layout, 0x01
    2 bytes   length of the root's id, big endian
    n bytes   the root's id, so that a wrong root is named before it is tried
    32 bytes  check: HKDF-SHA256(shard key, no salt, framed("bitting shard check", context))
    rest      what `Root.wrap` gave, for context = framed("bitting shard key", environment, number)

The check is the canary. A root with the right name and the wrong key, or a KMS that answers with some
other key, is found when the process starts, before anything is opened or sealed with the wrong key. It also names
the key without telling anything about it: the journal has it of every key that took another's place.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import NamedTuple

from bitting.domain.canonical import framed
from bitting.domain.errors import MalformedStored, Misconfigured, Tampered
from bitting.domain.secret import Secret
from bitting.vault.aead import KEY_BYTES
from bitting.vault.kdf import derive
from bitting.vault.port import Root

_LAYOUT = b"\x01"
_ID_AT, _CHECK_BYTES = 3, 32


@dataclass(frozen=True, slots=True)
class Shard:
    """`key` wraps account keys; `row_key`, derived from it, is for the MACs of rows; `check` names it."""

    number: int
    key: Secret
    row_key: Secret
    check: bytes = field(repr=False)

    @classmethod
    def from_key(cls, environment: str, number: int, key: bytes) -> Shard:
        row_key = derive(key, b"", framed(b"bitting row mac", environment.encode()), KEY_BYTES)
        return cls(number, Secret(key), Secret(row_key), _check(key, _context(environment, number)))


class StoredShard(NamedTuple):
    """A shard key as it is stored, taken apart."""

    root_id: bytes
    check: bytes
    wrapped: bytes

    @classmethod
    def from_bytes(cls, stored: bytes) -> StoredShard:
        """Raises MalformedStored."""
        check_at = _ID_AT + int.from_bytes(stored[1:_ID_AT], "big")
        wrapped_at = check_at + _CHECK_BYTES
        if stored[:1] != _LAYOUT or len(stored) <= wrapped_at:
            raise MalformedStored("not a wrapped shard key of a layout known here")
        return cls(stored[_ID_AT:check_at], stored[check_at:wrapped_at], stored[wrapped_at:])


def wrap_shard(root: Root, environment: str, number: int, key: Secret) -> bytes:
    """Wrap a shard key under `root`, for storing. Raises Unavailable when the root is."""
    context = _context(environment, number)
    root_id = root.root_id.encode()
    wrapped = root.wrap(key.reveal(), context)
    return _LAYOUT + len(root_id).to_bytes(2, "big") + root_id + _check(key.reveal(), context) + wrapped


def open_shard(root: Root, environment: str, number: int, stored: bytes) -> Shard:
    """Unwrap a shard key and make sure it is the one that was stored.

    Raises Misconfigured when this root is not the one, MalformedStored when `stored` is no shard key,
    Unavailable when the root cannot be reached.
    """
    root_id, check, wrapped = StoredShard.from_bytes(stored)
    where = f"shard {number} of environment {environment}"
    if root_id != root.root_id.encode():
        raise Misconfigured(
            f"{where} was wrapped by root {root_id.decode(errors='replace')}, and the root given is "
            f"{root.root_id}: give it the one that wrapped it (nothing was changed)"
        )
    does_not_open = Misconfigured(
        f"root {root.root_id} does not open {where}: it is another key under the same id, or the stored "
        "shard was altered; restore the right root or the right shard (nothing was changed)"
    )
    context = _context(environment, number)
    try:
        key = root.unwrap(wrapped, context)
    except Tampered:
        raise does_not_open from None
    shard = Shard.from_key(environment, number, key)
    if not hmac.compare_digest(shard.check, check):
        raise does_not_open
    return shard


def _context(environment: str, number: int) -> bytes:
    return framed(b"bitting shard key", environment.encode(), b"%d" % number)


def _check(key: bytes, context: bytes) -> bytes:
    # HKDF and not bare HMAC, to which a key and the same key with zeros behind it are one.
    return derive(key, b"", framed(b"bitting shard check", context), _CHECK_BYTES)
