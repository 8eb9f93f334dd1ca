"""Nothing that comes over the wire breaks a reader, and no changed byte passes: searched for, guided by coverage.

Every dialect in the list is a target of its own. FUZZ_SECONDS is how long each is searched, a minute when it is not
set; a longer search goes on where the one before has ended (`.fuzz`).
"""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from tests.system.fuzz import FOLDER
from tests.system.targets import TARGETS

ROOT: Final = Path(__file__).parents[2]
SECONDS: Final = int(os.environ.get("FUZZ_SECONDS", "60"))
Ended = subprocess.CompletedProcess[str]


def fuzz(name: str, what: str, plant: str = "pass", folder: Path = FOLDER) -> Ended:
    """tests/system/fuzz.py in a process of its own; `plant` is Python that breaks something first."""
    program = (
        f"from pathlib import Path\nfrom tests.system import fuzz\ndef plant():\n{textwrap.indent(plant, '    ')}\n"
    )
    if folder is not None:
        program += f"fuzz.FOLDER = Path({str(folder)!r})\n"
    return subprocess.run(
        [sys.executable, "-c", f"{program}fuzz.main(plant)", name, what],
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


@pytest.fixture(scope="module")
def searches() -> Iterator[dict[str, Future[Ended]]]:
    """One for each target, as many at a time as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {name: pool.submit(fuzz, name, str(SECONDS)) for name in TARGETS}


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_is_found(searches: dict[str, Future[Ended]], name: str) -> None:
    """What would be found is left in a file, and the way to run it again is said."""
    faulthandler.cancel_dump_traceback_later()  # the limit for other tests, which this one may have to outlast
    ended = searches[name].result()
    assert ended.returncode == 0, report(name, ended)


def report(name: str, ended: Ended) -> str:
    """The exception, and how to have it again."""
    problem = ended.stdout.partition("=== Uncaught Python exception: ===")[2].strip()
    written = [line.rpartition(" ")[2] for line in ended.stderr.splitlines() if "Test unit written to" in line]
    again = [f"again: .venv/bin/python -m tests.system.fuzz {name} {each}" for each in written]
    return "\n".join([problem or ended.stderr[-2000:], *again])


DEFECTS: Final = {
    "a number is read without a look at it, and no vector shows one": (
        "binance",
        """
        from bitting.dialects import binance
        from tests.system.targets import TARGETS
        binance._window_ns = lambda value: int(value or b"0") * 1_000_000
        seeds = TARGETS["binance"].seeds
        seeds[:] = [each for each in seeds if b"recvWindow" not in each]
        """,
    ),
    "the last byte of a body is not signed": (
        "bitfinex",
        """
        from bitting.dialects import bitfinex
        right = bitfinex.signed_bytes
        bitfinex.signed_bytes = lambda target, nonce, body: right(target, nonce, body[:-1])
        """,
    ),
    "a signature is compared by its first byte": (
        "bitfinex",
        """
        import hmac
        hmac.compare_digest = lambda one, other: one[:1] == other[:1]
        """,
    ),
    "an empty line at the beginning of a packet is forgiven": (
        "http",
        """
        from bitting.web.http.reader import RequestReader
        right = RequestReader.feed
        RequestReader.feed = lambda self, data: right(self, data.lstrip(b"\\r\\n"))
        """,
    ),
    "a JSON key may stand twice": (
        "values",
        """
        import json
        from bitting.dialects import strict
        strict._decode = json.JSONDecoder(parse_float=strict._fraction).raw_decode
        """,
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_found(tmp_path: Path, defect: str) -> None:
    """Within seconds; and what is written runs again, with the defect to its end and without it to a good one."""
    name, source = DEFECTS[defect]
    plant = textwrap.dedent(source).strip()
    ended = fuzz(name, "120", plant, tmp_path)
    assert ended.returncode != 0, "it was not found"
    said = report(name, ended)
    [found] = (tmp_path / name / "found").iterdir()
    assert said.endswith(f"again: .venv/bin/python -m tests.system.fuzz {name} {found}")
    assert fuzz(name, str(found), plant).returncode != 0
    again = fuzz(name, str(found))
    assert (again.returncode, again.stdout) == (0, f"{name} makes nothing wrong of {found}\n")
