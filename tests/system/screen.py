"""A real browser at a real house: Chromium without a window, and somebody who signs in to it by an app or a passkey."""

from __future__ import annotations

import base64
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

from bitting.domain.secret import Secret
from tests.end_to_end.house import House
from tests.end_to_end.people import PASSWORD, Person

CHROMIUM: Final = "/usr/bin/chromium"


@contextmanager
def open_house(folder: Path) -> Iterator[House]:
    """A house whose console is at http://localhost, where browsers let passkeys be tried out."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = f'[manage]\nport = {port}\n[people]\nurl = "http://localhost:{port}"\n'
    with House(folder, settings=settings) as house:
        house.console = f"http://localhost:{port}"
        yield house


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Chromium of the system."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def new_page(browser: Browser, house: House, **context: Any) -> Page:
    """A page of its own, with cookies of its own; what a script says wrong on it is raised."""
    page = browser.new_context(base_url=house.console, **{"locale": "en-GB", **context}).new_page()
    page.set_default_timeout(15_000)
    return page


def add_passkey_device(page: Page) -> str:
    """A key with a finger on it, as the browser's own tools make one; its id."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made: str = tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    return made


def link_for(house: House, name: str, owns: str = "alice") -> str:
    """Somebody new; the link they are given."""
    said = house.ask("user.add", name=name, roles=[])
    house.ask("user.role", user=said["id"], account=owns, role="owner")
    link: str = said["link"]
    return link


def set_up_with_app(page: Page, house: House, name: str) -> Person:
    """Open the link, choose a password, read the seed, and sign in."""
    person = Person(house, name)
    page.goto(link_for(house, name))
    seed = page.locator("input[name=uri]").get_attribute("value") or ""
    found = re.search("secret=([A-Z2-7]+)", seed)
    assert found is not None
    person.seed = Secret(base64.b32decode(found[1]))
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.fill("#code", person.code())
    page.click("form[action='/set-up/finish'] button.primary")
    person.paper = page.locator(".codes code").all_inner_texts()
    sign_in_with_app(page, person)
    return person


def sign_in_with_app(page: Page, person: Person) -> None:
    """Name and password, then the code."""
    page.goto("/sign-in")
    page.fill("#name", person.name)
    page.fill("#password", PASSWORD)
    page.click("button.primary")
    page.fill("#code", person.code())
    page.click("button.primary")
    page.wait_for_url("**/")
