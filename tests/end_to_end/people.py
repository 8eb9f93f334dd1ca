"""A person at the management API: set up by a link, signed in with password and app, confirming what they change."""

from __future__ import annotations

import base64
import re
import time
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2

from bitting.domain.secret import Secret
from bitting.identity import totp
from tests.end_to_end.house import House

PASSWORD: Final = "correct horse battery staple"


@dataclass
class Person:
    """One of them. `code` gives what the app shows, each time another one."""

    house: House
    name: str
    seed: Secret | None = field(repr=False, default=None)
    token: str = field(repr=False, default="")
    paper: list[str] = field(repr=False, default_factory=list)
    _step: int = 0

    @classmethod
    def added(cls, house: House, name: str, *, owns: str | None = None, roles: tuple[str, ...] = ()) -> Person:
        """Somebody new, with a password and an app, signed in."""
        said = house.ask("user.add", name=name, roles=list(roles))
        if owns is not None:
            house.ask("user.role", user=said["id"], account=owns, role="owner")
        person = cls(house, name)
        link = said["link"].partition("#")[2]
        shown = person.call("POST", "/v1/set-up/look", {"link": link}).json()
        person.seed = seed_of(shown["app"]["uri"])
        chosen = {"link": link, "password": PASSWORD, "ticket": shown["app"]["ticket"], "code": person.code()}
        done = person.call("POST", "/v1/set-up", chosen)
        assert done.status_code == 200, done.text
        person.paper = done.json()["recovery_codes"]
        person.sign_in()
        return person

    def sign_in(self) -> None:
        """With the password and a fresh code."""
        ticket = self.call("POST", "/v1/sign-in", {"name": self.name, "password": PASSWORD}).json()["ticket"]
        welcome = self.call("POST", "/v1/sign-in/code", {"ticket": ticket, "code": self.code()})
        assert welcome.status_code == 200, welcome.text
        self.token = welcome.json()["token"]

    def code(self) -> str:
        """What the app shows, where that was not used yet; a code from paper after that: nobody waits half a minute."""
        step = max(int(time.time()) // 30, self._step + 1)
        if step > int(time.time()) // 30 + 1:
            return self.paper.pop()
        self._step = step
        assert self.seed is not None
        return totp.code_at(self.seed, step)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Call the API."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            given["Authorization"] = f"Bearer {self.token}"
        return httpx2.request(method, self.house.console + path, json=body, headers=given, timeout=10)


def seed_of(uri: str) -> Secret:
    """What an app reads from the code on the screen."""
    secret = re.search(r"secret=([A-Z2-7]+)", uri)
    assert secret is not None, uri
    return Secret(base64.b32decode(secret[1]))
