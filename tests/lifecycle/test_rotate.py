"""Rotation: a new proof under the same name, the old one for an overlap, and the way back."""

import pytest

from bitting.domain.credentials import Algorithm, State
from bitting.domain.errors import Conflict, IllegalStep, MalformedValue, NotFound, Refused
from bitting.domain.grants import NO_LIMITS
from bitting.domain.holds import Hold
from bitting.domain.house_policy import HousePolicy
from bitting.domain.keys import Key
from bitting.domain.permissions import WITHDRAWING
from bitting.domain.secret import Secret
from bitting.lifecycle.hold import lock, unlock
from bitting.lifecycle.house import edit_house
from bitting.lifecycle.issue import Proofs
from bitting.lifecycle.revoke import revoke
from bitting.lifecycle.rotate import roll_back, rotate
from tests.lifecycle.requests import BITFINEX, ED25519, HMAC, issued, policy, public_key, rotated
from tests.lifecycle.work import NOW_MS, House

NEXT = ED25519._replace(public_key=public_key(2))


def test_a_rotation_makes_a_new_secret_under_the_same_name(house: House) -> None:
    """Shown once; both open in the vault while the overlap lasts, each under its own binding."""
    before, old = issued(house)
    after, new = rotated(house, before.id, overlap_s=60)
    assert old is not None
    assert new is not None
    assert old != new
    assert (after.wire_id, after.id, after.version) == (before.wire_id, before.id, 2)
    assert house.secrets(after) == [new.reveal(), old.reveal()]
    assert [each.version for each in after.credentials] == [2, 1]
    assert [each.state for each in after.credentials] == [State.PRIMARY, State.RETIRING]
    assert after.policy == before.policy


def test_the_old_proof_lives_to_the_end_of_the_overlap(house: House, key: Key) -> None:
    """L-05: exactly so many seconds."""
    retiring = rotated(house, key.id, overlap_s=60).key.retiring
    assert retiring is not None
    assert retiring.live(NOW_MS + 59_999)
    assert not retiring.live(NOW_MS + 60_000)


def test_without_overlap_the_old_proof_is_gone_at_once(house: House, key: Key) -> None:
    """The answer to a leak."""
    after = rotated(house, key.id, overlap_s=0).key
    assert after.retiring is None
    assert [each.id for each in after.credentials] == [after.primary.id]
    assert after.primary.id != key.primary.id


@pytest.mark.parametrize("overlap_s", [-1, 24 * 3600 + 1, 10**12])
def test_an_overlap_is_0_to_24_hours(house: House, key: Key, overlap_s: int) -> None:
    """L-05: no longer, and never backwards."""
    with pytest.raises(MalformedValue, match="24 hours"):
        rotated(house, key.id, overlap_s=overlap_s)
    assert rotated(house, key.id, overlap_s=24 * 3600).key.retiring is not None


def test_the_new_secret_is_made_here(house: House, key: Key) -> None:
    """Nobody rotates to a secret of their choice."""
    with pytest.raises(MalformedValue, match="made here"):
        rotated(house, key.id, HMAC._replace(secret=Secret(b"chosen by somebody else")))


def test_a_key_pair_is_replaced_by_another(house: House) -> None:
    """The one in use, or still in its overlap, is refused: rotating to it would end nothing."""
    key = issued(house, proofs=ED25519).key
    with pytest.raises(Refused, match="in use now"):
        rotated(house, key.id, ED25519)
    after, secret = rotated(house, key.id, NEXT)
    assert secret is None
    assert after.primary.material == NEXT.public_key
    for used in (ED25519, NEXT):
        with pytest.raises(Refused, match="in use now"):
            rotated(house, key.id, used)


def test_a_rotation_may_leave_shared_secrets_behind(house: House, key: Key) -> None:
    """To a key pair under the same name, if the dialect has it."""
    assert rotated(house, key.id, ED25519).key.primary.algorithm is Algorithm.ED25519
    with pytest.raises(Refused, match="has no hmac-sha512"):
        rotated(house, key.id, Proofs(Algorithm.HMAC_SHA512))


def test_a_rotation_does_not_lead_round_the_house(house: House) -> None:
    """Promise 9: a withdrawal key does not become an HMAC key by rotating, nor one of a forbidden algorithm."""
    key = issued(house, policy(grants={WITHDRAWING: NO_LIMITS}), ED25519).key
    with pytest.raises(Refused, match="hmac_withdraw"):
        rotated(house, key.id, HMAC)
    rules = HousePolicy(algorithms=frozenset({Algorithm.ED25519}))
    house.do(lambda act: edit_house(act, rules))
    other = issued(house, proofs=NEXT).key
    with pytest.raises(Refused, match="no keys with hmac-sha256"):
        rotated(house, other.id, HMAC)


def test_rotating_during_an_overlap_ends_the_oldest(house: House, key: Key) -> None:
    """Two are the most that can be live."""
    second = rotated(house, key.id).key.primary
    third = rotated(house, key.id).key
    assert [each.id for each in third.credentials] == [third.primary.id, second.id]
    assert [each.version for each in third.credentials] == [3, 2]


def test_rolling_back_makes_the_former_proof_primary_again(house: House) -> None:
    """The new one is gone, and its secret proves nothing any more."""
    before, old = issued(house)
    assert old is not None
    rotated(house, before.id, overlap_s=60)
    house.now_ms += 59_999
    after = house.do(lambda act: roll_back(act, before.id))
    assert after.credentials == before.credentials
    assert house.secrets(after) == [old.reveal()]
    assert after.version == 3
    assert house.rows.journal[-1].deed == "key.roll_back"


def test_after_the_overlap_there_is_no_way_back(house: House, key: Key) -> None:
    """To the millisecond; nor where there was no rotation, or one without overlap."""
    with pytest.raises(IllegalStep, match="no rotation to roll back"):
        house.do(lambda act: roll_back(act, key.id))
    rotated(house, key.id, overlap_s=60)
    house.now_ms += 60_000
    with pytest.raises(IllegalStep, match="no rotation to roll back"):
        house.do(lambda act: roll_back(act, key.id))
    rotated(house, key.id, overlap_s=0)
    with pytest.raises(IllegalStep, match="no rotation to roll back"):
        house.do(lambda act: roll_back(act, key.id))


def test_a_revoked_key_is_neither_rotated_nor_rolled_back(house: House, key: Key) -> None:
    """L-07: revoked during the overlap, both proofs are dead and stay so."""
    rotated(house, key.id)
    after = house.do(lambda act: revoke(act, key.id))
    assert [each.state for each in after.credentials] == [State.RETIRED, State.RETIRED]
    with pytest.raises(IllegalStep):
        rotated(house, key.id)
    with pytest.raises(IllegalStep):
        house.do(lambda act: roll_back(act, key.id))


def test_what_has_moved_on_is_looked_at_again(house: House, key: Key) -> None:
    """L-11: the version that the person saw must be the one that is changed."""
    rotated(house, key.id, expected=1)
    with pytest.raises(Conflict, match="version 2, you saw 1"):
        rotated(house, key.id, expected=1)
    with pytest.raises(Conflict, match="version 2, you saw 3"):
        house.do(lambda act: roll_back(act, key.id, expected=3))
    assert house.do(lambda act: roll_back(act, key.id, expected=2)).version == 3


def test_an_unknown_key_is_not_found(house: House) -> None:
    """P-16."""
    with pytest.raises(NotFound):
        rotated(house, "key-9")
    with pytest.raises(NotFound):
        house.do(lambda act: roll_back(act, "key-9"))


def test_the_journal_names_the_overlap_and_no_secret(house: House, key: Key) -> None:
    """One leaf; the policy is the same before and after."""
    _, secret = rotated(house, key.id, overlap_s=60)
    leaf = house.rows.journal[-1]
    assert (leaf.deed, leaf.version, leaf.facts) == ("key.rotate", 2, {"overlap_s": 60})
    assert leaf.before == leaf.digest == key.policy.digest()
    assert secret is not None
    assert secret.reveal().decode() not in repr(house.rows)


def test_the_secret_has_the_shape_of_its_dialect(house: House) -> None:
    """Bitfinex's clients get a secret of Bitfinex's alphabet when rotating, too."""
    proofs = Proofs(Algorithm.HMAC_SHA384)
    key = issued(house, proofs=proofs, dialect=BITFINEX).key
    _, secret = rotated(house, key.id, proofs, dialect=BITFINEX)
    assert secret is not None
    assert secret.reveal().isalnum()


def test_a_held_key_can_be_rotated(house: House, key: Key) -> None:
    """The way out of a leak: rotate first, then the hold is lifted."""
    house.do(lambda act: lock(act, key.id, Hold.LEAK))
    after = rotated(house, key.id, overlap_s=0).key
    assert after.holds == {Hold.LEAK}
    assert house.do(lambda act: unlock(act, key.id, Hold.LEAK)).out_of_force(NOW_MS) is None


def test_a_rotation_does_not_change_the_dialect(house: House, key: Key) -> None:
    """A secret in another dialect's shape would be no use to the key's clients."""
    with pytest.raises(Refused, match="speaks binance"):
        house.do(lambda act: rotate(act, key.id, BITFINEX, HMAC, 60))


def test_rules_made_since_do_not_keep_a_leaked_secret_in_use(house: House, key: Key) -> None:
    """A key that the house would not issue any more can still be rotated: that takes power from a thief."""
    rules = HousePolicy(longest_life_days=1, network_required=True)
    house.do(lambda act: edit_house(act, rules))
    assert rotated(house, key.id, overlap_s=0).key.version == key.version + 1
