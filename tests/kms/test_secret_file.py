"""A key file is written whole, never over another, and read only if nobody else could have touched it."""

import os
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import Misconfigured, Unavailable
from bitting.domain.secret import Secret
from bitting.kms.secret_file import SecretFile, key_id

KEY = Secret(bytes(range(32)))


@pytest.fixture
def file(tmp_path: Path) -> SecretFile:
    """A place for a key, empty yet."""
    return SecretFile(tmp_path / "some.key", "root")


@pytest.fixture
def kept(file: SecretFile) -> SecretFile:
    """A key file as it must be."""
    file.create(KEY)
    return file


def refusal(file: SecretFile) -> str:
    """The one line that says why the file is not read."""
    with pytest.raises(Misconfigured) as error:
        file.load()
    text = str(error.value)
    assert str(file.path) in text
    assert "\n" not in text
    assert KEY.reveal().hex() not in text
    assert error.value.__suppress_context__ or error.value.__context__ is None
    return text


def test_a_key_is_read_back(kept: SecretFile) -> None:
    """What was written is read, and the file is its owner's alone."""
    assert kept.load() == KEY
    assert kept.path.stat().st_mode & 0o7777 == 0o600


def test_the_file_is_these_bytes(kept: SecretFile) -> None:
    """The format is pinned: files written today are read for ever, and a person can see what one is."""
    assert kept.path.read_text() == (
        "bitting secret file 1\n"
        "kind root\n"
        "id 44bcf5a42310fd22\n"
        "key 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
        "check 2c218cf36591e3ea\n"
    )


@pytest.mark.parametrize("umask", [0o000, 0o777])
def test_the_umask_makes_no_difference(file: SecretFile, umask: int) -> None:
    """Whatever the shell's umask, the mode is 0600 from the start."""
    before = os.umask(umask)
    try:
        file.create(KEY)
    finally:
        os.umask(before)
    assert file.path.stat().st_mode & 0o7777 == 0o600


def test_a_file_narrower_than_0600_is_read(kept: SecretFile) -> None:
    """An operator may take away the right to write."""
    kept.path.chmod(0o400)
    assert kept.load() == KEY


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604, 0o602, 0o601, 0o700, 0o4600])
def test_a_file_open_to_others_is_refused(kept: SecretFile, mode: int) -> None:
    """K-20: any right beyond reading and writing by the owner stops the start, and chmod is named."""
    kept.path.chmod(mode)
    assert f"chmod 600 {kept.path}" in refusal(kept)
    kept.path.chmod(0o600)
    assert kept.load() == KEY


def test_a_symbolic_link_is_refused(kept: SecretFile) -> None:
    """K-20: a link is followed neither in reading nor in writing, wherever it points."""
    link = SecretFile(kept.path.with_name("link"), "root")
    link.path.symlink_to(kept.path)
    assert "symbolic link" in refusal(link)
    dangling = SecretFile(kept.path.with_name("dangling"), "root")
    dangling.path.symlink_to(kept.path.with_name("elsewhere"))
    with pytest.raises(Misconfigured, match="exists"):
        dangling.create(KEY)
    assert not kept.path.with_name("elsewhere").exists()


def test_a_file_of_another_user_is_refused(kept: SecretFile) -> None:
    """K-20: who owns the file could have written it; the owner and we are named."""
    if os.geteuid() == 0:
        os.chown(kept.path, 12345, -1)
        foreign = kept
    else:
        foreign = SecretFile(Path("/etc/passwd"), "root")
    assert f"and this is user {os.geteuid()}" in refusal(foreign)


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    """K-20: a folder, a pipe without a writer or a socket in its place is refused at once."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "socket"))
        for name in ("pipe", "folder"):
            assert "regular file" in refusal(SecretFile(tmp_path / name, "root"))
        assert "cannot be read" in refusal(SecretFile(tmp_path / "socket", "root"))


def test_an_absent_file_is_said_to_be_absent(file: SecretFile) -> None:
    """K-14: a missing key names its place and what to do."""
    assert "not there: restore it" in refusal(file)


def test_a_place_that_cannot_be_is_refused(kept: SecretFile) -> None:
    """A path through a file, or in no folder, is refused in reading and in writing."""
    nowhere = SecretFile(kept.path / "below", "root")
    assert "check its folder" in refusal(nowhere)
    for path in (nowhere.path, kept.path.parent / "none" / "key"):
        with pytest.raises(Misconfigured, match="check its folder"):
            SecretFile(path, "root").create(KEY)


def test_a_key_is_never_overwritten(kept: SecretFile) -> None:
    """A second `create` leaves the first key as it is."""
    with pytest.raises(Misconfigured, match="never overwritten"):
        kept.create(Secret(bytes(32)))
    assert kept.load() == KEY


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_not_written(file: SecretFile, length: int) -> None:
    """A short key, from a broken source say, never becomes a file."""
    with pytest.raises(ValueError, match="32 bytes"):
        file.create(Secret(bytes(length)))
    assert not file.path.exists()


@contextmanager
def disk_full_after(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_no_half_a_key(file: SecretFile) -> None:
    """A key that could not be written whole is not there, and can be made when there is room."""
    with disk_full_after(20), pytest.raises(Unavailable, match="cannot be written"):
        file.create(KEY)
    assert list(file.path.parent.iterdir()) == []
    file.create(KEY)
    assert file.load() == KEY


def test_a_key_whose_name_is_not_durable_is_not_there(file: SecretFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it could be used, and be gone with the power."""

    def fail(folder: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("bitting.kms.secret_file.sync_folder", fail)
    with pytest.raises(Unavailable, match="cannot be written"):
        file.create(KEY)
    assert list(file.path.parent.iterdir()) == []


def test_whoever_died_over_a_key_is_in_nobodys_way(file: SecretFile) -> None:
    """A draft of another process, or of one that had the same number."""
    for number in (1, os.getpid()):
        file.path.with_name(f"{file.path.name}.{number}.draft").write_bytes(b"half a key")
    file.create(KEY)
    assert file.load() == KEY


def test_no_bit_of_the_file_can_be_flipped(kept: SecretFile) -> None:
    """Every bit of a key file is guarded by its form or its checksum."""
    content = kept.path.read_bytes()
    for bit in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        kept.path.write_bytes(flipped)
        refusal(kept)


@given(content=st.binary(max_size=600))
def test_any_bytes_at_all_are_misconfigured(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever is in the file, it is read as a key or refused in one line."""
    file = SecretFile(tmp_path_factory.mktemp("any") / "key", "root")
    file.path.touch(0o600)
    file.path.write_bytes(content)
    refusal(file)


@pytest.mark.parametrize("suffix", [b"\n", b" ", b"\x00", b"x" * 1000])
def test_a_file_that_is_too_long_or_too_short_is_refused(kept: SecretFile, suffix: bytes) -> None:
    """One byte more or less, and the file is not whole."""
    content = kept.path.read_bytes()
    for spoilt in (content + suffix, suffix + content, content[:-1], content[1:], b""):
        kept.path.write_bytes(spoilt)
        assert "no whole key file" in refusal(kept)


def test_a_file_of_another_kind_is_named(kept: SecretFile) -> None:
    """The root cannot be taken for a signing key, even by mistake in the settings."""
    assert "is a root key, not a checkpoint key" in refusal(SecretFile(kept.path, "checkpoint"))


def test_kinds_have_ids_of_their_own() -> None:
    """The same bytes under another kind have another id, and other bytes too."""
    assert key_id("root", KEY) == key_id("root", Secret(KEY.reveal()))
    assert len({key_id("root", KEY), key_id("checkpoint", KEY), key_id("root", Secret(bytes(32)))}) == 3


def test_load_or_create_makes_a_key_once(file: SecretFile) -> None:
    """The first call makes the key, the next ones read it."""
    assert file.load_or_create(os.urandom) == file.load_or_create(os.urandom)


def test_load_or_create_does_not_replace_a_bad_file(file: SecretFile) -> None:
    """A file that cannot be read is refused, not taken for none; nor is a dangling link."""
    file.path.symlink_to("nowhere")
    with pytest.raises(Misconfigured, match="symbolic link"):
        file.load_or_create(os.urandom)
