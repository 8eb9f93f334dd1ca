"""Backups are sealed for whoever has the other half, and for nobody else; what is damaged is said."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import pytest
from pyrage import x25519

from bitting.domain.errors import MalformedValue, Misconfigured, Refused, Unavailable
from bitting.kms.age import Identity, Sealer, is_sealed
from tests.stores.sqlite.faults import no_file_above

CHUNK = 64 * 1024  # of age's payload
PLAIN = os.urandom(3 * CHUNK + 1000)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "plain"
    path.write_bytes(PLAIN)
    return path


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    return tmp_path / "backup.key"


@pytest.fixture
def recipient(identity: Path) -> str:
    return Identity.create(identity)


@pytest.fixture
def sealed(plain: Path, recipient: str) -> Path:
    path = empty(plain.with_name("sealed"))
    Sealer([recipient]).seal(plain, path)
    return path


def empty(path: Path) -> Path:
    path.touch(0o600)
    return path


def opened(sealed: Path, identity: Path) -> bytes:
    target = empty(sealed.with_name("opened"))
    Identity.load(identity).unseal(sealed, target)
    return target.read_bytes()


def test_what_was_sealed_comes_back(sealed: Path, identity: Path) -> None:
    """To the byte, by its identity; and in the file nothing of it can be seen."""
    assert is_sealed(sealed)
    assert opened(sealed, identity) == PLAIN
    assert PLAIN[100:140] not in sealed.read_bytes()


def test_several_may_open_it(plain: Path, recipient: str, identity: Path, tmp_path: Path) -> None:
    """Each by herself."""
    other = Identity.create(tmp_path / "other.key")
    path = empty(tmp_path / "sealed")
    Sealer([recipient, other]).seal(plain, path)
    assert opened(path, identity) == opened(path, tmp_path / "other.key") == PLAIN


def test_nobody_else_opens_it(sealed: Path, tmp_path: Path) -> None:
    """Another identity is told that it is another one."""
    Identity.create(tmp_path / "other.key")
    with pytest.raises(Refused, match=r"is not sealed for .*other\.key: name the identity that opens it"):
        opened(sealed, tmp_path / "other.key")


def test_ages_own_files_are_understood_both_ways(sealed: Path, identity: Path, plain: Path) -> None:
    """An identity file is the one that age-keygen writes, and what age seals is opened here."""
    line = identity.read_text().splitlines()[1]
    assert pyrage.decrypt(sealed.read_bytes(), [x25519.Identity.from_str(line)]) == PLAIN
    theirs = plain.with_name("theirs")
    theirs.write_bytes(pyrage.encrypt(PLAIN, [x25519.Identity.from_str(line).to_public()]))
    assert opened(theirs, identity) == PLAIN
    identity.write_text(f"# created: 2026-11-21T12:00:00Z\n# public key: age1…\n\n{line}\n", "utf-8")
    with pytest.raises(Misconfigured, match="holds no age identity"):  # not in ASCII
        opened(theirs, identity)
    identity.write_text(f"# created: 2026-11-21T12:00:00Z\n\n{line}\n{x25519.Identity.generate()}\n")
    assert opened(theirs, identity) == PLAIN


END, BEGINNING = "damaged, or its end is missing", "damaged at its beginning"
DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "without its last byte": (lambda raw: raw[:-1], END),
    "cut off somewhere": (lambda raw: raw[:150_000], END),
    "cut off in its heading": (lambda raw: raw[:30], BEGINNING),
    "one bit in the middle": (lambda raw: raw[:5000] + bytes([raw[5000] ^ 1]) + raw[5001:], END),
    "one bit at the end": (lambda raw: raw[:-1] + bytes([raw[-1] ^ 128]), END),
    "one byte more": (lambda raw: raw + b"\0", END),
    "empty": (lambda raw: b"", BEGINNING),
    "something else": (lambda raw: b"SQLite format 3\0" * 100, BEGINNING),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_is_damaged_is_not_opened(sealed: Path, identity: Path, name: str) -> None:
    """Cut off, turned, or longer than it was."""
    damage, words = DAMAGES[name]
    sealed.write_bytes(damage(sealed.read_bytes()))
    with pytest.raises(Misconfigured, match=words):
        opened(sealed, identity)


def test_an_end_that_is_missing_by_whole_chunks_is_missed(sealed: Path, identity: Path) -> None:
    """The format says in each chunk whether it is the last."""
    raw = sealed.read_bytes()
    body = 3 * (CHUNK + 16) + 1000 + 16
    for chunks in (1, 2):
        sealed.write_bytes(raw[: len(raw) - body + chunks * (CHUNK + 16)])
        with pytest.raises(Misconfigured, match="its end is missing"):
            opened(sealed, identity)


def test_it_is_opened_before_it_is_believed(
    plain: Path, recipient: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that gives back something else than was written is found, to the last byte; so is a library that opens it
    to something else."""
    encrypt, decrypt = pyrage.encrypt_io, pyrage.decrypt_io

    def turned(source: Any, target: Any, recipients: Any) -> None:
        encrypt(source, target, recipients)
        target._file.seek(-1, os.SEEK_END)
        target._file.write(b"\0\1")

    monkeypatch.setattr(pyrage, "encrypt_io", turned)
    with pytest.raises(Misconfigured, match="does not open as it was written: look at the disk"):
        Sealer([recipient]).seal(plain, empty(tmp_path / "turned"))
    monkeypatch.setattr(pyrage, "encrypt_io", encrypt)

    def shortened(source: Any, target: Any, identities: Any) -> None:
        decrypt(source, _Shorter(target), identities)

    monkeypatch.setattr(pyrage, "decrypt_io", shortened)
    with pytest.raises(Misconfigured, match="does not hold what was written"):
        Sealer([recipient]).seal(plain, empty(tmp_path / "short"))


class _Shorter:
    def __init__(self, target: Any) -> None:
        self._target = target

    def write(self, data: bytes) -> int:
        self._target.write(data[:-1])
        return len(data)

    def flush(self) -> None:
        self._target.flush()


def test_a_full_disk_is_said(plain: Path, recipient: str, sealed: Path, identity: Path, tmp_path: Path) -> None:
    """On the way in and on the way out."""
    with no_file_above(40_000):
        with pytest.raises(Unavailable, match="cannot be written: File too large"):
            Sealer([recipient]).seal(plain, empty(tmp_path / "full"))
        with pytest.raises(Unavailable, match="cannot be written: File too large"):
            opened(sealed, identity)


def test_an_identity_is_for_its_owner_only(identity: Path, recipient: str, tmp_path: Path) -> None:
    """Mode 0600, never written over another, and its secret in no text of ours."""
    assert stat.S_IMODE(identity.stat().st_mode) == 0o600
    secret = identity.read_text().splitlines()[1]
    assert secret not in repr(Identity.load(identity))
    with pytest.raises(Misconfigured, match="never overwritten"):
        Identity.create(identity)
    with pytest.raises(Misconfigured, match="cannot be made"):
        Identity.create(tmp_path / "nowhere" / "backup.key")
    with no_file_above(10), pytest.raises(Unavailable, match="cannot be written"):
        Identity.create(tmp_path / "full.key")
    assert not (tmp_path / "full.key").exists()
    identity.chmod(0o640)
    with pytest.raises(Misconfigured, match="wider than 0600"):
        Identity.load(identity)


@pytest.mark.parametrize("content", ["", "# nothing\n", "AGE-SECRET-KEY-1QQQ\n", "age1xyz\n", "\xff"])
def test_what_is_no_identity(tmp_path: Path, content: str) -> None:
    """It is said which file is meant, and nothing of what is in it."""
    path = tmp_path / "some.key"
    path.touch(0o600)
    path.write_text(content)
    with pytest.raises(Misconfigured, match="holds no age identity: name the file that `bitting backup key` made"):
        Identity.load(path)


def test_what_is_no_recipient(identity: Path, recipient: str) -> None:
    """A secret half that was given for the public one is not repeated."""
    secret = identity.read_text().splitlines()[1]
    for text in (secret, secret.lower()):
        with pytest.raises(MalformedValue, match="the secret half, which belongs to nobody here") as caught:
            Sealer([recipient, text])
        assert secret[20:40].lower() not in str(caught.value).lower()
    for text in ("", "age1xyz", "ssh-ed25519 AAAA", recipient[:-1]):
        with pytest.raises(MalformedValue, match="a recipient is a public key of age, age1…, and not "):
            Sealer([text])
    with pytest.raises(MalformedValue, match="at least one"):
        Sealer([])


def test_what_is_sealed_is_told_by_its_beginning(plain: Path, sealed: Path, tmp_path: Path) -> None:
    """A missing file is said."""
    assert (is_sealed(plain), is_sealed(sealed)) == (False, True)
    with pytest.raises(Refused, match=r"there is no backup at .*: No such file"):
        is_sealed(tmp_path / "missing")
