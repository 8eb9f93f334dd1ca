"""One shard turns to a new key: its rows get new MACs, its accounts' keys new wrappings, in one transaction.

Every row has to pass all of `reading` under the old key before it is sealed under the new one, so that nothing
forged or put back is made genuine here; what does not pass keeps what it has, and goes on being refused. That takes
a fraction of a millisecond a row, so it is done beforehand, while the house is served (`prepare`). What has changed
since is done again in the transaction, which otherwise only writes: a changed row has another MAC.

There is no moment in which both keys are accepted, and nothing to be resumed: before the commit all is old, after it
all is new.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import NamedTuple

from bitting.domain.errors import Malformed, NotFound, Tampered
from bitting.stores.head import check_head, keep_head
from bitting.stores.people import StoredPeople
from bitting.stores.ports import Mac, Tables
from bitting.stores.reading import Reader
from bitting.stores.rows import AccountKeyRow
from bitting.stores.seals import Seals, destroyed
from bitting.vault.keyring import Keyring, WrappedKey, shard_of
from bitting.vault.shard import Shard


class _Sealed(NamedTuple):
    """What stood there when it was checked, and what is to stand there."""

    before: bytes
    after: bytes


class Turn:
    """The turn of one shard. `box` is its new key as it is stored; `left` says what was not believed, and why."""

    def __init__(
        self, environment: str, old: Keyring, shard: Shard, box: bytes, entropy: Callable[[int], bytes]
    ) -> None:
        self.number = shard.number
        self.before = old.check(shard.number)
        self.after = shard.check
        self.box = box
        self.seals = Seals(old.turned(shard), entropy)
        self.rows = 0
        self.left: dict[str, str] = {}
        self._environment = environment
        self._old = Seals(old, entropy)
        self._sealed: dict[str, _Sealed] = {}

    def prepare(self, tables: Tables) -> tuple[list[Mac], list[AccountKeyRow]]:
        """What is to be written: sealed anew where it was not yet, or has changed since."""
        self.left.clear()
        reader = Reader(tables, self._old)
        macs = []
        every = chain(tables.objects.macs(), tables.papers.macs(), tables.people.macs())
        for mac in [each for each in every if shard_of(each.account) == self.number]:
            after = self._once(f"{mac.table} {mac.id}", mac.mac, partial(self._mac, tables, reader, mac))
            if after is not None:
                macs.append(mac._replace(mac=after))
        rows = []
        keys = [
            each for each in tables.wrapped.account_key_rows() if each != destroyed(each.tenant_id, each.account_id)
        ]
        for row in [each for each in keys if shard_of(each.account_id) == self.number]:
            name = f"the key of account {row.account_id or 'of the house'}"
            after = self._once(name, row.box, partial(self._box, row))
            if after is not None:
                rows.append(row._replace(box=after))
        return macs, rows

    def write(self, tables: Tables) -> None:
        """The new key, and everything that is sealed under it; within a transaction."""
        macs, rows = self.prepare(tables)
        check_head(tables, self._old)
        keep_head(tables, self.seals)
        for mac in macs:
            match mac.table:
                case "papers":
                    tables.papers.put_mac(mac)
                case "users":
                    tables.people.put_mac(mac)
                case _:
                    tables.objects.put_mac(mac)
        for row in rows:
            tables.wrapped.replace_account_key_row(row)
        tables.wrapped.put_shards(self._environment, {self.number: self.box})
        self.rows = len(macs)

    def is_written(self, tables: Tables) -> bool:
        """Whether the store has the new key."""
        return tables.wrapped.shards(self._environment).get(self.number) == self.box

    def _once(self, name: str, before: bytes, seal: Callable[[], bytes]) -> bytes | None:
        """What is to stand in the place of `before`; None where that is not to be believed."""
        sealed = self._sealed.get(name)
        if sealed is None or sealed.before != before:
            try:
                sealed = self._sealed[name] = _Sealed(before, seal())
            except (Malformed, NotFound, Tampered) as problem:
                self.left[name] = str(problem)
                return None
        return sealed.after

    def _mac(self, tables: Tables, reader: Reader, mac: Mac) -> bytes:
        if mac.table == "keys":
            return self.seals.key_mac(reader.key(mac.id))
        if mac.table == "accounts":
            return self.seals.account_row(reader.account(mac.id)).mac
        if mac.table == "actions":
            return self.seals.actions_row(mac.id, *reader.actions(mac.id)).mac
        if mac.table == "papers":
            kind, _, paper_id = mac.id.partition(" ")
            paper = reader.approval(paper_id) if kind == "approval" else reader.confirmation(paper_id)
            return self.seals.paper_row(paper).mac
        if mac.table == "users":
            return self.seals.user_mac(StoredPeople(tables, self._old, reader, 0).user(mac.id))
        return self.seals.house_row(*reader.house()).mac

    def _box(self, row: AccountKeyRow) -> bytes:
        wrapped = WrappedKey(row.shard, row.version, row.box)
        to, entropy = self.seals.keyring, self.seals.entropy
        return self._old.keyring.moved(row.tenant_id, row.account_id, wrapped, to, entropy).box
