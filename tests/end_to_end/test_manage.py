"""The management API as a person meets it: a link, a password, an app, a key, and what takes a second factor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.house import House
from tests.end_to_end.people import PASSWORD, Person

MANAGE = '[manage]\nport = 0\n[people]\nurl = "https://console.example"\n'
KEY = {"dialect": "binance", "label": "bot", "permissions": ["trade"], "network": ["127.0.0.1"]}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house"), settings=MANAGE) as opened:
        yield opened


@pytest.fixture(scope="module")
def ada(house: House) -> Person:
    return Person.added(house, "ada@example.com", owns="alice")


def confirmed(person: Person, method: str, path: str, body: Any, **headers: str) -> Any:
    """Ask, be told to confirm, confirm, and ask again."""
    refused = person.call(method, path, body, **headers)
    assert refused.status_code == 403, refused.text
    assert refused.json()["code"] == "confirmation.required"
    confirmation = refused.json()["confirmation"]
    assert confirmation["says"]
    answered = person.call(
        "POST", f"/v1/confirmations/{confirmation['confirmation']}", {"answer": {"code": person.code()}}
    )
    assert answered.status_code == 200, answered.text
    return person.call(method, path, body, **headers, Bitting_Confirmation=confirmation["confirmation"])


def test_from_a_link_to_a_key(house: House, ada: Person) -> None:
    """A key is issued with the second factor; its secret is there once, however often the call is repeated."""
    [account] = ada.call("GET", "/v1/accounts").json()["accounts"]
    path, name = f"/v1/accounts/{account['id']}/keys", '"my first key"'
    before = len(ada.call("GET", "/v1/keys").json()["keys"])
    issued = confirmed(ada, "POST", path, KEY, Idempotency_Key=name)
    assert issued.status_code == 201, issued.text
    key = issued.json()
    assert key["secret"]
    assert not key["secret_shown"]
    assert issued.headers["etag"] == f'"{key["version"]}.{key["digest"]}"'
    again = ada.call("POST", path, KEY, Idempotency_Key=name)
    assert again.status_code == 200, again.text
    assert (again.json()["id"], again.json()["secret"], again.json()["secret_shown"]) == (key["id"], None, True)
    reused = ada.call("POST", path, {**KEY, "label": "another"}, Idempotency_Key=name)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency.reused")
    shown = ada.call("GET", f"/v1/keys/{key['id']}")
    of_secrets = {name: key.pop(name) for name in ("secret", "secret_shown")}
    assert {name: shown.json()[name] for name in key} == key
    assert not of_secrets.keys() & shown.json().keys()
    assert len(ada.call("GET", "/v1/keys").json()["keys"]) == before + 1


def test_a_narrowing_needs_no_factor_and_a_widening_does(house: House, ada: Person) -> None:
    """Promise 5, and by the version that was seen: of two edits of one state the second is told so."""
    key = house.issue("binance", "trade")
    path = f"/v1/keys/{key.id}"
    tag = ada.call("GET", path).headers["etag"]
    narrowed = ada.call("PATCH", path, {"permissions": ["read-only"]}, If_Match=tag)
    assert narrowed.status_code == 200, narrowed.text
    stale = ada.call("PATCH", path, {"label": "other"}, If_Match=tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "version.stale")
    tag = narrowed.headers["etag"]
    widened = confirmed(ada, "PATCH", path, {"permissions": ["trade"]}, If_Match=tag)
    assert widened.status_code == 200, widened.text
    assert "orders.write" in widened.json()["grants"]
    assert ada.call("POST", f"{path}/pause").json()["state"] == "paused"
    assert ada.call("POST", f"{path}/resume").status_code == 403
    assert ada.call("DELETE", path).json()["state"] == "revoked"


def test_signing_in_tells_a_stranger_nothing(house: House, ada: Person) -> None:
    """Known and unknown names, right and wrong passwords: one kind of answer, until the code."""
    nobody = Person(house, "nobody@example.com")
    answers = []
    for name, password in ((ada.name, "wrong password here"), ("eve@example.com", PASSWORD), (ada.name, PASSWORD)):
        begun = nobody.call("POST", "/v1/sign-in", {"name": name, "password": password})
        answers.append((begun.status_code, tuple(begun.json()), len(begun.content)))
        finished = nobody.call("POST", "/v1/sign-in/code", {"ticket": begun.json()["ticket"], "code": "000000"})
        assert (finished.status_code, finished.json()["code"]) == (401, "session.missing")
    assert len(set(answers)) == 1


def test_a_session_that_was_ended_is_over(house: House, ada: Person) -> None:
    """At once, and for its token only."""
    other = Person(house, ada.name, ada.seed, paper=ada.paper)
    other.token = ada.token
    ada.sign_in()
    assert ada.call("GET", "/v1/me").status_code == 200
    assert other.call("POST", "/v1/me/sign-out", {}).status_code == 200
    assert (other.call("GET", "/v1/me").status_code, ada.call("GET", "/v1/me").status_code) == (401, 200)


def test_rules_of_the_house_take_two_persons(house: House) -> None:
    """One operator asks and confirms; nothing is done until another one approves, with a factor of their own."""
    ivan = Person.added(house, "ivan@example.com", roles=("operator",))
    judy = Person.added(house, "judy@example.com", roles=("operator",))
    asked = confirmed(ivan, "PATCH", "/v1/house", {"rules": {"keys_per_account": 7}})
    assert asked.status_code == 202, asked.text
    approval = asked.json()["waits_for_approval"]["approval"]
    assert ivan.call("GET", "/v1/house").json()["keys_per_account"] != 7
    path = f"/v1/approvals/{approval}/approve"
    assert ivan.call("POST", path).status_code == 403
    approved = confirmed(judy, "POST", path, None)
    assert approved.status_code == 200, approved.text
    assert ivan.call("GET", "/v1/house").json()["keys_per_account"] == 7
