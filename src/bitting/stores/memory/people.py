"""People in dicts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from bitting.domain.errors import Conflict
from bitting.identity.ports import NO_TRIES, Tries
from bitting.stores.memory.undo import Undo
from bitting.stores.people_rows import NoticeRow, SessionRow, TicketRow, UserRow
from bitting.stores.ports import EVERY, Mac


class MemoryPeople:
    """Fits `ports.PeopleRows`."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self.users: dict[str, UserRow] = {}
        self.sessions: dict[str, SessionRow] = {}
        self.tickets: dict[bytes, TicketRow] = {}
        self.tries_of: dict[bytes, tuple[Tries, bool]] = {}
        self.steps: dict[str, int] = {}
        self.places: dict[tuple[str, bytes], int] = {}
        self.waiting: dict[int, NoticeRow] = {}

    def user_row(self, user_id: str) -> UserRow | None:
        return self.users.get(user_id)

    def marked_user_row(self, mark: bytes) -> UserRow | None:
        return next((each for each in self.users.values() if each.mark == mark), None)

    def user_rows(self, after: str = "", most: int = EVERY) -> Iterator[UserRow]:
        found = (self.users[each] for each in sorted(self.users) if each > after)
        return islice(found, None if most == EVERY else most)

    def put_user_row(self, row: UserRow, before: int) -> None:
        namesake = self.marked_user_row(row.mark)
        if namesake is not None and namesake.user_id != row.user_id:
            raise Conflict("there is a user with this name already")
        there = self.users.get(row.user_id)
        if (there.version if there is not None else 0) != before:
            raise Conflict("the user was changed meanwhile; look again")
        self._undo.put(self.users, row.user_id, row)

    def members(self, account_id: str) -> list[str]:
        return sorted(each.user_id for each in self.users.values() if account_id in each.members)

    def strays(self) -> list[str]:
        return []  # they lie in the user's own row here

    def macs(self) -> list[Mac]:
        return [Mac("users", "", each.user_id, each.mac) for each in self.users.values()]

    def put_mac(self, mac: Mac) -> None:
        self._undo.put(self.users, mac.id, self.users[mac.id]._replace(mac=mac.mac))

    def tries(self, scope: bytes) -> Tries:
        return self.tries_of.get(scope, (NO_TRIES, False))[0]

    def put_tries(self, scope: bytes, tries: Tries, *, known: bool, most: int) -> None:
        self._undo.put(self.tries_of, scope, (tries, known))
        unknown = [] if known else [each for each, (_, known) in self.tries_of.items() if not known]
        for each in unknown[:-most]:
            self._undo.drop(self.tries_of, each)

    def step(self, authenticator_id: str) -> int:
        return self.steps.get(authenticator_id, -1)

    def raise_step(self, authenticator_id: str, step: int) -> None:
        self._undo.put(self.steps, authenticator_id, max(step, self.step(authenticator_id)))

    def knows_place(self, user_id: str, place: bytes) -> bool:
        return (user_id, place) in self.places

    def keep_place(self, user_id: str, place: bytes, now_ms: int, most: int) -> None:
        self._undo.put(self.places, (user_id, place), now_ms)
        own = [(at_ms, where) for where, at_ms in self.places.items() if where[0] == user_id]
        for _, where in sorted(own, key=lambda each: (-each[0], each[1]))[most:]:
            self._undo.drop(self.places, where)

    def put_ticket_row(self, row: TicketRow, most: int) -> None:
        self._undo.put(self.tickets, row.digest, row)
        begun = [digest for digest, each in self.tickets.items() if each.begun]
        for digest in begun[:-most]:
            self._undo.drop(self.tickets, digest)

    def ticket_row(self, digest: bytes) -> TicketRow | None:
        return self.tickets.get(digest)

    def drop_ticket(self, digest: bytes) -> None:
        if digest in self.tickets:
            self._undo.drop(self.tickets, digest)

    def drop_tickets(self, user_id: str) -> None:
        for digest in [digest for digest, each in self.tickets.items() if each.user_id == user_id]:
            self._undo.drop(self.tickets, digest)

    def put_session_row(self, row: SessionRow) -> None:
        self._undo.put(self.sessions, row.session_id, row)

    def session_row(self, token: bytes) -> SessionRow | None:
        return next((each for each in self.sessions.values() if each.token == token), None)

    def session_rows(self, user_id: str) -> list[SessionRow]:
        found = [each for each in self.sessions.values() if each.user_id == user_id]
        return sorted(found, key=lambda each: (each.created_at_ms, each.session_id))

    def see_session(self, session_id: str, now_ms: int) -> None:
        row = self.sessions.get(session_id)
        if row is not None:
            self._undo.put(self.sessions, session_id, row._replace(seen_at_ms=max(row.seen_at_ms, now_ms)))

    def drop_session(self, session_id: str) -> None:
        if session_id in self.sessions:
            self._undo.drop(self.sessions, session_id)

    def tidy(self, now_ms: int) -> None:
        for digest in [digest for digest, each in self.tickets.items() if each.expires_at_ms <= now_ms]:
            self._undo.drop(self.tickets, digest)
        for session_id in [id for id, each in self.sessions.items() if each.until_ms <= now_ms]:
            self._undo.drop(self.sessions, session_id)

    def put_notice(self, user_id: str, leaf: int, most: int) -> None:
        if len(self.waiting) < most:
            row = max(self.waiting, default=0) + 1
            self._undo.put(self.waiting, row, NoticeRow(row, user_id, leaf, 0, 0))

    def notice_rows(self, now_ms: int, most: int) -> list[NoticeRow]:
        return [self.waiting[row] for row in sorted(self.waiting) if self.waiting[row].next_at_ms <= now_ms][:most]

    def drop_notice(self, row: int) -> None:
        if row in self.waiting:
            self._undo.drop(self.waiting, row)

    def notice_failed(self, row: int, next_at_ms: int) -> None:
        there = self.waiting.get(row)
        if there is not None:
            self._undo.put(self.waiting, row, there._replace(failures=there.failures + 1, next_at_ms=next_at_ms))
