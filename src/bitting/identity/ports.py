"""What identity needs of the store: users, and what is known about their signing in.

Everything here is sealed or tagged by the store: no address, token or name lies in a row in clear.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple, Protocol, TypeVar

from bitting.domain.account import Account
from bitting.domain.change import Change
from bitting.domain.keys import Key
from bitting.domain.user import User
from bitting.lifecycle import ports

T = TypeVar("T")


class Place(NamedTuple):
    """Where somebody signs in from: the address, as everywhere (IPv4 mapped into IPv6), and what the client calls
    itself."""

    address: int
    agent: str


class Session(NamedTuple):
    """One signed-in device. `how` are the factors it was opened with. It is over at `until_ms`, or when it has not been
    used for a while, or when its user has come to another epoch."""

    id: str
    user: str
    epoch: int
    how: str
    place: Place
    created_at_ms: int
    seen_at_ms: int
    until_ms: int


class Purpose(Enum):
    """What a ticket is good for; one for one purpose is nothing for another."""

    PASSWORD = "password"  # noqa: S105 - a password was said; the second factor is to follow
    PASSKEY = "passkey"  # a challenge to sign in with
    STEP_UP = "step-up"  # a challenge to confirm with
    TOTP = "totp"  # a seed that is shown and not proven yet
    REGISTER = "register"  # a challenge to make a passkey for
    SET_UP = "set-up"  # a link by which a new person chooses what proves them
    RESET = "reset"  # a link by which a person chooses another password


class Ticket(NamedTuple):
    """What was begun and is to be finished: its holder has a random token, the store has SHA-256 of it. `user` is ""
    where there is none, which nobody can see from outside."""

    digest: bytes
    purpose: Purpose
    user: str
    fact: bytes
    expires_at_ms: int


class Tries(NamedTuple):
    """Failures in a row, and when the first and the last of them were."""

    failures: int
    first_at_ms: int
    last_at_ms: int


NO_TRIES = Tries(0, 0, 0)


class Notice(NamedTuple):
    """A change that somebody is to hear of, how often telling them has failed, and the number of the waiting row."""

    row: int
    user: str
    change: Change
    failures: int


class People(Protocol):
    """Tickets, tries, places, sessions and notices, within one transaction. Those that write raise Conflict where two
    writers meet."""

    def tries(self, scope: bytes) -> Tries:
        """The failures counted for this scope, whatever it stands for."""

    def put_tries(self, scope: bytes, tries: Tries, *, known: bool) -> None:
        """Count. Of scopes that belong to no user, only so many are kept."""

    def step(self, authenticator_id: str) -> int:
        """The highest step of an app, or use of a passkey, that was accepted; -1 for none."""

    def raise_step(self, authenticator_id: str, step: int) -> None:
        """Everything up to this one is used."""

    def knows_place(self, user_id: str, block: int) -> bool:
        """Whether the user has signed in from this block of addresses."""

    def keep_place(self, user_id: str, block: int, now_ms: int) -> None: ...

    def put_ticket(self, ticket: Ticket) -> None: ...

    def ticket(self, digest: bytes, purpose: Purpose, now_ms: int) -> Ticket | None:
        """The ticket, if it is for this purpose and in its time. Raises Tampered."""

    def drop_ticket(self, digest: bytes) -> None: ...

    def drop_tickets(self, user_id: str) -> None:
        """All of the user's: what was begun before is not to be finished after."""

    def put_session(self, session: Session, token_digest: bytes) -> None: ...

    def session(self, token_digest: bytes) -> Session | None:
        """Whatever its time says. Raises Tampered."""

    def sessions(self, user_id: str) -> list[Session]:
        """Oldest first. Raises Tampered."""

    def see_session(self, session_id: str, now_ms: int) -> None: ...

    def drop_session(self, session_id: str) -> None: ...

    def tidy(self, now_ms: int) -> None:
        """Drop tickets and sessions whose time is over."""

    def notices(self, now_ms: int, most: int) -> list[Notice]:
        """Those that are due, oldest first."""

    def notice_told(self, row: int) -> None: ...

    def notice_failed(self, row: int, next_at_ms: int) -> None: ...


class Work(ports.Work, Protocol):
    """A unit of work that knows people."""

    @property
    def people(self) -> People: ...


class Shelf(Protocol):
    """One state of the store, to look at."""

    @property
    def people(self) -> People: ...

    def user(self, user_id: str) -> User:
        """Raises NotFound, Tampered."""

    def find_account(self, text: str) -> Account:
        """By id or unique name. Raises NotFound, Refused, Tampered."""

    def find_key(self, text: str) -> Key:
        """By id, key id or unique label. Raises NotFound, Refused, Tampered."""


class Book(Protocol):
    """The store, from the event loop."""

    async def change(self, now_ns: int, make: Callable[[Work], T]) -> T:
        """Run `make` in one durable transaction. Raises what `make` raises, Conflict, Unavailable."""

    async def read(self, look: Callable[[Shelf], T]) -> T: ...
