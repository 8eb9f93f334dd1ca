"""Somebody at the console: set up by a link, signed in, confirming what they change; all of it by pages and forms."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any, Final

from bitting.domain.secret import Secret
from tests.console.browser import ORIGIN, Browser, Page
from tests.end_to_end.house import House
from tests.end_to_end.people import PASSWORD, Person

MANAGE: Final = f'[manage]\nport = 0\n[people]\nurl = "{ORIGIN}"\n'
AGENT: Final = "Test browser"


@dataclass
class Holder:
    """`person` has the app and the paper."""

    person: Person
    browser: Browser

    @classmethod
    def set_up(cls, house: House, name: str, *, owns: str | None = None) -> Holder:
        """By the pages: the link, a password, an app; and signed in."""
        said = house.ask("user.add", name=name, roles=[])
        if owns is not None:
            house.ask("user.role", user=said["id"], account=owns, role="owner")
        holder = cls(Person(house, name), Browser(house.console, **{"user-agent": AGENT}))
        browser, person = holder.browser, holder.person
        page = browser.send(browser.get("/set-up"), link=said["link"])
        seed = page.forms[0].fields["uri"][0].partition("secret=")[2].partition("&")[0]
        person.seed = Secret(base64.b32decode(seed))
        form = page.forms[0]
        done = browser.post(
            form.action, {**form.fields, "password": PASSWORD, "again": PASSWORD, "code": person.code()}
        )
        assert done.status == 200, done.text
        person.paper = re.findall(r"<code>([a-z2-7-]{19})</code>", done.source)
        assert len(person.paper) == 10
        holder.sign_in()
        return holder

    def sign_in(self, then: str = "/") -> Page:
        """With the password and a fresh code."""
        asked = self.browser.send(
            self.browser.get(f"/sign-in?next={then}"), "/sign-in", name=self.person.name, password=PASSWORD
        )
        return self.browser.send(asked, code=self.person.code())

    def confirm(self, page: Page) -> Page:
        """Answer the question for the second factor with a code."""
        assert "confirmation" in page.form_with("confirmation").fields, page.text
        form = page.form_with("confirmation")
        return self.browser.post(form.action, {**form.fields, "code": self.person.code()})

    def create(self, label: str = "bot", **filled: Any) -> Page:
        """Through the steps, to the question for the second factor."""
        browser = self.browser
        usual: dict[str, Any] = {
            "dialect": "binance",
            "preset": "trade",
            "from": "list",
            "network": "127.0.0.1",
            "life": "90d",
        }
        given = {**usual, **filled}
        page = browser.get("/keys/new")
        for names in (("dialect", "preset"), ("right",), ("from", "network")):
            chosen = {name: given[name] for name in names if name in given}
            page = browser.send(
                page, "/keys/new", go="next", **({"label": label} if "preset" in names else {}), **chosen
            )
            assert page.status == 200, page.text
        limits = {
            name: each for name, each in given.items() if name not in ("dialect", "preset", "right", "from", "network")
        }
        return browser.send(page, "/keys/new", go="next", **limits)
