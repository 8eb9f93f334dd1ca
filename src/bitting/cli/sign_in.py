"""bitting sign-in, sign-out, sessions: a session at a house on another machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bitting.cli.common import HERE, Common, Flag
from bitting.cli.page import columns
from bitting.cli.remote import Session, opened
from bitting.cli.terminal import asked, asked_unseen
from bitting.domain.errors import NotSignedIn


def sign_in(server: str, /, *, name: str | None = None, common: Common = HERE) -> None:
    """Sign in at a house on another machine, with password and code.

    From then on commands are carried out there, in your name. Passkeys
    work in the console only.

    For example:

        bitting sign-in https://keys.example.com --name ada@example.com

    Parameters
    ----------
    server: str
        Its address, as the console has it: https://HOST or https://HOST:PORT.
    name: str
        Your e-mail address; asked for when not given.
    """
    server = server.rstrip("/")
    with opened(server) as client:
        name = name or asked("E-mail address: ")
        welcome = client.sign_in(name, asked_unseen("Password: "), asked_unseen("Code of your app: "))
        Session(server, name, client.token).keep()
    said = {"server": server, "name": name, "until": welcome["until"]}
    common.show(said, lambda said: [f"{said['name']} is signed in at {said['server']}"])


def sign_out(*, everywhere: Flag = False, common: Common = HERE) -> None:
    """End the session, there and here.

    For example:

        bitting sign-out --everywhere

    Parameters
    ----------
    everywhere: bool
        All sessions of yours, on every device.
    """
    session = _mine(common)
    try:
        said = common.ask("me.sign-out", everywhere=everywhere or None)
    except NotSignedIn:  # it was over
        said = {"signed_out": "nothing"}
    session.forget()
    common.show(said, lambda said: [f"signed out at {session.server}"])


def sessions(*, common: Common = HERE) -> None:
    """Your devices that are signed in there.

    For example:

        bitting sessions
    """
    _mine(common)
    common.show(common.ask("me.sessions"), _list)


def _mine(common: Common) -> Session:
    elsewhere = common.elsewhere
    if elsewhere is None:
        raise NotSignedIn("you are signed in nowhere: `bitting sign-in URL`")
    return elsewhere.session


def _list(said: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [each["signed_in_at"], each["seen_at"], each["address"], each["client"], "this one" if each.get("this") else ""]
        for each in said["sessions"]
    ]
    return columns(["signed in", "seen", "address", "client", ""], rows)
