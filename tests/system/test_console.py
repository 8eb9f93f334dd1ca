"""The console in a real browser: every way through it, what scripts add, and what a browser keeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.house import House
from tests.end_to_end.people import Person
from tests.system.screen import (
    add_passkey_device,
    link_for,
    new_page,
    open_browser,
    open_house,
    set_up_with_app,
)

PATHS = ("/", "/keys", "/keys/new", "/stop", "/you")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def ada(house: House, browser: Browser) -> tuple[Person, Any]:
    """A person, and what a browser that has signed in keeps."""
    page = new_page(browser, house)
    person = set_up_with_app(page, house, "ada@example.com")
    return person, page.context.storage_state()


@pytest.fixture
def page(house: House, browser: Browser, ada: tuple[Person, Any]) -> Iterator[Page]:
    """Signed in. Whatever a script or the policy against scripts complains of fails the test."""
    opened = new_page(browser, house, storage_state=ada[1])
    problems: list[str] = []
    opened.on("pageerror", lambda problem: problems.append(str(problem)))
    opened.on("console", lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None)
    yield opened
    opened.context.close()
    assert problems == []


def make(page: Page, label: str) -> None:
    """Through the steps, to the question for the second factor."""
    page.goto("/keys/new")
    page.fill("#label", label)
    page.select_option("#dialect", "binance")
    page.check("input[value=trade]")
    for _ in range(2):
        page.click("button.primary")
    page.click("button[value=mine]")
    page.click("button.primary")
    page.click("button.primary")
    expect(page.locator("#code")).to_be_visible()


def test_the_links_token_leaves_the_address(house: House, browser: Browser) -> None:
    """It is in no address line and no history once the page is open."""
    page = new_page(browser, house)
    link = link_for(house, "hash@example.com")
    page.goto(link)
    page.wait_for_selector("#password")
    assert page.evaluate("location.href") == f"{house.console}/set-up"
    assert link.partition("#")[2] not in page.evaluate("performance.getEntriesByType('navigation')[0].name")


def test_by_passkey_from_the_link_to_a_key(house: House, browser: Browser) -> None:
    """Set up, signed in and confirmed with a passkey and nothing else."""
    page = new_page(browser, house)
    add_passkey_device(page)
    page.goto(link_for(house, "bob@example.com"))
    page.click("form[data-webauthn=create] button")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{house.console}/")
    make(page, "by passkey")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("#value-secret")).to_be_visible()
    assert [each for each in house.ask("key.list")["keys"] if each["label"] == "by passkey"]


def test_the_secret_is_gone_with_its_page(house: House, page: Page, ada: tuple[Person, Any]) -> None:
    """Neither the way back nor loading again shows it; a double click makes one key."""
    make(page, "shown once")
    page.fill("#code", ada[0].code())
    page.locator("button.primary").dblclick()
    expect(page.locator("#value-secret")).to_be_visible()
    secret = page.locator("#value-secret").inner_text()
    with page.expect_download() as saved:
        page.click("[data-file]")
    key_id = page.locator("#value-key").inner_text()
    assert Path(saved.value.path()).read_text() == f"BITTING_KEY={key_id}\nBITTING_SECRET={secret}\n"
    page.get_by_role("link", name="I have kept it").click()
    expect(page.get_by_role("heading", name="shown once")).to_be_visible()
    page.evaluate("history.back()")
    page.wait_for_timeout(700)
    assert secret not in page.content()
    page.goto("/keys")
    assert secret not in page.content()
    assert [each["label"] for each in house.ask("key.list")["keys"]].count("shown once") == 1


def test_by_keyboard_alone(page: Page) -> None:
    """Enter in a field goes on, never back; and the skip link is the first stop."""
    page.goto("/keys/new")
    page.keyboard.press("Shift+Tab")
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.goto("/keys/new")
    page.focus("input[value=trade]")
    page.keyboard.press("Space")
    page.focus("#label")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    page.wait_for_selector("input[value='orders.write']")
    page.focus("input[value='orders.write']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#network")


@pytest.mark.parametrize("width", [360, 1440])
def test_no_page_is_wider_than_the_screen(house: House, page: Page, width: int) -> None:
    """Nothing has to be pushed sideways, with the longest label there can be and networks of IPv6."""
    key = house.issue(
        "binance", "trade", label=f"w{width}" + "W" * 59, network="2001:db8:1111:2222:3333:4444:5555:6666"
    )
    page.set_viewport_size({"width": width, "height": 800})
    for path in (*PATHS, *(f"/keys/{key.id}{each}" for each in ("", "/edit", "/rotate", "/revoke"))):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_everything_has_a_name(page: Page) -> None:
    """For those who listen to a page: each field, button and link says what it is."""
    for path in PATHS:
        page.goto(path)
        for each in page.locator("input:visible, select:visible, textarea:visible").all():
            assert each.evaluate("field => field.labels.length") > 0, (path, each)
        for each in page.locator("button:visible, a:visible").all():
            assert each.inner_text().strip(), path


def test_without_scripts(house: House, browser: Browser, ada: tuple[Person, Any]) -> None:
    """The whole way to the question for the code; what needs a script is not there."""
    page = new_page(browser, house, storage_state=ada[1], java_script_enabled=False)
    make(page, "no scripts")
    assert page.locator(".needs-script:visible").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(house: House, page: Page, scheme: Any) -> None:
    """By axe-core: contrast in both themes, names, landmarks, headings, roles."""
    key = house.issue("binance", "trade", label=f"axe {scheme}", network="anywhere", expires="never")
    house.ask("key.rotate", key=key.id, overlap="1h")
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found = []
    for path in (*PATHS, *(f"/keys/{key.id}{each}" for each in ("", "/edit", "/rotate", "/revoke")), "/keys/none"):
        page.goto(path)
        found += [
            (path, each["id"], [node["html"][:120] for node in each["nodes"]][:3])
            for each in Axe().run(page).response["violations"]
            if each["impact"] in ("serious", "critical")
        ]
    assert found == []
