"""How long the gate takes for a verdict, in process, with every check on and every secret sealed.

    python bench/verdict.py [--keys 100000] [--requests 30000] [--rounds 3] [--json FILE]

Each request comes from another key, chosen at random, so that no cache of the processor helps. What is timed
is what a request costs between its bytes and its verdict: claim, lookup, opening the sealed secret,
signature, time or nonce, first use, network, action, policy, limits, counters. Not timed: sockets and disk.
Time is the thread's processor time, so that other programs on the machine are not in it.

Two libraries that check signed requests are measured in the same rounds: they verify one signature over a
request of the same size and nothing else, so the gate does strictly more.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from keys import ADDRESS, Holder, fill
from libraries import http_message_signatures, mohawk_receiver

from bitting.cli.action_file import read_table
from bitting.dialects import binance, bitfinex, bithumb, bithumb_v1, kraken, native
from bitting.dialects.dialect import Claim, Dialect, Draft
from bitting.dialects.house_table import HouseTable
from bitting.domain.action_table import ActionTable
from bitting.domain.credentials import Algorithm
from bitting.domain.ids import Environment
from bitting.domain.network import address_from_text
from bitting.domain.pairs import Pair
from bitting.domain.request import Request
from bitting.domain.secret import Secret
from bitting.gate.admission import MemoryAdmission, Rates
from bitting.gate.cache import Snapshots
from bitting.gate.freeze import Freeze
from bitting.gate.pipeline import Door, Passed, decide, hear
from bitting.gate.rates import Buckets, Rate
from bitting.gate.times import Floor

BATCH = 100


class StillMarket:
    """Prices that do not move."""

    def last_price(self, pair: Pair) -> Decimal | None:
        return Decimal(50_000)

    def open_orders(self, scope: str) -> int | None:
        return 0

    def placed(self, scopes: object, orders: int) -> None:
        """Nothing rests here."""


USUAL_HEADERS = (
    (b"host", b"gate.example"),
    (b"user-agent", b"python-requests/2.32.5"),
    (b"accept-encoding", b"gzip, deflate"),
    (b"accept", b"*/*"),
    (b"connection", b"keep-alive"),
)
BITFINEX_ORDER = b'{"type":"EXCHANGE LIMIT","symbol":"tBTCUSD","amount":"0.01","price":"49000"}'
BINANCE_ORDER = b"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=49000&newOrderRespType=RESULT"
BITHUMB_ORDER = b'{"market":"KRW-BTC","side":"bid","order_type":"limit","volume":"0.01","price":"49000"}'
BITHUMB_V1_ORDER = b"order_currency=BTC&payment_currency=KRW&units=0.01&price=49000&type=bid"
KRAKEN_ORDER = b"pair=XBTUSD&type=buy&ordertype=limit&volume=0.01&price=49000"
NATIVE_ORDER = b'{"symbol":"BTC-USDT","side":"buy","type":"limit","amount":"0.01","price":"49000"}'
# An operator's own routes are data, and are looked up where the dialect knows none.
_API = Path(__file__).parents[1] / "examples" / "api" / "actions.toml"
ROUTES = {"native": HouseTable(ActionTable.from_plain(read_table(_API, "bitting").table))}

DRAFTS = {
    "bitfinex": {
        "balances": Draft(b"POST", b"/v2/auth/r/wallets", b"{}"),
        "order": Draft(b"POST", b"/v2/auth/w/order/submit", BITFINEX_ORDER),
    },
    "binance": {
        "balances": Draft(b"GET", b"/api/v3/account", b""),
        "order": Draft(b"POST", b"/api/v3/order", BINANCE_ORDER),
    },
    "bithumb": {
        "balances": Draft(b"GET", b"/v1/accounts", b""),
        "order": Draft(b"POST", b"/v2/orders", BITHUMB_ORDER),
    },
    "bithumb-v1": {
        "balances": Draft(b"POST", b"/info/balance", b"currency=BTC"),
        "order": Draft(b"POST", b"/trade/place", BITHUMB_V1_ORDER),
    },
    "kraken": {
        "balances": Draft(b"POST", b"/0/private/Balance", b""),
        "order": Draft(b"POST", b"/0/private/AddOrder", KRAKEN_ORDER),
    },
    "native": {
        "balances": Draft(b"GET", b"/exchange/v1/balances", b"", b"http://gate.example"),
        "order": Draft(b"POST", b"/exchange/v1/orders", NATIVE_ORDER, b"http://gate.example"),
    },
}


def fresh(request: Request) -> Request:
    """The same request in new memory."""
    headers = tuple((bytes(bytearray(name)), bytes(bytearray(value))) for name, value in request.headers)
    target, body = bytes(bytearray(request.target)), bytes(bytearray(request.body))
    return Request(request.method, target, headers, body, request.peer)


class Bench:
    """A gate whose cache is full of sealed keys of one dialect."""

    def __init__(self, dialect: Dialect, algorithm: Algorithm, keys: int) -> None:
        self._now_ns, tag_key = time.time_ns(), Secret(bytes(32))
        self._dialect, self._algorithm, self._name = dialect, algorithm, dialect.description.name
        self._snapshots = Snapshots(most=keys + 1)
        self._holders = fill(self._snapshots, dialect, algorithm, keys, tag_key, self._now_ns)
        rate = Rate.per_second(1_000_000, 1_000_000)
        self._admission = MemoryAdmission(Rates(rate, rate, rate, rate, rate))
        self._door = Door(dialect, Environment.LIVE, tag_key, Buckets(), rate, Buckets(), rate)
        if self._name in ROUTES:
            self._door = self._door._replace(routes=ROUTES[self._name])
        self._moment = iter(range(self._now_ns, self._now_ns + 10**12, 1_000))
        self._peer, self._chance = address_from_text(ADDRESS), random.Random(7)

    def row(self, draft: Draft, requests: int) -> Callable[[], list[int]]:
        """A round of one kind of request: nanoseconds a verdict, one figure a batch."""
        return lambda: self._round(draft, requests)

    def _round(self, draft: Draft, requests: int) -> list[int]:
        ready = self._signed(draft, requests)
        door, snapshots, admission, now_ns = self._door, self._snapshots, self._admission, self._now_ns
        freeze, market, floor = Freeze(), StillMarket(), Floor(now_ns - 10**9, now_ns + 10**12)
        gc.collect()
        gc.freeze()  # as the server does: what stays is not looked through again and again
        took = []
        for start in range(0, requests, BATCH):
            # A request has just come off its socket: its bytes are in the processor's cache, its key's are not.
            batch = [fresh(request) for request in ready[start : start + BATCH]]
            begun = time.thread_time_ns()
            for request in batch:
                claim = hear(request, door, now_ns)
                assert isinstance(claim, Claim)
                snapshot = snapshots.get((Environment.LIVE, self._name, claim.wire_id), now_ns)
                verdict = decide(request, claim, door, snapshot, admission, freeze, market, floor, now_ns)
                if not isinstance(verdict, Passed):
                    raise SystemExit(f"the benchmark's own request was refused: {verdict.denied}")
            took.append((time.thread_time_ns() - begun) // len(batch))
        return took

    def _signed(self, draft: Draft, requests: int) -> list[Request]:
        # Every key once before any comes again, and rounds a millisecond apart: no two requests are alike.
        self._chance.shuffle(self._holders)
        for _ in range(1_000):
            next(self._moment)
        return [self._sign(draft, self._holders[n % len(self._holders)]) for n in range(requests)]

    def _sign(self, draft: Draft, holder: Holder) -> Request:
        moment_ns = next(self._moment)
        signed = self._dialect.sign(draft, holder.wire_id, self._algorithm, holder.secret, moment_ns)
        return signed._replace(peer=self._peer, headers=(*USUAL_HEADERS, *signed.headers))


def main() -> None:
    """Run the rounds, peers in between, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write each row's batches there, in nanoseconds a verdict")
    asked = parser.parse_args()
    print(f"preparing {asked.keys} sealed keys a dialect ...", file=sys.stderr)
    requests = asked.requests
    rows: dict[str, Callable[[], list[int]]] = {}
    for dialect, algorithm, share in (
        (bitfinex.DIALECT, Algorithm.HMAC_SHA384, 1),
        (binance.DIALECT, Algorithm.HMAC_SHA256, 1),
        (binance.DIALECT, Algorithm.ED25519, 10),
        (bithumb.DIALECT, Algorithm.HMAC_SHA256, 1),
        (bithumb_v1.DIALECT, Algorithm.HMAC_SHA512, 1),
        (kraken.DIALECT, Algorithm.HMAC_SHA512, 1),
        (native.DIALECT, Algorithm.HMAC_SHA256, 1),
        (native.DIALECT, Algorithm.ED25519, 10),
    ):
        name = dialect.description.name
        bench = Bench(dialect, algorithm, asked.keys // share)
        for kind, draft in DRAFTS[name].items():
            rows[f"{name}, {algorithm.value}, {kind}"] = bench.row(draft, requests // share)
    rows["http-message-signatures, hmac-sha256 (signature only)"] = http_message_signatures(requests // 20)
    rows["mohawk, hmac-sha256 (signature and nonce)"] = mohawk_receiver(requests // 20)
    took: dict[str, list[int]] = {name: [] for name in rows}
    for number in range(asked.rounds):
        for name, one_round in rows.items():
            print(f"round {number + 1} of {asked.rounds}: {name}", file=sys.stderr)
            took[name] += one_round()
    if asked.json is not None:
        asked.json.write_text(json.dumps(took), "utf-8")
    print(f"\nPython {platform.python_version()}, {platform.machine()}; {asked.keys} keys at random; microseconds\n")
    print(f"{'':56}{'median':>9}{'p10':>9}{'p90':>9}{'a second':>11}")
    for name, figures in took.items():
        tenths = statistics.quantiles(figures, n=10)
        median = statistics.median(figures)
        print(f"{name:56}{median / 1e3:9.1f}{tenths[0] / 1e3:9.1f}{tenths[-1] / 1e3:9.1f}{1e9 / median:11,.0f}")


if __name__ == "__main__":
    main()
