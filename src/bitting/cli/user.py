"""bitting user: people who sign in: add, list, show, roles, disable, enable, reset, and their sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from cyclopts import App, Parameter

from bitting.cli.common import HERE, AccountName, Common, Flag, Words
from bitting.cli.page import aligned, columns, fields
from bitting.domain.errors import MalformedValue

app = App(name="user", help="People who sign in: what they are to accounts and to the house, and their sessions.")

UserName = Annotated[str, Parameter(help="By id or name.")]
_ROLES = ("operator", "security", "auditor", "support")


@app.command
def add(name: str, /, *, role: Words | None = None, common: Common = HERE) -> None:
    """Add a person. The link that is printed is how they choose a password and a factor: once, within a day.

    For example:

        bitting user add ada@example.com

        bitting user add grace@example.com --role operator

    Parameters
    ----------
    name: str
        Their e-mail address: what they sign in with, and where they are told things.
    role: list[str]
        What they are to the house: operator, security, auditor or support. Nothing, for a holder. Repeat for more.
    """
    common.show(common.ask("user.add", name=name, roles=role), _card)


@app.command(name="list")
def list_(*, common: Common = HERE) -> None:
    """All people.

    For example:

        bitting user list
    """
    common.show_pages("user.list", _list)


@app.command
def show(user: UserName, /, *, common: Common = HERE) -> None:
    """One person, and what proves them.

    For example:

        bitting user show ada@example.com
    """
    common.show(common.ask("user.show", user=user), _card)


@app.command
def role(user: UserName, role: str, /, *, account: AccountName | None = None, common: Common = HERE) -> None:
    """Say what a person is, to an account or to the house.

    For example:

        bitting user role ada@example.com owner --account alice

        bitting user role grace@example.com auditor

        bitting user role ada@example.com none --account alice

    Parameters
    ----------
    role: str
        With --account owner, manager, viewer or none. Without it operator, security, auditor, support, several of
        these with commas, or none.
    """
    if account is not None:
        common.show(common.ask("user.role", user=user, account=account, role=role), _card)
        return
    roles = [] if role == "none" else role.split(",")
    if not set(roles) <= set(_ROLES):
        raise MalformedValue(f"no role of the house is called {role[:32]!r}; say --account for a role on an account")
    common.show(common.ask("user.role", user=user, roles=roles), _card)


@app.command
def disable(user: UserName, /, *, common: Common = HERE) -> None:
    """Sign a person out everywhere, and let them in no more.

    For example:

        bitting user disable ada@example.com
    """
    common.show(common.ask("user.disable", user=user), _card)


@app.command
def enable(user: UserName, /, *, common: Common = HERE) -> None:
    """Let a person sign in again.

    For example:

        bitting user enable ada@example.com
    """
    common.show(common.ask("user.enable", user=user), _card)


@app.command
def reset(user: UserName, /, *, everything: Flag = False, common: Common = HERE) -> None:
    """Make a link for another password: once, within a quarter of an hour, and with the second factor.

    For example:

        bitting user reset ada@example.com

        bitting user reset ada@example.com --everything

    Parameters
    ----------
    everything: bool
        For who has lost the second factor, too: nothing proves them any more, and the link lets them begin anew,
        within a day. Make sure that it is them.
    """
    common.show(common.ask("user.reset", user=user, everything=everything), _card)


@app.command
def sessions(user: UserName, /, *, common: Common = HERE) -> None:
    """Where a person is signed in.

    For example:

        bitting user sessions ada@example.com
    """
    common.show(common.ask("user.sessions", user=user), _sessions)


@app.command(name="sign-out")
def sign_out(user: UserName, /, *, session: str | None = None, common: Common = HERE) -> None:
    """Sign a person out, everywhere or on one device.

    For example:

        bitting user sign-out ada@example.com

    Parameters
    ----------
    session: str
        One session's id; `bitting user sessions` has it. Without it, every one.
    """
    common.show(common.ask("user.sign-out", user=user, session=session), fields)


def _list(said: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [
            each["name"],
            each["id"],
            each["state"] if each["ready"] or each["state"] == "disabled" else "not set up",
            ",".join(each["house"]) or "none",
            str(len(each["accounts"])),
        ]
        for each in said["users"]
    ]
    return columns(("name", "id", "state", "house", "accounts"), rows)


def _card(said: Mapping[str, Any]) -> Iterator[str]:
    shown: dict[str, Any] = {name: said[name] for name in ("name", "id", "state", "version")}
    shown["house"] = ",".join(said["house"]) or "none"
    shown["accounts"] = aligned([(account, role) for account, role in said["accounts"].items()]) or "none"
    shown["factors"] = aligned([_factor(each) for each in said["factors"]]) or "none: not set up"
    yield from fields(shown)
    if "link" in said:
        yield ""
        yield from fields({"link": said["link"]})
        yield "Give it to this person and to nobody else; it is shown once."


def _factor(each: Mapping[str, Any]) -> tuple[str, str]:
    return each["factor"], f"{each['label']} since {each['created_at']}, {each['id']}".strip()


def _sessions(said: Mapping[str, Any]) -> Iterator[str]:
    rows = [[each["seen_at"], each["how"], each["address"], each["client"], each["id"]] for each in said["sessions"]]
    return columns(("last seen", "how", "address", "client", "id"), rows)
