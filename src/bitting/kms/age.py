"""Backups sealed for whoever may open them: age files (https://age-encryption.org/v1), made by pyrage.

Rule: what makes a backup cannot open it. It is sealed for public keys, whose other halves lie elsewhere. To see that it
can be opened, all of it, it is sealed for one more key that is made for this one file, never leaves memory, and is
forgotten when the file has been opened with it.

An identity is a file as `age-keygen` writes it, mode 0600; `age -d -i IDENTITY` opens what is sealed here, and a backup
sealed by `age -r` is opened here.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Final

import pyrage
from pyrage import x25519

from bitting.domain.errors import MalformedValue, Misconfigured, Refused, Unavailable
from bitting.kms.private_file import read_private, sync_folder

HEADING: Final = b"age-encryption.org/v1\n"
_MOST_BYTES: Final = 64 * 1024  # of a file of identities


def is_sealed(path: Path) -> bool:
    """Whether the file is one of age's. Raises Refused where there is none."""
    try:
        with path.open("rb") as file:
            return file.read(len(HEADING)) == HEADING
    except OSError as problem:
        raise Refused(f"there is no backup at {path}: {problem.strerror}") from None


class Sealer:
    """Seals files for the owners of these public keys, `age1…`."""

    def __init__(self, recipients: Sequence[str]) -> None:
        """Raises MalformedValue."""
        self._recipients = list(map(_recipient, recipients))
        if not self._recipients:
            raise MalformedValue("name at least one public key that may open it")

    def seal(self, plain: Path, sealed: Path) -> None:
        """Fill `sealed`, which is there and empty, and open it again. Raises Unavailable, Misconfigured."""
        once = x25519.Identity.generate()
        with plain.open("rb") as source, sealed.open("r+b", buffering=0) as target:
            told = _Told(source)
            kept = _Kept(target)
            try:
                pyrage.encrypt_io(told, kept, [*self._recipients, once.to_public()])
                os.fsync(target.fileno())
            except (OSError, pyrage.EncryptError):
                raise Unavailable(f"{sealed} cannot be written: {kept.problem or 'the disk failed'}") from None
            target.seek(0)
            again = _Kept()
            try:
                pyrage.decrypt_io(target, again, [once])
            except (OSError, pyrage.DecryptError):
                raise Misconfigured(f"{sealed} does not open as it was written: look at the disk") from None
            if again.digest() != told.digest():
                raise Misconfigured(f"{sealed} does not hold what was written: look at the disk")


class Identity:
    """The other half, by which what is sealed is opened."""

    def __init__(self, path: Path, identities: Sequence[x25519.Identity]) -> None:
        self._path = path
        self._identities = list(identities)

    @classmethod
    def load(cls, path: Path) -> Identity:
        """From a file for its owner only, of one identity a line; lines that begin with # are left out. Raises
        Misconfigured."""
        try:
            lines = read_private(path, _MOST_BYTES).decode("ascii").splitlines()
            found = [x25519.Identity.from_str(each) for each in map(str.strip, lines) if each and each[0] != "#"]
        except (UnicodeDecodeError, pyrage.IdentityError):
            found = []
        if not found:
            raise Misconfigured(f"{path} holds no age identity: name the file that `bitting backup key` made")
        return cls(path, found)

    @staticmethod
    def create(path: Path) -> str:
        """Make one in a new file; its public key. Raises Misconfigured where something stands there already,
        Unavailable when the disk fails."""
        identity = x25519.Identity.generate()
        public = str(identity.to_public())
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            raise Misconfigured(f"{path} exists and is never overwritten: move it away first") from None
        except OSError as problem:
            raise Misconfigured(f"{path} cannot be made ({problem.strerror}): check its folder") from None
        try:
            with open(descriptor, "w", encoding="ascii") as file:
                file.write(f"# opens backups sealed for this public key: {public}\n{identity}\n")
                file.flush()
                os.fsync(descriptor)
            sync_folder(path.parent)
        except OSError as problem:
            path.unlink(missing_ok=True)
            raise Unavailable(f"{path} cannot be written ({problem.strerror})") from None
        return public

    def unseal(self, sealed: Path, plain: Path) -> None:
        """Fill `plain`, which is there and empty. Raises Refused for what these keys do not open, Misconfigured for
        what is damaged, Unavailable when the disk fails; what was filled by then is no part of a backup."""
        with sealed.open("rb") as source, plain.open("r+b", buffering=0) as target:
            kept = _Kept(target)
            try:
                pyrage.decrypt_io(source, kept, self._identities)
                os.fsync(target.fileno())
            except pyrage.DecryptError as problem:
                if str(problem) == "No matching keys found":
                    raise Refused(f"{sealed} is not sealed for {self._path}: name the identity that opens it") from None
                raise Misconfigured(f"{sealed} is damaged at its beginning: take another copy") from None
            except OSError:
                if kept.problem:
                    raise Unavailable(f"{plain} cannot be written: {kept.problem}") from None
                raise Misconfigured(f"{sealed} is damaged, or its end is missing: take another copy") from None

    def __repr__(self) -> str:
        return f"Identity({str(self._path)!r})"


def _recipient(text: str) -> x25519.Recipient:
    try:
        return x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        secret = text.upper().startswith("AGE-SECRET-KEY-")
        shown = "the secret half, which belongs to nobody here" if secret else repr(text[:80])
        raise MalformedValue(f"a recipient is a public key of age, age1…, and not {shown}") from None


class _Told:
    """A file that is read, and the hash of what was."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, most: int = -1) -> bytes:
        data = self._file.read(most)
        self._hash.update(data)
        return data

    def digest(self) -> bytes:
        return self._hash.digest()


class _Kept:
    """Where something is written to, a file or nowhere; its hash, and why it failed: pyrage keeps that to itself."""

    def __init__(self, file: FileIO | None = None) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.problem = ""

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        if self._file is not None:
            rest = memoryview(data)
            try:
                while rest:
                    rest = rest[self._file.write(rest) :]
            except OSError as problem:
                self.problem = problem.strerror or str(problem)
                raise
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def digest(self) -> bytes:
        return self._hash.digest()
