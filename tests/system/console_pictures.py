"""Pictures of every page of the console: both widths, both themes, both languages.

scripts/console-pictures FOLDER
"""

from __future__ import annotations

import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

from tests.end_to_end.house import House
from tests.system.screen import link_for, new_page, open_browser, open_house, set_up_with_app

WIDTHS: Final = (360, 1440)
THEMES: Final = ("light", "dark")
LANGUAGES: Final = ("en", "ko")


def furnish(house: House) -> str:
    """Keys of all kinds; the id of the one that is looked at closely."""
    house.issue("bitfinex", "read-only", label="포트폴리오 트래커")
    house.issue("binance", "read-only", label="tax export 2026", network="anywhere", expires="never")
    house.issue("binance", "trade", label="arbitrage desk", network="203.0.113.0/24", expires="7d")
    paused = house.issue("bithumb", "trade", label="market maker, Seoul")
    house.ask("key.pause", key=paused.id)
    gone = house.issue("binance", "trade", label="old bot")
    house.ask("key.revoke", key=gone.id)
    limits = {"pairs": ["BTC/USDT", "ETH/USDT"], "largest_order": {"USDT": "500"}, "order_rate": "10/60"}
    key = house.issue("binance", "trade", label="grid bot", limits=limits)
    house.ask("key.rotate", key=key.id, overlap="1h")
    return key.id


def take(page: Page, folder: Path, name: str) -> None:
    """The whole page."""
    page.screenshot(path=folder / f"{name}.png", full_page=True)


def pictures(folder: Path) -> None:
    """All of them."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, open_house(Path(data)) as house, open_browser() as browser:
        key = furnish(house)
        page = new_page(browser, house)
        person = set_up_with_app(page, house, "ada@example.com")
        state = page.context.storage_state()
        fresh = link_for(house, "new@example.com")
        paths = {
            "overview": "/",
            "keys": "/keys",
            "key": f"/keys/{key}",
            "edit": f"/keys/{key}/edit",
            "rotate": f"/keys/{key}/rotate",
            "revoke": f"/keys/{key}/revoke",
            "stop": "/stop",
            "you": "/you",
            "sign-in": "/sign-in",
            "nothing": "/keys/none",
        }
        for width, theme, language in product(WIDTHS, THEMES, LANGUAGES):
            context = browser.new_context(
                base_url=house.console,
                storage_state=state,
                viewport={"width": width, "height": 900},
                color_scheme="dark" if theme == "dark" else "light",
                locale=language,
            )
            page = context.new_page()
            suffix = f"{width}-{theme}-{language}"
            for name, path in paths.items():
                page.goto(path)
                take(page, folder, f"{name}-{suffix}")
            page.goto(fresh)
            page.wait_for_selector("#password")
            take(page, folder, f"set-up-{suffix}")
            page.goto("/keys/new")
            take(page, folder, f"new-1-purpose-{suffix}")
            page.fill("#label", "grid bot")
            page.check("input[value=trade]")
            for step in ("2-rights", "3-network", "4-limits", "5-confirm"):
                page.click("button.primary")
                take(page, folder, f"new-{step}-{suffix}")
            if person.paper:
                page.fill("#code", person.code())
                page.click("button.primary:visible")
                page.wait_for_selector("[data-secret]")
                take(page, folder, f"new-6-secret-{suffix}")
            context.close()


if __name__ == "__main__":
    pictures(Path(sys.argv[1]))
