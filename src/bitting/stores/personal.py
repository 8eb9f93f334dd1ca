"""The personal fields of journal records, sealed and opened again.

They lie in the leaf as ciphertext, so that the tree over the leaves stands when nobody can open them any more:

    1 byte    whose key: 0x00 the house's own, 0x01 the key of the record's account
    rest      a field (`vault.account_key`) of the purpose "journal", bound to `Change.place`

What an account's people did to it is sealed under the account's key, and is gone with the account. What the house's
people did to it is under the house's: it is not the account's to read, nor to shred.
"""

from __future__ import annotations

from typing import Final

from bitting.domain.change import Change, Personal
from bitting.domain.errors import MalformedStored, Shredded
from bitting.stores.ports import Tables
from bitting.stores.seals import HOUSE, Seals
from bitting.vault.account_key import FieldSealer

_PURPOSE: Final = "journal"
_OF_HOUSE, _OF_ACCOUNT = b"\x00", b"\x01"


def seal_personal(
    tables: Tables, seals: Seals, change: Change, personal: Personal, now_ns: int, *, by_house: bool
) -> bytes:
    """The box; b"" for an account that was shredded, of which nothing is kept any more. Raises Tampered."""
    whose = _OF_HOUSE if by_house or not change.account else _OF_ACCOUNT
    if whose == _OF_HOUSE and tables.wrapped.account_key_row(*HOUSE) is None:
        seals.new_account_key(tables.wrapped, *HOUSE)
    try:
        sealer = _sealer(tables, seals, change, whose, now_ns)
    except Shredded:
        return b""
    return whose + sealer.seal(personal.to_bytes(), change.place, seals.entropy)


def open_personal(tables: Tables, seals: Seals, change: Change, now_ns: int) -> Personal:
    """What was sealed with the record. Raises Shredded, Tampered, MalformedStored."""
    whose, box = change.sealed[:1], change.sealed[1:]
    if whose not in (_OF_HOUSE, _OF_ACCOUNT):
        raise MalformedStored("personal fields under a key that is nobody's")
    return Personal.from_bytes(_sealer(tables, seals, change, whose, now_ns).open(box, change.place))


def is_houses(change: Change) -> bool:
    """Whether something is sealed with the record under the house's own key."""
    return change.sealed[:1] == _OF_HOUSE


def _sealer(tables: Tables, seals: Seals, change: Change, whose: bytes, now_ns: int) -> FieldSealer:
    tenant, account = HOUSE
    if whose == _OF_ACCOUNT:
        row = tables.objects.account_row(change.account)
        tenant, account = "" if row is None else row.tenant_id, change.account
    return seals.sealer(tables.wrapped, tenant, account, _PURPOSE, now_ns)
