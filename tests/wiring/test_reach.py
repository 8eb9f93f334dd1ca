"""How a command finds the desk, and what it is told where there is none."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from bitting.domain.errors import Misconfigured, NotFound, Unavailable
from bitting.wiring import reach
from tests.cli.server import Server, found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    found(tmp_path / "data")
    return tmp_path / "data"


def test_through_a_running_server_or_by_the_folder(data: Path) -> None:
    """The same answers, the same errors; what one has written the other finds."""
    opened = reach.ask(data, "account.open", {"name": "alice"})
    with Server(data):
        assert reach.ask(data, "account.show", {"account": "alice"}) == opened
        assert reach.ask_server(data, "account.show", {"account": "alice"}) == opened
        with pytest.raises(NotFound, match="there is no account bob"):
            reach.ask(data, "account.show", {"account": "bob"})
        assert reach.ask(data, "status", {})["url"].startswith("http://127.0.0.1:")
    with pytest.raises(NotFound, match="there is no account bob"):
        reach.ask(data, "account.show", {"account": "bob"})
    assert reach.ask(data, "status", {}) == {}


def test_what_is_changed_in_the_folder_is_signed(data: Path) -> None:
    """Before the command ends: nobody else will."""
    reach.ask(data, "account.open", {"name": "alice"})
    assert reach.ask(data, "journal.check", {})["signed"] == 1


def test_a_socket_that_was_left_behind(data: Path) -> None:
    """By a server that was killed: nobody listens, and the folder is opened."""
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(data / "bitting.sock"))
    assert reach.ask(data, "account.list", {}) == {"accounts": []}
    with pytest.raises(Unavailable, match="no server runs on"):
        reach.ask_server(data, "account.list", {})


def test_where_there_is_no_house(tmp_path: Path) -> None:
    """Nothing is made by asking."""
    with pytest.raises(Misconfigured, match="there is no house in"):
        reach.ask(tmp_path / "data", "account.list", {})
    with pytest.raises(Unavailable, match="no server runs on"):
        reach.ask_server(tmp_path / "data", "account.list", {})
    assert list(tmp_path.iterdir()) == []


def test_a_place_no_socket_can_be_in(tmp_path: Path) -> None:
    """The system's word for it is passed on."""
    with pytest.raises(Misconfigured, match="cannot be reached: AF_UNIX path too long"):
        reach.ask(tmp_path / ("x" * 120), "account.list", {})


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", b"hello\r\n\r\n"])
def test_a_server_that_does_not_answer(data: Path, said: bytes) -> None:
    """Half an answer is none, and the text says where to look."""
    with socket.socket(socket.AF_UNIX) as line:
        line.bind(str(data / "bitting.sock"))
        line.listen()

        def answer() -> None:
            with line.accept()[0] as call:
                call.recv(65536)
                call.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Unavailable, match=r"(?s)^the server did not answer .*; `bitting doctor` looks closer$"):
            reach.ask(data, "account.list", {})
        thread.join()
