"""People at work: where they sign in, and the post that tells them things."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bitting.desk.sign_in import Confirmer
from bitting.identity.notices import Post, post_due
from bitting.kms.private_file import read_private
from bitting.settings import MailSettings, PeopleSettings
from bitting.web.post import MailFolder, MailServer
from bitting.wiring.house import House

NOTICES_EVERY_S: Final = 5.0
TIDY_EVERY_S: Final = 60.0
_MOST_PASSWORD: Final = 1_024


def keep_people(house: House, settings: PeopleSettings) -> None:
    """Say where people sign in, and have `house.keep` bring notices to the post and tidy up what is over. Raises
    Misconfigured."""
    identity = house.desk.identity
    if identity is None:
        return
    house.desk.identity = here = replace(identity, site=settings.site)
    house.desk.people = Confirmer(here)
    post = _post(house, settings.mail)
    sender = settings.mail.sender if settings.mail is not None else f"bitting@{settings.site.rp_id}"

    async def tell() -> None:
        await post_due(house.store, post, sender, settings.site, house.clock.now_ns() // 1_000_000)

    async def tidy() -> None:
        now_ns = house.clock.now_ns()
        await house.store.change(now_ns, lambda work: work.people.tidy(now_ns // 1_000_000))

    house.duties += [("notices", NOTICES_EVERY_S, tell), ("sign-ins", TIDY_EVERY_S, tidy)]


def _post(house: House, mail: MailSettings | None) -> Post:
    if mail is None:
        return MailFolder(house.folder.mail)
    password = ""
    if mail.password_file is not None:
        password = read_private(mail.password_file, _MOST_PASSWORD).decode("utf-8", "strict").strip()
    return MailServer(mail.server, mail.port, mail.tls, mail.user, password)
