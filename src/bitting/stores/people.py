"""People within one transaction: users with all their checks, and what is known about their signing in.

Personal things lie sealed under the house's own key, which an account's turn of keys does not change. Names, places and
the subjects of tries lie as marks: they can be asked for, and not read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

from bitting.domain.canonical import framed
from bitting.domain.change import Change
from bitting.domain.errors import MalformedStored, NotFound, Tampered
from bitting.domain.user import User
from bitting.identity.notices import is_told
from bitting.identity.ports import Notice, Place, Purpose, Session, Ticket, Tries
from bitting.journal import log
from bitting.stores.people_rows import HOUSE_PEOPLE, NoticeRow, SessionRow, TicketRow, UserRow
from bitting.stores.ports import EVERY, Tables
from bitting.stores.reading import Reader
from bitting.stores.seals import HOUSE, Seals
from bitting.vault.account_key import AccountKey

MOST_TICKETS: Final = 50_000  # anybody can begin to sign in; with one more the oldest is forgotten
MOST_UNKNOWN: Final = 50_000  # scopes of tries that belong to no user
MOST_PLACES: Final = 50  # of one person
MOST_NOTICES: Final = 100_000  # that wait to be sent; the journal has what is not told

_NAMES: Final = "people's names"
_SCOPES: Final = "tries"
_PLACES: Final = "places"
_SESSIONS: Final = "sessions"
_TICKETS: Final = "tickets"


class StoredPeople:
    """Fits `identity.ports.People`, and reads and writes users."""

    def __init__(self, tables: Tables, seals: Seals, reader: Reader, now_ns: int) -> None:
        self._tables = tables
        self._rows = tables.people
        self._seals = seals
        self._reader = reader
        self._now_ns = now_ns

    # ---- users

    def user(self, user_id: str) -> User:
        """Raises NotFound, Tampered."""
        row = self._rows.user_row(user_id)
        if row is None:
            raise self._reader.missing("user", user_id)
        return self.user_of(row)

    def user_of(self, row: UserRow) -> User:
        """The user of a row, if it is the newest. Raises Tampered."""
        name = self._open(_NAMES, row.name, row.user_id.encode()).decode()
        user = row.to_user(name, self._mark(_NAMES, name.encode()))
        self._seals.check_user(user, row.mac)
        self._reader.vouch("user", user.id, user.version, user.digest())
        return user

    def user_named(self, name: str) -> User | None:
        """By the one spelling of the name. Raises Tampered."""
        if self._tables.wrapped.account_key_row(*HOUSE) is None:  # a house in which nothing was ever sealed
            return None
        row = self._rows.marked_user_row(self._mark(_NAMES, name.encode()))
        return None if row is None else self.user_of(row)

    def users(self, after: str = "", most: int = EVERY) -> list[User]:
        """All, or the next `most` behind the id `after`, oldest first. Raises Tampered."""
        return [self.user_of(row) for row in self._rows.user_rows(after, most)]

    def put_user(self, user: User, before: int) -> None:
        """Raises Conflict: another version is there, or the name is taken."""
        name = self._seal(_NAMES, user.name.encode(), user.id.encode())
        mark, mac = self._mark(_NAMES, user.name.encode()), self._seals.user_mac(user)
        self._rows.put_user_row(UserRow.of(user, mark, name, mac), before)

    def house_key(self) -> AccountKey:
        """The key of what is the house's own, made where it is first asked for."""
        wrapped = self._tables.wrapped
        if wrapped.account_key_row(*HOUSE) is None:
            self._seals.new_account_key(wrapped, *HOUSE)
        return self._seals.account_key(wrapped, *HOUSE, self._now_ns)

    # ---- tries, steps and places

    def tries(self, scope: bytes) -> Tries:
        return self._rows.tries(self._mark(_SCOPES, scope))

    def put_tries(self, scope: bytes, tries: Tries, *, known: bool) -> None:
        self._rows.put_tries(self._mark(_SCOPES, scope), tries, known=known, most=MOST_UNKNOWN)

    def step(self, authenticator_id: str) -> int:
        return self._rows.step(authenticator_id)

    def raise_step(self, authenticator_id: str, step: int) -> None:
        self._rows.raise_step(authenticator_id, step)

    def knows_place(self, user_id: str, block: int) -> bool:
        return self._rows.knows_place(user_id, self._place(user_id, block))

    def keep_place(self, user_id: str, block: int, now_ms: int) -> None:
        self._rows.keep_place(user_id, self._place(user_id, block), now_ms, MOST_PLACES)

    # ---- tickets and sessions

    def put_ticket(self, ticket: Ticket) -> None:
        row = TicketRow(ticket.digest, ticket.purpose.value, ticket.user, ticket.expires_at_ms, b"")
        self._rows.put_ticket_row(row._replace(box=self._seal(_TICKETS, ticket.fact, row.bound())), MOST_TICKETS)

    def ticket(self, digest: bytes, purpose: Purpose, now_ms: int) -> Ticket | None:
        row = self._rows.ticket_row(digest)
        if row is None or row.purpose != purpose.value or now_ms >= row.expires_at_ms:
            return None
        return Ticket(digest, purpose, row.user_id, self._open(_TICKETS, row.box, row.bound()), row.expires_at_ms)

    def drop_ticket(self, digest: bytes) -> None:
        self._rows.drop_ticket(digest)

    def drop_tickets(self, user_id: str) -> None:
        self._rows.drop_tickets(user_id)

    def put_session(self, session: Session, token_digest: bytes) -> None:
        row = SessionRow(
            session.id,
            session.user,
            token_digest,
            session.epoch,
            session.how,
            session.created_at_ms,
            session.until_ms,
            session.seen_at_ms,
            b"",
        )
        place = json.dumps(session.place).encode()
        self._rows.put_session_row(row._replace(box=self._seal(_SESSIONS, place, row.bound())))

    def session(self, token_digest: bytes) -> Session | None:
        row = self._rows.session_row(token_digest)
        return None if row is None else self._session(row)

    def sessions(self, user_id: str) -> list[Session]:
        return [self._session(row) for row in self._rows.session_rows(user_id)]

    def see_session(self, session_id: str, now_ms: int) -> None:
        self._rows.see_session(session_id, now_ms)

    def drop_session(self, session_id: str) -> None:
        self._rows.drop_session(session_id)

    def tidy(self, now_ms: int) -> None:
        self._rows.tidy(now_ms)

    def forget_signed_in(self) -> None:
        """End everything that was begun: after a restore nobody knows what was ended since the backup was made."""
        self._rows.tidy(2**62)

    # ---- notices

    def tell(self, leaf: int, change: Change) -> None:
        """Let everybody whom a change concerns hear of it, once it is committed. Whether they may hear is asked when
        they are told: one damaged row must not keep a key from being revoked."""
        for user_id in is_told(change, self._members):
            self._rows.put_notice(user_id, leaf, MOST_NOTICES)

    def notices(self, now_ms: int, most: int) -> list[Notice]:
        return list(self._notices(self._rows.notice_rows(now_ms, most)))

    def notice_told(self, row: int) -> None:
        self._rows.drop_notice(row)

    def notice_failed(self, row: int, next_at_ms: int) -> None:
        self._rows.notice_failed(row, next_at_ms)

    def _notices(self, rows: Iterable[NoticeRow]) -> Iterator[Notice]:
        for row in rows:
            leaf = next(log.read(self._tables.journal, row.leaf, row.leaf + 1), None)
            if leaf is not None:
                yield Notice(row.row, row.user_id, leaf.change, row.failures)

    def _members(self, account_id: str) -> list[str]:
        """The ids of those who are something to the account or to the one above it; of the house's people for ""."""
        found = list(self._rows.members(account_id))
        if account_id != HOUSE_PEOPLE:
            try:
                parent = self._reader.account(account_id).parent
            except (MalformedStored, NotFound, Tampered):
                parent = None
            found += self._rows.members(parent) if parent else []
        return list(dict.fromkeys(found))

    # ---- sealing

    def _session(self, row: SessionRow) -> Session:
        address, agent = json.loads(self._open(_SESSIONS, row.box, row.bound()))
        return Session(
            row.session_id,
            row.user_id,
            row.epoch,
            row.how,
            Place(address, agent),
            row.created_at_ms,
            row.seen_at_ms,
            row.until_ms,
        )

    def _place(self, user_id: str, block: int) -> bytes:
        return self._mark(_PLACES, framed(user_id.encode(), block.to_bytes(16, "big")))

    def _mark(self, purpose: str, plain: bytes) -> bytes:
        self._must_have_key()
        return self._seals.marker(self._tables.wrapped, *HOUSE, purpose, self._now_ns).mark(plain)

    def _seal(self, purpose: str, plain: bytes, context: bytes) -> bytes:
        self._must_have_key()
        sealer = self._seals.sealer(self._tables.wrapped, *HOUSE, purpose, self._now_ns)
        return sealer.seal(plain, context, self._seals.entropy)

    def _open(self, purpose: str, box: bytes, context: bytes) -> bytes:
        return self._seals.sealer(self._tables.wrapped, *HOUSE, purpose, self._now_ns).open(box, context)

    def _must_have_key(self) -> None:
        if self._tables.wrapped.account_key_row(*HOUSE) is None:
            self._seals.new_account_key(self._tables.wrapped, *HOUSE)
