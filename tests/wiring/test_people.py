"""People in a house that runs: the link of the settings' origin, and notices that go out by themselves."""

from __future__ import annotations

import asyncio
import os
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from bitting.domain.errors import Misconfigured
from bitting.identity.identity import Site
from bitting.settings import MailSettings, PeopleSettings
from bitting.web.post import MailServer
from bitting.wiring import people
from bitting.wiring.gates import at_work
from bitting.wiring.house import open_house


def unforeseen(problem: BaseException) -> None:
    raise problem


def test_links_begin_with_the_settings_origin_and_notices_are_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "NOTICES_EVERY_S", 0.02)
    monkeypatch.setattr(people, "TIDY_EVERY_S", 0.02)
    settings = PeopleSettings(Site.from_text("https://keys.example.com"))

    async def run() -> dict[str, Any]:
        async with at_work(tmp_path / "data", unforeseen, unforeseen, people=settings) as house:
            said: dict[str, Any] = await house.ask("user.add", {"name": "ada@example.com"})
            await house.ask("user.disable", {"user": "ada@example.com"})
            while not list(house.folder.mail.glob("*.eml")):  # noqa: ASYNC110 - what is waited for is a file
                await asyncio.sleep(0.02)
            assert house.troubles == {}
            return said

    said = asyncio.run(asyncio.wait_for(run(), 30))
    assert said["link"].startswith("https://keys.example.com/set-up#")
    (file,) = (tmp_path / "data" / "mail").glob("*.eml")
    message = message_from_bytes(file.read_bytes())
    assert (message["To"], message["From"]) == ("ada@example.com", "bitting@keys.example.com")


def test_a_mail_servers_password_is_in_a_file_for_us_alone(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("the password\n")
    secret.chmod(0o644)
    mail = MailSettings("bitting@example.com", "smtp.example.com", user="bitting", password_file=secret)

    async def run() -> Any:
        async with open_house(tmp_path / "data") as house:
            people.keep_people(house, PeopleSettings(mail=mail))
            return people._post(house, mail)

    with pytest.raises(Misconfigured, match="chmod 600"):
        asyncio.run(run())
    os.chmod(secret, 0o600)
    post = asyncio.run(run())
    assert isinstance(post, MailServer)
    assert post._password == "the password"


def test_where_nobody_signs_in_nothing_is_kept(tmp_path: Path) -> None:
    async def run() -> int:
        async with open_house(tmp_path / "data") as house:
            house.desk.identity = None
            people.keep_people(house, PeopleSettings())
            return len(house.duties)

    assert asyncio.run(run()) == 0
