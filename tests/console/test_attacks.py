"""What somebody would try at the console: other sites' forms, other people's sessions, texts that are not texts."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from bitting.web.console.app import HEADERS, PAGES
from tests.console.browser import ORIGIN, Browser
from tests.console.holder import Holder
from tests.end_to_end.house import House

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}'


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": ""},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "http://console.example"},
        {"origin": "https://console.example.evil.example"},
        {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
        {"origin": ORIGIN, "sec-fetch-site": "same-site"},
    ],
)
def test_another_sites_form_does_nothing(house: House, ada: Holder, headers: dict[str, str]) -> None:
    """Though it has the cookie, and even the token of the form."""
    key = house.issue("binance", "trade", label=f"csrf {sorted(headers.items())}"[:64])
    form = ada.browser.get(f"/keys/{key.id}/revoke").form(f"/keys/{key.id}/revoke")
    refused = ada.browser.post(form.action, form.fields, **headers)
    assert refused.status == 403
    assert house.ask("key.show", key=key.id)["state"] == "working"


@pytest.mark.parametrize("token", [None, "", "x" * 43])
def test_a_form_without_its_sessions_token_does_nothing(house: House, ada: Holder, token: str | None) -> None:
    """Though the origin is right."""
    key = house.issue("binance", "trade", label=f"token {token}"[:64])
    form = ada.browser.get(f"/keys/{key.id}/revoke").form(f"/keys/{key.id}/revoke")
    fields = {name: each for name, each in {**form.fields, "token": token}.items() if each is not None}
    assert ada.browser.post(form.action, fields).status == 403
    assert house.ask("key.show", key=key.id)["state"] == "working"


def test_a_session_is_not_taken_from_the_browser(house: House, ada: Holder) -> None:
    """Session fixation: whatever cookie a browser brings, signing in gives it another; the former stays nobody's."""
    planted = "p" * 43
    browser = Browser(house.console)
    browser.cookies["__Host-bitting"] = planted
    other = Holder(ada.person, browser)
    other.sign_in()
    assert browser.cookies["__Host-bitting"] != planted
    thief = Browser(house.console)
    thief.cookies["__Host-bitting"] = planted
    assert "Sign in" in thief.get("/keys").text
    assert thief.at.startswith("/sign-in")
    thief.close()
    out = browser.send(browser.get("/you"), "/sign-out")
    assert "Sign in" in out.text
    assert browser.cookies == {}
    browser.close()


def test_two_cookies_of_one_name_are_none(house: House, ada: Holder) -> None:
    """One of them was planted by a neighbour."""
    thief = Browser(house.console)
    mine = ada.browser.cookies["__Host-bitting"]
    response = thief.client.get("/keys", headers={"cookie": f"__Host-bitting={'x' * 43}; __Host-bitting={mine}"})
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in?next=/keys")
    thief.close()


@pytest.mark.parametrize(
    "then", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a//b"]
)
def test_signing_in_leads_nowhere_else(house: House, then: str) -> None:
    """A link to us is no way to somebody else's page."""
    browser = Browser(house.console)
    response = browser.client.get("/sign-in", params={"next": then})
    assert 'name="next" value="/"' in response.text
    browser.close()


def test_hostile_texts_are_texts(house: House, ada: Holder) -> None:
    """A label and a program's name are shown on every page as what they are."""
    label = HOSTILE[:64]
    made = ada.confirm(ada.create(label))
    browser = Browser(house.console, **{"user-agent": HOSTILE, "accept-language": HOSTILE})
    other = Holder(ada.person, browser)
    pages = [made, other.sign_in(), browser.get("/keys"), browser.get("/you"), browser.get("/stop")]
    [key] = [each for each in house.ask("key.list")["keys"] if each["label"] == label]
    pages += [browser.get(f"/keys/{key['id']}{page}") for page in ("", "/edit", "/rotate", "/pause", "/revoke")]
    form = pages[6].form(f"/keys/{key['id']}/edit")
    pages.append(browser.post(form.action, {**form.fields, "label": "plain", "go": "review"}))
    for page in pages:
        assert page.status == 200, page.text
        assert "<img src=x" not in page.source
        assert "<script>alert" not in page.source
        assert all("onerror" not in attributes for _, attributes in page.tags)
    assert label in pages[4].text or label in pages[2].text
    browser.close()


def test_every_page_has_its_headers_and_no_script_of_its_own(house: House, ada: Holder) -> None:
    """Nothing inline, nothing from elsewhere, nothing kept; also where there is nothing, and for strangers."""
    key = house.issue("binance", "trade", label="headers")
    paths = [each.replace("{key}", key.id).replace("{step}", "pause") for each, page in PAGES.items() if page.show]
    stranger = Browser(house.console)
    for browser, path in [
        *((ada.browser, each) for each in (*paths, "/keys/none", "/keys/none/none")),
        (stranger, "/sign-in"),
    ]:
        page = browser.get(path)
        sent = page.response.headers
        assert {name: sent[name] for name in HEADERS} == HEADERS, path
        for tag, attributes in page.tags:
            assert "style" not in attributes
            assert not any(name.startswith("on") for name in attributes)
            assert tag != "style"
            assert tag != "script" or re.fullmatch(r"/static/[0-9a-f]{16}-console\.js", attributes["src"] or "")
    stranger.close()


def test_a_neighbours_key_is_not_there(house: House, ada: Holder) -> None:
    """With the words for one that never was, whatever is asked of it."""
    house.ask("account.open", name="mallory")
    theirs = house.ask(
        "key.issue", account="mallory", dialect="binance", label="hers", permissions=["trade"], network=["127.0.0.1"]
    )
    never = theirs["id"][:-4] + "0000"
    for page in ("", "/edit", "/rotate", "/pause"):
        there, nowhere = ada.browser.get(f"/keys/{theirs['id']}{page}"), ada.browser.get(f"/keys/{never}{page}")
        assert there.status == nowhere.status == 404
        assert "hers" not in there.source
    assert "hers" not in ada.browser.get("/keys").source


def test_what_is_not_a_form_is_not_read(house: House, ada: Holder) -> None:
    """JSON from a script of another page, half an escape, a field twice, and more than any form is long."""
    form = ada.browser.get("/keys/new").form("/keys/new").fields
    whole = urlencode({name: each[0] for name, each in form.items() if name not in ("label", "go")}) + "&preset=trade"
    place, kind = f"{house.console}/keys/new", "application/x-www-form-urlencoded"
    cookie = f"__Host-bitting={ada.browser.cookies['__Host-bitting']}"
    for media, body in (
        ("application/json", b"{}"),
        ("text/plain", f"{whole}&label=bot".encode()),
        (kind, f"{whole}&label=%ff".encode()),
        (kind, f"{whole}&label=a&label=b".encode()),
        (kind, b"a=" + b"x" * 300_000),
    ):
        sent = {"origin": ORIGIN, "cookie": cookie, "content-type": media}
        assert ada.browser.client.post(place, content=body, headers=sent).status_code == 422, body[:40]
    sent = {"origin": ORIGIN, "cookie": cookie, "content-type": kind}
    assert ada.browser.client.post(place, content=f"{whole}&label=bot", headers=sent).status_code == 200
