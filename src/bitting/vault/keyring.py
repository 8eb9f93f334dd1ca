"""The keys a running process holds: every shard key of one environment, and account keys for minutes.

Rules: the process starts with all shards or not at all; the account decides its shard, for ever; an
account key is used for at most five minutes after it was unwrapped, however often it is asked for.
One thread uses a keyring, the event loop's.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace

from bitting.domain.canonical import framed
from bitting.domain.errors import Misconfigured, Tampered
from bitting.domain.secret import Secret
from bitting.vault import boxes
from bitting.vault.account_key import AccountKey
from bitting.vault.aead import KEY_BYTES
from bitting.vault.port import Root
from bitting.vault.shard import Shard, open_shard, wrap_shard

# The account's shard is a remainder by this number, and row MACs are made under that shard's key: another
# number here would make every stored row look forged.
SHARDS = 4

ACCOUNT_KEY_LIFE_NS = 5 * 60 * 1_000_000_000
ACCOUNT_KEYS_HELD = 10_000


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """An account key as stored: a box (`boxes`) under the shard key, bound to account, shard and version."""

    shard: int
    version: int
    box: bytes


@dataclass(frozen=True, slots=True)
class _Held:
    tenant: str
    wrapped: WrappedKey
    key: AccountKey
    since_ns: int

    def lives(self, now_ns: int) -> bool:
        # A clock that was set back must not lengthen a key's stay.
        return 0 <= now_ns - self.since_ns < ACCOUNT_KEY_LIFE_NS


class Keyring:
    """Shard keys, unwrapped at start, and the account keys in use."""

    def __init__(self, root: Root, environment: str, shards: Mapping[int, bytes]) -> None:
        """Unwrap `shards`, numbered from 0 to `SHARDS` - 1.

        Raises Misconfigured when one is missing or too many, or when `root` is not the one that wrapped
        them; MalformedStored when one cannot be read; Unavailable when the root cannot be reached.
        """
        if set(shards) != set(range(SHARDS)):
            raise Misconfigured(
                f"environment {environment} needs shard keys 0 to {SHARDS - 1} and has {sorted(shards)}: "
                "restore them from a backup, or make all of them if the house is new"
            )
        self._environment = environment
        self._shards = [open_shard(root, environment, n, shards[n]) for n in range(SHARDS)]
        self._held: OrderedDict[str, _Held] = OrderedDict()

    @staticmethod
    def new_shard(root: Root, environment: str, shard: int, entropy: Callable[[int], bytes]) -> bytes:
        """A new shard key, wrapped, to be stored under its number. Raises Unavailable when the root is."""
        return wrap_shard(root, environment, shard, Secret(entropy(KEY_BYTES)))

    def rewrap(self, root: Root) -> dict[int, bytes]:
        """Every shard key wrapped by another root, to be stored in one transaction.

        That is all there is to changing the root: no account key, secret or row MAC depends on it. Each is opened
        again, so that a root that does not give back what it was given is found while there still is the other.
        Raises Misconfigured, Unavailable.
        """
        boxes = {s.number: wrap_shard(root, self._environment, s.number, s.key) for s in self._shards}
        for number, box in boxes.items():
            open_shard(root, self._environment, number, box)
        return boxes

    def check(self, number: int) -> bytes:
        """32 bytes that name a shard's key, and tell nothing about it."""
        return self._shards[number].check

    def turned(self, shard: Shard) -> Keyring:
        """The same keyring with another key for one shard, and no account key in it yet."""
        other = copy(self)
        other._shards = [shard if each.number == shard.number else each for each in self._shards]
        other._held = OrderedDict()
        return other

    def moved(
        self, tenant: str, account: str, wrapped: WrappedKey, to: Keyring, entropy: Callable[[int], bytes]
    ) -> WrappedKey:
        """An account's key, wrapped anew by a `turned` keyring. Raises Tampered, MalformedStored."""
        key = self._unwrap(tenant, account, wrapped)
        context = self._account_context(tenant, account, wrapped.shard, wrapped.version)
        return replace(wrapped, box=boxes.seal(to._shard_of(account).key, key.key, context, entropy))

    def new_account_key(
        self, tenant: str, account: str, entropy: Callable[[int], bytes], version: int = 1
    ) -> WrappedKey:
        """Make an account's key, or with the next `version` the one that is to replace it."""
        home = self._shard_of(account)
        context = self._account_context(tenant, account, home.number, version)
        box = boxes.seal(home.key, Secret(entropy(KEY_BYTES)), context, entropy)
        return WrappedKey(home.number, version, box)

    def account_key(self, tenant: str, account: str, wrapped: WrappedKey, now_ns: int) -> AccountKey:
        """The key of an account, from memory or unwrapped.

        Raises Tampered when `wrapped` is not this account's, MalformedStored when it is no wrapped key.
        """
        held = self._held.get(account)
        # What is held answers only for the very row it came from: a swapped row fails with a warm cache too.
        if held and held.lives(now_ns) and held.tenant == tenant and held.wrapped == wrapped:
            self._held.move_to_end(account)
            return held.key
        self.forget(account)
        key = self._unwrap(tenant, account, wrapped)
        self._held[account] = _Held(tenant, wrapped, key, now_ns)
        if len(self._held) > ACCOUNT_KEYS_HELD:
            self._held.popitem(last=False)
        return key

    def forget(self, account: str) -> None:
        """Drop an account's key now."""
        self._held.pop(account, None)

    def forget_expired(self, now_ns: int) -> None:
        """Drop the keys past their five minutes: unused already, they then leave memory too."""
        for account in [account for account, held in self._held.items() if not held.lives(now_ns)]:
            del self._held[account]

    def row_mac(self, tenant: str, account: str, table: str, row: bytes) -> bytes:
        """HMAC-SHA256, 32 bytes, over a row's place and canonical CBOR; the house's rows have account ""."""
        place_and_row = framed(tenant.encode(), account.encode(), table.encode(), row)
        return hmac.digest(self._shard_of(account).row_key.reveal(), place_and_row, "sha256")

    def check_row_mac(self, tenant: str, account: str, table: str, row: bytes, mac: bytes) -> None:
        """Raises Tampered unless `mac` is this row's, in this place."""
        if not hmac.compare_digest(self.row_mac(tenant, account, table, row), mac):
            raise Tampered(f"a row of {table} does not match its MAC: it was edited or moved past Bitting")

    def _unwrap(self, tenant: str, account: str, wrapped: WrappedKey) -> AccountKey:
        # The account decides the shard; the number stored is in the context, so another one does not open.
        key = self._shard_of(account).key
        context = self._account_context(tenant, account, wrapped.shard, wrapped.version)
        return AccountKey(Secret(boxes.SealedSecret.from_bytes(wrapped.box, key, context).open()))

    def _account_context(self, tenant: str, account: str, shard: int, version: int) -> bytes:
        return framed(
            b"bitting account key",
            self._environment.encode(),
            tenant.encode(),
            account.encode(),
            b"%d" % shard,
            b"%d" % version,
        )

    def _shard_of(self, account: str) -> Shard:
        return self._shards[shard_of(account)]


def shard_of(account: str) -> int:
    """The number of an account's shard, for ever; the house's own rows have account ""."""
    return int.from_bytes(hashlib.sha256(account.encode()).digest()[:8], "big") % SHARDS
