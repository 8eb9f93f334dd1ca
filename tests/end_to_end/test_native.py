"""The exchange's own API behind the gate, natively signed: real processes, the house's own table, real clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx2
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bitting_client import Signer, load_pem
from bitting_client.for_httpx import HttpxAuth
from bitting_client.for_requests import RequestsAuth
from tests.dialects.loopback import run_client
from tests.end_to_end.house import House, until

TABLE: Final = Path(__file__).parents[2] / "examples" / "api" / "actions.toml"
NAMED: Final = "https://api.example.com/native"  # a second mount, as behind a proxy that ends TLS
ADDRESS: Final = "0x52908400098527886E0F7030069857D2E4169EE7"
ORDER: Final = b'{"symbol":"BTC-USDT","side":"buy","type":"limit","amount":"0.01","price":"40000"}'


class Holder(NamedTuple):
    """Who holds a key: the owner's name of it, its key id and its private half."""

    id: str
    key_id: str
    pem: str

    def signer(self, base: str) -> Signer:
        return Signer(base, self.key_id, load_pem(self.pem.encode()))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose own routes are those of examples/api, mounted by path and once more by name."""
    with House(tmp_path_factory.mktemp("house")) as house:
        mount = '[[mount]]\nprefix = "/%s"\ndialect = "native"\nfacts = "/house/facts"\nupstream = "%s"\n'
        kept = house.config.read_text()
        more = [mount % ("named", house.exchange) + f'url = "{NAMED}"\n']
        if 'prefix = "/native"' not in kept:
            more.append(mount % ("native", house.exchange))
        house.stop("gate")
        house.config.write_text("\n".join([kept, *more]))
        start(house)
        assert "error" not in house.cli("house", "actions", "load", str(TABLE), "--dialect", "native")
        house.ask("house.edit", rules={"address_wait_hours": 0, "withdrawal_wait_hours": 0})
        yield house


def issue(house: House, *permissions: str, private: Any = None) -> Holder:
    """A key whose pair its holder has made."""
    private = private or Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    key = house.issue("native", *permissions, public_key=public)
    assert key.secret == ""
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return Holder(key.id, key.key_id, pem)


def start(house: House) -> None:
    """The gate, and the four seconds in which what is signed may lie before its start."""
    house.start_gate()
    url = f"{house.url}/native"
    headers = issue(house, "read-only").signer(url).headers
    own = f"{url}/.well-known/bitting/key"
    until(lambda: requests.get(own, headers=headers("GET", own), timeout=20).status_code == 200)


def session(house: House, holder: Holder) -> requests.Session:
    session = requests.Session()
    session.auth = RequestsAuth(holder.signer(f"{house.url}/native"))
    return session


def code(reply: requests.Response | httpx2.Response) -> tuple[int, str]:
    return reply.status_code, json.loads(reply.content)["code"]


def test_the_ccxt_class_trades_and_is_refused(house: House) -> None:
    """Unified calls through gate, table and exchange; the gate's and the exchange's errors as ccxt's classes."""
    holder = issue(house, "trade")
    said = run_client("native_ccxt", "trade", f"{house.url}/native/exchange/v1", holder.key_id, holder.pem)
    failed = {name: kind for name, (_, kind) in said.pop("failed").items()}
    assert said | {"markets": "BTC/USDT" in said["markets"]} == {
        "markets": True,
        "balance": True,
        "placed": ["open", "BTC/USDT", "buy", 40_000.0, 0.01],
        "rests": True,
        "cancelled": "canceled",
        "bought": "closed",
    }
    assert failed == {
        "too much": "InsufficientFunds",
        "no such order": "OrderNotFound",
        "not granted": "PermissionDenied",
        "not mapped": "PermissionDenied",
        "not signed": "AuthenticationError",
        "another secret": "AuthenticationError",
    }


def test_a_withdrawal_to_an_address_that_has_waited(house: House) -> None:
    """With a pair, to the address book and nowhere else."""
    holder = issue(house, "withdraw")
    url = f"{house.url}/native/exchange/v1"
    text, kind = run_client("native_ccxt", "withdraw", url, holder.key_id, holder.pem, ADDRESS)
    assert (kind, "withdrawal.address" in text) == ("PermissionDenied", True)
    house.ask("account.add-address", account="alice", asset="USDT", network="ETH", address=ADDRESS, label="cold")
    assert run_client("native_ccxt", "withdraw", url, holder.key_id, holder.pem, ADDRESS) == []


def test_a_key_of_p256_reads_itself_and_ends_itself(house: House) -> None:
    """The gate answers, and nothing of it reaches the exchange."""
    holder = issue(house, "read-only", private=ec.generate_private_key(ec.SECP256R1()))
    own = f"{house.url}/native/.well-known/bitting/key"
    with session(house, holder) as client:
        about = client.get(own).json()
        assert (about["key_id"], about["network"]) == (holder.key_id, ["127.0.0.1"])
        assert client.get(f"{house.url}/native/exchange/v1/balances").status_code == 200
        assert client.delete(own).json()["revoked"] is True
        assert code(client.get(own)) == (401, "key.revoked")


def test_an_order_is_admitted_once_over_a_kill_and_as_it_was_signed(house: House) -> None:
    """Again, with another body, on another route, under another host, and after kill -9 and restart."""
    holder = issue(house, "trade")
    url = f"{house.url}/native/exchange/v1/orders"
    headers = holder.signer(f"{house.url}/native").headers("POST", url, ORDER) | {"Content-Type": "application/json"}

    def send(to: str = url, body: bytes = ORDER, more: Mapping[str, str] | None = None) -> requests.Response:
        return requests.post(to, body, headers={**headers, **(more or {})}, timeout=20)

    assert code(send(body=ORDER.replace(b"0.01", b"9.01"))) == (400, "request.malformed")
    assert code(send(url + "?dry=1")) == (401, "key.not_proven")
    assert code(send(more={"Host": "other.example"})) == (401, "key.not_proven")
    assert send().status_code == 201
    assert code(send()) == (401, "replay.seen")
    house.kill_gate()
    start(house)
    assert code(send()) == (401, "time.floor")
    with session(house, holder) as client:
        assert client.post(url, json=json.loads(ORDER)).status_code == 201


def test_a_gate_that_is_named_is_called_by_its_name(house: House) -> None:
    """Clients sign https and the public host; a proxy brings it by http, with the Host header kept or not at all."""
    holder = issue(house, "read-only")
    own = ".well-known/bitting/key"
    headers = holder.signer(NAMED).headers("GET", f"{NAMED}/{own}")
    inside = f"{house.url}/named/{own}"
    lost = requests.get(inside, headers=headers, timeout=20)
    assert code(lost) == (400, "request.malformed")
    assert "a proxy in between has to keep it" in lost.json()["detail"]
    assert requests.get(inside, headers={**headers, "Host": "api.example.com"}, timeout=20).status_code == 200
    elsewhere = holder.signer(f"{house.url}/native").headers("GET", f"{house.url}/native/{own}")
    moved = requests.get(inside, headers={**elsewhere, "Host": "api.example.com"}, timeout=20)
    assert code(moved) == (401, "key.not_proven")


def test_httpx_asynchronously(house: House) -> None:
    """The same headers through another library; open data needs none."""
    holder = issue(house, "read-only")

    async def ask() -> tuple[int, int, tuple[int, str]]:
        async with httpx2.AsyncClient(auth=HttpxAuth(holder.signer(f"{house.url}/native"))) as client:
            base = f"{house.url}/native/exchange/v1"
            balances = await client.get(f"{base}/balances")
            order = await client.post(f"{base}/orders", json=json.loads(ORDER))
        async with httpx2.AsyncClient() as nobody:
            return balances.status_code, (await nobody.get(f"{base}/markets")).status_code, code(order)

    assert asyncio.run(ask()) == (200, 200, (403, "permission.missing"))
