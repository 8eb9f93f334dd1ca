"""A house full of keys for the benchmark: real envelopes, real policies, snapshots as the gate holds them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.dialects.dialect import Dialect
from bitting.domain.account import Account
from bitting.domain.credentials import Algorithm, Credential, State
from bitting.domain.grants import Limits
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment, new_id, new_wire_id
from bitting.domain.keys import Key
from bitting.domain.network import Network
from bitting.domain.pairs import PairScope
from bitting.domain.permissions import PRESETS, Permission
from bitting.domain.policy import Policy
from bitting.domain.secret import Secret
from bitting.gate.cache import Snapshots
from bitting.gate.snapshot import LONGEST_LIFE_NS, Proof, Snapshot
from bitting.kms.local import LocalRoot
from bitting.vault.account_key import AccountKey
from bitting.vault.envelope import Binding, seal, sealed
from bitting.vault.keyring import SHARDS, Keyring

KEYS_AN_ACCOUNT = 10
ADDRESS = "203.0.113.7"
_NETWORK = Network.from_text(["203.0.113.0/24", "198.51.100.7", "2001:db8::/48", "192.0.2.0/28"])
_PAIRS = PairScope.from_text(["BTC/USD", "BTC/KRW", "BTC/USDT", "ETH/USDT", "LTC/BTC"])


@dataclass(frozen=True, slots=True)
class Holder:
    """One key as its client knows it."""

    wire_id: str
    secret: Secret


def fill(
    snapshots: Snapshots, dialect: Dialect, algorithm: Algorithm, how_many: int, tag_key: Secret, now_ns: int
) -> list[Holder]:
    """Put `how_many` keys into the cache, sealed, each with a network, pairs and an expiry."""
    root = LocalRoot(Secret(os.urandom(32)), os.urandom)
    keyring = Keyring(root, "bench", {n: Keyring.new_shard(root, "bench", n, os.urandom) for n in range(SHARDS)})
    grants = {permission: Limits() for permission in PRESETS["trade"]}
    grants[Permission.ORDERS_WRITE] = Limits(pairs=_PAIRS)
    policy = Policy("bench", grants, _NETWORK, now_ns // 1_000_000 + 90 * 86_400_000)
    house, holders = HousePolicy(), []
    until_ns = now_ns + LONGEST_LIFE_NS
    account, account_key = _account(keyring, now_ns)
    for n in range(how_many):
        if n % KEYS_AN_ACCOUNT == 0:
            account, account_key = _account(keyring, now_ns)
        wire_id, credential_id = new_wire_id(Environment.LIVE, tag_key, os.urandom), new_id(now_ns, os.urandom)
        if algorithm.shared:
            secret = dialect.mint(os.urandom)
            binding = Binding("live", "house", account.id, credential_id, 1, algorithm.value)
            material = seal(account_key, secret, binding, os.urandom)
            reveal = sealed(account_key, material, binding).open
        else:
            secret = Secret(os.urandom(32))
            material = Ed25519PrivateKey.from_private_bytes(secret.reveal()).public_key().public_bytes_raw()
            reveal = partial(bytes, material)
        credential = Credential(credential_id, algorithm, State.PRIMARY, 1, material, now_ns // 1_000_000)
        name = dialect.description.name
        key = Key(
            new_id(now_ns, os.urandom),
            "house",
            account.id,
            Environment.LIVE,
            name,
            wire_id,
            False,
            policy,
            frozenset(),
            None,
            (credential,),
            now_ns // 1_000_000,
            1,
        )
        snapshot = Snapshot(key, (account,), (Proof(credential, reveal),), house, until_ns)
        snapshots.put((Environment.LIVE, name, wire_id), snapshot, snapshots.epoch, now_ns)
        holders.append(Holder(wire_id, secret))
    return holders


def _account(keyring: Keyring, now_ns: int) -> tuple[Account, AccountKey]:
    account = Account(
        new_id(now_ns, os.urandom), "house", None, "bench", frozenset(), Limits(), (), now_ns // 1_000_000, 1
    )
    wrapped = keyring.new_account_key(account.tenant, account.id, os.urandom)
    return account, keyring.account_key(account.tenant, account.id, wrapped, now_ns)
