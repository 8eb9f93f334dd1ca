"""TLS on the gate's own port, for unmodified clients; and certificates that are replaced while it runs."""

from __future__ import annotations

import os
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from bitting.web.http import TlsFiles
from tests.end_to_end.clients import ORDERS, Clients
from tests.end_to_end.house import House, until
from tests.end_to_end.signing import balances
from tests.end_to_end.upstream import Exchange
from tests.end_to_end.wire import Line, tell
from tests.web.http.authority import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def files(authority: Authority) -> TlsFiles:
    return authority.issue()


@pytest.fixture
def house(tmp_path: Path, files: TlsFiles) -> Iterator[House]:
    settings = f'[listen]\ntls_certificate = "{files.certificate}"\ntls_key = "{files.key}"\n'
    with House(tmp_path, settings=settings) as house:
        yield house


def until_serving(house: House, authority: Authority) -> None:
    """Until the gate shows a certificate of this authority."""

    def met() -> bool:
        context = ssl.create_default_context(cafile=str(authority.ca))
        with Line(house.address) as line:
            try:
                context.wrap_socket(line.socket, server_hostname="localhost").close()
            except ssl.SSLCertVerificationError:
                return False
        return True

    until(met)


def test_ccxt_trades_over_tls(house: House, authority: Authority) -> None:
    """With the gate's CA among those it trusts; without it, it sends nothing."""
    assert house.url.startswith("https://")
    key = house.issue("binance", "trade")
    call, terms = ORDERS["binance"]
    for trusting, exception in ((authority.ca, ""), (None, "ExchangeNotAvailable")):
        clients = Clients(trusting=trusting)
        try:
            said = clients.bot(house, key, requests_trust_env=True).try_(call, terms)
        finally:
            clients.close()
        assert said.exception in (exception, "NetworkError" if exception else ""), said
        assert bool(said.request_id) is not bool(exception)


def test_plain_http_is_told_so(house: House) -> None:
    """And proves nothing."""
    answer = tell(house.address, balances(house.issue("binance", "trade")).raw)
    assert (answer.status, answer.body) == (400, b"this port speaks TLS: call it with https://\n")


def test_a_certificate_is_replaced(house: House, tmp_path: Path, files: TlsFiles) -> None:
    """At SIGHUP, or a few seconds later by itself; a bad one is told by the doctor, and the good one stays."""
    assert files.key is not None
    assert files.certificate is not None
    second = Authority(tmp_path, "second")
    second.issue(days=10)
    os.kill(house.gate, signal.SIGHUP)
    until_serving(house, second)
    said = house.ask("status")
    assert list(said["certificates"]) == [str(files.certificate)]
    assert said["trouble"] == ""
    findings = house.cli("doctor")["findings"]
    [finding] = [each for each in findings if each["what"] == "certificate"]
    assert (finding["state"], finding["said"]) == ("note", f"{files.certificate} ends in 9 days")
    good = files.key.read_bytes()
    files.key.write_text("not a key")
    os.kill(house.gate, signal.SIGHUP)
    trouble = until(lambda: str(house.ask("status")["trouble"]))
    assert trouble == f"{files.key} holds no private key: it wants PEM; what was there before is still used"
    until_serving(house, second)
    files.key.write_bytes(good)
    until(lambda: house.ask("status")["trouble"] == "")  # nobody has said anything


def test_a_bad_certificate_at_the_start(tmp_path: Path, files: TlsFiles) -> None:
    """The gate does not start, and says what to do."""
    assert files.key is not None
    files.key.chmod(0o644)
    settings = f'[listen]\ntls_certificate = "{files.certificate}"\ntls_key = "{files.key}"\n'
    with pytest.raises(AssertionError, match="so others could read or replace it: `chmod 600"):
        House(tmp_path, settings=settings).__enter__()


def test_told_twice_it_stops_at_once(tmp_path: Path) -> None:
    """The first word lets what is under way end, the second cuts it off; either way the exit is in order."""
    patient = "import bitting.wiring.service as service; service.GRACE_S = 3600.0"
    with Exchange() as exchange, House(tmp_path, upstream=exchange.url, defect=patient) as house:
        exchange.stall_s = 60.0
        with Line(house.address) as line:
            line.socket.sendall(balances(house.issue("binance", "trade")).raw)
            until(lambda: exchange.came)
            os.kill(house.gate, signal.SIGTERM)
            until(lambda: not listens(house))
            assert house.stop("gate") == 0
            assert line.socket.recv(1) == b""


def listens(house: House) -> bool:
    try:
        Line(house.address).socket.close()
    except ConnectionRefusedError:
        return False
    return True
