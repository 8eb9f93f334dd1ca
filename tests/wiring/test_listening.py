"""Where a server listens, and what it tells of its certificates."""

from __future__ import annotations

import asyncio
import socket
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bitting.domain.errors import Misconfigured
from bitting.domain.ids import Environment
from bitting.settings import MountSettings, Settings
from bitting.web.http import TlsFiles
from bitting.wiring.service import Service, running
from tests.cli.server import NOWHERE
from tests.web.http.authority import Authority

MOUNT = MountSettings("/binance", "binance", Environment.LIVE, NOWHERE)


def served(data: Path, settings: Settings, look: Any = lambda service: None) -> tuple[Service, Any]:
    """A server that runs until it has been looked at, and what was seen."""

    async def play() -> tuple[Service, Any]:
        async with running(data, settings, lambda error: None) as service:
            return service, look(service)

    return asyncio.run(play())


def test_ports_and_a_socket(tmp_path: Path) -> None:
    """Mounts without a port of their own are at the socket instead; each place is told as clients write it."""
    place = tmp_path / "gate.sock"
    other = MountSettings("/native", "native", Environment.LIVE, NOWHERE, port=0)

    def mode(service: Service) -> int:
        return place.stat().st_mode & 0o777

    service, seen = served(tmp_path / "data", Settings(unix=place, mounts=(MOUNT, other)), mode)
    assert service.url == f"unix:{place}"
    assert [each.partition("127.0.0.1")[0] for each in service.mounts] == [f"unix:{place}/binance", "http://"]
    assert seen == 0o660
    assert not place.exists()


def test_addresses_of_ipv6(tmp_path: Path) -> None:
    """Are written in brackets."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    service, _ = served(tmp_path, Settings(host="::1", port=0, mounts=(MOUNT,)))
    assert service.url.startswith("http://[::1]:")


def test_certificates(tmp_path: Path) -> None:
    """The gate's own and an upstream's are told with their ends; a bad one is trouble until it is mended."""
    authority = Authority(tmp_path)
    files, mine = authority.issue(), authority.issue("gate")
    assert mine.key is not None
    good = mine.key.read_bytes()

    def look(service: Service) -> Any:
        assert mine.key is not None
        said = [service.house.desk.status()]
        mine.key.write_text("not a key")
        service.refresh()
        said.append(service.house.desk.status())
        mine.key.write_bytes(good)
        service.refresh()
        return [*said, service.house.desk.status()]

    mount = MountSettings("/binance", "binance", Environment.LIVE, "https://127.0.0.1:9", tls=mine)
    service, said = served(tmp_path / "data", Settings(port=0, mounts=(mount,), tls=files), look)
    assert service.url.startswith("https://127.0.0.1:")
    ends = said[0]["certificates"]
    assert set(ends) == {str(files.certificate), str(mine.certificate)}
    assert all(datetime.fromisoformat(each).tzinfo for each in ends.values())
    trouble = f"{mine.key} holds no private key: it wants PEM; what was there before is still used"
    assert [each["trouble"] for each in said] == ["", trouble, ""]


def test_a_bad_certificate_at_the_start(tmp_path: Path) -> None:
    """The server does not start, and says what to do."""
    gone = TlsFiles(tmp_path / "tls.crt", tmp_path / "tls.key")
    with pytest.raises(Misconfigured, match=r"tls\.crt cannot be read: No such file"):
        served(tmp_path / "data", Settings(port=0, mounts=(MOUNT,), tls=gone))
