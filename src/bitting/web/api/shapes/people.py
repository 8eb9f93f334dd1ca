"""People: signing in, what proves them, their devices, and what they are to accounts and to the house."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from bitting.domain.roles import AccountRole, HouseRole
from bitting.web.api.shapes.common import Given, Id, Said, Text, Time, Version

Token = Annotated[str, Field(max_length=200)]
Password = Annotated[str, Field(max_length=4096)]
Code = Annotated[str, Field(max_length=64)]
Response = Annotated[dict[str, Any], Field(description="as the browser's WebAuthn gives it, in JSON")]
HouseRoleName = Annotated[str, Field(json_schema_extra={"enum": [each.value for each in HouseRole]})]
AccountRoleName = Annotated[str, Field(json_schema_extra={"enum": ["none", *(each.value for each in AccountRole)]})]


class NameAndPassword(Given):
    """Who you are, and your password."""

    name: Annotated[str, Field(max_length=320)]
    password: Password


class TicketAndCode(Given):
    """What was begun, and a code of your app or from paper."""

    ticket: Token
    code: Code


class TicketAndResponse(Given):
    """What was begun, and your passkey's response."""

    ticket: Token
    response: Response


class Ticket(Said):
    """To be brought back with the answer. It is the same whether there is anybody of that name or not."""

    ticket: str


class Challenge(Said):
    """What a passkey is asked."""

    ticket: str
    options: dict[str, Any]


class Welcome(Said):
    """A session. Its token is shown once."""

    token: str | None
    user: Id
    until: Time


class Link(Given):
    """The link's token: what stands behind the #."""

    link: Token


class Seed(Said):
    """A seed for an app that shows codes; shown once."""

    ticket: str
    uri: str
    svg: str


class SetUpShown(Said):
    """What somebody new can choose from."""

    name: str
    app: Seed
    passkey: Challenge


class SetUp(Given):
    """What proves you: a password and an app, or a passkey."""

    link: Token
    password: Password | None = None
    ticket: Token
    code: Code | None = None
    response: Response | None = None
    label: Text | None = None


class RecoveryCodes(Said):
    """Codes for paper, each good once; shown once."""

    recovery_codes: list[str]


class Proof(Given):
    """Your second factor: a code, or a passkey's response with its ticket."""

    code: Code | None = None
    ticket: Token | None = None
    response: Response | None = None


class ResetShown(Said):
    """Whom the link is for, and a challenge for their passkey."""

    name: str
    ticket: str
    options: dict[str, Any]


class Reset(Given):
    """Another password, with the second factor."""

    link: Token
    password: Password
    proof: Proof


class Done(Said):
    """It is done."""

    done: bool


class Factor(Said):
    """Something that proves a person, by name."""

    id: Id
    factor: str
    label: str
    created_at: Time


class User(Said):
    """A person."""

    id: Id
    name: str
    state: str
    house: list[HouseRoleName]
    accounts: dict[str, AccountRoleName]
    ready: Annotated[bool, Field(description="whether they can prove themselves with two factors")]
    factors: list[Factor]
    created_at: Time
    version: Version


class Session(Said):
    """A device that is signed in."""

    id: Id
    how: str
    address: str
    client: str
    signed_in_at: Time
    seen_at: Time
    until: Time
    this: bool = False


class Me(User):
    """You, and the session you ask in."""

    session: Session


class MySessions(Said):
    """Your devices, oldest first."""

    sessions: list[Session]


class SignedOut(Given):
    """Which session: this one where nothing is named."""

    session: Id | None = None
    everywhere: bool | None = None


class Ended(Said):
    """What has ended."""

    signed_out: str


class FactorAdded(Given):
    """The app or passkey that was shown, with its first answer, and a factor you had before."""

    ticket: Token
    code: Code | None = None
    response: Response | None = None
    label: Text | None = None
    proof: Proof


class Proven(Given):
    """Your second factor."""

    proof: Proof


class PasswordChanged(Given):
    """Another password."""

    current: Password | None = None
    password: Password
    proof: Proof


class NewCodes(Welcome):
    """A new session, and codes for paper; the former codes are void."""

    recovery_codes: list[str]


class Users(Said):
    """People, oldest first."""

    users: list[User]
    next: str | None = None


class RoleGiven(Given):
    """What a person is to an account (`role`), or to the house (`roles`)."""

    account: Text | None = None
    role: AccountRoleName | None = None
    roles: Annotated[list[HouseRoleName], Field(max_length=10)] | None = None


class Devices(Said):
    """A person's devices."""

    user: Id
    name: str
    sessions: list[Session]


class OneSession(Given):
    """Which session; all of them where none is named."""

    session: Id | None = None


class PersonEnded(Said):
    """Whose sessions have ended."""

    user: Id
    name: str
    signed_out: str
