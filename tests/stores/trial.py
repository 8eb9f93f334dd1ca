"""A small house over any store, for tests: operators' deeds in one line, and the clock in our hands."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import TypeVar

from bitting.dialects import binance
from bitting.dialects.dialect import Dialect
from bitting.domain.account import Account
from bitting.domain.activity import Record
from bitting.domain.consent import Consent, Strength
from bitting.domain.credentials import Algorithm, NonceMode
from bitting.domain.grants import Limits
from bitting.domain.holds import Authority
from bitting.domain.ids import Entropy, Environment
from bitting.domain.keys import Key
from bitting.domain.network import Network
from bitting.domain.permissions import expand
from bitting.domain.policy import Policy
from bitting.domain.secret import Secret
from bitting.gate.ports import Loaded
from bitting.kms.local import LocalRoot
from bitting.lifecycle.accounts import open_account
from bitting.lifecycle.act import Act
from bitting.lifecycle.issue import Issued, Proofs, import_key, issue
from bitting.stores.ports import Engine, Touched
from bitting.stores.shelf import Shelf
from bitting.stores.store import Store
from bitting.vault.keyring import SHARDS, Keyring

T = TypeVar("T")

START_NS = 1_790_000_000_000_000_000  # 2026-09-21, mid-day
TAG_KEY = Secret(b"t" * 32)
PEER = (0xFFFF << 32) + 0xCB007107  # 203.0.113.7
HMAC = Proofs(Algorithm.HMAC_SHA256)
COUNTER = Proofs(Algorithm.HMAC_SHA256, nonce_mode=NonceMode.COUNTER)
OPERATOR = Consent("operator:0", Strength.LOCAL, Authority.OPERATOR, "request-of-an-operator")

_requests = count(1)


@cache
def root() -> LocalRoot:
    return LocalRoot(Secret(b"r" * 32), os.urandom)


@cache
def shards() -> dict[int, bytes]:
    """The same in every process, so that one can read what another has written."""

    def shard(number: int) -> bytes:
        return Keyring.new_shard(root(), "house", number, lambda size: bytes([number]) * size)

    return {number: shard(number) for number in range(SHARDS)}


def new_keyring() -> Keyring:
    """The house's keyring, with nothing in it but the shard keys."""
    return Keyring(root(), "house", shards())


def binance_dialect() -> Dialect:
    return binance.DIALECT


def policy(label: str = "bot", *permissions: str) -> Policy:
    grants = {each: Limits() for each in expand(list(permissions or ["trade"]))}
    return Policy(label, grants, Network.from_text(["203.0.113.0/24"]), None)


def record(key: Key | None = None, **fields: object) -> Record:
    """What the gate notes of a request of this key, or of a stranger."""
    blank = Record(
        at_ns=START_NS,
        request_id=f"r-{next(_requests):06}",
        tenant=key.tenant if key else "",
        account=key.account if key else "",
        key=key.id if key else "",
        credential=key.primary.id if key else "",
        wire_id=key.wire_id if key else "claimed-by-a-stranger",
        dialect="binance",
        method="POST",
        path="/api/v3/order",
        action="order.place",
        pair="BTC/USDT",
        verdict="admitted" if key else "denied",
        reason="" if key else "signature.bad",
        shown="",
        detail="",
        peer=PEER,
        agent="ccxt/4",
        policy=key.version if key else 0,
        value="100.5" if key else "",
        currency="USDT" if key else "",
    )
    return blank._replace(**fields)  # type: ignore[arg-type]


class Trial:
    """A store, and what is done with it most. `touched` is what the last deed touched."""

    def __init__(self, engine: Engine, entropy: Entropy = os.urandom) -> None:
        self.engine = engine
        self.entropy = entropy
        self.now_ns = START_NS
        self.touched: Touched | None = None
        self.store = Store(engine, new_keyring(), entropy)

    def do(self, deed: Callable[[Act], T], consent: Consent = OPERATOR) -> T:
        """One deed in one transaction, a millisecond after the one before."""
        self.now_ns += 1_000_000
        now_ns = self.now_ns
        made, self.touched = self.store.change(now_ns, lambda work: deed(Act(work, consent, now_ns, self.entropy)))
        return made

    def look(self, look: Callable[[Shelf], T]) -> T:
        return self.store.read(self.now_ns, look)

    def account(self, name: str = "desk", parent: str | None = None) -> Account:
        return self.do(lambda act: open_account(act, "tenant", name, parent))

    def issue(self, account: Account, label: str = "bot", proofs: Proofs = HMAC) -> Issued:
        def deed(act: Act) -> Issued:
            return issue(act, account.id, binance.DIALECT, Environment.LIVE, policy(label), proofs, TAG_KEY)

        return self.do(deed)

    def adopt(self, account: Account, wire_id: str, label: str = "adopted", secret: bytes = b"s" * 32) -> Key:
        """Import a key of another house."""
        proofs = HMAC._replace(secret=Secret(secret))

        def deed(act: Act) -> Issued:
            return import_key(act, account.id, binance.DIALECT, Environment.LIVE, policy(label), proofs, wire_id)

        return self.do(deed).key

    def key(self, account: Account | None = None, label: str = "bot", proofs: Proofs = HMAC) -> Key:
        return self.issue(account or self.account(), label, proofs).key

    def load(self, key: Key) -> Loaded | None:
        return self.store.load(key.environment, key.dialect, key.wire_id, self.now_ns)
