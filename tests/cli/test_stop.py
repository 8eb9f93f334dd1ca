"""What somebody who pulls the brake is told when it stands, and when it stands in memory only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from bitting.desk.ports import Book
from bitting.desk.stops import settle_all
from bitting.domain.errors import Unavailable
from bitting.lifecycle.ports import Work
from bitting.wiring.service import Service
from tests.cli.server import Server, found
from tests.cli.transcript import bitting

T = TypeVar("T")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITTING_DATA", str(tmp_path / "data"))
    found(tmp_path / "data")
    return tmp_path / "data"


class FullBook:
    """A store that can be read, and whose disk takes nothing more."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.load = book.load
        self.read = book.read

    async def change(self, now_ns: int, make: Callable[[Work], T]) -> T:
        raise Unavailable("the disk is full: free some space")


async def fill(service: Service) -> None:
    service.house.desk.book = FullBook(service.house.desk.book)


async def free(service: Service) -> None:
    full = service.house.desk.book
    assert isinstance(full, FullBook)
    service.house.desk.book = full.book
    await settle_all(service.house.desk)  # as happens every second


def test_a_stop_that_the_disk_does_not_take(data: Path) -> None:
    """It is told with the reason, stands, and is durable by itself when the disk is back."""
    with Server(data) as server:
        server.run(fill)
        told = bitting("freeze", "--everything")
        assert (told.code, told.err) == (0, "")
        stands, why = told.out.splitlines()
        assert stands == "everything is stopped"
        assert why.startswith("in memory only: the disk is full: free some space; it lasts as long as this process")
        assert json.loads(bitting("freeze", "--everything", "--json").out)["durable"] is False
        server.run(free)
    assert json.loads(bitting("house", "show", "--json").out)["frozen"] is True
