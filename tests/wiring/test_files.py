"""Files that people take away are whole, theirs alone, and never over something that is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bitting.domain.errors import Refused, Tampered, Unavailable
from bitting.wiring.files import new_file, save_new
from tests.stores.sqlite.faults import no_file_above


def test_a_new_file(tmp_path: Path) -> None:
    """Its lines as they were given, their number, and nobody else may read it."""
    path = tmp_path / "journal.jsonl"
    assert save_new(path, iter(["a\n", "b\u2028\r\n", "c"])) == 3
    assert path.read_bytes() == "a\nb\u2028\r\nc".encode()
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """Neither a file nor what a link leads to."""
    path, link = tmp_path / "there", tmp_path / "link"
    path.write_text("mine")
    link.symlink_to(tmp_path / "elsewhere")
    for each in (path, link):
        with pytest.raises(Refused, match="is there already; nothing is overwritten"):
            save_new(each, ["x"])
    assert path.read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("place", ["nowhere/file", "there/file", ""])
def test_where_nothing_can_be_made(tmp_path: Path, place: str) -> None:
    """The system's word for it is passed on."""
    (tmp_path / "there").touch()
    with pytest.raises(Refused):
        save_new(tmp_path / place, ["x"])


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    """A journal that turns out to be tampered with, and a disk that is full."""
    path = tmp_path / "journal.jsonl"

    def lines() -> Iterator[str]:
        yield "a\n"
        raise Tampered("leaf 1 is not what was signed")

    with pytest.raises(Tampered):
        save_new(path, lines())
    assert not path.exists()
    with no_file_above(100_000), pytest.raises(Unavailable, match="cannot be written: File too large"):
        save_new(path, ["x" * 1000] * 1000)
    assert not path.exists()


def test_a_new_file_and_its_name_are_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the block has ended, the bytes are synced, and then the folder that has the name."""
    synced: list[Path] = []
    fsync = os.fsync

    def seen(descriptor: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    monkeypatch.setattr("os.fsync", seen)
    with new_file(tmp_path / "new") as file:
        file.write(b"\x00\xff")
        assert synced == []
    assert synced == [tmp_path / "new", tmp_path]
    assert (tmp_path / "new").read_bytes() == b"\x00\xff"
