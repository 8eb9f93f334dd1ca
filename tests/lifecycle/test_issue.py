"""Issuing and importing keys: what is made, what is stored, and one test a refusal."""

from dataclasses import replace

import pytest

from bitting.dialects.dialect import Dialect
from bitting.domain.consent import Strength
from bitting.domain.credentials import Algorithm, NonceMode, State
from bitting.domain.errors import Conflict, MalformedStored, MalformedValue, NotFound, Refused, Tampered
from bitting.domain.grants import NO_LIMITS
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment, has_tag
from bitting.domain.network import ANYWHERE
from bitting.domain.permissions import WITHDRAWING, Permission
from bitting.domain.secret import Secret
from bitting.lifecycle.house import edit_house
from bitting.lifecycle.issue import LATEST_MS, Proofs, issue
from bitting.lifecycle.revoke import revoke
from tests.lifecycle.requests import (
    BINANCE,
    BITFINEX,
    DAY_MS,
    ED25519,
    EXISTING,
    HMAC,
    RSA,
    imported,
    issued,
    policy,
    public_key,
    rotated,
)
from tests.lifecycle.work import NOW_MS, OPERATOR, TAG_KEY, House


def rules(house: House, **changes: object) -> None:
    house.do(lambda act: edit_house(act, replace(HousePolicy(), **changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dialect", "algorithm"), [(BINANCE, Algorithm.HMAC_SHA256), (BITFINEX, Algorithm.HMAC_SHA384)]
)
def test_a_secret_is_shown_once_and_kept_sealed(house: House, dialect: Dialect, algorithm: Algorithm) -> None:
    """Promises 1 and 2: the reply has it; the row has a box that only the vault opens, in this place only."""
    key, secret = issued(house, proofs=Proofs(algorithm), dialect=dialect)
    assert secret is not None
    assert len(secret.reveal()) >= 32
    stored = house.key(key.id)
    assert house.secrets(stored) == [secret.reveal()]
    assert secret.reveal() not in stored.primary.material
    elsewhere = replace(stored, credentials=(replace(stored.primary, id="another credential"),))
    with pytest.raises((Tampered, MalformedStored)):
        house.secrets(elsewhere)
    for shown in (house.rows.journal, house.rows.keys, house.rows.accounts):
        assert secret.reveal().decode() not in repr(shown)


def test_a_key_is_made_as_it_was_asked_for(house: House) -> None:
    """Its wire id is ours and of its environment; it works at once, under its policy, from version 1 on."""
    key, _ = issued(house, environment=Environment.TEST)
    assert key.wire_id.startswith("bk_test_")
    assert has_tag(key.wire_id, TAG_KEY)
    assert (key.tenant, key.account, key.dialect, key.version) == ("tenant-1", house.account, "binance", 1)
    assert (key.imported, key.holds, key.revoked_at_ms, key.created_at_ms) == (False, frozenset(), None, NOW_MS)
    assert key.policy == policy()
    assert key.primary.state is State.PRIMARY
    assert key.primary.nonce_mode is NonceMode.TIME
    assert key.out_of_force(NOW_MS) is None


def test_a_public_key_is_kept_and_no_secret_is_made(house: House) -> None:
    """There is nothing to show and nothing to steal."""
    key, secret = issued(house, proofs=ED25519)
    assert secret is None
    assert key.primary.material == ED25519.public_key


def test_the_nonce_mode_is_the_credentials(house: House) -> None:
    """A counter that is not shaped like time is a mode chosen at issue."""
    proofs = Proofs(Algorithm.HMAC_SHA384, nonce_mode=NonceMode.COUNTER)
    assert issued(house, proofs=proofs, dialect=BITFINEX).key.primary.nonce_mode is NonceMode.COUNTER


def test_the_journal_says_who_issued_what(house: House) -> None:
    """Promise 6: one leaf, with the digest of the policy and nothing secret."""
    key, secret = issued(house)
    assert secret is not None
    leaf = house.rows.journal[-1]
    assert (leaf.deed, leaf.kind, leaf.id, leaf.account, leaf.version) == ("key.issue", "key", key.id, house.account, 1)
    assert (leaf.actor, leaf.strength, leaf.request_id) == ("operator:0", Strength.LOCAL.value, "request-0")
    assert (leaf.before, leaf.digest) == (b"", key.policy.digest())
    assert leaf.facts == {"dialect": "binance", "algorithm": "hmac-sha256", "wire_id": key.wire_id}
    assert leaf.at_ns == NOW_MS * 1_000_000


def test_two_keys_share_nothing(house: House) -> None:
    """L-10: asked twice, two keys are made, with ids and secrets of their own."""
    one, other = issued(house), issued(house)
    assert one.key.id != other.key.id
    assert one.key.wire_id != other.key.wire_id
    assert one.key.primary.id != other.key.primary.id
    assert one.secret != other.secret


def test_an_imported_key_keeps_its_name_and_its_secret_is_not_repeated(house: House) -> None:
    """Clients go on as before; the holder has the secret already, so no reply shows it again."""
    key, secret = imported(house, "a-key-id-of-theirs")
    assert secret is None
    assert (key.wire_id, key.imported) == ("a-key-id-of-theirs", True)
    assert house.secrets(key) == [EXISTING.reveal()]
    leaf = house.rows.journal[-1]
    assert (leaf.deed, leaf.facts["wire_id"]) == ("key.import", "a-key-id-of-theirs")
    assert EXISTING.reveal().decode() not in repr(house.rows.journal)


def test_a_public_key_can_be_imported(house: House) -> None:
    """With its foreign name."""
    assert imported(house, proofs=ED25519).key.primary.material == ED25519.public_key


def test_a_name_is_given_once_for_ever(house: House) -> None:
    """K-07: also the name of a revoked key; in another environment or dialect it is another name."""
    key = imported(house).key
    house.do(lambda act: revoke(act, key.id))
    with pytest.raises(Conflict, match="here already"):
        imported(house)
    assert imported(house, environment=Environment.TEST).key.id != key.id
    proofs = Proofs(Algorithm.HMAC_SHA384, secret=EXISTING)
    assert imported(house, dialect=BITFINEX, proofs=proofs).key.id != key.id


@pytest.mark.parametrize("wire_id", ["bk_live_" + "a" * 32, "bk_test_x", "short", "with space", "ключ ключ"])
def test_a_foreign_name_is_not_one_of_ours(house: House, wire_id: str) -> None:
    """An import cannot pass for a key that was made here."""
    with pytest.raises(MalformedValue):
        imported(house, wire_id)


MALFORMED: list[tuple[Proofs, str]] = [
    (HMAC._replace(secret=EXISTING), "secrets of new keys are made here"),
    (HMAC._replace(public_key=public_key(1)), "has no public key"),
    (ED25519._replace(public_key=None), "wants the holder's public key"),
    (ED25519._replace(public_key=b"short"), "32 bytes"),
    (ED25519._replace(public_key=bytes(32)), "small order"),
    (ED25519._replace(public_key=b"\x01" + bytes(31)), "small order"),
]


@pytest.mark.parametrize(("proofs", "words"), MALFORMED)
def test_proofs_that_do_not_fit_are_refused(house: House, proofs: Proofs, words: str) -> None:
    """No secret chosen by others, no key that anybody can sign for."""
    with pytest.raises(MalformedValue, match=words):
        issued(house, proofs=proofs)


@pytest.mark.parametrize(
    ("proofs", "words"),
    [
        (HMAC, "comes with its secret"),
        (ED25519._replace(secret=EXISTING), "and no secret"),
        (HMAC._replace(secret=Secret(b"x" * 15)), "16 to 256 bytes"),
        (HMAC._replace(secret=Secret(b"x" * 257)), "16 to 256 bytes"),
        (HMAC._replace(secret=Secret(b"")), "16 to 256 bytes"),
        (HMAC._replace(secret=EXISTING, public_key=public_key(1)), "has no public key"),
    ],
)
def test_an_import_brings_what_its_algorithm_needs(house: House, proofs: Proofs, words: str) -> None:
    """And nothing else; a secret of a few bytes could be guessed."""
    with pytest.raises(MalformedValue, match=words):
        imported(house, proofs=proofs)


@pytest.mark.parametrize("length", [16, 256])
def test_secrets_at_the_ends_of_the_range_are_taken(house: House, length: int) -> None:
    """16 and 256 bytes."""
    assert house.secrets(imported(house, proofs=HMAC._replace(secret=Secret(b"x" * length))).key) == [b"x" * length]


@pytest.mark.parametrize("dialect", [BINANCE, BITFINEX])
def test_a_dialect_has_its_own_algorithms(house: House, dialect: Dialect) -> None:
    """S-03: no key is made that its dialect could not verify; the refusal lists those it can."""
    for algorithm in set(Algorithm) - set(dialect.description.algorithms):
        proofs = Proofs(algorithm, None if algorithm.shared else public_key(1))
        with pytest.raises(Refused, match=f"has no {algorithm.value}; it has hmac"):
            issued(house, proofs=proofs, dialect=dialect)


@pytest.mark.parametrize("expires_at_ms", [0, NOW_MS - 1, NOW_MS, LATEST_MS + 1, 2**63])
def test_a_key_expires_in_the_future_or_never(house: House, expires_at_ms: int) -> None:
    """L-09: not now, not before, not after the year 9999."""
    with pytest.raises(MalformedValue, match="expires in the future"):
        issued(house, policy(expires_at_ms=expires_at_ms))
    for good in (None, NOW_MS + 1, LATEST_MS):
        assert issued(house, policy(expires_at_ms=good)).key.policy.expires_at_ms == good


def test_house_rules_are_asked(house: House) -> None:
    """P-04, and every other rule of `HousePolicy.objection`, by its words."""
    rules(house, forbidden=frozenset({Permission.ORDERS_WRITE}))
    with pytest.raises(Refused, match="the house allows no key to have orders"):
        issued(house)
    rules(house)
    withdraws = policy(grants={WITHDRAWING: NO_LIMITS})
    with pytest.raises(Refused, match="need a key pair"):
        issued(house, withdraws)
    with pytest.raises(Refused, match="must be bound to addresses"):
        issued(house, replace(withdraws, network=ANYWHERE), ED25519)
    assert issued(house, withdraws, ED25519).key.policy == withdraws


def test_a_legacy_algorithm_has_to_be_named_by_the_house(house: House) -> None:
    """However the key comes in; and a rotation does not lead round it."""
    for brought in (issued, imported):
        with pytest.raises(Refused, match="no keys with rsa-pkcs1-sha256; being legacy, it has to be named"):
            brought(house, proofs=RSA)
    with pytest.raises(Refused, match="being legacy, it has to be named"):
        rotated(house, issued(house).key.id, RSA)
    rules(house, algorithms=frozenset({Algorithm.RSA_SHA256, Algorithm.HMAC_SHA256}))
    for brought in (issued, imported):
        assert brought(house, proofs=RSA).key.primary.material == RSA.public_key
    assert rotated(house, issued(house).key.id, RSA).key.primary.algorithm is Algorithm.RSA_SHA256


@pytest.mark.parametrize("proofs", [ED25519, RSA], ids=["ed25519", "rsa"])
def test_a_public_key_is_checked_before_it_is_kept(house: House, proofs: Proofs) -> None:
    """One that is of no use to its holder, or of use to others, proves nothing here: no row is made."""
    rules(house, algorithms=frozenset({Algorithm.ED25519, Algorithm.RSA_SHA256, Algorithm.HMAC_SHA256}))
    before = repr(house.rows)
    with pytest.raises(MalformedValue):
        issued(house, proofs=proofs._replace(public_key=bytes(32)))
    with pytest.raises(MalformedValue):
        imported(house, proofs=proofs._replace(public_key=bytes(32)))
    assert repr(house.rows) == before


def test_an_account_has_so_many_keys(house: House) -> None:
    """Imports count, revoked ones do not."""
    rules(house, keys_per_account=2)
    first = issued(house).key
    imported(house)
    for one_more in (issued, lambda house: imported(house, "another-key-id")):
        with pytest.raises(Refused, match="has 2 keys, as many as the house allows"):
            one_more(house)
    house.do(lambda act: revoke(act, first.id))
    issued(house)


def test_an_unknown_account_is_not_found(house: House) -> None:
    """P-16: and nothing is made."""
    with pytest.raises(NotFound):
        house.do(lambda act: issue(act, "account-9", BINANCE, Environment.LIVE, policy(), HMAC, TAG_KEY), OPERATOR)
    assert house.rows.keys == {}


def test_a_refused_issue_leaves_nothing_behind(house: House) -> None:
    """No row, no leaf, no spent consent."""
    before = repr(house.rows)
    with pytest.raises(MalformedValue):
        issued(house, policy(expires_at_ms=NOW_MS - DAY_MS))
    with pytest.raises(MalformedValue):
        issued(house, proofs=ED25519._replace(public_key=bytes(32)))
    assert repr(house.rows) == before
