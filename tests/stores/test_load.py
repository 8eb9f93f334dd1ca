"""A snapshot holds everything that decides about a key, of one moment, and opens its secrets anew each time."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.activity.ports import Batch, Line
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import Tampered
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment
from bitting.gate.ports import Effects
from bitting.gate.snapshot import LONGEST_LIFE_NS
from bitting.gate.totals import DAY_NS
from bitting.lifecycle.house import edit_house
from bitting.lifecycle.issue import Proofs
from bitting.lifecycle.revoke import revoke
from bitting.lifecycle.rotate import rotate
from bitting.vault.keyring import ACCOUNT_KEY_LIFE_NS
from tests.stores.trial import HMAC, Trial, binance_dialect, record


def test_a_snapshot_is_whole(trial: Trial) -> None:
    """Key, account and parent, house rules, and the secret that was shown when the key was issued."""
    parent = trial.account("fund")
    account = trial.account("desk", parent.id)
    rules = trial.do(lambda act: edit_house(act, HousePolicy(hmac_withdraw=True)))
    issued = trial.issue(account)
    loaded = trial.load(issued.key)
    assert loaded is not None
    assert issued.secret is not None
    snapshot = loaded.snapshot
    assert (snapshot.key, snapshot.accounts, snapshot.house) == (issued.key, (account, parent), rules)
    assert [proof.credential for proof in snapshot.proofs] == list(issued.key.credentials)
    assert snapshot.proofs[0].material() == issued.secret.reveal()
    assert snapshot.until_ns == trial.now_ns + LONGEST_LIFE_NS
    assert loaded.marks == {}
    assert loaded.sums == {}


def test_a_public_key_is_its_own_proof(trial: Trial) -> None:
    """For Ed25519 the material is the raw public key."""
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    key = trial.key(proofs=Proofs(Algorithm.ED25519, public_key=public))
    loaded = trial.load(key)
    assert loaded is not None
    assert loaded.snapshot.proofs[0].material() == public


def test_both_credentials_of_an_overlap_are_there(trial: Trial) -> None:
    """While a rotation overlaps, old and new secret open; revoked, they open still, to tell their owner so."""
    first = trial.issue(trial.account())
    second = trial.do(lambda act: rotate(act, first.key.id, binance_dialect(), HMAC, 3600))
    assert first.secret is not None
    assert second.secret is not None
    for _ in range(2):
        loaded = trial.load(first.key)
        assert loaded is not None
        opened = [proof.material() for proof in loaded.snapshot.proofs]
        assert opened == [second.secret.reveal(), first.secret.reveal()]
        if loaded.snapshot.key.revoked_at_ms is None:
            trial.do(lambda act: revoke(act, first.key.id))


def test_a_name_is_exact(trial: Trial) -> None:
    """Another environment, dialect or letter case is another name, and there is no key of that name."""
    key = trial.key()
    for name in (
        (Environment.TEST, "binance", key.wire_id),
        (Environment.LIVE, "bitfinex", key.wire_id),
        (Environment.LIVE, "binance", key.wire_id.upper()),
        (Environment.LIVE, "binance", ""),
    ):
        assert trial.store.load(*name, trial.now_ns) is None


def test_marks_and_the_days_sums_come_along(trial: Trial) -> None:
    """What a restarted gate has to know: the marks of the key's credentials, and today's sums of key and accounts."""
    parent = trial.account("fund")
    account = trial.account("desk", parent.id)
    key = trial.key(account)
    today, tomorrow = trial.now_ns // DAY_NS, trial.now_ns // DAY_NS + 1
    sums = {
        (key.id, "orders", "USDT", today): Decimal("100.50"),
        (account.id, "orders", "USDT", today): Decimal("1E+2"),
        (parent.id, "withdrawals", "BTC", today): Decimal("0.00000001"),
    }
    others = {
        (key.id, "orders", "USDT", tomorrow): Decimal(9),
        ("somebody else", "orders", "USDT", today): Decimal(9),
    }
    effects = Effects({key.primary.id: 17, "another credential": 18}, sums | others, None)
    trial.store.write(Batch([Line(record(key), effects)], [], {}, {}))
    loaded = trial.load(key)
    assert loaded is not None
    assert loaded.marks == {key.primary.id: 17}
    assert loaded.sums == sums


def test_account_keys_leave_memory(trial: Trial) -> None:
    """After five minutes an account key is unwrapped anew, and dropped when it is told to be."""
    key = trial.key()
    assert trial.load(key) is not None
    trial.now_ns += ACCOUNT_KEY_LIFE_NS
    trial.store.forget_expired(trial.now_ns)
    assert trial.load(key) is not None


def test_parents_end(trial: Trial) -> None:
    """Accounts that are one another's parents, which nothing here makes, do not hold up the gate for ever."""
    account = trial.account()
    key = trial.key(account)

    looped = replace(account, parent=account.id, version=2)
    trial.do(lambda act: act.keep_account("account.limit", account, looped))
    with pytest.raises(Tampered, match="no end"):
        trial.load(key)
