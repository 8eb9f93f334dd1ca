"""Where a request's time goes in the running gate: py-spy samples it under load, and the samples are told by part.

    python bench/where.py [--kind read|order] [--face decide|proxy] [--seconds 10] [--py-spy PROGRAM]

py-spy is a program of its own (`pip install py-spy`, anywhere) and is not among what Bitting needs. A sample belongs to
the innermost of the parts in its stack, with whatever it called in C. Microseconds are processor time for one request:
each thread's own, as the kernel counts it without the sampler, split by the thread's samples.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Final

import contenders as who
from contenders import Place
from run import KEYS, UPSTREAM
from wire import FIRST_PORT, load, probe, processor_s, started, warm_up

HERE: Final = Path(__file__).parent
# What a frame of py-spy has to contain; the first that fits counts, and the innermost frame is asked first.
PARTS: Final = (
    ("log: the record is made", ("record_of (",)),
    ("log: the record is taken", ("activity/recorder.py",)),
    ("log: rows are written", ("stores/", "Store.write")),
    ("journal, floor, keys loaded", ("wiring/", "journal/", "Threaded.")),
    ("face: request is read", ("http/reader.py",)),
    ("face: reply is written", ("http/writer.py",)),
    ("face: connection", ("http/connection.py", "http/deadlines.py", "http/face.py")),
    ("face: identity headers", ("web/identity.py",)),
    (
        "face: to the exchange and back",
        ("upstream.py", "http/address.py", "link.py", "flow.py", "reply_reader.py", "hop.py", "web/exchange.py"),
    ),
    ("face: mount is found", ("web/mounts.py",)),
    (
        "reply's own headers",
        ("_rate_headers (", "with_headers (", "Binance.usage", "own_headers ("),
    ),
    ("5 proof: secret opened", ("vault/",)),
    ("5 proof: signature", ("Binance.check", "signatures.py", "prove (")),
    (
        "10 actions",
        ("wants (", ".actions (", "binance_", "house_table", "amounts.py", "strict.py", "money.py"),
    ),
    ("1-3 hear", ("hear (", "Binance.read", "signing_input (", "_stamp_ns (", "_window_ns (", "_once (", "binance.py")),
    ("4 snapshot", ("gate/cache.py", "Gate._snapshot")),
    ("7 first use", ("gate/first_use.py", "first_use (")),
    ("12 admission, rates, totals", ("gate/admission.py", "gate/rates.py", "gate/totals.py", "entry (")),
    ("8-9 in force, network", ("standing (", "network.py", "freeze.py")),
    ("11 policy", ("gate/limits.py", "forbidden (")),
    ("6-12 weighing, the rest", ("gate/pipeline.py", "gate/times.py")),
    ("shell: judge, passage, visit", ("gate/shell.py", "gate/passage.py", "gate/visit.py", "new_request_id")),
    ("small values (verdict, request, ids …)", ("bitting/domain/",)),
    ("event loop, sockets, kernel", ("asyncio/", "uvloop/", "gate.py:", "threading.py", "concurrent/")),
)

IDLE: Final = ("_worker (", "wait (")  # a thread that waits for work, which py-spy takes for busy


def part_of(stack: list[str]) -> str:
    """The part of the innermost frame that has one."""
    for frame in reversed(stack):
        for part, marks in PARTS:
            if any(mark in frame for mark in marks):
                return part
    return "other"


def main() -> None:
    """Sample, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=["read", "order"], default="read")
    parser.add_argument("--face", choices=["decide", "proxy"], default="decide")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--py-spy", default=shutil.which("py-spy") or "py-spy")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bitting-where-") as folder:
        place = Place(Path(folder))
        found = [who.PYTHON, HERE / "gate.py", "found", place.house, place.keys, "--keys", KEYS]
        subprocess.run([str(each) for each in found], check=True, stdout=sys.stderr)
        contender = who.GATE if asked.face == "decide" else who.GATE_PROXY
        raw = place.folder / "samples"
        with (
            started(UPSTREAM, place, place.upstream_port, who.LOAD_CORE),
            started(contender, place, FIRST_PORT) as gate,
        ):
            probe(gate, place)
            warm_up(gate, place, asked.kind)
            before = threads_s(gate.process.pid)
            undisturbed = load(place, gate.port, asked.kind, asked.seconds)
            used_s = {tid: s - before.get(tid, 0) for tid, s in threads_s(gate.process.pid).items()}
            spy = [
                asked.py_spy,
                "record",
                "-p",
                gate.process.pid,
                "-d",
                asked.seconds,
                "-r",
                500,
                "-f",
                "raw",
                "--threads",
            ]
            sampling = subprocess.Popen(
                [str(each) for each in spy], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            load(place, gate.port, asked.kind, asked.seconds + 1)
            sampling.wait()
        samples: dict[str, Counter[str]] = {}
        for line in raw.read_text("utf-8").splitlines():
            stack, _, count = line.rpartition(" ")
            thread, *frames = stack.split(";")
            if not frames[-1].startswith(IDLE):
                samples.setdefault(thread, Counter())[part_of(frames)] += int(count)
    parts: dict[str, float] = defaultdict(float)
    threads: dict[str, float] = defaultdict(float)
    for thread, counts in samples.items():  # "thread (1234): name"
        each_us = used_s.get(thread[thread.index("(") + 1 : thread.index(")")], 0) / undisturbed["right"] * 1e6
        threads[thread.partition(": ")[2]] += each_us
        for part, samples_of_it in counts.items():
            parts[part] += each_us * samples_of_it / counts.total()
    whole = sum(parts.values())
    print(f"{asked.face}, {asked.kind}: {whole:.1f} µs of processor time a request\n")
    for head, figures in (("part", parts), ("thread", threads)):
        print(f"| {head} | share | µs |\n|---|---:|---:|")
        for name, its_us in sorted(figures.items(), key=lambda each: -each[1]):
            print(f"| {name} | {its_us / whole:.1%} | {its_us:.1f} |")
        print()


def threads_s(pid: int) -> dict[str, float]:
    """Seconds of processor time by thread."""
    return {each.name: processor_s(each / "stat") for each in Path(f"/proc/{pid}/task").iterdir()}


if __name__ == "__main__":
    main()
