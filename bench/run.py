"""The benchmark: `make bench`, and all of it: `make bench-full`.

    python bench/run.py [--full] [--rounds 3] [--seconds 3] [--only verdict decision proxy ...]

Runs each part against its peers in the same rounds, prints the table with the goals, and writes it to bench/results/
(a part alone is only printed). How to read it: docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import contenders as who
from contenders import Contender, Place
from results import OURS, Goal, Results, Row, machine, version_of
from wire import Round, median_of, rounds, started

HERE: Final = Path(__file__).parent
KEYS: Final = 10_000
VERDICT: Final = "A verdict in process"
DECISION: Final = "A decision over HTTP"
PROXY: Final = "A proxy that decides"
LIBRARIES_TIMES: Final = 20
PER_CORE: Final = "requests a second of one core"
UPSTREAM: Final = Contender("upstream", lambda place, port: [place.program("peers/limit.c"), port, "open"], ())


class Run:
    """What the parts share."""

    def __init__(self, place: Place, asked: argparse.Namespace) -> None:
        self.begun = time.monotonic()
        self.place = place
        self.count, self.seconds = asked.rounds, asked.seconds
        self.keys, self.requests = asked.keys, asked.requests
        self.results = Results(f"bench/run.py {' '.join(sys.argv[1:])}".strip())

    def say(self, text: str) -> None:
        """Progress, to stderr."""
        print(f"{time.monotonic() - self.begun:4.0f} s  {text}", file=sys.stderr, flush=True)

    def save(self) -> None:
        """Keep what was found."""
        for path in self.results.save():
            self.say(f"written: {path}")

    def here(self, contenders: list[Contender]) -> list[Contender]:
        """Those whose programs are on this machine; the others are noted as left out."""
        found = []
        for each in contenders:
            if missing := each.missing():
                self.results.left_out.append(f"{each.name}: needs {', '.join(missing)} (locks/debian-bench.txt)")
            else:
                found.append(each)
                self.results.versions.setdefault(each.name, version_of(each.version))
        return found

    def rounds(
        self, contenders: list[Contender], kind: str = "read", rate: float | None = None
    ) -> dict[str, list[Round]]:
        """As many and as long as was asked for."""
        seconds, count = self.seconds, self.count
        return rounds(contenders, self.place, kind=kind, count=count, seconds=seconds, say=self.say, rate=rate)

    def timed(self, script: str) -> Any:
        """What a script that measures in process has found."""
        file = self.place.folder / "figures.json"
        options = {"json": file, "keys": self.keys, "requests": self.requests, "rounds": self.count}
        command = ["taskset", "-c", who.SERVER_CORE, who.PYTHON, HERE / script]
        for name, value in options.items():
            command += [f"--{name}", value]
        subprocess.run([str(each) for each in command], check=True, stdout=sys.stderr)
        return json.loads(file.read_text("utf-8"))

    def decide(self, contenders: list[Contender]) -> None:
        """Rounds of decisions, and their goals."""
        contenders, results = self.here(contenders), self.results
        self.keep(
            DECISION, contenders, rounds(contenders, self.place, count=self.count, seconds=self.seconds, say=self.say)
        )
        results.ratio("a decision over HTTP against nginx + Lua", 1.2, DECISION, OURS, who.NGINX_LUA.name)
        results.ratio("a decision over HTTP against the limit in C", 0.45, DECISION, OURS, who.LIMIT.name)

    def pass_on(self, contenders: list[Contender]) -> None:
        """Rounds of proxies, and their goals."""
        contenders, results = self.here(contenders), self.results
        with started(UPSTREAM, self.place, self.place.upstream_port, who.LOAD_CORE):
            took = self.rounds(contenders)
        self.keep(PROXY, contenders, took)
        results.ratio("a proxy that decides against nginx + Lua", 1.15, PROXY, OURS, who.NGINX_LUA_PROXY.name)
        results.ratio("a proxy that decides against bare proxy_pass", 0.55, PROXY, OURS, who.NGINX_BARE.name)

    def waits(self, group: str, took: dict[str, list[Round]]) -> None:
        """One row of waiting times a contender."""
        for name, figures in took.items():
            beside = {"p50 µs": median_of(figures, "p50_us"), "p99.9 µs": median_of(figures, "p999_us")}
            self.results.rows.append(Row.of(group, name, "p99 µs", [each.p99_us for each in figures], beside=beside))

    def keep(self, group: str, contenders: list[Contender], took: dict[str, list[Round]]) -> None:
        """One row a contender."""
        less = {each.name: each.less for each in contenders}
        for name, figures in took.items():
            beside = {
                "a second, by the wall clock": median_of(figures, "per_second"),
                "p50 µs": median_of(figures, "p50_us"),
                "p99 µs": median_of(figures, "p99_us"),
            }
            row = Row.of(group, name, PER_CORE, [each.per_core for each in figures], less[name], beside)
            self.results.rows.append(row)


def verdict(run: Run) -> None:
    """In process: every dialect, 100,000 keys at random."""
    rows: dict[str, list[int]] = run.timed("verdict.py")
    medians: dict[str, float] = {}
    for name, took in rows.items():
        us = [each / 1000 for each in took]
        tenths = statistics.quantiles(us, n=10)
        less = "one signature of one key" if "only" in name or "nonce)" in name else ""
        medians[name] = statistics.median(us)
        run.results.rows.append(Row(VERDICT, name, "µs", medians[name], tenths[0], tenths[-1], less))
    for name, median in medians.items():
        if "hmac" in name and name.endswith("balances"):
            run.results.goals.append(Goal(f"a verdict, {name}", 6, median, " µs", at_least=False))
    ours = medians["binance, hmac-sha256, balances"]
    for name in medians:
        if name.startswith(("http-message", "mohawk")):
            what = f"verdicts against {name.partition(',')[0]}"
            run.results.goals.append(Goal(what, LIBRARIES_TIMES, medians[name] / ours, " times"))


def decision(run: Run) -> None:
    """Over HTTP, and nothing behind it."""
    run.decide(who.DECISIONS)


def decision_full(run: Run) -> None:
    """The same with every peer."""
    run.decide(who.DECISIONS + who.MORE_DECISIONS)


def proxy(run: Run) -> None:
    """Over HTTP, with an upstream that answers at once on the load's core."""
    run.pass_on(who.PROXIES)


def latency(run: Run) -> None:
    """What a request waits when the gate has half of the load that it could take, beside a proxy that decides nothing
    and gets the same requests at the same moments."""
    contenders = run.here([who.GATE_PROXY, who.NGINX_BARE])
    with started(UPSTREAM, run.place, run.place.upstream_port, who.LOAD_CORE):
        most = run.rounds([who.GATE_PROXY])
        rate = median_of(most[OURS], "per_second") / 2
        took = run.rounds(contenders, rate=rate)
    run.waits(f"A proxy at {rate:,.0f} requests a second, half of its most", took)
    if who.NGINX_BARE.name in took:
        added_ms = (median_of(took[OURS], "p99_us") - median_of(took[who.NGINX_BARE.name], "p99_us")) / 1000
        run.results.goals.append(Goal("p99 added by the proxy at half load", 1, added_ms, " ms", at_least=False))


def durable(run: Run) -> None:
    """Orders, each on disk before it goes on, and how much longer they wait than reads do at the same rate."""
    orders = run.rounds([who.GATE], "order")[OURS]
    group = "State-changing requests, durable before they go on"
    walls = [each.per_second for each in orders]
    run.results.rows.append(Row.of(group, OURS, "requests a second, by the wall clock", walls))
    rate = median_of(orders, "per_second") / 2
    took = {f"{kind}s": run.rounds([who.GATE], kind, rate)[OURS] for kind in ("order", "read")}
    run.waits(f"Orders and reads at {rate:,.0f} requests a second", took)
    added_ms = (median_of(took["orders"], "p99_us") - median_of(took["reads"], "p99_us")) / 1000
    run.results.goals += [
        Goal("state-changing requests a second", 10_000, statistics.median(walls)),
        Goal("p99 added by durability", 10, added_ms, " ms", at_least=False),
    ]


def middleware(run: Run) -> None:
    """What the gate costs inside an ASGI application, in process."""
    took: dict[str, dict[str, list[int]]] = run.timed("faces.py")
    for what, ways in took.items():
        medians = {way: statistics.median(figures) / 1000 for way, figures in ways.items()}
        for way, figures in ways.items():
            tenths = [each / 1000 for each in statistics.quantiles(figures, n=10)]
            run.results.rows.append(
                Row(f"Inside an application: {what}", way, "µs", medians[way], tenths[0], tenths[-1])
            )
        added = medians["ASGI"] - medians["ASGI, alone"] - medians["a plain call"]
        run.results.goals.append(Goal(f"added by the middleware, {what}", 10, added, " µs", at_least=False))


def writing(run: Run) -> None:
    """What is durable, and what the log adds to a verdict, in process."""
    found: dict[str, dict[str, list[Any]]] = run.timed("writing.py")
    medians: dict[str, float] = {}
    for name, figures in found["rates"].items():
        walls, processors = zip(*figures, strict=True)
        medians[name] = statistics.median(walls)
        beside = {"a second of processor time": statistics.median(processors)}
        unit = "a second, by the wall clock"
        run.results.rows.append(Row.of("Written down, durable", name, unit, list(walls), beside=beside))
    added: dict[str, float] = {}
    for name, figures in found["nanoseconds"].items():
        tenths = [each / 1000 for each in statistics.quantiles(figures, n=10)]
        median = statistics.median(figures) / 1000
        run.results.rows.append(Row("Added to a verdict by the log", name, "µs", median, tenths[0], tenths[-1]))
        kind = name.rpartition(", ")[2]
        added[kind] = added.get(kind, 0) + median
    group = "activity, in groups of 1,000"
    run.results.goals.append(Goal("records a second, in groups of 1,000", 200_000, medians[group]))
    run.results.goals += [
        Goal(f"added to a verdict by the log, {kind}", 1, us, " µs", at_least=False) for kind, us in added.items()
    ]


QUICK: Final[dict[str, Callable[[Run], None]]] = {
    "verdict": verdict,
    "decision": decision,
    "proxy": proxy,
    "writing": writing,
}
FULL: Final = QUICK | {"decision": decision_full, "latency": latency, "durable": durable, "middleware": middleware}


def main() -> None:
    """Run what is asked for, and say which goals are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="all peers and all goals")
    parser.add_argument("--only", nargs="+", choices=[*FULL], default=None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of load for each contender, each round")
    parser.add_argument("--keys", type=int, default=100_000, help="of each dialect, in process")
    parser.add_argument("--requests", type=int, default=6_000, help="of each kind, each round, in process")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bitting-bench-"))
    run = Run(Place(folder), asked)
    try:
        if shutil.which("gcc") is None or not Path("/usr/include/openssl/sha.h").exists():
            raise SystemExit("the load generator is C: install gcc and libssl-dev (locks/debian-bench.txt)")
        if len(os.sched_getaffinity(0)) < 2:
            raise SystemExit("the server and the load need a core each; this machine has one")
        run.say(f"{machine()}: issuing {KEYS:,} keys")
        found = [who.PYTHON, HERE / "gate.py", "found", run.place.house, run.place.keys, "--keys", KEYS]
        subprocess.run([str(each) for each in found], check=True, stdout=sys.stderr)
        parts = FULL if asked.full else QUICK
        failed = False
        for name in asked.only or parts:
            try:
                parts.get(name, FULL[name])(run)
            except SystemExit as problem:  # the other parts are still worth having; the run has failed all the same
                failed = True
                run.results.left_out.append(f"{name}: {str(problem.code).strip()}")
        print(run.results.to_text())
        if asked.only is None:  # a part is for looking at
            run.save()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    goals = run.results.goals
    print(
        f"{sum(each.met is True for each in goals)} of {len(goals)} goals are met; {time.monotonic() - run.begun:.0f} s"
    )
    if failed:
        raise SystemExit(f"not all could be measured: {'; '.join(run.results.left_out)}")


if __name__ == "__main__":
    main()
