"""A 32-byte key in a file of its own: how it is written, and what is refused when it is read.

    bitting secret file 1
    kind root
    id 5f2b9c01d4e8a673
    key 64 hexadecimal digits, lower case
    check 16 hexadecimal digits

Five lines of ASCII, each ended by one newline. `id` is the first 8 bytes of HMAC-SHA256(key, "bitting id of
<kind>"): it names the key and tells nothing about it. `check` is the first 8 bytes of SHA-256 over the four
lines above it: a damaged or mistyped file is told from a wrong key.

Rule: a file is made whole and never overwritten: whoever dies over it leaves a draft, and nothing under its name. What
it must be to be read is said in `private_file`.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bitting.domain.errors import Misconfigured, Unavailable
from bitting.domain.secret import Secret
from bitting.kms.private_file import read_private, sync_folder

KEY_BYTES = 32

_FORM = re.compile(
    rb"bitting secret file 1\n"
    rb"kind (?P<kind>[a-z-]{1,32})\n"
    rb"id [0-9a-f]{16}\n"
    rb"key (?P<key>[0-9a-f]{64})\n"
    rb"check [0-9a-f]{16}\n"
)
_MORE_THAN_ANY = 512


def key_id(kind: str, key: Secret) -> str:
    """16 hexadecimal digits that name the key."""
    return hmac.digest(key.reveal(), f"bitting id of {kind}".encode(), "sha256")[:8].hex()


@dataclass(frozen=True, slots=True)
class SecretFile:
    """One file that holds one key; `kind` is a word that says what the key is for, and is checked."""

    path: Path
    kind: str

    def load(self) -> Secret:
        """The key. Raises Misconfigured, with what to do, for every file that is not as it must be."""
        content = read_private(self.path, _MORE_THAN_ANY)
        form = _FORM.fullmatch(content)
        if form is None:
            raise Misconfigured(f"{self.path} is no whole key file: name the right one, or restore it")
        if form["kind"] != self.kind.encode():
            found = form["kind"].decode()
            raise Misconfigured(f"{self.path} is a {found} key, not a {self.kind} key: name the right file")
        key = Secret(bytes.fromhex(form["key"].decode()))
        if content != self._content(key):
            raise Misconfigured(f"{self.path} is damaged (its checksum is wrong): restore it from a backup")
        return key

    def create(self, key: Secret) -> None:
        """Write `key` durably into a new file of mode 0600.

        Raises Misconfigured where something stands there already or the place cannot be written to,
        Unavailable when the disk fails or is full (then no file is left), ValueError for another key length.
        """
        if len(key.reveal()) != KEY_BYTES:
            raise ValueError("a key file holds 32 bytes")
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}.draft")
        try:
            draft.unlink(missing_ok=True)  # of one who had our number, and died
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except OSError as exc:
            raise Misconfigured(f"{self.path} cannot be made ({exc.strerror}): check its folder") from None
        try:
            with open(descriptor, "wb") as file:
                os.fchmod(descriptor, 0o600)  # whatever the umask made of it
                file.write(self._content(key))
                file.flush()
                os.fsync(descriptor)
            os.link(draft, self.path)  # not a renaming, which would overwrite
            self._keep()
        except FileExistsError:
            raise Misconfigured(f"{self.path} exists and is never overwritten: move it away first") from None
        except OSError as exc:
            raise Unavailable(f"{self.path} cannot be written ({exc.strerror})") from None
        finally:
            draft.unlink(missing_ok=True)

    def load_or_create(self, entropy: Callable[[int], bytes]) -> Secret:
        """The key in the file, or a new one where there is no file. Raises as `load` and `create` do.

        For keys whose loss is mended by making another. Not for a root: a new one opens nothing.
        """
        if os.path.lexists(self.path):
            return self.load()
        key = Secret(entropy(KEY_BYTES))
        self.create(key)
        return key

    def _keep(self) -> None:
        """Make its name durable, or let nobody find it."""
        try:
            sync_folder(self.path.parent)
        except OSError:
            self.path.unlink(missing_ok=True)
            raise

    def _content(self, key: Secret) -> bytes:
        lines = (
            f"bitting secret file 1\nkind {self.kind}\nid {key_id(self.kind, key)}\nkey {key.reveal().hex()}\n"
        ).encode()
        return lines + f"check {hashlib.sha256(lines).digest()[:8].hex()}\n".encode()
