"""A row is the one form of its object: out and back is the same, and any other row is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.account import Account, BookEntry
from bitting.domain.credentials import Algorithm, Credential, NonceMode, State
from bitting.domain.errors import Tampered
from bitting.domain.grants import Limits
from bitting.domain.holds import Hold
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.network import ANYWHERE, NOBODY, Network
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy
from bitting.stores.rows import AccountRow, HouseRow, KeyRow, key_bytes

IDS = st.uuids().map(str)
TIMES = st.integers(0, 2**62)
FILLERS = "\u115f\u1160\u3164\uffa0"  # letters by their category, and not to be seen: no label has them
LABELS = st.text(st.characters(categories=["L", "Nd"], exclude_characters=FILLERS), min_size=1, max_size=20)
HOLDS = st.frozensets(st.sampled_from(Hold))
LIMITS = st.sampled_from(
    [
        Limits(),
        Limits.from_plain({"pairs": ["BTC/USD", "ETH/USD"], "largest_order": {"USD": "1000.5"}, "collar_bp": 50}),
        Limits.from_plain({"pairs": [], "order_rate": "10/60", "open_orders": 3, "addresses": ["entry-1"]}),
    ]
)
NETWORKS = st.sampled_from([ANYWHERE, NOBODY, Network.from_text(["203.0.113.0/24", "2001:db8::/48"])])
POLICIES = st.builds(
    Policy,
    LABELS.map(
        lambda text: Policy.from_plain({"label": text, "grants": {}, "network": [], "expires_at_ms": None}).label
    ),
    st.dictionaries(st.sampled_from(Permission), LIMITS),
    NETWORKS,
    st.none() | TIMES,
)
CREDENTIALS = st.builds(
    Credential,
    IDS,
    st.sampled_from(Algorithm),
    st.sampled_from(State),
    st.integers(1, 9),
    st.binary(max_size=40),
    TIMES,
    st.none() | TIMES,
    st.sampled_from(NonceMode),
)
KEYS = st.builds(
    Key,
    IDS,
    IDS,
    IDS,
    st.sampled_from(Environment),
    LABELS,
    LABELS,
    st.booleans(),
    POLICIES,
    HOLDS,
    st.none() | TIMES,
    st.lists(CREDENTIALS, max_size=3).map(tuple),
    TIMES,
    st.integers(1, 2**40),
)
ENTRIES = st.builds(BookEntry, IDS, LABELS, LABELS, LABELS, LABELS, LABELS, TIMES)
ACCOUNTS = st.builds(
    Account,
    IDS,
    IDS,
    st.none() | IDS,
    LABELS,
    HOLDS,
    LIMITS,
    st.lists(ENTRIES, max_size=3).map(tuple),
    TIMES,
    st.integers(1, 2**40),
)
RULES = st.builds(
    HousePolicy,
    st.none() | st.integers(0, 1000),
    st.booleans(),
    st.frozensets(st.sampled_from(Permission)),
    st.none() | st.frozensets(st.sampled_from(Algorithm)),
    st.none() | st.frozensets(st.sampled_from(["binance", "bitfinex"])),
)


@given(KEYS)
def test_a_key_comes_back(key: Key) -> None:
    """Every key there can be, with its credentials in order."""
    assert KeyRow.of(key, b"mac").to_key() == key


@given(ACCOUNTS)
def test_an_account_comes_back(account: Account) -> None:
    """Every account there can be, with its address book."""
    assert AccountRow.of(account, b"mac").to_account() == account


@given(RULES)
def test_rules_come_back(rules: HousePolicy) -> None:
    """Every set of house rules there can be."""
    assert HouseRow.of(rules, 1, b"mac").to_house() == rules


@given(KEYS, KEYS)
def test_two_keys_are_two_rows(one: Key, other: Key) -> None:
    """What a MAC is over differs where the keys differ."""
    assert (one == other) == (key_bytes(one) == key_bytes(other))
    assert key_bytes(one) != key_bytes(replace(one, version=one.version + 1))


@given(KEYS, st.text(max_size=30))
def test_no_text_is_a_policy_but_the_policy(key: Key, text: str) -> None:
    """Whatever stands in place of the policy, the row is refused and nothing else happens."""
    row = KeyRow.of(key, b"mac")._replace(policy=text)
    with pytest.raises(Tampered):
        row.to_key()


@given(KEYS, st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists))
def test_no_json_is_a_policy_but_the_policy(key: Key, value: object) -> None:
    """The same for whatever JSON stands in place of one of its fields."""
    row = KeyRow.of(key, b"mac")
    for field, is_here in json.loads(row.policy).items():
        if value != is_here:
            policy = json.dumps({**json.loads(row.policy), field: value}, separators=(",", ":"), sort_keys=True)
            changed = row._replace(policy=policy)
            try:
                assert key_bytes(changed.to_key()) != key_bytes(key)
            except (Tampered, TypeError, ArithmeticError):
                continue
