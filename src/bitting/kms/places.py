"""Where a root is, in one line of text.

    file:root.key
    pkcs11:token=bitting;object=root?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/bitting/pin

The second is a PKCS #11 URI (RFC 7512), of which these are read: `token`, `object`, and `serial` where two tokens have
the same label; `module-path`, an absolute path; `pin-source`, `file:` with the absolute path of a file of mode 0600,
or `env:` with the name of an environment variable. A PIN itself never stands in a place: places are shown.

A relative `file:` is one in the data folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import quote, unquote

from bitting.domain.errors import MalformedValue, Misconfigured
from bitting.domain.secret import Secret
from bitting.kms import pkcs11
from bitting.kms.local import LocalRoot
from bitting.kms.private_file import read_private
from bitting.vault.port import Root

LONGEST: Final = 2_000
_LONGEST_PIN: Final = 255
# RFC 7512 section 2.3: what may stand in a value as it is, beside letters and digits.
_PLAIN: Final = "-._~:[]@!$'()*+,=/"
_SPELT: Final = re.compile(r"(?:[A-Za-z0-9\-._~:\[\]@!$'()*+,=/]|%[0-9A-Fa-f]{2})+", re.ASCII)
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)


class Place(Protocol):
    """Where a root is, or can be made."""

    def __str__(self) -> str:
        """The line of text."""

    def opened(self) -> AbstractContextManager[Root]:
        """The root that is there, until the block ends. Raises Misconfigured, Unavailable."""

    def make(self) -> bool:
        """Make a root, unless there is one. Whether one was made. Raises Misconfigured, Unavailable."""


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A root in a file (`local`)."""

    path: Path
    folder: Path
    entropy: Callable[[int], bytes]

    def __str__(self) -> str:
        inside = self.path.relative_to(self.folder) if self.path.is_relative_to(self.folder) else self.path
        return f"file:{inside}"

    @contextmanager
    def opened(self) -> Iterator[LocalRoot]:
        yield LocalRoot.load(self.path, self.entropy)

    def make(self) -> bool:
        if os.path.lexists(self.path):
            return False
        LocalRoot.create(self.path, self.entropy)
        return True


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """A root in a token (`pkcs11`)."""

    token: pkcs11.Token
    pin_source: str
    environment: Mapping[str, str]
    entropy: Callable[[int], bytes]

    def __str__(self) -> str:
        module, token, serial, key = self.token
        named = {"token": token, "serial": serial, "object": key}
        path = ";".join(f"{name}={quote(value, _PLAIN)}" for name, value in named.items() if value)
        query = f"module-path={quote(str(module), _PLAIN)}&pin-source={quote(self.pin_source, _PLAIN)}"
        return f"pkcs11:{path}?{query}"

    def opened(self) -> AbstractContextManager[Root]:
        return pkcs11.opened(self.token, self._pin(), self.entropy)

    def make(self) -> bool:
        return pkcs11.make(self.token, self._pin(), self.entropy)

    def _pin(self) -> Secret:
        """Raises Misconfigured. It is read each time it is needed, and kept nowhere."""
        kind, _, name = self.pin_source.partition(":")
        if kind == "file":
            pin = read_private(Path(name), _LONGEST_PIN + 2).removesuffix(b"\n")
            said = f"{name} holds no PIN"
        else:
            pin = self.environment.get(name, "").encode(errors="surrogateescape")
            said = f"the environment variable {name} holds no PIN"
        try:
            fit = pin.decode().isprintable() and 0 < len(pin) <= _LONGEST_PIN
        except UnicodeDecodeError:
            fit = False
        if not fit:
            raise Misconfigured(f"{said}: one line of at most {_LONGEST_PIN} characters")
        return Secret(pin)


def read_place(
    text: str, folder: Path, environment: Mapping[str, str], entropy: Callable[[int], bytes]
) -> FilePlace | TokenPlace:
    """The place that a text names; `folder` is the data folder. Raises MalformedValue, with how one is written."""
    scheme, _, rest = text.partition(":")
    if len(text) > LONGEST or not text.isprintable():
        raise MalformedValue("a place of a root is one printable line")
    if scheme == "file" and rest:
        return FilePlace(folder / rest, folder, entropy)
    if scheme != "pkcs11":
        raise MalformedValue("a place of a root is file:PATH or pkcs11:token=…;object=…?module-path=…&pin-source=…")
    path, _, query = rest.partition("?")
    named = _named(path, ";", "token", "object", "serial") | _named(query, "&", "module-path", "pin-source")
    for name in ("token", "object", "module-path", "pin-source"):
        if name not in named:
            raise MalformedValue(f"a pkcs11: place needs {name}=")
    module, pin_source = Path(named["module-path"]), named["pin-source"]
    if not module.is_absolute():
        raise MalformedValue(f"module-path is the absolute path of the module, not {module}")
    _check_pin_source(pin_source)
    token = pkcs11.Token(module, named["token"], named.get("serial", ""), named["object"])
    return TokenPlace(token, pin_source, environment, entropy)


def _named(text: str, between: str, *names: str) -> dict[str, str]:
    """The attributes of one half of the URI. Raises MalformedValue."""
    found: dict[str, str] = {}
    for each in filter(None, text.split(between)):
        name, _, value = each.partition("=")
        if name == "pin-value":
            raise MalformedValue("a place is shown and logged, so it holds no PIN: write pin-source=file:PATH")
        if name not in names:
            raise MalformedValue(f"a pkcs11: place has no {name[:32]!r} here; there are: {', '.join(names)}")
        if name in found or _SPELT.fullmatch(value) is None:
            raise MalformedValue(f"{name} stands once in a pkcs11: place, percent-encoded as a URI is")
        try:
            found[name] = unquote(value, errors="strict")
        except UnicodeDecodeError:
            raise MalformedValue(f"{name} is not UTF-8") from None
        if not found[name].isprintable():
            raise MalformedValue(f"{name} is printable text")
    return found


def _check_pin_source(text: str) -> None:
    kind, _, name = text.partition(":")
    if not (kind == "file" and name.startswith("/")) and not (kind == "env" and _VARIABLE.fullmatch(name)):
        raise MalformedValue("pin-source is file: with an absolute path, or env: with the name of a variable")
