"""The gate as the benchmark drives it: a real house in a folder, its keys issued as any others are.

    python bench/gate.py found FOLDER KEYS.txt [--keys N]   make the house, issue the keys, write them down
    python bench/gate.py decide FOLDER PORT                 the gate; what is admitted is answered at once

`decide` is everything that `bitting serve` is (store, floor of time, records on disk, limits, the HTTP face), but for
the way to an exchange. The proxy is `bitting serve` itself.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from pathlib import Path
from typing import Final

import uvloop

from bitting.dialects import binance
from bitting.domain.consent import Consent, Strength
from bitting.domain.credentials import Algorithm
from bitting.domain.grants import Limits as GrantLimits
from bitting.domain.holds import Authority
from bitting.domain.ids import Environment
from bitting.domain.network import Network
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy
from bitting.domain.request import Reply, Request
from bitting.gate.limits import NoMarket
from bitting.lifecycle.accounts import open_account
from bitting.lifecycle.act import Act
from bitting.lifecycle.issue import Proofs, issue
from bitting.settings import MountSettings, Settings
from bitting.web.http import Limits, serve
from bitting.web.mounts import Mount, Mounts
from bitting.wiring.gates import Gates, at_work
from bitting.wiring.house import new_request_id, open_house
from bitting.wiring.process import spare_collector

KEYS_AN_ACCOUNT: Final = 10
ACCOUNTS_AT_ONCE: Final = 50  # in one transaction
NETWORKS: Final = ("127.0.0.1/32", "203.0.113.0/24", "198.51.100.7/32")
# Not `deposits.read`: the benchmark asks each contender for that, and expects to be refused.
PERMISSIONS: Final = (Permission.BALANCES_READ, Permission.ORDERS_READ, Permission.ORDERS_WRITE)
MOUNT: Final = MountSettings("/binance", "binance", Environment.LIVE)
LIFE_MS: Final = 90 * 86_400_000


async def found(folder: Path, file: Path, keys: int) -> None:
    """A house with `keys` keys, ten an account. Each line of the file is one key as every contender reads it."""
    async with open_house(folder) as house:
        lines: list[str] = []

        def some_accounts(act: Act, accounts: int) -> None:
            expires_ms = act.now_ms + LIFE_MS
            policy = Policy(
                "bench", {each: GrantLimits() for each in PERMISSIONS}, Network.from_text(NETWORKS), expires_ms
            )
            for _ in range(accounts):
                account = open_account(act, "house", "bench")
                for _ in range(min(KEYS_AN_ACCOUNT, keys - len(lines))):
                    proofs = Proofs(Algorithm.HMAC_SHA256)
                    key, secret = issue(
                        act, account.id, binance.DIALECT, Environment.LIVE, policy, proofs, house.tag_key
                    )
                    assert secret is not None
                    granted, networks = ",".join(each.value for each in PERMISSIONS), ",".join(NETWORKS)
                    lines.append(
                        f"{key.wire_id} {secret.reveal().decode()} {account.id} {expires_ms} {granted} {networks}\n"
                    )

        while len(lines) < keys:
            consent = Consent("operator:bench", Strength.LOCAL, Authority.OPERATOR, new_request_id())
            accounts = min(ACCOUNTS_AT_ONCE, -(-(keys - len(lines)) // KEYS_AN_ACCOUNT))
            await house.desk.act(consent, lambda act, accounts=accounts: some_accounts(act, accounts))  # type: ignore[misc]
    file.write_text("".join(lines), encoding="ascii")  # noqa: ASYNC240  # nothing else runs


class AtOnce:
    """An exchange that answers at once: what is left of a proxy is the decision."""

    reply = Reply(200, ((b"content-type", b"application/json"),), b'{"ok":true}')

    async def send(self, request: Request, account: str, key: str, request_id: str) -> Reply:
        """See `bitting.gate.ports.Exchange`."""
        return self.reply


async def decide(folder: Path, port: int) -> None:
    """Serve until the process is ended."""
    settings = Settings(port=port, mounts=(MOUNT,))

    def on_error(problem: BaseException) -> None:
        raise problem

    async with at_work(folder, on_error, on_error) as house:
        gates = Gates(house, settings)
        mounts = Mounts([Mount(MOUNT.prefix, gates.gate(NoMarket()), gates.door(MOUNT), AtOnce())])
        await serve(mounts, host=settings.host, port=port, limits=Limits(connections_per_peer=256), on_error=on_error)
        spare_collector()
        await asyncio.Event().wait()


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    deeds = parser.add_subparsers(dest="deed", required=True)
    founding = deeds.add_parser("found")
    founding.add_argument("folder", type=Path)
    founding.add_argument("file", type=Path)
    founding.add_argument("--keys", type=int, default=10_000)
    deciding = deeds.add_parser("decide")
    deciding.add_argument("folder", type=Path)
    deciding.add_argument("port", type=int)
    asked = parser.parse_args()
    os.umask(0o077)
    if asked.deed == "found":
        begun = time.monotonic()
        uvloop.run(found(asked.folder, asked.file, asked.keys))
        print(f"{asked.keys} keys issued in {time.monotonic() - begun:.1f} s")
    else:
        uvloop.run(decide(asked.folder, asked.port))


if __name__ == "__main__":
    main()
