"""TLS from PEM files: what is spoken, how the files have to be, and how they are replaced while connections stand.

TLS 1.2 and 1.3 only, keys agreed anew for each connection (ECDHE), authenticated encryption, no renegotiation.
A private key that others on the machine could read or replace is refused, like one that needs a password: nobody is
there to type it when the machine starts.
"""

from __future__ import annotations

import ssl
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509

from bitting.domain.errors import Misconfigured

_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 are all of this kind
_OTHERS: Final = stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO  # a group may read: Debian's ssl-cert does
_State = tuple[tuple[int, int, int, int], ...]


class TlsFiles(NamedTuple):
    """Where the PEM files are: a certificate with those that sign it behind it, its key, and the CAs of whoever is at
    the other end. A server without `ca` lets everybody shake hands, a client goes by the machine's CAs."""

    certificate: Path | None = None
    key: Path | None = None
    ca: Path | None = None

    def server(self) -> ssl.SSLContext:
        """For listening. Raises Misconfigured, saying what to do."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
        if self.ca is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            # A certificate is looked at in each connection, not only in the first one of many that resume it.
            context.options |= ssl.OP_NO_TICKET
            context.num_tickets = 0
        return self._made(context)

    def client(self) -> ssl.SSLContext:
        """For connecting; the other end has to have the name that is called. Raises Misconfigured, as `server`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.ca is None:
            context.load_default_certs()
        return self._made(context)

    def until(self) -> datetime | None:
        """When the certificate, or one behind it, ends; None where there is none. Raises Misconfigured."""
        if self.certificate is None:
            return None
        try:
            chain = x509.load_pem_x509_certificates(_read(self.certificate))
        except ValueError:
            raise Misconfigured(f"{self.certificate} holds no certificate: it wants PEM") from None
        return min(each.not_valid_after_utc for each in chain)

    def state(self) -> _State:
        """Something that is another once a file, or its mode, is another. Raises Misconfigured."""
        try:
            found = [path.stat() for path in self if path is not None]
        except OSError as error:
            raise Misconfigured(f"{error.filename} cannot be read: {error.strerror}") from None
        return tuple((one.st_dev, one.st_ino, one.st_ctime_ns, one.st_size) for one in found)

    def _made(self, context: ssl.SSLContext) -> ssl.SSLContext:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
        context.set_ciphers(_CIPHERS)
        context.set_alpn_protocols(["http/1.1"])
        if self.certificate is not None and self.key is not None:
            _load_chain(context, self.certificate, self.key)
        if self.ca is not None:
            try:
                context.load_verify_locations(cadata=_read(self.ca).decode("ascii"))
            except (ssl.SSLError, ValueError):
                raise Misconfigured(f"{self.ca} holds no certificates of a CA: it wants PEM") from None
        return context


NO_TLS: Final = TlsFiles()


class Reloading:
    """A context that follows its files: call it for the one that is good now."""

    def __init__(self, files: TlsFiles, make: Callable[[TlsFiles], ssl.SSLContext]) -> None:
        """Raises Misconfigured."""
        self.files = files
        self._make = make
        self._state = files.state()
        self._context = make(files)
        self.until = files.until()

    def __call__(self) -> ssl.SSLContext:
        """What a new connection is made with; those that stand keep theirs."""
        return self._context

    def refresh(self) -> None:
        """Take the files as they are, if they are others. Raises Misconfigured, and keeps what was good: two files are
        not replaced in one moment, so whoever calls again later may find them well."""
        state = self.files.state()
        if state != self._state:
            context, until = self._make(self.files), self.files.until()
            self._context, self.until, self._state = context, until, state


def _load_chain(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    pem = _read(key)
    mode = stat.S_IMODE(key.stat().st_mode)
    if mode & _OTHERS:
        raise Misconfigured(f"{key} has mode {mode:04o}, so others could read or replace it: `chmod 600 {key}`")
    if b"ENCRYPTED" in pem:
        raise Misconfigured(f"{key} is encrypted, and nobody is there to type its password: `openssl pkey` decrypts it")
    if b"PRIVATE KEY-----" not in pem:
        raise Misconfigured(f"{key} holds no private key: it wants PEM")
    if b"-----BEGIN CERTIFICATE-----" not in _read(certificate):
        raise Misconfigured(f"{certificate} holds no certificate: it wants PEM")
    try:
        context.load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise Misconfigured(f"{key} is not the key of the certificate in {certificate}") from None
        raise Misconfigured(f"{certificate} and {key} cannot be used: {error.reason or 'not PEM'}") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}") from None
