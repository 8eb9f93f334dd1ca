"""The examples run as their first lines say, with keys of exactly the permissions that they need.

Each one's docstring holds the `bitting key issue` commands to type; they are taken from there.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.end_to_end.clients import Clients
from tests.end_to_end.house import House
from tests.end_to_end.signing import Key

ROOT: Final = Path(__file__).parents[2]
EXAMPLES: Final = ("arbitrage_scan", "market_data", "portfolio", "trading_bot")


class Ran(NamedTuple):
    """How a program ended."""

    code: int
    said: str


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An exchange and its gate."""
    with House(tmp_path_factory.mktemp("examples")) as opened:
        yield opened


def commands(example: str) -> list[list[str]]:
    """The words of every `bitting key issue` in the docstring."""
    text = (ROOT / "examples" / f"{example}.py").read_text()
    found = re.findall(r"^    bitting (key issue (?:.*\\\n)*.*)$", text, re.MULTILINE)
    return [shlex.split(each.replace("\\\n", " ")) for each in found]


def permissions(command: list[str]) -> list[str]:
    """Those that the command grants."""
    return [value for word, value in pairwise(command) if word == "--permission"]


def issue(house: House, example: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The keys of the example: as its program wants them in its environment, and by id with each permission."""
    environment, granted = {"BITTING_URL": house.url}, []
    issuing = commands(example)
    for command in issuing:
        key = house.cli(*command)
        assert "error" not in key, key
        name = f"{key['dialect'].upper()}_BITTING" if len(issuing) > 1 else "BITTING"
        environment |= {f"{name}_KEY": key["key_id"], f"{name}_SECRET": key["secret"]}
        granted += [(key["id"], permission) for permission in permissions(command)]
    return environment, granted


def run(example: str, environment: Mapping[str, str], folder: Path) -> Ran:
    """The program, as its docstring says to start it."""
    words = ["slippage.png"] if example == "market_data" else []
    done = subprocess.run(
        [ROOT / ".venv-clients/bin/python", ROOT / "examples" / f"{example}.py", *words],
        env={"PATH": os.environ["PATH"], "MPLCONFIGDIR": str(folder), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ran(done.returncode, done.stdout + done.stderr)


SAYS: Final = {
    "arbitrage_scan": r"BTC/USD +buy bitfinex +sell binance +-\d+\.\d bp  up to 1\.\d+",
    "market_data": r"slippage\.png written",
    "portfolio": r"together +1,\d{3},\d{3}\.\d\d USDT",
    "trading_bot": r"(bid \d+: 0\.01 at 49000, market at 50000.0\n){3}took away \d+",
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_does_what_it_says(house: House, tmp_path: Path, example: str) -> None:
    """With the keys that its docstring issues."""
    environment, _ = issue(house, example)
    ran = run(example, environment, tmp_path)
    assert ran.code == 0, ran.said
    assert re.search(SAYS[example], ran.said), ran.said


@pytest.mark.parametrize("example", EXAMPLES)
def test_it_needs_every_permission_that_its_key_has(house: House, tmp_path: Path, example: str) -> None:
    """With any one of them taken away it does not end well."""
    environment, granted = issue(house, example)
    assert granted
    for key, permission in granted:
        house.ask("key.edit", key=key, deny=[permission])
        ran = run(example, environment, tmp_path)
        assert ran.code != 0, (permission, ran.said)
        assert "permission.missing" in ran.said
        house.ask("key.edit", key=key, allow=[permission])


def test_the_picture_is_one(house: House, tmp_path: Path) -> None:
    """With own trades in it, which is what the key is for."""
    environment, _ = issue(house, "market_data")
    trader = house.ask(
        "key.issue", account="alice", dialect="bitfinex", label="trader", permissions=["trade"], network=["127.0.0.1"]
    )
    clients = Clients()
    try:
        key = Key("bitfinex", trader["id"], trader["key_id"], trader["secret"])
        clients.bot(house, key)("create_order", "BTC/USD", "market", "buy", 0.01)
    finally:
        clients.close()
    ran = run("market_data", environment, tmp_path)
    assert ran.code == 0, ran.said
    assert (tmp_path / "slippage.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_what_the_trading_bot_cannot_do_is_refused(house: House) -> None:
    """Its key, stolen: no balances, no other pair, no larger order, no withdrawal."""
    environment, _ = issue(house, "trading_bot")
    clients = Clients()
    try:
        bot = clients.bot(house, Key("binance", "", environment["BITTING_KEY"], environment["BITTING_SECRET"]))
        for call, *args in (
            ("fetch_balance",),
            ("create_order", "ETH/USDT", "limit", "buy", 0.01, 2_000),
            ("create_order", "BTC/USDT", "limit", "buy", 0.1, 49_000),
            ("withdraw", "USDT", 10, "0x" + "ab" * 20),
        ):
            assert bot.try_(call, *args).exception == "PermissionDenied", call
    finally:
        clients.close()


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_short_and_holds_no_secret(example: str) -> None:
    """It can be read in a minute."""
    text = (ROOT / "examples" / f"{example}.py").read_text()
    assert 30 <= len(text.splitlines()) <= 80
    assert "bk_live_" not in text
