"""The link, the password, the factors, the devices: what is right opens, and what is wrong says so and does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.console.browser import ORIGIN, Browser, Page
from tests.console.holder import Holder
from tests.end_to_end.house import House
from tests.end_to_end.people import PASSWORD
from tests.identity.device import Device


def options(page: Page, action: str) -> Any:
    """What the page asks a passkey."""
    forms = [each for tag, each in page.tags if tag == "form" and each.get("action") == action]
    return next(json.loads(each["data-options"] or "") for each in forms if "data-options" in each)


def test_set_up_signed_in_and_confirmed_by_passkey(house: House) -> None:
    """The passkey's signature is for one change: the question's challenge is what it signs."""
    name, device = "bob@example.com", Device(origin=ORIGIN, rp_id="console.example")
    said = house.ask("user.add", name=name, roles=[])
    house.ask("user.role", user=said["id"], account="alice", role="owner")
    browser = Browser(house.console)
    page = browser.send(browser.get("/set-up"), link=said["link"])
    made = device.create(options(page, "/set-up/finish"))
    done = browser.send(page, "/set-up/finish", response=json.dumps(made))
    assert (done.status, "You are set up" in done.text) == (200, True)
    asked = browser.send(browser.get("/sign-in"), "/sign-in/passkey")
    nobody = browser.send(asked, "/sign-in/passkey/finish", response="[]")
    assert (nobody.status, "no passkey has answered" in nobody.text) == (403, True)
    asked = browser.send(browser.get("/sign-in"), "/sign-in/passkey")
    answer = device.get(options(asked, "/sign-in/passkey/finish"))
    assert "Overview" in browser.send(asked, "/sign-in/passkey/finish", response=json.dumps(answer)).text
    key = house.issue("binance", "trade", label="for bob")
    browser.send(browser.get(f"/keys/{key.id}/pause"), f"/keys/{key.id}/pause")
    question = browser.send(browser.get(f"/keys/{key.id}/resume"), f"/keys/{key.id}/resume")
    form = next(each for each in question.forms if "response" in each.fields)
    signed = json.dumps(device.get(options(question, form.action)))
    assert "The key works again." in browser.post(form.action, {**form.fields, "response": signed}).text
    browser.close()


def test_set_up_says_what_is_wrong_and_keeps_the_seed(house: House) -> None:
    """Two passwords, a weak one, a wrong code: the app that was photographed stays good; then the link is used up."""
    said = house.ask("user.add", name="carol@example.com", roles=[])
    browser = Browser(house.console)
    assert "is used, too old, or none of ours" in browser.send(browser.get("/set-up"), link="x" * 43).text
    page = browser.send(browser.get("/set-up"), link=said["link"])
    form = page.forms[0]
    seed = form.fields["uri"]
    for password, again, why in (
        (PASSWORD, PASSWORD + "x", "The two passwords differ."),
        ("password", "password", "password"),
        (PASSWORD, PASSWORD, "not what the app shows now"),
    ):
        wrong = browser.post(form.action, {**form.fields, "password": password, "again": again, "code": "000000"})
        assert (wrong.status, why in wrong.text) == (422, True)
        form = wrong.forms[0]
        assert form.fields["uri"] == seed
        assert password not in wrong.source or password == "password"
    browser.close()


def test_a_wrong_code_and_a_wrong_password_are_one_answer(house: House, ada: Holder) -> None:
    browser = Browser(house.console)
    said = set()
    for name, password in ((ada.person.name, "wrong password"), ("nobody@example.com", PASSWORD)):
        asked = browser.send(browser.get("/sign-in"), "/sign-in", name=name, password=password)
        assert asked.status == 200
        refused = browser.send(asked, code="000000")
        assert refused.status == 403
        said.add(refused.text.replace(refused.response.headers["x-request-id"], ""))
    assert len(said) == 1
    assert browser.cookies == {}
    nobody = browser.send(browser.get("/sign-in"), "/sign-in", name="", password="x")
    assert nobody.status == 403
    browser.close()


def test_another_device_is_signed_out(house: House, ada: Holder) -> None:
    """Its next page is the door."""
    other = Holder(ada.person, Browser(house.console, **{"user-agent": "Lost telephone"}))
    other.sign_in()
    page = ada.browser.get("/you")
    assert "Lost telephone" in page.text
    ended = ada.browser.send(page, "/you/sessions/end", session=session_of(page, "Lost telephone"))
    assert "Lost telephone" not in ended.text
    assert "Sign in" in other.browser.get("/keys").text
    other.browser.close()


def session_of(page: Page, agent: str) -> str:
    """The button beside the device."""
    row = page.source[page.source.index(agent) :]
    return row.partition('name="session" value="')[2].partition('"')[0]


@pytest.mark.parametrize(("method", "path"), [("PUT", "/keys"), ("GET", "/sign-out"), ("POST", "/you")])
def test_what_a_page_does_not_take(house: House, ada: Holder, method: str, path: str) -> None:
    cookie = f"__Host-bitting={ada.browser.cookies['__Host-bitting']}"
    assert ada.browser.client.request(method, path, headers={"cookie": cookie, "origin": ORIGIN}).status_code == 405


def test_static_files_are_served_for_ever_and_only_ours(house: House, ada: Holder) -> None:
    [place] = [each["href"] for tag, each in ada.browser.get("/").tags if tag == "link" and each["rel"] == "stylesheet"]
    served = ada.browser.client.get(place or "")
    assert served.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert served.headers["content-type"] == "text/css; charset=utf-8"
    for path in ("/static/console.css", "/static/..%2fapp.py", "/static/none"):
        assert ada.browser.client.get(path).status_code == 404
