"""Random tampering with a real database, by somebody who can write all of it, knows its form and has no key.

Each tampering is done by plain SQL in a transaction that is never committed, and looked for from within it, so that the
next one finds the house as it was. What counts as found is what an operator gets to see: the start is refused, or
`doctor` names it (the rows' scrub, the journal's check), and why.
"""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.activity.ports import Batch, Line
from bitting.domain.action_table import ActionTable
from bitting.domain.change import Personal
from bitting.domain.consent import Consent, Strength, Wanted
from bitting.domain.errors import BittingError
from bitting.domain.holds import Authority
from bitting.domain.house_policy import HousePolicy
from bitting.domain.roles import AccountRole, HouseRole
from bitting.domain.user import Authenticator, Factor
from bitting.journal import audit, merkle
from bitting.journal.checkpoint import Checkpointer
from bitting.journal.leaf import Leaf
from bitting.journal.note import Signer
from bitting.lifecycle.accounts import add_address, freeze_account, shred_account
from bitting.lifecycle.approvals import ask_approval
from bitting.lifecycle.hold import pause, resume
from bitting.lifecycle.house import edit_house, set_actions
from bitting.lifecycle.people import add_authenticator, add_user, set_account_role, set_house_roles
from bitting.lifecycle.revoke import revoke
from bitting.stores.folder import DataFolder
from bitting.stores.ports import EVERY, Tables
from bitting.stores.scrub import FIRST, scrub
from bitting.stores.seals import Seals
from bitting.stores.sqlite.engine import SqliteEngine, _tables
from bitting.stores.sqlite.failures import translated
from bitting.stores.store import Store
from bitting.wiring.roots import Roots
from bitting.wiring.vault import open_vault
from tests.stores.trial import START_NS, Trial, record, root

Row = dict[str, Any]
State = dict[str, list[Row]]

PROTECTED: Final = (
    "shards",
    "house",
    "actions",
    "accounts",
    "account_keys",
    "keys",
    "credentials",
    "users",
    "authenticators",
    "members",
    "papers",
    "activity_head",
    "activity_pages",
    "journal_head",
    "journal_leaves",
    "journal_nodes",
    "checkpoints",
)
PERSON: Final = Consent(
    "user:ada",
    Strength.SESSION,
    Authority.HOLDER,
    "request-of-ada",
    personal=Personal("203.0.113.7", "Mozilla/5.0", "ada@example.com"),
)


class Tampering(NamedTuple):
    """What was done; `reason` is why it was found, None where nothing was said about it."""

    what: str
    reason: str | None
    before: State
    after: State


class House:
    """A house with a past, and the connection of whoever tampers with it."""

    def __init__(self, folder: Path) -> None:
        data = DataFolder(folder / "data")
        data.make()
        root().save(data.root)
        self.roots = Roots(data)
        self.engine = SqliteEngine.open(data.database)
        keyring, _ = open_vault(self.engine, self.roots)
        self.trial = Trial(self.engine)
        self.trial.store = Store(self.engine, keyring, os.urandom)
        self.checkpointer = Checkpointer(Signer("test.local/journal", Ed25519PrivateKey.generate()))
        self.past: list[State] = []
        self.connection = sqlite3.connect(data.database, isolation_level=None)
        self._live()
        self.now = self.state()

    def close(self) -> None:
        self.connection.close()
        self.engine.close()

    def _live(self) -> None:
        """Some changes of every kind; what there was between them is kept, as a thief would have kept it."""
        trial = self.trial
        fund = trial.account("fund")
        desk = trial.account("desk", fund.id)
        gone = trial.account("gone")
        keys = [trial.key(each, f"bot {number}") for number, each in enumerate([fund, desk, desk, gone])]
        self._remember()
        trial.do(lambda act: edit_house(act, HousePolicy(hmac_withdraw=False)))
        table = ActionTable.from_plain(
            {"action": [{"method": "GET", "path": "/v1/wallet", "name": "wallet.read", "permission": "balances.read"}]}
        )
        trial.do(lambda act: set_actions(act, "binance", table))
        trial.do(lambda act: pause(act, keys[0].id), PERSON)
        trial.do(lambda act: act.note("house.looked_at", {"by": "nobody"}), PERSON)
        self._remember()
        trial.do(lambda act: revoke(act, keys[1].id), PERSON)
        trial.do(lambda act: resume(act, keys[0].id))
        trial.do(lambda act: add_address(act, desk.id, "USDT", "ETH", f"0x{'52' * 20}", "", "cold"))
        trial.do(lambda act: edit_house(act, HousePolicy(network_required=True)))
        self._remember()
        ada = trial.do(lambda act: add_user(act, "tenant", "ada@example.com", frozenset({HouseRole.OPERATOR})))
        bo = trial.do(lambda act: add_user(act, "tenant", "bo@example.com", frozenset({HouseRole.SECURITY})))
        trial.do(lambda act: set_account_role(act, bo.id, desk.id, AccountRole.OWNER))
        for factor in (Factor.PASSWORD, Factor.TOTP):
            fresh = Authenticator(f"authenticator-{factor.value}", factor, "hers", os.urandom(60), START_NS // 10**6)
            trial.do(lambda act, fresh=fresh: add_authenticator(act, act.work.user(ada.id), fresh))  # type: ignore[misc]
        self._remember()
        for number in range(3):
            trial.store.write(Batch([Line(record(keys[0]), None)], [], {}, {}))
            wanted = Wanted("house.edit", "house", number, bytes([number]) * 32, ("more power",))
            trial.do(lambda act, wanted=wanted: ask_approval(act, "house.edit", "{}", wanted))  # type: ignore[misc]
        self._remember()
        trial.do(lambda act: set_house_roles(act, bo.id, frozenset()))
        trial.do(lambda act: shred_account(act, gone.id))
        trial.do(lambda act: set_actions(act, "binance", ActionTable()))
        trial.do(lambda act: freeze_account(act, fund.id))
        self._remember()
        trial.do(lambda act: pause(act, keys[2].id))
        for number in range(3):  # at the end stands what changes no row
            trial.do(lambda act, number=number: act.note("house.backup", {"path": f"/b/{number}"}))  # type: ignore[misc]
        self._remember(signs=False)
        trial.do(lambda act: act.note("house.backup", {"path": "/b/3"}))  # and what nobody has signed yet

    def _remember(self, *, signs: bool = True) -> None:
        self.past.append(self.state())
        if signs:
            self.trial.store.sign(self.checkpointer, None)
            self.past.append(self.state())

    def state(self) -> State:
        """Every row of the protected tables."""
        return {table: self.rows(table) for table in PROTECTED}

    def rows(self, table: str) -> list[Row]:
        self.connection.text_factory = _any_text
        found = self.connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
        names = [each[0] for each in found.description]
        rows = [dict(zip(names, each, strict=True)) for each in found]
        self.connection.text_factory = str
        return rows

    def tampered(self, tamper: Callable[[House], str]) -> Tampering | None:
        """Tamper, look, and take it back. None where that was no tampering: nothing is different, or SQLite itself
        refuses."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            try:
                what = tamper(self)
            except sqlite3.IntegrityError:
                return None
            after = self.state()
            if after == self.now:
                return None
            return Tampering(what, self.found(), self.now, after)
        finally:
            self.connection.execute("ROLLBACK")

    def found(self) -> str | None:
        """Why the house is not sound, as its operator gets to know it; None if it is."""
        try:
            with translated():
                tables = _tables(self.connection)
                keyring, _ = open_vault(_Open(tables), self.roots)  # type: ignore[arg-type]
                seals = Seals(keyring, os.urandom)
                wrong = scrub(tables, seals, START_NS, FIRST, EVERY).wrong
                if not wrong:
                    audit.check(tables.journal, [self.checkpointer.signer.verifier])
        except BittingError as problem:
            return f"{type(problem).__name__}: {problem}"
        return wrong[0] if wrong else None

    def edit(self, table: str, row: Row, **columns: Any) -> None:
        assignments = ", ".join(f"{each} = ?" for each in columns)
        self.connection.execute(
            f"UPDATE {table} SET {assignments} WHERE {_same(row)}", (*columns.values(), *row.values())
        )

    def delete(self, table: str, row: Row) -> None:
        self.connection.execute(f"DELETE FROM {table} WHERE {_same(row)}", tuple(row.values()))

    def insert(self, table: str, row: Row) -> None:
        self.connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", tuple(row.values()))


def tamperings(house: House, number: int, seed: int = 0) -> Iterator[Tampering]:
    """So many of them."""
    while number:
        done = house.tampered(Hand(seed).tamper)
        seed += 1
        if done is not None:
            number -= 1
            yield done


def flip_in_the_file(house: House, folder: Path, seed: int) -> Iterator[Tampering]:
    """One bit of a copy of the database's file, as a disk may turn it, or somebody who edits the file itself."""
    house.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    [(_, _, place)] = house.connection.execute("PRAGMA database_list")
    raw = bytearray(Path(place).read_bytes())
    draw = random.Random(seed)
    at, bit = draw.randrange(len(raw)), draw.randrange(8)
    raw[at] ^= 1 << bit
    file = folder / "bitting.db"
    file.touch(0o600)
    file.write_bytes(raw)
    what, before = f"bit {bit} of byte {at}", house.state()
    try:
        engine = SqliteEngine.open(file)
    except BittingError as problem:
        yield Tampering(what, str(problem), before, {})
        return
    with closing(engine), closing(sqlite3.connect(file, isolation_level=None)) as connection:
        other = copied(house, connection)
        try:
            reason, after = other.found(), other.state()
        except sqlite3.Error as problem:
            reason, after = str(problem), {}
        yield Tampering(what, reason, before, after)


def copied(house: House, connection: sqlite3.Connection) -> House:
    """The same house over another connection."""
    other = copy(house)
    other.connection = connection
    return other


class _Open:
    """An engine whose transaction is the tamperer's own."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    @contextmanager
    def writing(self) -> Iterator[Tables]:
        yield self._tables


class Hand:
    """Draws what is done next."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)

    def tamper(self, house: House) -> str:
        """One tampering. Returns what it was."""
        kinds: list[Callable[[House], str]] = [
            self._flip,
            self._edit,
            self._swap,
            self._delete,
            self._insert,
            self._put_back,
            self._put_back_a_table,
            self._cut_off,
            self._append,
            self._replace,
        ]
        kind = self._draw.choice(kinds)
        return f"{kind.__name__.strip('_')}: {kind(house)}"

    def _cell(self, house: House) -> tuple[str, Row, str]:
        table = self._draw.choice([each for each in PROTECTED if house.now[each]])
        row = self._draw.choice(house.now[table])
        return table, row, self._draw.choice(list(row))

    def _flip(self, house: House) -> str:
        """One bit of one cell."""
        table, row, column = self._cell(house)
        value = row[column]
        bit = self._draw.randrange(1 << 16)
        if isinstance(value, int):
            value ^= 1 << bit % 62
        elif value:
            raw = bytearray(value.encode() if isinstance(value, str) else value)
            raw[bit // 8 % len(raw)] ^= 1 << bit % 8
            value = bytes(raw)
            if isinstance(row[column], str):
                house.connection.execute(
                    f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE {_same(row)}", (value, *row.values())
                )
                return f"{table}.{column}"
        house.edit(table, row, **{column: value})
        return f"{table}.{column}"

    def _edit(self, house: House) -> str:
        """A cell says what the same one of another row says, or said, or something plausible."""
        table, row, column = self._cell(house)
        value = self._draw.choice(
            [*(other[column] for state in (house.now, *house.past) for other in state[table]), None, 0, 1, "", b""]
        )
        house.edit(table, row, **{column: value})
        return f"{table}.{column}"

    def _swap(self, house: House) -> str:
        """Two rows exchange some of their columns."""
        table = self._draw.choice([each for each in PROTECTED if len(house.now[each]) > 1])
        first, second = self._draw.sample(house.now[table], 2)
        columns = self._draw.sample(list(first), self._draw.randint(1, len(first) - 1))
        for each in (first, second):  # out of the way, where both places may not be the same
            house.delete(table, each)
        house.insert(table, {**first, **{each: second[each] for each in columns}})
        house.insert(table, {**second, **{each: first[each] for each in columns}})
        return f"{table}: {', '.join(columns)}"

    def _delete(self, house: House) -> str:
        table, row, _ = self._cell(house)
        house.delete(table, row)
        return table

    def _insert(self, house: House) -> str:
        """A copy of a row, today's or a former one, in a place of its own."""
        table, row, column = self._cell(house)
        former = self._draw.choice([each for state in (house.now, *house.past) for each in state[table]])
        fresh: Any = {int: self._draw.randrange(1, 99), str: f"x{self._draw.random()}", bytes: os.urandom(32)}
        names = self._draw.sample(list(row), self._draw.randint(1, 3)) if len(row) > 2 else [column]
        house.insert(table, {**former, **{name: fresh.get(type(former[name])) for name in names}})
        return f"{table}: {', '.join(names)}"

    def _put_back(self, house: House) -> str:
        """One row is what it was once, or there again."""
        table = self._draw.choice([each for each in PROTECTED if each != "journal_nodes"])
        former = self._draw.choice([each for state in house.past for each in state[table]] or [{}])
        if not former:
            return table
        with suppress(StopIteration):
            place = _PLACES[table]
            now = next(each for each in house.now[table] if all(each[name] == former[name] for name in place))
            house.delete(table, now)
        house.insert(table, former)
        return table

    def _put_back_a_table(self, house: House) -> str:
        """All of a table is what it was once; sometimes that of two tables that belong together."""
        state = self._draw.choice(house.past)
        tables = self._draw.sample(PROTECTED, self._draw.choice([1, 1, 2, 3]))
        for table in tables:
            house.connection.execute(f"DELETE FROM {table}")
            for row in state[table]:
                house.insert(table, row)
        return ", ".join(tables)

    def _cut_off(self, house: House) -> str:
        """The end of the journal, with more or less of what belongs to it."""
        size = len(house.now["journal_leaves"]) - self._draw.randint(1, 12)
        cut = ["journal_leaves", *self._draw.sample(["journal_nodes", "checkpoints"], self._draw.randint(0, 2))]
        _truncate(house, size, cut)
        return f"{size} of {', '.join(cut)}"

    def _append(self, house: House) -> str:
        """A leaf that is as well-formed as any, with its nodes, at the end; an old row that it vouches for, perhaps."""
        size = len(house.now["journal_leaves"])
        former = Leaf.from_bytes(self._draw.choice(house.now["journal_leaves"])["leaf"])
        _write(house, Leaf.of(size, former.change, self._draw.choice([1, 2])))
        _rehash(house)
        if self._draw.random() < 0.5:
            house.connection.execute("DELETE FROM journal_head")
            return "without a head"
        return "with the head as it was"

    def _replace(self, house: House) -> str:
        """A leaf in the place of another, and all hashes worked out anew; perhaps without the checkpoints over it."""
        rows = house.now["journal_leaves"]
        index = self._draw.randrange(len(rows))
        other = Leaf.from_bytes(self._draw.choice(rows)["leaf"]).change
        house.connection.execute("DELETE FROM journal_leaves WHERE leaf_index = ?", (index,))
        _write(house, Leaf.of(index, other))
        _rehash(house)
        if self._draw.random() < 0.5:
            house.connection.execute("DELETE FROM checkpoints WHERE size > ?", (index,))
        return f"leaf {index}"


_PLACES: Final = {
    "shards": ("environment", "shard"),
    "house": ("one",),
    "actions": ("dialect",),
    "accounts": ("account_id",),
    "account_keys": ("account_id",),
    "keys": ("key_id",),
    "credentials": ("key_id", "place"),
    "users": ("user_id",),
    "authenticators": ("user_id", "place"),
    "members": ("account_id", "user_id"),
    "papers": ("kind", "paper_id"),
    "activity_head": ("one",),
    "activity_pages": ("page",),
    "journal_head": ("one",),
    "journal_leaves": ("leaf_index",),
    "checkpoints": ("size",),
}


def _write(house: House, leaf: Leaf) -> None:
    values = (leaf.index, leaf.change.kind, leaf.change.id, leaf.raw)
    house.connection.execute("INSERT INTO journal_leaves VALUES (?, ?, ?, ?)", values)


def _rehash(house: House) -> None:
    """Every node anew, so that it fits the leaves."""
    house.connection.execute("DELETE FROM journal_nodes")
    frontier = merkle.Frontier()
    for row in house.rows("journal_leaves"):
        nodes = frontier.append(merkle.leaf_hash(row["leaf"]))
        house.connection.executemany("INSERT INTO journal_nodes VALUES (?, ?, ?)", nodes)


def _truncate(house: House, size: int, tables: list[str]) -> None:
    if "journal_leaves" in tables:
        house.connection.execute("DELETE FROM journal_leaves WHERE leaf_index >= ?", (size,))
    if "journal_nodes" in tables:
        house.connection.execute("DELETE FROM journal_nodes WHERE place >= ? >> level", (size,))
    if "checkpoints" in tables:
        house.connection.execute("DELETE FROM checkpoints WHERE size > ?", (size,))


def _any_text(raw: bytes) -> str:
    return raw.decode(errors="surrogateescape")


def _same(row: Row) -> str:
    return " AND ".join(f"{each} IS ?" for each in row)


def only_checkpoints_are_gone(tampering: Tampering) -> bool:
    """Whether nothing else was done than to take signatures away: those of earlier sizes that a later one covers, or
    the newest, which is made anew as soon as the journal is signed."""
    before, after = tampering.before, tampering.after
    same = all(before[table] == after[table] for table in PROTECTED if table != "checkpoints")
    return same and all(row in before["checkpoints"] for row in after["checkpoints"])
