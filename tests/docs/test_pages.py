"""What the pages say is so: files are there, commands can be typed, settings are read, and programs run."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

import pytest
from cyclopts.exceptions import MissingArgumentError

from bitting.domain.pairs import Pair
from bitting.gate.admission import Rates
from bitting.settings import LISTEN, MANAGE, MOUNT, WITNESS, DecisionSettings, Settings
from bitting.web.market import _read
from tests.cli.commands import commands, parse, written
from tests.cli.server import found
from tests.cli.test_run import ended, first, started
from tests.cli.transcript import bitting

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CLIENTS = ROOT / ".venv-clients" / "bin" / "python"


class Block(NamedTuple):
    """Something between fences."""

    page: str
    line: int
    language: str
    text: str


def blocks(language: str) -> Iterator[Block]:
    for path in PAGES:
        text = path.read_text()
        for each in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            if each[1] == language:
                yield Block(path.name, text[: each.start()].count("\n") + 1, each[1], each[2])


def ids(found: list[Block]) -> list[str]:
    return [f"{each.page}:{each.line}" for each in found]


def mentioned(typed: str) -> None:
    """A command in a sentence is read as a whole, or is the name of one, without what it is for."""
    with suppress(MissingArgumentError):
        parse(typed)
        return
    assert typed.split()[1:] in list(commands()), typed


PYTHON = list(blocks("python"))
PROGRAMS = [each for each in PYTHON if "<export> <vkey>" in each.text]
SNIPPETS = [each for each in PYTHON if each not in PROGRAMS and "import ccxt" not in each.text]
TOML = [each for each in blocks("toml") if each.page != "actions.md"]  # which has a table of another kind


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_is_named_is_there(page: Path) -> None:
    """In code as a path from the root, in links from the page itself."""
    text = page.read_text()
    named = re.findall(r"`((?:src|tests|docs|scripts|locks|bench|clients)/[^`\s*<]*)`", text)
    assert [each for each in named if not (ROOT / each).exists()] == []
    linked = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
    assert [each for each in linked if not (page.parent / each).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_can_be_typed(page: Path) -> None:
    """What stands in a block is read as a whole; what stands in a sentence is at least a command there is."""
    text = page.read_text()
    for block in re.findall(r"^```\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        for typed in written(block):
            parse(typed)
    for typed in re.findall(r"`(bitting [a-z][^`]*)`", text):
        mentioned(typed)


def test_the_first_commands_of_the_readme_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, over a house that `bitting serve`, the first of them, has founded."""
    serve, *following = [typed for block in blocks("") if block.page == "README.md" for typed in written(block.text)]
    assert serve.startswith("bitting serve")
    found(tmp_path / "data")
    monkeypatch.setenv("BITTING_DATA", str(tmp_path / "data"))
    for typed in following:
        assert bitting(*shlex.split(typed)[1:]).code == 0


def test_every_command_in_a_message_is_one() -> None:
    """What somebody is told to type, in any text of the program."""
    for path in sorted(ROOT.glob("src/bitting/**/*.py")):
        for typed in re.findall(r"`(bitting [a-z][^`{]*)`", path.read_text()):
            mentioned(typed)


@pytest.mark.parametrize("block", TOML, ids=ids(TOML))
def test_settings_that_are_shown_are_read(block: Block) -> None:
    """As a whole, without a word left over."""
    assert Settings.from_plain(tomllib.loads(block.text)).mounts


def test_every_setting_is_shown() -> None:
    """The example on the page of settings has each name there is."""
    [block] = [each for each in TOML if each.page == "settings.md"]
    plain = tomllib.loads(block.text)
    assert {*plain["listen"], "unix"} == set(LISTEN)  # which stands instead of host and port
    assert {name for each in plain["mount"] for name in each} == set(MOUNT)
    assert {name for each in plain["decision"] for name in each} == {each.name for each in fields(DecisionSettings)}
    assert {name for each in plain["witness"] for name in each} == set(WITNESS)
    assert set(plain["manage"]) == set(MANAGE)
    assert set(plain["rates"]) == set(Rates._fields)


def test_the_facts_that_are_shown_are_read() -> None:
    """The example on the page of settings is an answer the gate understands."""
    [block] = [each for each in blocks("json") if each.page == "settings.md"]
    prices, resting = _read(block.text.encode())
    assert set(prices) == {Pair("BTC", "USD")}
    assert resting == {"<account id>": 3, "<key id>": 2}


@pytest.mark.parametrize("block", SNIPPETS, ids=ids(SNIPPETS))
def test_snippets_run(block: Block) -> None:
    """As they stand there."""
    done = subprocess.run([sys.executable, "-c", block.text], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("block", PROGRAMS, ids=ids(PROGRAMS))
def test_programs_verify_what_the_command_line_exports(block: Block, tmp_path: Path) -> None:
    """An export made by `bitting journal export`, with the key that it printed."""
    data, path = str(tmp_path / "data"), tmp_path / "journal.jsonl"
    found(tmp_path / "data")
    assert bitting("account", "open", "alice", "--data", data).code == 0
    vkey = json.loads(bitting("journal", "export", str(path), "--data", data, "--json").out)["vkey"]
    done = subprocess.run([sys.executable, "-c", block.text, path, vkey], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_client_of_the_readme_trades() -> None:
    """The snippet, with the address of a gate and a key of its own, in an environment that knows only ccxt."""
    [block] = [each for each in PYTHON if "import ccxt" in each.text]
    with started("demo", "--skip-tour", "--port", "0", "--json") as process:
        said = json.loads(first(process))
        key = json.loads(bitting(*said["next"].split()[1:], "--json").out)
        program = block.text.replace("http://127.0.0.1:8700", said["url"])
        program = program.replace('"bk_live_…"', repr(key["key_id"])).replace('"…"', repr(key["secret"]))
        program += 'assert exchange.fetch_balance()["USDT"]["free"] > 0\n'
        done = subprocess.run([CLIENTS, "-c", program], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert ended(process, signal.SIGTERM) == (0, "")


@pytest.mark.parametrize("script", sorted(ROOT.glob("scripts/generate-*.py")), ids=lambda path: path.stem)
def test_written_pages_are_current(script: Path) -> None:
    """A page that a script writes is what the script would write now."""
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
