"""Where the root is: in root.key, or where root.at says; and while it is changed, in one of two places."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bitting.domain.errors import MalformedValue, Misconfigured, Refused, Unavailable
from bitting.kms.local import LocalRoot
from bitting.stores.folder import DataFolder
from bitting.wiring import reach
from bitting.wiring.roots import Roots, absolute
from bitting.wiring.vault import init_root, use_root
from tests.cli.server import found


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """A data folder with nothing in it."""
    folder = DataFolder(tmp_path / "data")
    folder.make()
    return folder


def make(path: Path) -> str:
    """A root in a file; its id."""
    return LocalRoot.create(path, os.urandom).root_id


def opened(roots: Roots, root_id: str) -> str:
    with roots.opened(root_id) as root:
        return root.root_id


def at(folder: DataFolder) -> Path:
    return folder.path / "root.at"


def test_the_usual_place(folder: DataFolder) -> None:
    """No file says anything: it is root.key, and is made at the first start."""
    roots = Roots(folder)
    assert [str(each) for each in roots.places()] == ["file:root.key"]
    roots.found()
    id = LocalRoot.load(folder.root, os.urandom).root_id
    assert opened(roots, id) == id
    roots.found()
    assert opened(roots, id) == id


def test_another_place(folder: DataFolder, tmp_path: Path) -> None:
    """What was written is what is read, for the owner only; nothing is made there by a start."""
    roots = Roots(folder)
    roots.write(roots.read(f"file:{tmp_path}/two.key"))
    assert at(folder).read_text() == f"file:{tmp_path}/two.key\n"
    assert at(folder).stat().st_mode & 0o777 == 0o600
    with pytest.raises(Misconfigured, match=r"two.key is not there"):
        roots.found()
    id = make(tmp_path / "two.key")
    roots.found()
    assert opened(roots, id) == id
    assert not folder.root.exists()


@pytest.mark.parametrize("which", [0, 1])
def test_of_two_places_the_one_that_is_asked_for(folder: DataFolder, tmp_path: Path, which: int) -> None:
    """And from then on there is one."""
    ids = [make(tmp_path / "a.key"), make(tmp_path / "b.key")]
    roots = Roots(folder)
    places = [roots.read(f"file:{tmp_path}/{name}.key") for name in "ab"]
    roots.write(*places)
    assert opened(roots, ids[which]) == ids[which]
    assert [str(each) for each in roots.places()] == [str(places[which])]


@pytest.mark.parametrize("gone", ["a", "b"])
def test_one_of_two_places_is_gone(folder: DataFolder, tmp_path: Path, gone: str) -> None:
    """The other is enough; where it is not the one, the words say what was found in each."""
    ids = {name: make(tmp_path / f"{name}.key") for name in "ab"}
    roots = Roots(folder)
    roots.write(*[roots.read(f"file:{tmp_path}/{name}.key") for name in "ab"])
    (tmp_path / f"{gone}.key").unlink()
    left = "b" if gone == "a" else "a"
    with pytest.raises(Misconfigured) as problem:
        opened(roots, ids[gone])
    assert f"the house is under root {ids[gone]}" in str(problem.value)
    assert f"{left}.key is root {ids[left]}" in str(problem.value)
    assert f"{gone}.key is not there" in str(problem.value)
    assert opened(roots, ids[left]) == ids[left]


def test_with_a_full_disk_there_stay_two(folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That keeps nobody from the root."""
    id = make(tmp_path / "a.key")
    roots = Roots(folder)
    roots.write(*[roots.read(f"file:{tmp_path}/{name}.key") for name in "ab"])

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        assert opened(roots, id) == id
        with pytest.raises(Unavailable, match=r"root.at cannot be written \(No space left on device\)"):
            roots.write(roots.read("file:c.key"))
    assert len(roots.places()) == 2


def test_another_root_in_its_place(folder: DataFolder) -> None:
    """Named, and nothing is made of it."""
    id = make(folder.root)
    with pytest.raises(Misconfigured, match=f"under root 0123456789abcdef, .*file:root.key is root {id}"):
        opened(Roots(folder), "0123456789abcdef")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "does not say where the root is: `bitting root use PLACE` does"),
        (b"file:a\nfile:b\nfile:c\n", "does not say where the root is"),
        (b"elsewhere\n", "root.at: a place of a root is file:PATH"),
        (b"\xff\xfe\n", "root.at: a place of a root is"),
        (b"file:a\x00b\n", "root.at: a place of a root is"),
    ],
)
def test_a_file_that_says_nothing(folder: DataFolder, content: bytes, words: str) -> None:
    """It is not taken for the usual place."""
    make(folder.root)
    at(folder).write_bytes(content)
    at(folder).chmod(0o600)
    with pytest.raises(Misconfigured, match=words):
        Roots(folder).places()


def test_a_file_that_others_can_write(folder: DataFolder) -> None:
    """It names a program that is loaded."""
    at(folder).write_text("file:root.key\n")
    at(folder).chmod(0o620)
    with pytest.raises(Misconfigured, match="wider than 0600"):
        Roots(folder).places()


def test_a_root_before_the_house(folder: DataFolder, tmp_path: Path) -> None:
    """It is made, and the house is founded under it; then it is too late to make another."""
    said = init_root(folder, f"file:{tmp_path}/elsewhere.key")
    assert said["place"] == f"file:{tmp_path}/elsewhere.key"
    found(folder.path)
    assert reach.ask(folder.path, "root.show", {}) == said
    assert not folder.root.exists()
    with pytest.raises(Refused, match=r"there is a house in .*: `bitting root rotate` changes it"):
        init_root(folder, f"file:{tmp_path}/again.key")
    assert not (tmp_path / "again.key").exists()


def test_a_root_that_is_there_already(folder: DataFolder, tmp_path: Path) -> None:
    """It is not made, and not taken unasked; asked for, it is."""
    id = make(tmp_path / "there.key")
    with pytest.raises(Refused, match=r"there is a root already, file:.*: `bitting root use` takes it"):
        init_root(folder, f"file:{tmp_path}/there.key")
    assert not at(folder).exists()
    assert use_root(folder, f"file:{tmp_path}/there.key")["root"] == id
    found(folder.path)
    assert reach.ask(folder.path, "root.show", {})["root"] == id


def test_a_root_that_was_moved(folder: DataFolder, tmp_path: Path) -> None:
    """Where it is now is said, and tried; another one is refused, and nothing is changed."""
    found(folder.path)
    id = reach.ask(folder.path, "root.show", {})["root"]
    folder.root.rename(tmp_path / "moved.key")
    other = make(tmp_path / "other.key")
    with pytest.raises(Refused, match=f"is root {other}, and this house is under root {id}: give that one"):
        use_root(folder, f"file:{tmp_path}/other.key")
    assert not at(folder).exists()
    assert use_root(folder, f"file:{tmp_path}/moved.key") == {"root": id, "place": f"file:{tmp_path}/moved.key"}
    assert reach.ask(folder.path, "root.show", {})["root"] == id


@pytest.mark.parametrize("deed", [init_root, use_root])
def test_while_somebody_works_there(folder: DataFolder, deed: Callable[[DataFolder, str], object]) -> None:
    with folder.locked(), pytest.raises(Misconfigured, match="another bitting"):
        deed(folder, "file:a.key")
    with pytest.raises(MalformedValue, match="a place of a root is"):
        deed(folder, "a.key")


def test_a_root_that_does_not_open_founds_no_house(folder: DataFolder, tmp_path: Path) -> None:
    """There is no database afterwards that would be in the way."""
    roots = Roots(folder)
    roots.write(roots.read(f"file:{tmp_path}/gone.key"))
    with pytest.raises(Misconfigured, match=r"gone.key is not there"):
        found(folder.path)
    assert not folder.database.exists()


def test_a_path_is_from_where_somebody_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server stands elsewhere."""
    monkeypatch.chdir(tmp_path)
    assert absolute("file:two.key") == f"file:{tmp_path}/two.key"
    assert absolute("file:/two.key") == "file:/two.key"
    assert absolute("file:") == "file:"
    assert absolute("pkcs11:token=t") == "pkcs11:token=t"
