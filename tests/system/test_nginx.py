"""What only nginx does: a body that HTTP/2 does not announce, and asking through a Unix socket."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.end_to_end import signing
from tests.end_to_end.house import House
from tests.end_to_end.upstream import Exchange
from tests.system.proxies import Proxy, Stage, free_port, without_mount
from tests.system.test_proxies import order


def test_a_body_without_a_length_over_http2_goes_nowhere(tmp_path: Path) -> None:
    """nginx asks before it reads: it cannot know of the body, so it passes none on."""
    with Stage("nginx", tmp_path, more={"8080;": "8080 http2;"}) as stage:
        key = stage.issue("orders.write")
        target = order(key).split(b" ")[1].decode()
        words = ["curl", "-sS", "--http2-prior-knowledge", "-X", "POST", "-T", "-", "-H", f"X-MBX-APIKEY: {key.key_id}"]
        url = f"{stage.proxy.url}{target}"
        subprocess.run([*words, url], input=b"quantity=9", capture_output=True, check=True, timeout=20)
        assert [(each.method, each.body) for each in stage.exchange.came] == [(b"POST", b"")]


def test_it_asks_through_a_unix_socket(tmp_path: Path) -> None:
    """Which only its user and group can open; the client's address comes from nginx all the same."""
    socket = tmp_path / "decision.sock"
    (tmp_path / "house").mkdir()
    settings = f'[[decision]]\nproxy = "nginx"\nunix = "{socket}"\nsecret_file = "{tmp_path}/decision.key"\n'
    with Exchange() as exchange, House(tmp_path / "house", settings=settings, upstream=exchange.url) as house:
        assert socket.stat().st_mode & 0o777 == 0o660
        [secret] = [
            line.removeprefix("key ")
            for line in (tmp_path / "decision.key").read_text().splitlines()
            if line.startswith("key ")
        ]
        more = {
            "server 127.0.0.1:8790": f"server unix:{socket}",
            "proxy_set_header Host              $http_host;": f"proxy_set_header Host $http_host; "
            f"proxy_set_header Decision-Secret {secret};",
        }
        message = without_mount(signing.balances(key := house.issue("binance", "balances.read")).raw)
        port = int(exchange.url.rpartition(":")[2])
        (tmp_path / "proxy").mkdir()
        with Proxy("nginx", tmp_path / "proxy", free_port(), port, more=more) as proxy:
            assert proxy.ask(message).status == 200
            assert proxy.ask(without_mount(signing.balances(key).raw), source="127.0.0.8").reason == "network.outside"
        (tmp_path / "stranger").mkdir()
        del more["proxy_set_header Host              $http_host;"]
        with Proxy("nginx", tmp_path / "stranger", free_port(), port, more=more) as proxy:
            answer = proxy.ask(without_mount(signing.balances(key).raw))
            assert (answer.status, len(exchange.came)) == (403, 1)
