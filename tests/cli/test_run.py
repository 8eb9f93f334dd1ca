"""Commands that run until they are told to stop: what they say when they are ready, and how they end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bitting.tour.demo import MOUNTS
from tests.cli.server import NOWHERE, PATIENCE_S
from tests.cli.transcript import bitting

TOML = f'[[mount]]\nprefix = "/binance"\ndialect = "binance"\nupstream = "{NOWHERE}"\n'


@contextmanager
def started(*words: str, program: str = "from bitting.cli import main; main()") -> Iterator[subprocess.Popen[str]]:
    """A command in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str], how: signal.Signals) -> tuple[int, str]:
    """Stop it; its exit code, and what else it said."""
    process.send_signal(how)
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out + err


def first(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "bitting.toml").write_text(TOML)
    return folder


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server(data: Path, how: signal.Signals) -> None:
    """It says where it listens, in JSON or in words, answers, and ends in order when it is told to."""
    with started("serve", "--data", str(data), "--port", "0", "--json") as process:
        said = json.loads(first(process))
        assert said["mounts"] == [f"{said['url']}/binance"]
        assert said["socket"] == str(data / "bitting.sock")
        connection = HTTPConnection(urlsplit(said["url"]).netloc)
        connection.request("GET", "/nowhere")
        assert connection.getresponse().read() == b"nothing is mounted here\n"
        connection.close()
        assert ended(process, how) == (0, "")
    assert not (data / "bitting.sock").exists()


def test_a_server_says_where_in_words(data: Path) -> None:
    """For people."""
    with started("serve", "--data", str(data), "--port", "0") as process:
        url, mounts, place, vkey, stop = [first(process) for _ in range(5)]
        assert url.startswith("   url  http://127.0.0.1:")
        assert mounts.endswith("/binance\n")
        assert place == f"socket  {data / 'bitting.sock'}\n"
        assert vkey.startswith("  vkey  bitting.local/journal/")
        assert stop == "  stop  Ctrl-C\n"
        assert ended(process, signal.SIGINT) == (0, "")


def test_a_second_server_is_refused(data: Path) -> None:
    """It names the first."""
    with started("serve", "--data", str(data), "--port", "0", "--json") as process:
        first(process)
        told = bitting("serve", "--data", str(data), "--port", "0")
        assert told.code == 1
        assert told.err == (
            f"bitting: another bitting (process {process.pid}) works in {data}: stop it, or use another --data\n"
        )


def test_an_exchange_that_is_away_keeps_no_server_from_starting(data: Path) -> None:
    """Its clients are told in their dialect's words that it is."""
    with started("serve", "--data", str(data), "--port", "0", "--json") as process:
        url = urlsplit(json.loads(first(process))["url"])
        connection = HTTPConnection(url.netloc)
        connection.request("GET", "/binance/api/v3/time")
        reply = connection.getresponse()
        said = json.loads(reply.read())
        connection.close()
        assert reply.status == 503
        assert "the exchange cannot be reached; nothing was sent" in said["msg"]


def test_a_task_that_fails_ends_the_server(data: Path) -> None:
    """Rather than going on without it; the reason is the last word."""
    broken = "\n".join(
        [
            "from bitting.wiring.house import House",
            "async def fails(house): raise ZeroDivisionError('a fault nobody foresaw')",
            "House._forget = fails",
            "from bitting.cli import main",
            "main()",
        ]
    )
    with started("serve", "--data", str(data), "--port", "0", program=broken) as process:
        _, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 1
        assert "bitting: bitting stops: " in err
        assert "a fault nobody foresaw" in err


def test_the_demonstration_exchange(data: Path) -> None:
    """It lets nobody in but its gate, and tells its facts."""
    with started("paper", "--data", str(data), "--json") as process:
        url = urlsplit(json.loads(first(process))["url"])
        connection = HTTPConnection(url.netloc)
        connection.request("GET", "/house/facts")
        assert "BTC/USDT" in json.loads(connection.getresponse().read())["prices"]
        connection.request("GET", "/api/v3/account", headers={"bitting-account": "me"})
        assert connection.getresponse().status == 403
        connection.close()
        assert ended(process, signal.SIGTERM) == (0, "")


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "gone"])
def test_the_demonstration(data: Path, kept: bool) -> None:
    """An account, an exchange and its gate, and the command that comes next; gone afterwards unless --data keeps it."""
    folder = ["--data", str(data)] if kept else []
    said = {}
    for _ in range(2 if kept else 1):
        with started("demo", "--skip-tour", "--port", "0", "--json", *folder) as process:
            said = json.loads(first(process))
            assert [urlsplit(each).path for each in said["mounts"]] == [f"/{name}" for name in MOUNTS]
            program, *words = said["next"].split()
            assert program == "bitting"
            assert bitting(*words).code == 0
            assert ended(process, signal.SIGINT) == (0, "")
    assert Path(said["data"]).exists() == kept


@pytest.mark.parametrize("failed", [0, 1])
def test_the_tour_decides(monkeypatch: pytest.MonkeyPatch, failed: int, data: Path) -> None:
    """Its exit code is the number that matters, and a demonstration whose tour failed does not begin."""
    monkeypatch.setattr("bitting.cli.run.play_tour", lambda: failed)
    assert bitting("tour").code == failed
    begun: list[object] = []
    monkeypatch.setattr("bitting.cli.run.until_stopped", begun.append)
    assert bitting("demo", "--data", str(data)).code == failed
    assert len(begun) == 1 - failed


def test_what_nobody_foresaw_is_for_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """The operator's log has where it happened."""
    from bitting.cli.run import report

    report(ZeroDivisionError("a fault"))
    assert capsys.readouterr().err.startswith("ZeroDivisionError: a fault")
