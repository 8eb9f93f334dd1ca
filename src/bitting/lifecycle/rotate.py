"""Rotate a key: a new secret under the same key id, the old one alive for an overlap, and the way back."""

from __future__ import annotations

from bitting.dialects.dialect import Dialect
from bitting.domain.errors import MalformedValue, Refused
from bitting.domain.keys import LONGEST_OVERLAP_S, Key
from bitting.lifecycle.act import Act, must_match
from bitting.lifecycle.issue import Issued, Proofs, check_algorithm, make_credential


def rotate(
    act: Act, key_id: str, dialect: Dialect, proofs: Proofs, overlap_s: int, *, expected: int | None = None
) -> Issued:
    """Make a new credential primary; the one before works for `overlap_s` seconds more, 0 to 24 hours.

    An older rotation still in its overlap ends now. Raises NotFound, Conflict, IllegalStep, Refused,
    MalformedValue, ConsentMissing.
    """
    if not 0 <= overlap_s <= LONGEST_OVERLAP_S:
        raise MalformedValue("the overlap is 0 seconds to 24 hours")
    if proofs.secret is not None:
        raise MalformedValue("the new secret is made here")
    key = act.work.key(key_id)
    must_match(key.version, expected)
    house, _ = act.work.house()
    if dialect.description.name != key.dialect:
        raise Refused(f"the key speaks {key.dialect}, and goes on doing so")
    check_algorithm(dialect, proofs.algorithm)
    if objection := house.algorithm_objection(key.policy, proofs.algorithm):
        raise Refused(objection)
    former = key.primary
    if proofs.public_key is not None and any(each.material == proofs.public_key for each in key.credentials):
        raise Refused("this is the key pair in use now; make a new one")
    terms = [*proofs.terms(), overlap_s]
    whose = "made here" if proofs.public_key is None else "whose other half you have"
    says = (
        f"a new {proofs.algorithm.value} credential, {whose}, for the key {key.policy.label}",
        f"the one before works for {overlap_s} seconds more",
    )
    act.allow("key.rotate", key.id, key.version, key.policy.digest(), terms, widens=True, says=says)
    fresh, secret = make_credential(
        act, act.work.account(key.account), dialect, key.environment, proofs, version=former.version + 1
    )
    retires_at_ms = act.now_ms + overlap_s * 1000 if overlap_s else None
    after = key.rotated(fresh, retires_at_ms)
    return Issued(act.keep_key("key.rotate", key, after, {"overlap_s": overlap_s}), secret)


def roll_back(act: Act, key_id: str, *, expected: int | None = None) -> Key:
    """Undo a rotation while its overlap lasts: the former credential is primary again, the new one is gone.
    Raises NotFound, Conflict, IllegalStep, ConsentMissing."""
    key = act.work.key(key_id)
    must_match(key.version, expected)
    after = key.rolled_back(act.now_ms)
    says = (f"the key {key.policy.label} goes back to its credential from before the rotation",)
    act.allow("key.roll_back", key.id, key.version, key.policy.digest(), widens=True, says=says)
    return act.keep_key("key.roll_back", key, after)
