"""Below wiring nothing looks at a clock, rolls a die or reads the environment; the lint for it can say no.

The forbidden names are listed in pyproject.toml for ruff, which resolves aliases.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUFF = [
    str(Path(sys.executable).with_name("ruff")),
    "check",
    "--select",
    "TID251",
    "--ignore-noqa",
    "--no-cache",
]

PLANTS = """\
import random
import secrets
import time
from datetime import date, datetime
from os import environ, getenv, urandom
from time import monotonic, perf_counter, time_ns
from uuid import uuid1, uuid4
import datetime as dt; dt.datetime.now(dt.UTC)
import datetime as dt; dt.datetime.utcnow()
import datetime as dt; dt.datetime.today()
import datetime as dt; dt.date.today()
import os; os.environ["HOME"]
import os; os.urandom(16)
import os as system; system.getenv("HOME")
import uuid; uuid.uuid4()
"""
HARMLESS = {4}  # the types are welcome, it is their clocks that are not


def lines_refused(code: str, *, at: str) -> set[int]:
    """Return the numbers of the lines that the lint refuses in `code`, were it the file `at`."""
    verdict = subprocess.run(
        [*RUFF, "--output-format", "json", "--stdin-filename", at, "-"],
        cwd=ROOT,
        input=code,
        capture_output=True,
        text=True,
        check=False,
    )
    return {finding["location"]["row"] for finding in json.loads(verdict.stdout)}


def test_no_floor_reads_a_clock_a_die_or_the_environment() -> None:
    """The code as it stands takes time, randomness and settings as arguments; a noqa comment is no excuse."""
    verdict = subprocess.run([*RUFF, "src"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert verdict.returncode == 0, verdict.stdout


@pytest.mark.parametrize(
    "floor",
    [
        "domain",
        "dialects",
        "vault",
        "gate",
        "lifecycle",
        "journal",
        "activity",
        "desk",
        "stores",
        "kms",
        "web",
    ],
)
def test_every_plant_is_caught_on_every_floor(floor: str) -> None:
    """Whichever way a clock, a die or the environment is reached, the lint finds it."""
    every_line = set(range(1, PLANTS.count("\n") + 1))
    assert lines_refused(PLANTS, at=f"src/bitting/{floor}/planted.py") == every_line - HARMLESS


@pytest.mark.parametrize("roof", ["wiring/planted.py", "cli/planted.py", "tour/planted.py"])
def test_clocks_are_made_at_the_roof(roof: str) -> None:
    """The rule ends where clocks and randomness are introduced."""
    assert lines_refused(PLANTS, at=f"src/bitting/{roof}") == set()
