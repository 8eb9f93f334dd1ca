"""Checkpoints in small files: durable when they are kept, and never mistaken for nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bitting.domain.errors import Misconfigured, Unavailable
from bitting.stores.notes import NoteFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "witnessed"


def test_the_newest_of_each_name_is_kept(folder: Path) -> None:
    """In a file of mode 0600 in a folder of mode 0700, whatever the name looks like."""
    notes = NoteFolder(folder)
    names = ["bitting.local/journal", "../../etc/passwd", "", "ключ", "x" * 1000]
    assert [notes.kept(name) for name in names] == [None] * 5
    assert list(notes.every()) == []
    for name in names:
        notes.keep(name, f"first of {name}")
        notes.keep(name, f"newest of {name}\n")
    assert [notes.kept(name) for name in names] == [f"newest of {name}\n" for name in names]
    assert sorted(note for _, note in notes.every()) == sorted(f"newest of {name}\n" for name in names)
    assert {path.parent for path, _ in notes.every()} == {folder}
    assert {path.stat().st_mode & 0o777 for path, _ in notes.every()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_file_that_cannot_be_read_is_no_empty_place(folder: Path) -> None:
    """A witness that took damage for nothing would forget."""
    notes = NoteFolder(folder)
    notes.keep("log", "note")
    [(path, _)] = notes.every()
    for damage in (b"\xff\xfe", b"x" * 70_000):
        path.write_bytes(damage)
        with pytest.raises(Misconfigured, match="is no checkpoint: restore it"):
            notes.kept("log")
    path.unlink()
    path.mkdir()
    with pytest.raises(Misconfigured, match="cannot be read"):
        list(notes.every())


def test_a_full_disk_keeps_the_note_before(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says so."""
    notes = NoteFolder(folder)
    notes.keep("log", "before")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="cannot be written: No space left on device"):
        notes.keep("log", "after")
    monkeypatch.undo()
    assert notes.kept("log") == "before"


def test_a_note_is_synced_before_it_has_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First the bytes, then the name, then the folder: after a power cut there is the one note or the other."""
    notes = NoteFolder(folder)
    notes.keep("log", "before")
    done: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def synced(descriptor: int) -> None:
        done.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    def renamed(path: Path, to: Path) -> Path:
        done.append("rename")
        return rename(path, to)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    notes.keep("log", "after")
    [(path, _)] = notes.every()
    assert done == [str(path.with_suffix(".draft")), "rename", str(folder)]
