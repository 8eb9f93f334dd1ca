"""People in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from bitting.domain.errors import Conflict
from bitting.identity.ports import NO_TRIES, Tries
from bitting.stores.people_rows import AuthenticatorRow, NoticeRow, SessionRow, TicketRow, UserRow
from bitting.stores.ports import EVERY, Mac
from bitting.stores.sqlite.failures import taken

_USERS: Final = "SELECT tenant_id, user_id, mark, name, policy, created_at_ms, version, mac FROM users "
_NEXT_USER: Final = """
    UPDATE users SET (mark, name, policy, created_at_ms, version, mac) = (?3, ?4, ?5, ?6, ?7, ?8)
    WHERE (tenant_id, user_id, version) = (?1, ?2, ?9)"""
_AUTHENTICATORS: Final = """
    SELECT place, authenticator_id, factor, label, material, created_at_ms
    FROM authenticators WHERE user_id = ? ORDER BY place"""
_SESSIONS: Final = """
    SELECT session_id, user_id, token, epoch, how, created_at_ms, until_ms, seen_at_ms, box FROM sessions """
# The row that has waited longest makes room: whoever floods a table pushes themself out of it.
_LAST_TICKETS: Final = """
    DELETE FROM tickets WHERE begun = 1 AND number <=
        (SELECT number FROM tickets WHERE begun = 1 ORDER BY number DESC LIMIT 1 OFFSET ?)"""
_LAST_TRIES: Final = """
    DELETE FROM tries WHERE known = 0 AND number <=
        (SELECT number FROM tries WHERE known = 0 ORDER BY number DESC LIMIT 1 OFFSET ?)"""
_LAST_PLACES: Final = """
    DELETE FROM places WHERE user_id = ?1 AND place NOT IN
        (SELECT place FROM places WHERE user_id = ?1 ORDER BY at_ms DESC, place LIMIT ?2)"""
_TRIES: Final = """
    INSERT INTO tries (scope, failures, first_at_ms, last_at_ms, known) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (scope) DO UPDATE SET (failures, first_at_ms, last_at_ms, known) = (?2, ?3, ?4, ?5)"""
_STEP: Final = """
    INSERT INTO steps VALUES (?, ?) ON CONFLICT (authenticator_id) DO UPDATE SET step = max(step, excluded.step)"""


class SqlitePeople:
    """Fits `ports.PeopleRows`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._executemany = connection.executemany

    def user_row(self, user_id: str) -> UserRow | None:
        return next(self._users("WHERE user_id = ?", user_id), None)

    def marked_user_row(self, mark: bytes) -> UserRow | None:
        return next(self._users("WHERE mark = ?", mark), None)

    def user_rows(self, after: str = "", most: int = EVERY) -> Iterator[UserRow]:
        return self._users("WHERE user_id > ? ORDER BY user_id LIMIT ?", after, most)

    def put_user_row(self, row: UserRow, before: int) -> None:
        columns = row[:-2]
        with taken("there is a user with this name already"):
            if before == 0:
                self._execute("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?)", columns)
            elif self._execute(_NEXT_USER, (*columns, before)).rowcount != 1:
                raise Conflict("the user was changed meanwhile; look again")
        self._execute("DELETE FROM authenticators WHERE user_id = ?", (row.user_id,))
        self._execute("DELETE FROM members WHERE user_id = ?", (row.user_id,))
        authenticators = [(row.user_id, *each) for each in row.authenticators]
        self._executemany("INSERT INTO authenticators VALUES (?, ?, ?, ?, ?, ?, ?)", authenticators)
        self._executemany("INSERT INTO members VALUES (?, ?)", [(each, row.user_id) for each in row.members])

    def members(self, account_id: str) -> list[str]:
        sql = "SELECT user_id FROM members WHERE account_id = ? ORDER BY user_id"
        return [user_id for (user_id,) in self._execute(sql, (account_id,))]

    def strays(self) -> Iterator[str]:
        sql = """SELECT user_id FROM members UNION SELECT user_id FROM authenticators
                 EXCEPT SELECT user_id FROM users"""
        return (user_id for (user_id,) in self._execute(sql))

    def macs(self) -> Iterator[Mac]:
        return map(Mac._make, self._execute("SELECT 'users', '', user_id, mac FROM users"))

    def put_mac(self, mac: Mac) -> None:
        self._execute("UPDATE users SET mac = ?1 WHERE user_id = ?2", (mac.mac, mac.id))

    def tries(self, scope: bytes) -> Tries:
        found = self._execute(
            "SELECT failures, first_at_ms, last_at_ms FROM tries WHERE scope = ?", (scope,)
        ).fetchone()
        return NO_TRIES if found is None else Tries(*found)

    def put_tries(self, scope: bytes, tries: Tries, *, known: bool, most: int) -> None:
        self._execute(_TRIES, (scope, *tries, known))
        if not known:
            self._execute(_LAST_TRIES, (most,))

    def step(self, authenticator_id: str) -> int:
        found = self._execute("SELECT step FROM steps WHERE authenticator_id = ?", (authenticator_id,)).fetchone()
        return -1 if found is None else found[0]

    def raise_step(self, authenticator_id: str, step: int) -> None:
        self._execute(_STEP, (authenticator_id, step))

    def knows_place(self, user_id: str, place: bytes) -> bool:
        sql = "SELECT 1 FROM places WHERE (user_id, place) = (?, ?)"
        return self._execute(sql, (user_id, place)).fetchone() is not None

    def keep_place(self, user_id: str, place: bytes, now_ms: int, most: int) -> None:
        self._execute("REPLACE INTO places VALUES (?, ?, ?)", (user_id, place, now_ms))
        self._execute(_LAST_PLACES, (user_id, most))

    def put_ticket_row(self, row: TicketRow, most: int) -> None:
        sql = "INSERT INTO tickets (digest, purpose, user_id, expires_at_ms, box, begun) VALUES (?, ?, ?, ?, ?, ?)"
        self._execute(sql, (*row, row.begun))
        self._execute(_LAST_TICKETS, (most,))

    def ticket_row(self, digest: bytes) -> TicketRow | None:
        sql = "SELECT digest, purpose, user_id, expires_at_ms, box FROM tickets WHERE digest = ?"
        found = self._execute(sql, (digest,)).fetchone()
        return None if found is None else TicketRow(*found)

    def drop_ticket(self, digest: bytes) -> None:
        self._execute("DELETE FROM tickets WHERE digest = ?", (digest,))

    def drop_tickets(self, user_id: str) -> None:
        self._execute("DELETE FROM tickets WHERE user_id = ?", (user_id,))

    def put_session_row(self, row: SessionRow) -> None:
        self._execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def session_row(self, token: bytes) -> SessionRow | None:
        return next(self._sessions("WHERE token = ?", token), None)

    def session_rows(self, user_id: str) -> list[SessionRow]:
        return list(self._sessions("WHERE user_id = ? ORDER BY created_at_ms, session_id", user_id))

    def see_session(self, session_id: str, now_ms: int) -> None:
        sql = "UPDATE sessions SET seen_at_ms = max(seen_at_ms, ?) WHERE session_id = ?"
        self._execute(sql, (now_ms, session_id))

    def drop_session(self, session_id: str) -> None:
        self._execute("DELETE FROM sessions WHERE session_id = ?", (session_id,))

    def tidy(self, now_ms: int) -> None:
        self._execute("DELETE FROM tickets WHERE expires_at_ms <= ?", (now_ms,))
        self._execute("DELETE FROM sessions WHERE until_ms <= ?", (now_ms,))

    def put_notice(self, user_id: str, leaf: int, most: int) -> None:
        if self._execute("SELECT 1 FROM notices LIMIT 1 OFFSET ?", (most - 1,)).fetchone() is None:
            sql = "INSERT INTO notices (user_id, leaf, failures, next_at_ms) VALUES (?, ?, 0, 0)"
            self._execute(sql, (user_id, leaf))

    def notice_rows(self, now_ms: int, most: int) -> list[NoticeRow]:
        sql = """SELECT number, user_id, leaf, failures, next_at_ms FROM notices
                 WHERE next_at_ms <= ? ORDER BY number LIMIT ?"""
        return list(map(NoticeRow._make, self._execute(sql, (now_ms, most))))

    def drop_notice(self, row: int) -> None:
        self._execute("DELETE FROM notices WHERE number = ?", (row,))

    def notice_failed(self, row: int, next_at_ms: int) -> None:
        sql = "UPDATE notices SET failures = failures + 1, next_at_ms = ? WHERE number = ?"
        self._execute(sql, (next_at_ms, row))

    def _users(self, where: str, *values: str | int | bytes) -> Iterator[UserRow]:
        for found in self._execute(_USERS + where, values):
            user_id = found[1]
            authenticators = tuple(map(AuthenticatorRow._make, self._execute(_AUTHENTICATORS, (user_id,))))
            sql = "SELECT account_id FROM members WHERE user_id = ? ORDER BY account_id"
            members = tuple(each for (each,) in self._execute(sql, (user_id,)))
            yield UserRow._make((*found, authenticators, members))

    def _sessions(self, where: str, value: str | bytes) -> Iterator[SessionRow]:
        return map(SessionRow._make, self._execute(_SESSIONS + where, (value,)))
