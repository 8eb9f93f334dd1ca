"""A reset of a key's nonces is written down, and changes nothing of the key."""

from __future__ import annotations

import pytest

from bitting.domain.errors import IllegalStep
from bitting.lifecycle.nonces import reset_nonce
from bitting.lifecycle.revoke import revoke
from tests.lifecycle.requests import issued
from tests.lifecycle.work import House


def test_it_is_written_down(house: House) -> None:
    """With the key and the credential it is about; the row stays as it was, so its newest leaf still fits it."""
    key = issued(house).key
    assert house.do(lambda act: reset_nonce(act, key.id)) == house.key(key.id) == key
    leaf = house.rows.journal[-1]
    assert (leaf.deed, leaf.kind, leaf.id) == ("key.reset_nonce", "house", "deeds")
    assert leaf.facts == {"key": key.id, "account": key.account, "credential": key.primary.id}


def test_a_revoked_key_has_nothing_to_reset(house: House) -> None:
    """It has no credential any more."""
    key = issued(house).key
    house.do(lambda act: revoke(act, key.id))
    with pytest.raises(IllegalStep):
        house.do(lambda act: reset_nonce(act, key.id))
