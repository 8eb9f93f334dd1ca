"""Every call of the API, by everybody who may not make it: nobody is let in, and a neighbour's object is not there.

The server is a real one. It stands behind a proxy, this test, so that every call has an address of its own and the
buckets of strangers stay out of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any, Final, NamedTuple

import httpx2
import pytest

from bitting.web.api.route import Access, Route
from bitting.web.api.routes import ROUTES
from tests.end_to_end.house import House
from tests.end_to_end.people import Person
from tests.end_to_end.signing import Key, binance
from tests.end_to_end.test_manage_front import BEHIND

INVENTED: Final = {
    "id": "01a1feec-c9ec-73a1-a693-710fb3477d00",
    "wire id": "bk_live_2nzvxncubc2ovofxf5k7vvmtj3blvban",
    "name": "mallory",
    "label": "bot 99",
    "request": "6b01c7e0-h6t2msgw-zzz",
}
NOTHING: Final = "01a1feec-c9ec-73a1-a693-710fb3477d01"
OPEN: Final = {
    *("sign-in.begin", "sign-in.finish", "sign-in.challenge", "sign-in.passkey"),
    *("set-up.look", "set-up.finish", "reset.look", "reset.finish"),
}
_ADDRESSES: Final = count(1)

# What each call needs in its body to come as far as the object that it names.
BODIES: Final[dict[str, dict[str, Any]]] = {
    "account.limit": {"limits": {"open_orders": 5}},
    "account.add-address": {"asset": "USDT", "network": "ETH", "address": "0x" + "52" * 20, "label": "cold"},
    "key.issue": {"dialect": "binance", "label": "bot", "permissions": ["trade"], "network": ["127.0.0.1"]},
    "key.import": {
        "dialect": "binance",
        "label": "bot",
        "permissions": ["trade"],
        "network": ["127.0.0.1"],
        "key_id": "theirOldKeyId",
        "secret": "their-old-secret-0123456789",
    },
    "key.edit": {"label": "other"},
    "key.rotate": {},
    "key.can": {"action": "orders.write"},
    "confirmation.answer": {"answer": {"code": "000000"}},
    "me.remove-factor": {"proof": {"code": "000000"}},
    "approval.break-glass": {"reason": "because"},
}
# Calls that name an object in the body or behind the question mark: the intent, where, and the rest of it.
ELSEWHERE: Final[tuple[tuple[str, str, dict[str, Any] | None], ...]] = (
    ("freeze", "key", {}),
    ("freeze", "account", {}),
    ("thaw", "key", {}),
    ("thaw", "account", {}),
    ("key.bulk", "account", {"step": "pause", "dry_run": True}),
    ("me.sign-out", "session", {}),
    ("key.list", "account", None),
    ("activity.list", "key", None),
    ("activity.list", "account", None),
    ("activity.list", "request_id", None),
    ("journal.list", "account", None),
)
# Calls that are of the house: they are refused by what the person is, before anything is looked up.
HOUSE: Final = {
    *("account.open", "house.show", "house.edit", "house.preview", "user.list", "user.show", "user.role"),
    *("user.disable", "user.enable", "user.sessions", "user.sign-out", "approval.list", "approval.show"),
    *("approval.approve", "approval.refuse", "approval.withdraw", "approval.break-glass", "key.lock", "key.unlock"),
}


class Town(NamedTuple):
    """Ada owns alice's account and has everything in it; bob owns another. `of_ada` are her objects by what names
    them, each as often as it has names."""

    house: House
    ada: Person
    bob: Person
    ended: str
    key: Key
    of_ada: dict[str, dict[str, str]]

    def call(self, method: str, path: str, body: Any = None, *, token: str = "", **headers: str) -> httpx2.Response:
        """From an address that nobody has called from."""
        number = next(_ADDRESSES)
        given = {"X-Forwarded-For": f"10.1.{number // 250}.{number % 250 + 1}", **headers}
        if token:
            given["Authorization"] = f"Bearer {token}"
        return httpx2.request(method, self.house.console + path, json=body, headers=given)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with House(tmp_path_factory.mktemp("house"), settings=BEHIND) as house:
        house.ask("account.open", name="robert")
        ada = Person.added(house, "ada@example.com", owns="alice")
        bob = Person.added(house, "bob@example.com", owns="robert")
        left = Person.added(house, "left@example.com", owns="alice")
        assert left.call("POST", "/v1/me/sign-out", {}).status_code == 200
        key = house.issue("binance", "trade")
        house.ask("account.add-address", account="alice", **BODIES["account.add-address"])
        account = house.ask("account.show", account="alice")
        me = ada.call("GET", "/v1/me").json()
        asked = ada.call("POST", f"/v1/accounts/{account['id']}/keys", BODIES["key.issue"]).json()["confirmation"]
        refused = httpx2.get(f"{house.url}/binance/api/v3/account", headers={"X-MBX-APIKEY": key.key_id})
        of_ada = {
            "account": {"id": account["id"], "name": "alice"},
            "key": {"id": key.id, "wire id": key.key_id, "label": house.ask("key.show", key=key.id)["label"]},
            "entry": {"id": account["addresses"][0]["id"]},
            "confirmation": {"id": asked["confirmation"]},
            "authenticator": {"id": me["factors"][0]["id"]},
            "session": {"id": me["session"]["id"]},
            "user": {"id": me["id"]},
            "request_id": {"request": refused.headers["x-request-id"]},
        }
        yield Town(house, ada, bob, left.token, key, of_ada)


def url(route: Route, **names: str) -> str:
    """The route's path, with these names in it and invented ones for the others."""
    return re.sub(r"\{([a-z_]+)\}", lambda found: names.get(found[1], NOTHING), route.path)


def test_the_open_ones_are_named() -> None:
    """What needs no session is a list of eight, and nothing joins it by oversight."""
    assert {each.intent for each in ROUTES if each.access is Access.PUBLIC} == OPEN


@pytest.mark.parametrize("route", [each for each in ROUTES if each.intent not in OPEN], ids=lambda each: each.intent)
def test_nobody_is_let_in(town: Town, route: Route) -> None:
    """Without a session, with a token that is none, one that was ended, and what opens the gate: P-01, a key of the
    gate is nothing here, neither by its id nor by its secret nor by a signature."""
    signed = binance(town.key, route.method, route.path, {}).decode()
    query = signed.split(" ")[1].partition("?")[2]
    path = url(route, key=town.key.id, account=town.of_ada["account"]["id"])
    for headers in (
        {},
        {"Authorization": f"Bearer {'x' * 43}"},
        {"Authorization": f"Bearer {town.ended}"},
        {"Cookie": f"__Host-bitting={town.ended}", "Origin": "https://console.example"},
        {"Authorization": f"Bearer {town.key.key_id}"},
        {"Authorization": f"Bearer {town.key.secret}"},
        {"Authorization": "Basic YWRhQGV4YW1wbGUuY29tOnBhc3N3b3Jk"},
        {"X-MBX-APIKEY": town.key.key_id},
    ):
        signs = "X-MBX-APIKEY" in headers
        said = town.call(route.method, f"{path}?{query}" if signs else path, **headers)
        assert (said.status_code, said.json()["code"]) == (401, "session.missing"), (headers, said.text)


def shown(said: httpx2.Response, name: str) -> tuple[int, str]:
    """What an answer tells, but for the name that was asked for and the request's own id."""
    text = said.text.replace(said.headers["x-request-id"], "REQUEST").replace(name, "NAME")
    return said.status_code, text


def looks_invented(town: Town, route: Route, path: str, body: Any, name: str) -> None:
    """Ada's object is for bob what an invented one is, to the byte; and nothing of it is in the answer."""
    headers = {"If-Match": '"1"'} if route.matches else {}
    theirs = town.call(route.method, path, body, token=town.bob.token, **headers)
    plain = theirs.text.replace(name, "")
    for each in town.of_ada.values():
        assert not [value for value in each.values() if value in plain and value != "alice"]
    assert "alice" not in plain
    kind = next(kind for names in town.of_ada.values() for kind, value in names.items() if value == name)
    other = INVENTED[kind]
    nobodys = town.call(
        route.method,
        path.replace(name, other),
        None if body is None else {key: other if value == name else value for key, value in body.items()},
        token=town.bob.token,
        **headers,
    )
    assert shown(theirs, name) == shown(nobodys, other)
    if route.intent in HOUSE:
        assert theirs.json()["code"] == "refused"
    elif route.method != "GET" or "{" in route.path:
        assert theirs.json()["code"] in ("not_found", "session.missing"), theirs.text


@pytest.mark.parametrize("route", [each for each in ROUTES if "{" in each.path], ids=lambda each: each.intent)
def test_a_neighbours_object_is_not_there(town: Town, route: Route) -> None:
    """By its id and by every other name that its owner calls it by, for each part of the path in turn."""
    body = BODIES.get(route.intent, None if route.body is None else {})
    for part in re.findall(r"\{([a-z_]+)\}", route.path):
        for name in town.of_ada.get(part, {}).values():  # there are no approvals of hers: these are the house's
            looks_invented(town, route, url(route, **{part: name}), body, name)


@pytest.mark.parametrize(("intent", "part", "rest"), ELSEWHERE, ids=[f"{each[0]} {each[1]}" for each in ELSEWHERE])
def test_nor_is_it_by_another_way(town: Town, intent: str, part: str, rest: dict[str, Any] | None) -> None:
    """Named in a body, or behind the question mark."""
    [route] = [each for each in ROUTES if each.intent == intent]
    for name in town.of_ada[part].values():
        if rest is None:
            looks_invented(town, route, f"{route.path}?{part}={name}", None, name)
        else:
            looks_invented(town, route, route.path, {**rest, part: name}, name)


def test_lists_have_nothing_of_a_neighbours(town: Town) -> None:
    """Whatever bob reads without naming anything; and ada sees hers, so that there was something to be seen."""
    lists = [each for each in ROUTES if each.method == "GET" and "{" not in each.path]
    for route in lists:
        said = town.call("GET", route.path, token=town.bob.token)
        assert said.status_code in (200, 403), said.text
        for names in town.of_ada.values():
            assert not [name for name in names.values() if name in said.text], route.intent
    assert town.key.id in town.call("GET", "/v1/keys", token=town.ada.token).text
    assert town.of_ada["account"]["id"] in town.call("GET", "/v1/accounts", token=town.ada.token).text


def test_what_anybody_may_read_says_nothing(town: Town) -> None:
    """The document and a word about health, the same to everybody."""
    document = town.call("GET", "/openapi.json")
    assert document.json()["openapi"] == "3.1.0"
    assert set(document.json()["paths"]) == {each.path for each in ROUTES}
    for path in ("/livez", "/readyz"):
        said = town.call("GET", path)
        assert (said.status_code, said.text) == (200, "ok\n")
        assert "set-cookie" not in said.headers
