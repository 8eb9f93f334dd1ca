"""Revoking is easy, final, and the one thing a key can do to itself."""

from dataclasses import replace

import pytest

from bitting.domain.consent import Consent, Strength
from bitting.domain.credentials import State
from bitting.domain.errors import ConsentMissing, IllegalStep, NotFound
from bitting.domain.holds import Authority
from bitting.domain.keys import Key
from bitting.domain.verdict import Reason
from bitting.lifecycle.revoke import revoke, self_revoke
from tests.lifecycle.requests import issued, rotated
from tests.lifecycle.work import NOW_MS, OPERATOR, SESSION, House, step_up


def signed_by(key: Key) -> Consent:
    return Consent(f"key:{key.id}", Strength.SIGNATURE, Authority.HOLDER, "request-4")


@pytest.mark.parametrize("consent", [OPERATOR, SESSION, step_up(b"")])
def test_a_session_is_enough_to_revoke(house: House, key: Key, consent: Consent) -> None:
    """Taking power away must be easy; no consent is used up."""
    rotated(house, key.id)
    after = house.do(lambda act: revoke(act, key.id), consent)
    denied = after.out_of_force(NOW_MS)
    assert denied is not None
    assert denied.reason is Reason.REVOKED
    assert [each.state for each in after.credentials] == [State.RETIRED, State.RETIRED]
    leaf = house.rows.journal[-1]
    assert (leaf.deed, leaf.actor, leaf.version) == ("key.revoke", consent.actor, 3)
    assert house.rows.spent == {}


def test_a_key_revokes_itself(house: House, key: Key) -> None:
    """Promise 5: by its own signature, and the journal names it as the actor."""
    after = house.do(lambda act: self_revoke(act, key.id), signed_by(key))
    assert after.revoked_at_ms == NOW_MS
    leaf = house.rows.journal[-1]
    assert (leaf.deed, leaf.actor, leaf.strength) == ("key.self_revoke", f"key:{key.id}", "signature")


def test_a_key_revokes_no_other(house: House, key: Key) -> None:
    """P-01: its signature is for itself alone."""
    other = issued(house).key
    with pytest.raises(ConsentMissing, match="with its own signature"):
        house.do(lambda act: self_revoke(act, other.id), signed_by(key))
    with pytest.raises(ConsentMissing, match="read and revoke itself"):
        house.do(lambda act: revoke(act, other.id), signed_by(key))
    assert house.key(other.id).revoked_at_ms is None


@pytest.mark.parametrize("strength", [each for each in Strength if each is not Strength.SIGNATURE])
def test_self_revocation_is_by_signature_only(house: House, key: Key, strength: Strength) -> None:
    """Nobody else's deed is journalled as the key's own."""
    with pytest.raises(ConsentMissing):
        house.do(lambda act: self_revoke(act, key.id), replace(signed_by(key), strength=strength))


def test_revoked_twice_is_an_error(house: House, key: Key) -> None:
    """Whoever hears of success was the one who did it."""
    house.do(lambda act: revoke(act, key.id))
    house.now_ms += 1
    with pytest.raises(IllegalStep, match="final"):
        house.do(lambda act: revoke(act, key.id))
    with pytest.raises(IllegalStep, match="final"):
        house.do(lambda act: self_revoke(act, key.id), signed_by(key))
    assert house.key(key.id).revoked_at_ms == NOW_MS


def test_an_unknown_key_is_not_found(house: House, key: Key) -> None:
    """P-16."""
    with pytest.raises(NotFound):
        house.do(lambda act: revoke(act, "key-9"))
    with pytest.raises(NotFound):
        house.do(lambda act: self_revoke(act, "key-9"), signed_by(replace(key, id="key-9")))
