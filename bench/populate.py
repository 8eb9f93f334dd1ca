"""A house of any size, written straight into its database as Bitting would have written it.

Every account and key goes through the functions that make all others (`open_account`, `issue`): policies, sealed
secrets, row MACs, journal leaves. Only the transaction is another: several processes make the rows, and one writes
them, with the nodes and checkpoints of the journal over them, and syncs the file once, at the end. So
`bitting doctor` has nothing to say about such a house, and no two rows in it are sealed alike.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from bitting.dialects import binance, bitfinex
from bitting.domain.account import Account
from bitting.domain.canonical import Plain
from bitting.domain.change import Change
from bitting.domain.consent import Consent, Strength
from bitting.domain.grants import Limits
from bitting.domain.holds import Authority
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.network import Network
from bitting.domain.pairs import PairScope
from bitting.domain.permissions import PRESETS, Permission
from bitting.domain.policy import Policy
from bitting.domain.secret import Secret
from bitting.journal.checkpoint import EVERY_LEAVES, Checkpoint
from bitting.journal.leaf import Leaf
from bitting.journal.merkle import Frontier
from bitting.journal.note import Signer, Verifier
from bitting.kms.signing_key import load_signing_key
from bitting.lifecycle import ports
from bitting.lifecycle.accounts import open_account
from bitting.lifecycle.act import Act
from bitting.lifecycle.issue import Proofs, issue
from bitting.stores.folder import DataFolder
from bitting.stores.head import keep_head
from bitting.stores.rows import AccountKeyRow
from bitting.stores.seals import Seals
from bitting.stores.sqlite.engine import SqliteEngine
from bitting.vault.account_key import AccountKey
from bitting.vault.keyring import WrappedKey
from bitting.wiring.house import open_house
from bitting.wiring.roots import Roots
from bitting.wiring.vault import open_vault

KEYS_AN_ACCOUNT: Final = 10
ACCOUNTS_A_SHEET: Final = 50
SHEETS_A_COMMIT: Final = 100
DIALECTS: Final = (binance.DIALECT, bitfinex.DIALECT)  # by turns: one whose requests carry a time, one with nonces
NETWORK: Final = ("127.0.0.1/32", "203.0.113.0/24", "198.51.100.7/32", "2001:db8::/48")
PAIRS: Final = ("BTC/USD", "BTC/KRW", "BTC/USDT", "ETH/USDT", "LTC/BTC")
LIFE_MS: Final = 90 * 86_400_000
BYTES_A_KEY: Final = 2_500  # of the database: 1,800 measured, and some to spare
NAME_BYTES: Final = 128  # of a line in the file of names
MILLISECOND_NS: Final = 1_000_000
_OPERATOR: Final = Consent("operator:0", Strength.LOCAL, Authority.OPERATOR, "populate")
_TABLES: Final = {"accounts": 7, "account_keys": 5, "keys": 14, "credentials": 12, "journal_leaves": 4}


class Sheet(NamedTuple):
    """Some accounts with their keys: rows by table, the hashes of the leaves, and what the keys' clients know."""

    rows: dict[str, list[tuple[Any, ...]]]
    hashes: list[bytes]
    names: bytes


class Plan(NamedTuple):
    """What is to be made: the accounts of an empty house are opened a millisecond apart, the last one now."""

    data: Path
    keys: int
    begun_ns: int

    @property
    def accounts(self) -> int:
        """How many."""
        return -(-self.keys // KEYS_AN_ACCOUNT)

    def sheets(self) -> Iterator[range]:
        """The numbers of the accounts of each."""
        for first in range(0, self.accounts, ACCOUNTS_A_SHEET):
            yield range(first, min(first + ACCOUNTS_A_SHEET, self.accounts))


class SharedPolicy(Policy):
    """A policy that many keys have, written out once."""

    @cached_property
    def _plain(self) -> dict[str, Plain]:
        return super().to_plain()

    def to_plain(self) -> dict[str, Plain]:
        """As of any policy."""
        return self._plain


@dataclass(slots=True)
class Work:
    """Fits `lifecycle.ports.Work`, as far as opening accounts and issuing keys asks: what is put becomes rows."""

    seals: Seals
    now_ns: int
    leaf_index: int
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {name: [] for name in _TABLES})
    hashes: list[bytes] = field(default_factory=list)
    _accounts: dict[str, tuple[Account, AccountKeyRow]] = field(default_factory=dict)

    def account(self, account_id: str) -> Account:
        """One that was opened here."""
        return self._accounts[account_id][0]

    def house(self) -> tuple[HousePolicy, int]:
        """As founded."""
        return HousePolicy(), 0

    def unrevoked_keys(self, account_id: str) -> int:
        """Fewer than the house allows."""
        return 0

    def put_account(self, account: Account, before: int) -> None:
        """As `UnitOfWork.put_account`."""
        made = self.seals.keyring.new_account_key(account.tenant, account.id, self.seals.entropy)
        row = AccountKeyRow(account.tenant, account.id, made.version, made.shard, made.box)
        self._accounts[account.id] = account, row
        self.rows["accounts"].append(self.seals.account_row(account))
        self.rows["account_keys"].append(row)

    def account_key(self, account_id: str) -> AccountKey:
        """As `UnitOfWork.account_key`."""
        account, row = self._accounts[account_id]
        stored = WrappedKey(row.shard, row.version, row.box)
        return self.seals.keyring.account_key(account.tenant, account_id, stored, self.now_ns)

    def put_key(self, key: Key, before: int) -> None:
        """As `UnitOfWork.put_key`."""
        row = self.seals.key_row(key)
        self.rows["keys"].append(row[:-1])
        self.rows["credentials"].extend((*row[:3], *each) for each in row.credentials)

    def record(self, change: Change) -> None:
        """As `journal.log.append`, less the nodes."""
        leaf = Leaf.of(self.leaf_index + len(self.hashes), change)
        self.rows["journal_leaves"].append((leaf.index, change.kind, change.id, leaf.raw))
        self.hashes.append(leaf.hash)

    def __getattr__(self, name: str) -> Any:
        """What opening and issuing do not ask for is not there."""
        raise NotImplementedError(name)


def populate(data: Path, names: Path, keys: int, processes: int) -> None:
    """Found a house in `data` with `keys` keys, and write into the file `names` what their clients know."""
    free = shutil.disk_usage(data.parent).free
    if free < keys * (BYTES_A_KEY + NAME_BYTES):
        raise SystemExit(f"{keys:,} keys take {keys * (BYTES_A_KEY + NAME_BYTES) >> 30} GiB; {free >> 30} are free")
    origin = asyncio.run(_found(data))
    folder = DataFolder(data)
    signer = Signer(origin, load_signing_key(folder.checkpoint))
    _begin(Plan(data, keys, time.time_ns() - -(-keys // KEYS_AN_ACCOUNT) * MILLISECOND_NS))
    begun, done, frontier = time.monotonic(), 0, Frontier()
    with (
        multiprocessing.get_context("fork").Pool(processes) as pool,  # with what `_begin` has opened
        closing(_open(folder.database)) as connection,
        open(os.open(names, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as clients,
    ):
        connection.execute("BEGIN")
        for number, sheet in enumerate(pool.imap(_fill, _plan.sheets()), 1):
            _write(connection, sheet, frontier, signer)
            clients.write(sheet.names)
            done += len(sheet.rows["keys"])
            if number % SHEETS_A_COMMIT == 0:
                connection.execute("COMMIT")
                connection.execute("BEGIN")
                took = time.monotonic() - begun
                print(f"\r{done:,} keys, {done / took:,.0f} a second ", end="", file=sys.stderr, flush=True)
        _sign(connection, frontier, signer)
        connection.execute("COMMIT")
    _keep_head(folder)
    with folder.database.open("rb+") as file:
        os.fsync(file.fileno())
    took, size = time.monotonic() - begun, folder.database.stat().st_size
    print(f"\r{keys:,} keys in {took:.0f} s, {keys / took:,.0f} a second; {size / 2**30:.2f} GiB, {size // keys} a key")


def _keep_head(folder: DataFolder) -> None:
    """The journal's head over all of it, as the product writes it with every leaf."""
    with closing(SqliteEngine.open(folder.database)) as engine, engine.writing() as tables:
        keep_head(tables, _seals)


async def _found(data: Path) -> str:
    """An empty house, with its root, its shards and its signing key; the name of its journal."""
    async with open_house(data) as house:
        return Verifier.from_vkey(house.journal.vkey).name


def _open(database: Path) -> sqlite3.Connection:
    """A connection that keeps no promise to the disk until it is closed; nobody else has the file."""
    connection = sqlite3.connect(database, isolation_level=None)
    # Key ids are chance, so their index is written all over: it has to fit in memory.
    for setting in ("journal_mode = DELETE", "journal_mode = OFF", "synchronous = OFF", "cache_size = -3000000"):
        connection.execute(f"PRAGMA {setting}").fetchall()
    return connection


def _write(connection: sqlite3.Connection, sheet: Sheet, frontier: Frontier, signer: Signer) -> None:
    """The rows, and the journal's nodes and checkpoints over them."""
    for table, rows in sheet.rows.items():
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * _TABLES[table])})", rows)
    nodes: list[tuple[int, int, bytes]] = []
    for hash in sheet.hashes:
        nodes += frontier.append(hash)
        if frontier.size % EVERY_LEAVES == 0:
            _sign(connection, frontier, signer)
    connection.executemany("INSERT INTO journal_nodes VALUES (?, ?, ?)", sorted(nodes))


def _sign(connection: sqlite3.Connection, frontier: Frontier, signer: Signer) -> None:
    checkpoint = Checkpoint.signed(signer, frontier.size, frontier.root())
    connection.execute("INSERT OR IGNORE INTO checkpoints VALUES (?, ?)", (checkpoint.size, checkpoint.note))


# What the processes that make rows have in common: set by `_begin`, before there are any.
_plan: Plan
_seals: Seals
_tag_key: Secret
_policies: list[Policy]


def _begin(plan: Plan) -> None:
    global _plan, _seals, _tag_key, _policies
    folder = DataFolder(plan.data)
    engine = SqliteEngine.open(folder.database)
    try:
        keyring, _tag_key = open_vault(engine, Roots(folder))
    finally:
        engine.close()
    _plan, _seals = plan, Seals(keyring, os.urandom)
    grants = {each: Limits() for each in PRESETS["trade"]}
    grants[Permission.ORDERS_WRITE] = Limits(pairs=PairScope.from_text(PAIRS))
    network, expires_ms = Network.from_text(NETWORK), time.time_ns() // MILLISECOND_NS + LIFE_MS
    _policies = [SharedPolicy(f"bot {n + 1}", grants, network, expires_ms) for n in range(KEYS_AN_ACCOUNT)]


def _fill(accounts: range) -> Sheet:
    leaf_index = accounts.start * (1 + KEYS_AN_ACCOUNT)
    work, names = Work(_seals, 0, leaf_index), []
    for number in accounts:
        work.now_ns = _plan.begun_ns + number * MILLISECOND_NS
        act = Act(cast("ports.Work", work), _OPERATOR, work.now_ns, os.urandom)
        account = open_account(act, "house", f"account {number}")
        for n in range(min(KEYS_AN_ACCOUNT, _plan.keys - number * KEYS_AN_ACCOUNT)):
            dialect = DIALECTS[n % len(DIALECTS)]
            proofs = Proofs(dialect.description.algorithms[0])
            issued = issue(act, account.id, dialect, Environment.LIVE, _policies[n], proofs, _tag_key)
            assert issued.secret is not None
            names.append(f"{issued.key.wire_id} {dialect.description.name} {issued.secret.reveal().decode()}")
    return Sheet(work.rows, work.hashes, b"".join(f"{each:<{NAME_BYTES - 1}}\n".encode() for each in names))


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a data folder that is not there yet")
    parser.add_argument("names", type=Path, help="a file that is not there yet: wire ids and secrets")
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    asked = parser.parse_args()
    os.umask(0o077)
    populate(asked.data, asked.names, asked.keys, asked.processes)


if __name__ == "__main__":
    main()
