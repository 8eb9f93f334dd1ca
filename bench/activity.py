"""Rows of activity a second, durable, in groups: python -m bench.activity [rows a group ...]

The store is the embedded one, on the disk under the current folder; every group is one commit that has been synced. All
of it is timed: addresses and clients sealed, pages marked and chained, counts by minute, hour and day, last uses. Rows
come from some keys of many accounts; what that costs depends on how many of them there are in one group.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from random import Random

from bitting.activity.ports import Batch, Line
from bitting.domain.activity import Outcome, Record, request_id_of
from bitting.domain.secret import Secret
from bitting.kms.local import LocalRoot
from bitting.stores.sqlite import SqliteEngine
from bitting.stores.store import Store
from bitting.vault.keyring import SHARDS, Keyring

SECONDS = 2.0
START_NS = 1_790_000_000_000_000_000
ROUTES = (("POST", "/api/v3/order", "order.place"), ("GET", "/api/v3/account", "balances.read"))


def new_store(path: Path) -> Store:
    """An empty one."""
    root = LocalRoot(Secret(os.urandom(32)), os.urandom)
    shards = {number: Keyring.new_shard(root, "house", number, os.urandom) for number in range(SHARDS)}
    return Store(SqliteEngine.open(path), Keyring(root, "house", shards), os.urandom)


def open_accounts(store: Store, keys: int) -> list[tuple[str, str, str, str, str]]:
    """The ids of so many keys, each of an account of its own that has a key to be sealed under."""
    ids = [
        ("tenant", f"0192f3a0-0000-7000-8000-{number:012x}", f"0192f3a0-0000-7000-9000-{number:012x}")
        for number in range(keys)
    ]
    with store._engine.writing() as tables:
        for tenant, account, _ in ids:
            store._seals.new_account_key(tables.wrapped, tenant, account)
    return [(*each, f"credential-{number}", f"bk_live_{number:032}") for number, each in enumerate(ids)]


def groups(keys: list[tuple[str, str, str, str, str]], rows: int, per_second: int) -> Iterator[Batch]:
    """Without end, as the gate would hand them on: with the outcomes of the group before."""
    random, numbers = Random(7), count()
    before: list[Outcome] = []
    while True:
        lines = []
        for number in (next(numbers) for _ in range(rows)):
            at_ns = START_NS + number * 1_000_000_000 // per_second
            method, path, action = ROUTES[number % 2]
            name = request_id_of(at_ns // 1_000_000_000, "abcdefgh", number)
            key = keys[random.randrange(len(keys))]
            refused = number % 20 == 0
            verdict, reason = ("denied", "permission.missing") if refused else ("admitted", "")
            value = "" if number % 2 or refused else f"{number % 1000}.5"
            lines.append(
                Line(
                    Record(
                        at_ns, name, *key, "binance", method, path, action, "BTC/USDT", verdict, reason, "", "",
                        0xFFFF_CB00_7100 + hash(key) % 251, "ccxt/4.5.90", 3, value, "USDT" if value else "",
                    ),
                    None,
                )
            )  # fmt: skip
        yield Batch(lines, before, {}, {})
        before = [Outcome(each.record.request_id, 200, "") for each in lines if each.record.verdict == "admitted"]


def measure(rows: int, keys: int, folder: Path) -> tuple[float, float]:
    """Rows a second, and bytes a row."""
    database = folder / "bitting.db"
    with closing(new_store(database)) as store:
        batches = groups(open_accounts(store, keys), rows, 50_000)
        for _ in range(3 + 3 * keys // rows):  # so that most keys have been seen
            store.write(next(batches))
        size = database.stat().st_size
        written = spent_ns = 0
        while spent_ns < SECONDS * 1_000_000_000:
            batch = next(batches)
            began_ns = time.perf_counter_ns()
            store.write(batch)
            spent_ns += time.perf_counter_ns() - began_ns
            written += len(batch.lines)
    return written * 1_000_000_000 / spent_ns, (database.stat().st_size - size) / written


def main() -> None:
    """A line for each size of group and number of keys."""
    for rows in [int(each) for each in sys.argv[1:]] or [1, 10, 100, 1_000, 4_000]:
        for keys in (1, 100, 10_000):
            with tempfile.TemporaryDirectory(dir=".") as folder:
                speed, size = measure(rows, keys, Path(folder))
            print(f"{rows:>6} rows a group, {keys:>6} keys: {speed:>9,.0f} rows a second, {size:>5.0f} bytes a row")


if __name__ == "__main__":
    main()
