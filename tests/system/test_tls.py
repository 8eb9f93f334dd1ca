"""OpenSSL's and curl's own clients at the gate's TLS port."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bitting.web.http import TlsFiles
from tests.end_to_end.house import PATIENCE_S, House
from tests.web.http.authority import Authority


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder)


@pytest.fixture(scope="module")
def house(folder: Path, authority: Authority) -> Iterator[House]:
    """One that demands a client certificate."""
    files = authority.issue()
    tls = f'tls_certificate = "{files.certificate}"\ntls_key = "{files.key}"\ntls_client_ca = "{authority.ca}"\n'
    with House(folder, settings=f"[listen]\n{tls}") as house:
        yield house


@pytest.fixture(scope="module")
def mine(authority: Authority) -> TlsFiles:
    return authority.issue("bot")


def s_client(house: House, *options: str, text: str = "") -> str:
    """What `openssl s_client` says of it."""
    address = "{}:{}".format(*house.address)
    words = ["openssl", "s_client", "-connect", address, "-servername", "localhost", *options]
    done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    return done.stdout + done.stderr


def curl(house: House, authority: Authority, *options: str) -> tuple[int, str]:
    """Its exit code and what it got."""
    words = ["curl", "--silent", "--show-error", "--max-time", "20", "--cacert", str(authority.ca), *options]
    done = subprocess.run(
        [*words, f"{house.url}/binance/api/v3/ping"], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_handshake(house: House, authority: Authority, mine: TlsFiles, version: str) -> None:
    """Verified both ways, HTTP/1.1 agreed upon, no renegotiation, and an answer."""
    request = "GET /binance/api/v3/ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    who = ["-cert", str(mine.certificate), "-key", str(mine.key), "-CAfile", str(authority.ca), "-alpn", "h2,http/1.1"]
    said = s_client(house, version, *who, "-ign_eof", text=request)
    assert "Verify return code: 0 (ok)" in said
    assert "ALPN protocol: http/1.1" in said
    assert "HTTP/1.1 200 OK" in said
    assert "closed" in said


@pytest.mark.parametrize(
    "options",
    [
        ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        ["-tls1", "-cipher", "ALL:@SECLEVEL=0"],
        ["-tls1_2", "-cipher", "AES128-GCM-SHA256"],
        ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"],
    ],
    ids=lambda options: " ".join(options),
)
def test_what_is_not_spoken(house: House, options: list[str]) -> None:
    """Old versions, keys that are not agreed anew, encryption that is not authenticated."""
    assert "Cipher is (NONE)" in s_client(house, *options)


def test_curl(house: House, authority: Authority, mine: TlsFiles) -> None:
    """With its certificate it is answered, also twice on one connection; without one it is not."""
    who = ["--cert", str(mine.certificate), "--key", str(mine.key)]
    assert curl(house, authority, *who) == (0, "{}")
    assert curl(house, authority, *who, f"{house.url}/binance/api/v3/ping") == (0, "{}{}")
    assert curl(house, authority, *who, "--http2") == (0, "{}")
    code, said = curl(house, authority)
    assert code in (35, 56), said
    assert "certificate required" in said
