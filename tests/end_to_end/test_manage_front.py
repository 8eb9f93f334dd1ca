"""The front of the management API: how often, from where, once and not twice, and with nothing but a session."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.end_to_end.house import House
from tests.end_to_end.people import Person
from tests.end_to_end.test_manage import KEY, MANAGE, confirmed

BEHIND = MANAGE.replace("port = 0", 'port = 0\ntrusted_proxies = ["127.0.0.1"]')
# The server dies when a key was issued, and before a byte of the reply has left.
DIES = """
import os, signal
from bitting.wiring.manage import DeskFront
ask = DeskFront.ask
async def dying(self, intent, values, arrival):
    said = await ask(self, intent, values, arrival)
    if intent == "key.issue":
        os.kill(os.getpid(), signal.SIGKILL)
    return said
DeskFront.ask = dying
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Behind a proxy, which this test is."""
    with House(tmp_path_factory.mktemp("house"), settings=BEHIND) as opened:
        yield opened


@pytest.fixture(scope="module")
def ada(house: House) -> Person:
    return Person.added(house, "ada@example.com", owns="alice")


def too_many(house: House, headers: dict[str, str]) -> tuple[int, httpx2.Response]:
    """Call until it is too much: after how many calls it was, and the answer."""
    with httpx2.Client(base_url=house.console, headers=headers) as client:
        for number in range(2_000):
            said = client.get("/v1/me")
            if said.status_code == 429:
                return number, said
    raise AssertionError("it was never too much")


def test_strangers_can_ask_so_often(house: House) -> None:
    """An address's bucket is its own: its neighbour is heard. What is too much says when to come again."""
    times, said = too_many(house, {"X-Forwarded-For": "203.0.113.50"})
    assert 60 <= times < 100
    assert said.json()["code"] == "rate"
    assert int(said.headers["retry-after"]) >= 1
    neighbour = httpx2.get(f"{house.console}/v1/me", headers={"X-Forwarded-For": "203.0.113.51"})
    assert neighbour.status_code == 401
    guessed = {"X-Forwarded-For": "203.0.113.50", "Authorization": f"Bearer {'x' * 43}"}
    assert httpx2.get(f"{house.console}/v1/me", headers=guessed).status_code == 429
    public = httpx2.post(
        f"{house.console}/v1/sign-in",
        json={"name": "ada@example.com", "password": "x"},
        headers={"X-Forwarded-For": "203.0.113.50"},
    )
    assert public.status_code == 429


def test_a_session_can_ask_so_often(house: House) -> None:
    """More than a page needs; and other sessions are not touched by it."""
    bob = Person.added(house, "bob@example.com")
    carol = Person.added(house, "carol@example.com")
    times, said = too_many(house, {"Authorization": f"Bearer {bob.token}"})
    assert times >= 100
    assert said.json()["code"] == "rate"
    assert int(said.headers["retry-after"]) >= 1
    assert carol.call("GET", "/v1/me").status_code == 200


def address_of(person: Person) -> str:
    address: str = person.call("GET", "/v1/me").json()["session"]["address"]
    return address


def signed_in_from(house: House, person: Person, *forwarded: str) -> httpx2.Response:
    """Sign in with these X-Forwarded-For headers; the last answer."""
    headers = [("X-Forwarded-For", each) for each in forwarded]
    body = {"name": person.name, "password": "correct horse battery staple"}
    begun = httpx2.post(f"{house.console}/v1/sign-in", json=body, headers=headers)
    if begun.status_code != 200:
        return begun
    finish = {"ticket": begun.json()["ticket"], "code": person.code()}
    done = httpx2.post(f"{house.console}/v1/sign-in/code", json=finish, headers=headers)
    person.token = done.json()["token"]
    return done


def test_a_trusted_proxy_names_the_address(house: House) -> None:
    """The hop that it has added itself; what stands left of it a stranger wrote. Two headers, or what is no address,
    are refused and not guessed at."""
    dora = Person.added(house, "dora@example.com")
    assert signed_in_from(house, dora, "198.51.100.1, 203.0.113.9").status_code == 200
    assert address_of(dora) == "203.0.113.9"
    for forwarded in (("198.51.100.1", "203.0.113.9"), ("unknown",), ("203.0.113.9:1",), ("",)):
        refused = signed_in_from(house, dora, *forwarded)
        assert (refused.status_code, refused.json()["code"]) == (400, "header.invalid"), forwarded


def test_nobody_else_names_an_address(tmp_path: Path) -> None:
    """Neither in the session nor in the journal nor in the buckets is a word of what a client says of itself."""
    with House(tmp_path, settings=MANAGE) as house:
        ada = Person.added(house, "ada@example.com", owns="alice")
        assert signed_in_from(house, ada, "203.0.113.9", "unknown").status_code == 200
        assert address_of(ada) == "127.0.0.1"
        key = house.issue("binance", "trade")
        assert ada.call("POST", f"/v1/keys/{key.id}/pause", X_Forwarded_For="203.0.113.9").status_code == 200
        told = house.ask("journal.list")["entries"]
        assert "127.0.0.1" in str(told)
        assert "203.0.113.9" not in str(told)
        with httpx2.Client(base_url=house.console) as client:
            said = [
                client.get("/v1/me", headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code
                for number in range(100)
            ]
        assert said[-1] == 429


def test_of_fifty_copies_one_issues_a_key(house: House, ada: Person) -> None:
    """All at once, each over a connection of its own: one has the secret, the others the same key without it."""
    [account] = ada.call("GET", "/v1/accounts").json()["accounts"]
    path, name = f"/v1/accounts/{account['id']}/keys", '"of fifty"'
    confirmation = answered(ada, path, KEY)

    def copy(_: int) -> httpx2.Response:
        return ada.call("POST", path, KEY, Idempotency_Key=name, Bitting_Confirmation=confirmation)

    with ThreadPoolExecutor(25) as pool:
        said = list(pool.map(copy, range(50)))
    assert sorted(each.status_code for each in said) == [200] * 49 + [201], [each.text for each in said]
    assert len({each.json()["id"] for each in said}) == 1
    assert sum(each.json()["secret"] is not None for each in said) == 1
    assert sum(each.json()["secret_shown"] for each in said) == 49


def answered(person: Person, path: str, body: Any) -> str:
    """The id of a confirmation of this change."""
    confirmation: str = person.call("POST", path, body).json()["confirmation"]["confirmation"]
    answer = {"answer": {"code": person.code()}}
    assert person.call("POST", f"/v1/confirmations/{confirmation}", answer).status_code == 200
    return confirmation


def test_a_reply_that_was_lost(tmp_path: Path) -> None:
    """The server is killed behind the commit and before the reply: asked again, it shows the key that there is, and
    that its secret is gone. A rotation mends that."""
    with House(tmp_path, settings=MANAGE, defect=DIES) as house:
        ada = Person.added(house, "ada@example.com", owns="alice")
        [account] = ada.call("GET", "/v1/accounts").json()["accounts"]
        path, name = f"/v1/accounts/{account['id']}/keys", '"lost"'
        confirmation = answered(ada, path, KEY)
        with pytest.raises(httpx2.TransportError):
            ada.call("POST", path, KEY, Idempotency_Key=name, Bitting_Confirmation=confirmation)
        assert house.ended("gate") == -signal.SIGKILL
        house._defect = ""
        house.start_gate()
        again = ada.call("POST", path, KEY, Idempotency_Key=name, Bitting_Confirmation=confirmation)
        assert again.status_code == 200, again.text
        [key] = ada.call("GET", "/v1/keys").json()["keys"]
        assert again.json() == {**key, "secret": None, "secret_shown": True}
        rotated = confirmed(ada, "POST", f"/v1/keys/{key['id']}/rotate", {"overlap": "0s"}, Idempotency_Key='"mend"')
        assert (rotated.status_code, rotated.json()["key_id"]) == (200, key["key_id"])
        assert rotated.json()["secret"]
