"""The gate's snapshot of one key, built from one state of the store."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bitting.domain.credentials import Credential, NonceMode
from bitting.domain.errors import Unavailable
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.gate.ports import Loaded
from bitting.gate.snapshot import LONGEST_LIFE_NS, Proof, Snapshot
from bitting.gate.totals import DAY_NS
from bitting.stores.ports import Tables
from bitting.stores.reading import Reader
from bitting.stores.seals import Seals
from bitting.vault.envelope import Binding, sealed


def load(
    tables: Tables, seals: Seals, environment: Environment, dialect: str, wire_id: str, now_ns: int
) -> Loaded | None:
    """The key with all that decides about it; None when there is none of that name.

    Raises Tampered for a row, account, rule or box that does not pass, Unavailable after a restore that is not settled.
    """
    ground = tables.counts.ground()
    if not ground.settled:
        raise Unavailable("this store was restored from a backup and is not settled yet: no key works")
    row = tables.objects.named_key_row(environment.value, dialect, wire_id)
    if row is None:
        return None
    reader = Reader(tables, seals)
    key = reader.key_of(row)
    accounts = reader.chain(key.account)
    house, _ = reader.house()
    snapshot = Snapshot(key, accounts, proofs(tables, seals, key, now_ns), house, now_ns + LONGEST_LIFE_NS)
    marks = tables.counts.marks([each.id for each in key.credentials])
    for each in key.credentials:
        if each.nonce_mode is NonceMode.TIME and ground.restored_at_ns:
            # What was admitted after the backup was made is not in it.
            marks[each.id] = max(marks.get(each.id, 0), ground.restored_at_ns)
    scopes = [key.id, *(each.id for each in accounts)]
    return Loaded(snapshot, marks, tables.counts.sums(scopes, now_ns // DAY_NS))


def proofs(tables: Tables, seals: Seals, key: Key, now_ns: int) -> tuple[Proof, ...]:
    """The key's credentials, each with what checks its signatures. Raises Tampered, MalformedStored."""
    return tuple(Proof(each, _material(tables, seals, key, each, now_ns)) for each in key.credentials)


def _material(tables: Tables, seals: Seals, key: Key, credential: Credential, now_ns: int) -> Callable[[], bytes]:
    """Opens the secret at each call, and keeps what is derived from the account's key; or gives the public key."""
    if not credential.algorithm.shared:
        return partial(bytes, credential.material)
    account_key = seals.account_key(tables.wrapped, key.tenant, key.account, now_ns)
    binding = Binding(
        key.environment.value,
        key.tenant,
        key.account,
        credential.id,
        credential.version,
        credential.algorithm.value,
    )
    return sealed(account_key, credential.material, binding).open
