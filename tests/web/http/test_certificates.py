"""PEM files: what is wrong with one is said with what to do, and a bad one never replaces a good one."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bitting.domain.errors import Misconfigured
from bitting.web.http.certificates import Reloading, TlsFiles
from tests.web.http.authority import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def files(authority: Authority) -> TlsFiles:
    return authority.issue()._replace(ca=authority.ca)


def no_file(files: TlsFiles) -> None:
    assert files.key is not None
    files.key.unlink()


def readable(files: TlsFiles) -> None:
    assert files.key is not None
    files.key.chmod(0o644)


def writable(files: TlsFiles) -> None:
    assert files.key is not None
    files.key.chmod(0o620)


def swapped(files: TlsFiles) -> None:
    assert files.certificate is not None
    assert files.key is not None
    held = files.certificate.read_bytes()
    files.certificate.write_bytes(files.key.read_bytes())
    files.key.write_bytes(held)


def a_folder(files: TlsFiles) -> None:
    assert files.ca is not None
    files.ca.unlink()
    files.ca.mkdir()


def no_certificate(files: TlsFiles) -> None:
    assert files.certificate is not None
    files.certificate.write_text("not PEM")


def broken(files: TlsFiles) -> None:
    assert files.certificate is not None
    text = files.certificate.read_text()
    files.certificate.write_text(text[:100] + text[120:])


def no_ca(files: TlsFiles) -> None:
    assert files.ca is not None
    files.ca.write_text("")


def no_ascii(files: TlsFiles) -> None:
    assert files.ca is not None
    files.ca.write_bytes(b"\xff\xfe")


def another_key(files: TlsFiles) -> None:
    assert files.key is not None
    certificate = files.certificate
    assert certificate is not None
    held = certificate.read_bytes()
    Authority(certificate.parent, "another").issue()
    certificate.write_bytes(held)


def encrypted(files: TlsFiles) -> None:
    assert files.certificate is not None
    Authority(files.certificate.parent, "another").issue(password=b"secret")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (no_file, r"localhost\.key cannot be read: No such file"),
        (readable, r"localhost\.key has mode 0644, so others could read or replace it: `chmod 600 .*localhost\.key`"),
        (writable, "has mode 0620, so others could read or replace it"),
        (swapped, r"localhost\.key holds no private key: it wants PEM"),
        (no_certificate, r"localhost\.crt holds no certificate: it wants PEM"),
        (broken, r"localhost\.crt and .*localhost\.key cannot be used"),
        (a_folder, r"ca\.pem cannot be read: Is a directory"),
        (no_ca, r"ca\.pem holds no certificates of a CA: it wants PEM"),
        (no_ascii, r"ca\.pem holds no certificates of a CA: it wants PEM"),
        (another_key, r"localhost\.key is not the key of the certificate in .*localhost\.crt"),
        (
            encrypted,
            r"localhost\.key is encrypted, and nobody is there to type its password: `openssl pkey` decrypts it",
        ),
    ],
)
def test_what_is_wrong_is_said(files: TlsFiles, spoil: Callable[[TlsFiles], None], words: str) -> None:
    """In one line that names the file, at the start and when it is replaced; what was good is still served then."""
    tls = Reloading(files, TlsFiles.server)
    good, until = tls(), tls.until
    spoil(files)
    for refused in (lambda: Reloading(files, TlsFiles.server), tls.refresh, tls.refresh):
        with pytest.raises(Misconfigured, match=words) as raised:
            refused()
        assert "\n" not in str(raised.value)
        assert "PRIVATE" not in str(raised.value)
    assert tls() is good
    assert tls.until == until


def test_a_group_may_read_a_key(files: TlsFiles) -> None:
    """As Debian's ssl-cert does."""
    assert files.key is not None
    files.key.chmod(0o640)
    assert Reloading(files, TlsFiles.server)()


def test_files_that_are_replaced_are_taken(authority: Authority, files: TlsFiles) -> None:
    """Once they are whole: half of a pair is said, and the pair is taken when the other half has come."""
    tls = Reloading(files, TlsFiles.server)
    first = tls()
    tls.refresh()
    assert tls() is first
    assert files.certificate is not None
    old = files.certificate.read_bytes()
    authority.issue(days=90)
    new = files.certificate.read_bytes()
    files.certificate.write_bytes(old)
    with pytest.raises(Misconfigured, match="is not the key of the certificate"):
        tls.refresh()
    assert tls() is first
    files.certificate.write_bytes(new)
    tls.refresh()
    assert tls() is not first
    assert tls.until is not None
    assert tls.until - datetime.now(UTC) > timedelta(days=80)


def test_the_end_that_comes_first_counts(authority: Authority, tmp_path: Path) -> None:
    """Of a certificate and those that are sent with it; without a certificate there is no end."""
    assert TlsFiles().until() is None
    short, files = authority.issue("short", days=5), authority.issue("localhost", days=30)
    assert files.certificate is not None
    assert short.certificate is not None
    files.certificate.write_bytes(files.certificate.read_bytes() + short.certificate.read_bytes())
    until = files.until()
    assert until is not None
    assert until - datetime.now(UTC) < timedelta(days=5)
    files.certificate.write_text("not PEM")
    with pytest.raises(Misconfigured, match="holds no certificate"):
        files.until()


def test_a_file_that_goes_is_missed(files: TlsFiles) -> None:
    """Also when nobody reads it just then."""
    tls = Reloading(files, TlsFiles.server)
    assert files.certificate is not None
    files.certificate.unlink()
    with pytest.raises(Misconfigured, match=r"localhost\.crt cannot be read: No such file"):
        tls.refresh()


@pytest.mark.parametrize("make", [TlsFiles.server, TlsFiles.client])
def test_what_is_spoken(files: TlsFiles, make: Callable[[TlsFiles], ssl.SSLContext]) -> None:
    """TLS 1.2 with forward secrecy and authenticated encryption, or 1.3; the other end has to show who it is."""
    context = make(files)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    suites = [suite["name"] for suite in context.get_ciphers()]
    assert suites
    assert [each for each in suites if not re.fullmatch(r"TLS_.*|ECDHE-.*(GCM|POLY1305).*", each)] == []
    assert context.options & ssl.OP_NO_RENEGOTIATION
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_who_connects_looks_for_the_name(files: TlsFiles) -> None:
    """And goes by the machine's CAs where no other is named; a server without a CA demands nothing."""
    assert files.client().check_hostname
    assert TlsFiles().client().check_hostname
    assert TlsFiles().client().verify_mode is ssl.CERT_REQUIRED
    assert files._replace(ca=None).server().verify_mode is ssl.CERT_NONE
