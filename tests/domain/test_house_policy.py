"""The house's rules stand above every key: at issue, at edits and at the gate."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.credentials import Algorithm, Credential, State
from bitting.domain.errors import MalformedValue
from bitting.domain.grants import NO_LIMITS
from bitting.domain.house_policy import DAY_MS, HousePolicy
from bitting.domain.network import ANYWHERE, NOBODY
from bitting.domain.permissions import WITHDRAWING, Permission
from bitting.domain.policy import Policy
from bitting.domain.verdict import Denied, Reason
from tests.domain.examples import NOW_MS, policy

HMAC, ED25519, RSA = Algorithm.HMAC_SHA256, Algorithm.ED25519, Algorithm.RSA_SHA256
WITHDRAWS = policy(grants={WITHDRAWING: NO_LIMITS})
OTHERS: dict[str, Any] = {
    "longest_life_days": 90,
    "network_required": True,
    "forbidden": frozenset({Permission.EARN_WRITE, Permission.BORROW_WRITE}),
    "algorithms": frozenset({ED25519, HMAC}),
    "dialects": frozenset({"binance", "bitfinex"}),
    "keys_per_account": 5,
    "rotation_age_days": 30,
    "hmac_withdraw": True,
    "address_wait_hours": 48,
    "frozen": True,
    "withdrawal_wait_hours": 48,
    "rotation_required": True,
}

houses = st.fixed_dictionaries({}, optional={name: st.just(other) for name, other in OTHERS.items()}).map(
    lambda rules: HousePolicy(**rules)
)


def objection(house: HousePolicy, wanted: Policy, algorithm: Algorithm = ED25519) -> str | None:
    return house.objection(wanted, algorithm, "binance", NOW_MS)


def test_every_rule_stands_in_the_digest() -> None:
    """K-05: a rule the digest does not cover could be switched by whoever writes to the database."""
    assert set(OTHERS) == {each.name for each in fields(HousePolicy)}
    digests = {HousePolicy().digest(), *(HousePolicy(**{name: other}).digest() for name, other in OTHERS.items())}
    assert len(digests) == 1 + len(OTHERS)


def test_the_defaults_are_a_careful_houses() -> None:
    """Promise 9: no shared secret withdraws, a new address waits a day; and the form is pinned."""
    assert HousePolicy().to_plain() == {
        "longest_life_days": None,
        "network_required": False,
        "forbidden": [],
        "algorithms": None,
        "dialects": None,
        "keys_per_account": 100,
        "rotation_age_days": 180,
        "hmac_withdraw": False,
        "address_wait_hours": 24,
        "frozen": False,
        "withdrawal_wait_hours": 24,
        "rotation_required": False,
    }


@given(house=houses)
def test_the_rules_read_what_they_write(house: HousePolicy) -> None:
    """Round trip; a rule that is left out keeps its default."""
    assert HousePolicy.from_plain(house.to_plain()) == house
    assert HousePolicy.from_plain({}) == HousePolicy()


@pytest.mark.parametrize(
    "plain",
    [
        {"typo": True},
        {"Frozen": True},
        {"forbidden": "orders.write"},
        {"forbidden": ["orders.*"]},
        {"forbidden": [1]},
        {"forbidden": [["orders.write"]]},
        {"forbidden": None},
        {"algorithms": ["hmac-md5"]},
        {"algorithms": [None]},
        {"algorithms": [[]]},
        {"algorithms": "ed25519"},
        {"dialects": [1]},
        {"dialects": ["\ud800"]},
        {"dialects": "binance"},
        {"network_required": 1},
        {"network_required": "true"},
        {"hmac_withdraw": None},
        {"frozen": 0},
        {"longest_life_days": -1},
        {"longest_life_days": "90"},
        {"longest_life_days": True},
        {"longest_life_days": 1.5},
        {"longest_life_days": 100_001},
        {"keys_per_account": None},
        {"keys_per_account": -1},
        {"rotation_age_days": float("nan")},
        {"address_wait_hours": 10**30},
        {1: 2, "a": 3},
    ],
)
def test_a_rule_that_cannot_be_read_is_refused(plain: dict[str, Any]) -> None:
    """A rule that was misspelt must not be a rule that is not there; yes is neither 1 nor "true"."""
    with pytest.raises(MalformedValue):
        HousePolicy.from_plain(plain)


def test_a_house_without_rules_lets_a_plain_key_be() -> None:
    """One test a refusal follows; this is what none of them says."""
    assert objection(HousePolicy(), policy(), HMAC) is None
    assert objection(HousePolicy(), WITHDRAWS) is None
    assert objection(HousePolicy(), policy(network=ANYWHERE, expires_at_ms=None), HMAC) is None


REFUSALS: list[tuple[HousePolicy, Policy, Algorithm, str]] = [
    (HousePolicy(forbidden=frozenset({Permission.ORDERS_WRITE})), policy(), HMAC, "no key to have orders.write"),
    (HousePolicy(algorithms=frozenset({ED25519})), policy(), HMAC, "no keys with hmac-sha256"),
    (HousePolicy(algorithms=frozenset()), policy(), ED25519, "no keys with ed25519"),
    (HousePolicy(dialects=frozenset({"bitfinex"})), policy(), HMAC, "no keys for binance"),
    (HousePolicy(network_required=True), policy(network=ANYWHERE), HMAC, "every key bound to addresses"),
    (HousePolicy(longest_life_days=1), policy(expires_at_ms=None), HMAC, "at most 1 days"),
    (HousePolicy(longest_life_days=1), policy(expires_at_ms=NOW_MS + DAY_MS + 1), HMAC, "at most 1 days"),
    (HousePolicy(), replace(WITHDRAWS, network=ANYWHERE), ED25519, "withdraws must be bound"),
    (HousePolicy(hmac_withdraw=True), replace(WITHDRAWS, network=ANYWHERE), HMAC, "withdraws must be bound"),
    (HousePolicy(), WITHDRAWS, HMAC, "need a key pair"),
    (HousePolicy(), policy(), RSA, "no keys with rsa-pkcs1-sha256; being legacy, it has to be named"),
]


@pytest.mark.parametrize(("house", "wanted", "algorithm", "words"), REFUSALS)
def test_the_holder_reads_which_rule_a_key_would_break(
    house: HousePolicy, wanted: Policy, algorithm: Algorithm, words: str
) -> None:
    """P-04, and each other rule: at issue and at edits."""
    said = objection(house, wanted, algorithm)
    assert said is not None
    assert words in said


@pytest.mark.parametrize("algorithm", Algorithm)
def test_what_is_legacy_is_allowed_by_its_name_only(algorithm: Algorithm) -> None:
    """A house that has said nothing allows all the others; one that names some allows those."""
    assert HousePolicy().allows(algorithm) is (algorithm is not RSA)
    assert HousePolicy(algorithms=frozenset({algorithm})).allows(algorithm)
    assert not HousePolicy(algorithms=frozenset(set(Algorithm) - {algorithm})).allows(algorithm)


def test_the_longest_life_is_exact() -> None:
    """To the millisecond, from now."""
    house = HousePolicy(longest_life_days=1)
    assert objection(house, policy(expires_at_ms=NOW_MS + DAY_MS)) is None
    assert objection(house, policy(expires_at_ms=0)) is None


def test_the_switch_lets_shared_secrets_withdraw() -> None:
    """Promise 9: and from a network still, never from anywhere."""
    house = HousePolicy(hmac_withdraw=True)
    assert objection(house, WITHDRAWS, HMAC) is None
    assert house.denies(WITHDRAWING, HMAC, anywhere=False) is None


@given(
    house=houses, permission=st.sampled_from(Permission), algorithm=st.sampled_from(Algorithm), anywhere=st.booleans()
)
def test_the_gate_asks_again_and_agrees(
    house: HousePolicy, permission: Permission, algorithm: Algorithm, anywhere: bool
) -> None:
    """P-04: a row forced into the database is denied all the same. Life and dialect were asked at issue."""
    wanted = policy(grants={permission: NO_LIMITS}, network=ANYWHERE if anywhere else NOBODY)
    at_issue = objection(replace(house, longest_life_days=None, dialects=None), wanted, algorithm)
    denied = house.denies(permission, algorithm, anywhere=anywhere)
    assert (denied is not None) == (at_issue is not None)


@pytest.mark.parametrize(
    ("house", "permission", "algorithm", "anywhere", "reason", "shown"),
    [
        (HousePolicy(forbidden=frozenset(Permission)), Permission.EARN_READ, HMAC, False, "house.forbids", "earn.read"),
        (HousePolicy(algorithms=frozenset()), Permission.EARN_READ, HMAC, False, "house.forbids", "hmac-sha256"),
        (HousePolicy(), Permission.EARN_READ, RSA, False, "house.forbids", "rsa-pkcs1-sha256"),
        (HousePolicy(network_required=True), Permission.EARN_READ, HMAC, True, "house.forbids", "no network"),
        (HousePolicy(), WITHDRAWING, ED25519, True, "withdrawal.network", ""),
        (HousePolicy(), WITHDRAWING, HMAC, False, "withdrawal.hmac", ""),
    ],
)
def test_the_gate_names_the_rule(
    house: HousePolicy, permission: Permission, algorithm: Algorithm, anywhere: bool, reason: str, shown: str
) -> None:
    """Promise 8: the caller hears its own value, never the allowed set."""
    denied = house.denies(permission, algorithm, anywhere=anywhere)
    assert denied is not None
    assert (denied.reason.code, denied.shown) == (reason, shown)
    assert isinstance(denied.reason, Reason)


def test_which_keys_do_not_work_from_anywhere() -> None:
    """Those that withdraw always, and all of them where the house says so."""
    assert HousePolicy().wants_network(WITHDRAWS)
    assert not HousePolicy().wants_network(policy())
    assert HousePolicy(network_required=True).wants_network(policy())


def proof(age_days: int = 0) -> Credential:
    return Credential("credential-1", ED25519, State.PRIMARY, 1, b"k" * 32, NOW_MS - age_days * DAY_MS)


BARRED: list[tuple[dict[str, Any], Policy, int, str, str]] = [
    ({"dialects": frozenset({"bitfinex"})}, policy(), 0, "binance", "dialects"),
    ({"longest_life_days": 1}, policy(expires_at_ms=None), 0, "the key lives too long", "longest_life_days"),
    (
        {"longest_life_days": 1},
        policy(expires_at_ms=NOW_MS + DAY_MS + 1),
        0,
        "the key lives too long",
        "longest_life_days",
    ),
    ({"rotation_required": True}, policy(), 180, "the credential is too old", "rotation_required"),
]


@pytest.mark.parametrize(("rules", "wanted", "age_days", "shown", "rule"), BARRED)
def test_rules_over_the_key_are_asked_again_at_the_gate(
    rules: dict[str, Any], wanted: Policy, age_days: int, shown: str, rule: str
) -> None:
    """A key from before the rule, or forced into the database, does not work; the detail names the rule."""
    denied = HousePolicy(**rules).bars("binance", wanted, proof(age_days), NOW_MS)
    assert denied == (Reason.HOUSE_FORBIDS, shown, f"house rule: {rule}", 0)
    assert HousePolicy().bars("binance", wanted, proof(age_days), NOW_MS) is None


def test_what_is_under_the_rules_is_not_barred() -> None:
    """To the millisecond."""
    house = HousePolicy(dialects=frozenset({"binance"}), longest_life_days=1, rotation_required=True)
    wanted = policy(expires_at_ms=NOW_MS + DAY_MS)
    assert house.bars("binance", wanted, proof(179), NOW_MS) is None
    assert house.bars("binance", wanted, proof(180), NOW_MS - 1) == Denied(
        Reason.HOUSE_FORBIDS, "the key lives too long", "house rule: longest_life_days"
    )
    assert house.due(proof(180), NOW_MS)
    assert not house.due(proof(180), NOW_MS - 1)


def test_changes_of_rules_are_told() -> None:
    """A line for each rule that is another one, and none for the others."""
    assert HousePolicy().changes(HousePolicy()) == []
    after = HousePolicy(hmac_withdraw=True, dialects=frozenset({"binance"}))
    assert HousePolicy().changes(after) == ['dialects: ["binance"]; it was null', "hmac_withdraw: true; it was false"]
    for name, other in OTHERS.items():
        [line] = HousePolicy().changes(HousePolicy(**{name: other}))
        assert line.startswith(f"{name}: ")
