"""The keys that everything is sealed under: opened at the start, and changed while the house is served.

A new root, or a new key of a shard, is made, wrapped, and opened again before it is put in a place: what cannot be
opened is found while the old one is still there. The root is open for that moment only; a running server does not
hold it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from bitting.domain.errors import Misconfigured, Refused, Tampered, Unavailable
from bitting.domain.secret import Secret
from bitting.journal import log
from bitting.kms.backup import split_root
from bitting.kms.local import LocalRoot
from bitting.kms.places import Place
from bitting.lifecycle.ports import Work
from bitting.lifecycle.vault import SHARD
from bitting.stores.folder import DataFolder
from bitting.stores.head import adopt
from bitting.stores.ports import Engine, InDoubt, Tables
from bitting.stores.seals import Seals
from bitting.stores.sqlite.engine import SqliteEngine
from bitting.stores.threaded import Threaded
from bitting.stores.turn import Turn
from bitting.vault.entropy import check_entropy
from bitting.vault.keyring import SHARDS, Keyring
from bitting.vault.shard import Shard, StoredShard, open_shard, wrap_shard
from bitting.wiring.roots import Roots

_HOUSE: Final = "house"  # what the shard keys are bound to; keys name their own environment
_TAGS: Final = "wire id tags"  # the key behind them is kept as a shard's is, under this name and the number 1


def open_vault(engine: Engine, roots: Roots) -> tuple[Keyring, Secret]:
    """The shard keys and the tag key of wire ids: made once, wrapped by the root, kept in the database.
    Raises Misconfigured, MalformedStored, Tampered, Unavailable."""
    with engine.writing() as tables:
        if not tables.wrapped.shards(_HOUSE) and tables.journal.journal_size() == 0:
            with roots.places()[0].opened() as root:
                shards = {n: Keyring.new_shard(root, _HOUSE, n, os.urandom) for n in range(SHARDS)}
                tables.wrapped.put_shards(_HOUSE, shards)
                tables.wrapped.put_shards(_TAGS, {1: wrap_shard(root, _TAGS, 1, Secret(os.urandom(32)))})
        shards, tags = tables.wrapped.shards(_HOUSE), tables.wrapped.shards(_TAGS)
        if set(tags) != {1}:
            raise Tampered("the key behind the house's key ids is gone: restore a backup")
        if strays := {environment for environment, _ in tables.wrapped.shard_places()} - {_HOUSE, _TAGS}:
            raise Tampered(f"keys that are nobody's were put beside the shards': {', '.join(sorted(strays))[:64]}")
        _check_newest(tables, shards)
        with roots.opened(_root_of({**shards, -1: tags[1]})) as root:
            keyring = Keyring(root, _HOUSE, shards)
            adopt(tables, Seals(keyring, os.urandom))
            return keyring, open_shard(root, _TAGS, 1, tags[1]).key


def init_root(folder: DataFolder, text: str) -> dict[str, str]:
    """Make the root of a house that is still to be founded; where it is, and its id. Raises Refused, MalformedValue,
    Misconfigured, Unavailable."""
    folder.make()
    with folder.locked():
        if folder.database.exists():
            raise Refused(f"there is a house in {folder.path}, and it has a root: `bitting root rotate` changes it")
        roots = Roots(folder)
        place = roots.read(text)
        check_entropy(os.urandom)
        if not place.make():
            raise Refused(f"there is a root already, {place}: `bitting root use` takes it")
        return _take(roots, place, None)


def use_root(folder: DataFolder, text: str) -> dict[str, str]:
    """Say where the root is that this house is under, or is to be founded under; where, and its id. Raises Refused
    when it is another one, MalformedValue, Misconfigured, Unavailable."""
    folder.make()
    with folder.locked():
        roots = Roots(folder)
        if not folder.database.exists():
            return _take(roots, roots.read(text), None)
        engine = SqliteEngine.open(folder.database)
        try:
            with engine.reading() as tables:
                wanted = _root_of(tables.wrapped.shards(_HOUSE))
        finally:
            engine.close()
        return _take(roots, roots.read(text), wanted)


class Vault:
    """Fits `desk.ports.Vault`. One change at a time."""

    def __init__(self, roots: Roots, tag_key: Secret, store: Threaded) -> None:
        self._roots = roots
        self._tag_key = tag_key
        self._store = store
        self._changing = asyncio.Lock()

    async def root(self) -> dict[str, str]:
        return {"root": await self._root_id(), "place": str(self._roots.places()[0])}

    def shard_keys(self) -> dict[int, bytes]:
        return {number: self._store.keyring.check(number) for number in range(SHARDS)}

    async def split(self, needed: int, shares: int) -> list[str]:
        root_id = await self._root_id()

        def split() -> list[str]:
            with self._roots.opened(root_id) as root:
                if isinstance(root, LocalRoot):
                    return split_root(root, needed, shares)
            raise Refused("the root is in a token, which shows it to nobody: back it up by the token's own means")

        return await asyncio.to_thread(split)

    async def change_root(
        self, now_ns: int, to: str, record: Callable[[Work, str, str, Mapping[str, Any]], None]
    ) -> dict[str, str]:
        async with self._changing:
            before, old, new = await self._root_id(), self._roots.places()[0], self._roots.read(to)
            root_id, boxes = await asyncio.to_thread(self._wrap_under, new)
            if root_id == before:
                raise Refused(f"{new} is the root that the house is under: name another, which is made if need be")
            # Both stand there while nobody can say which one it is.
            await asyncio.to_thread(self._roots.write, old, new)
            try:
                await self._store.change(now_ns, lambda work: record(work, before, root_id, boxes))
            except InDoubt:
                raise
            except BaseException:
                self._settle(old)
                raise
            self._settle(new)
            return {"before": before, "was": str(old), "root": root_id, "place": str(new)}

    async def turn_shard(
        self, now_ns: int, number: int, record: Callable[[Work, bytes, bytes], None]
    ) -> tuple[int, dict[str, str]]:
        async with self._changing:
            root_id = await self._root_id()
            shard, box = await asyncio.to_thread(self._new_shard, root_id, number)
            turn = Turn(_HOUSE, self._store.keyring, shard, box, os.urandom)
            await self._store.turn(now_ns, turn, lambda work: record(work, turn.before, turn.after))
            return turn.rows, turn.left

    async def _root_id(self) -> str:
        return _root_of(await self._store.shards(_HOUSE))

    def _settle(self, place: Place) -> None:
        with suppress(Unavailable):  # two lines do no harm: the next start looks which of them it is
            self._roots.write(place)

    def _wrap_under(self, place: Place) -> tuple[str, dict[str, dict[int, bytes]]]:
        """All there is to wrap, wrapped by the root in that place, which is made if there is none."""
        check_entropy(os.urandom)
        place.make()
        with place.opened() as root:
            tags = wrap_shard(root, _TAGS, 1, self._tag_key)
            open_shard(root, _TAGS, 1, tags)
            return root.root_id, {_HOUSE: self._store.keyring.rewrap(root), _TAGS: {1: tags}}

    def _new_shard(self, root_id: str, number: int) -> tuple[Shard, bytes]:
        check_entropy(os.urandom)
        with self._roots.opened(root_id) as root:
            box = Keyring.new_shard(root, _HOUSE, number, os.urandom)
            return open_shard(root, _HOUSE, number, box), box


def _take(roots: Roots, place: Place, wanted: str | None) -> dict[str, str]:
    with place.opened() as root:
        if wanted not in (None, root.root_id):
            raise Refused(f"{place} is root {root.root_id}, and this house is under root {wanted}: give that one")
        roots.write(place)
        return {"root": root.root_id, "place": str(place)}


def _root_of(boxes: Mapping[int, bytes]) -> str:
    """The id of the root that wrapped them. Raises Misconfigured, MalformedStored."""
    ids = {StoredShard.from_bytes(each).root_id.decode(errors="replace") for each in boxes.values()}
    if len(ids) != 1:
        raise Misconfigured(f"the keys in the database were wrapped by {len(ids)} roots, not by one: restore a backup")
    return ids.pop()


def _check_newest(tables: Tables, shards: Mapping[int, bytes]) -> None:
    """A key that was changed, because it had leaked perhaps, must not be put back in its place."""
    for number, box in shards.items():
        leaf = log.newest(tables.journal, SHARD, str(number))
        if leaf is not None and leaf.change.digest != StoredShard.from_bytes(box).check:
            raise Tampered(
                f"the key of shard {number} is not the one that the journal names, so an older one was put back: "
                "restore a backup"
            )
