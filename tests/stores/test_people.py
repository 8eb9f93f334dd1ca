"""Users and what is known about their signing in, over every engine; and what somebody with SQL makes of their rows."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bitting.domain.change import Change
from bitting.domain.errors import Conflict, MalformedStored, NotFound, Tampered
from bitting.domain.roles import AccountRole, HouseRole
from bitting.domain.secret import Secret
from bitting.domain.user import Authenticator, Factor, User
from bitting.identity.ports import NO_TRIES, Place, Purpose, Session, Ticket, Tries
from bitting.lifecycle import people, revoke
from bitting.lifecycle.act import Act
from bitting.stores import people as limits
from bitting.stores.people import StoredPeople
from bitting.stores.shelf import Shelf
from bitting.stores.sqlite.engine import SqliteEngine
from bitting.stores.turn import Turn
from bitting.stores.work import UnitOfWork
from bitting.vault.keyring import shard_of
from bitting.vault.shard import Shard, wrap_shard
from tests.stores.trial import OPERATOR, PEER, START_NS, Trial, root

NAME = "ada@example.com"
NOW_MS = START_NS // 1_000_000
PASSKEY = Authenticator("a-1", Factor.PASSKEY, "laptop", b"sealed", NOW_MS)
SESSION = Session("s-1", "u-1", 1, "passkey", Place(PEER, "Firefox"), NOW_MS, NOW_MS, NOW_MS + 1_000)
TICKET = Ticket(b"d" * 32, Purpose.SET_UP, "u-1", b"fact", NOW_MS + 1_000)


def add(trial: Trial, name: str = NAME, *roles: HouseRole) -> User:
    return trial.do(lambda act: people.add_user(act, "tenant", name, frozenset(roles)))


def with_people(trial: Trial, do: Callable[[StoredPeople], Any]) -> Any:
    return trial.store.change(trial.now_ns, lambda work: do(work.people))[0]


def call(trial: Trial, method: str, *values: Any, **more: Any) -> Any:
    """One call in a transaction of its own."""
    return with_people(trial, lambda found: getattr(found, method)(*values, **more))


def find(text: str, shelf: Shelf) -> User:
    return shelf.find_user(text)


def test_a_user_is_found_by_id_and_by_name(trial: Trial) -> None:
    ada = add(trial, NAME, HouseRole.AUDITOR)
    ada = trial.do(lambda act: people.set_up(act, ada, PASSKEY))
    for text in (ada.id, NAME, "ADA@Example.com"):
        assert trial.look(partial(find, text)) == ada
    for text in ("bob@example.com", "019"):
        with pytest.raises(NotFound):
            trial.look(partial(find, text))


def test_in_a_house_without_people_nobody_is_found(trial: Trial) -> None:
    with pytest.raises(NotFound):
        trial.look(lambda shelf: shelf.find_user(NAME))
    assert trial.look(lambda shelf: shelf.users()) == []


def test_users_are_listed_page_by_page(trial: Trial) -> None:
    made = [add(trial, f"user-{number}@example.com") for number in range(5)]
    assert trial.look(lambda shelf: shelf.users()) == made
    assert trial.look(lambda shelf: shelf.users("", 2)) == made[:2]
    assert trial.look(lambda shelf: shelf.users(made[1].id, 2)) == made[2:4]


def test_a_name_is_taken_once_and_a_version_written_once(trial: Trial) -> None:
    ada, bob = add(trial), add(trial, "bob@example.com")
    with pytest.raises(Conflict, match="name"):
        trial.store.change(trial.now_ns, lambda work: work.people.put_user(replaced(bob, name=NAME), bob.version))
    with pytest.raises(Conflict, match="meanwhile"):
        trial.store.change(trial.now_ns, lambda work: work.people.put_user(replaced(ada), 7))


def replaced(user: User, **fields: Any) -> User:
    return user.changed(**fields)


def test_a_user_that_is_written_and_not_recorded_is_not_kept(trial: Trial) -> None:
    """Promise 6."""
    ada = add(trial)
    with pytest.raises(Tampered):
        trial.store.change(trial.now_ns, lambda work: work.put_user(ada.changed(epoch=9), ada.version))
    assert trial.look(lambda shelf: shelf.user(ada.id)) == ada


# ---- K-05 for people


EDITS: dict[str, str] = {
    "a role in the house": """UPDATE users SET policy = replace(policy, '"house":[]', '"house":["operator"]')""",
    "a role on an account": "UPDATE users SET policy = replace(policy, '{},', '{\"a\":\"owner\"},')",
    "the epoch": """UPDATE users SET policy = replace(policy, '"epoch":2', '"epoch":1')""",
    "the state": """UPDATE users SET policy = replace(policy, 'active', 'disabled')""",
    "a space": "UPDATE users SET policy = policy || ' '",
    "the version": "UPDATE users SET version = version + 1",
    "the time": "UPDATE users SET created_at_ms = 1",
    "the mark": "UPDATE users SET mark = x'00' WHERE user_id = :id",
    "the MAC": "UPDATE users SET mac = x'00'",
    "another name": "UPDATE users SET name = (SELECT name FROM users WHERE user_id != :id) WHERE user_id = :id",
    "no name": "UPDATE users SET name = x'01'",
    "the tenant": "UPDATE users SET tenant_id = 'other'",
    "material": "UPDATE authenticators SET material = x'00'",
    "another kind": "UPDATE authenticators SET factor = 'totp'",
    "an unknown kind": "UPDATE authenticators SET factor = 'faith'",
    "one more": "INSERT INTO authenticators VALUES (:id, 1, 'b', 'password', '', x'00', 1)",
    "one less": "DELETE FROM authenticators",
    "the label": "UPDATE authenticators SET label = 'x'",
    "a membership": "INSERT INTO members VALUES ('account', :id)",
}


@pytest.mark.parametrize("edit", EDITS)
def test_k05_an_edited_person_is_nobody(engine: SqliteEngine, database: Path, edit: str) -> None:
    """K-05 for users: who writes to the database makes nobody an operator and gives nobody a password."""
    trial = Trial(engine)
    bob = add(trial, "bob@example.com")
    ada = add(trial)
    ada = trial.do(lambda act: people.set_up(act, ada, PASSKEY))
    sql(database, EDITS[edit], ada.id)
    with pytest.raises((Tampered, MalformedStored)):
        trial.look(lambda shelf: shelf.user(ada.id))
    with pytest.raises((Tampered, MalformedStored)):
        trial.store.change(trial.now_ns, lambda work: work.user(ada.id))
    wrong = trial.look(lambda shelf: shelf.scrub())
    assert any(ada.id in line for line in wrong)
    assert bob.id


def test_k07_a_person_who_is_put_back_is_nobody(engine: SqliteEngine, database: Path) -> None:
    """The row of yesterday, MAC and all: from before a role was taken away."""
    trial = Trial(engine)
    ada = add(trial, NAME, HouseRole.OPERATOR)
    with closing(sqlite3.connect(database)) as connection:
        row = connection.execute("SELECT * FROM users").fetchone()
    trial.do(lambda act: people.set_house_roles(act, ada.id, frozenset()))
    sql(database, "DELETE FROM members", ada.id)
    sql(database, "DELETE FROM users", ada.id)
    with pytest.raises(Tampered, match="deleted"):
        trial.look(lambda shelf: shelf.user(ada.id))
    assert any(ada.id in line for line in trial.look(lambda shelf: shelf.scrub()))
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        connection.execute("INSERT INTO members VALUES ('', ?)", (ada.id,))
    with pytest.raises(Tampered, match="put back"):
        trial.look(lambda shelf: shelf.user(ada.id))


SESSION_EDITS: dict[str, str] = {
    "another person": "UPDATE sessions SET user_id = 'u-2'",
    "another token": "UPDATE sessions SET token = x'" + "ab" * 32 + "'",
    "another epoch": "UPDATE sessions SET epoch = 2",
    "longer": "UPDATE sessions SET until_ms = until_ms + 1",
    "younger": "UPDATE sessions SET created_at_ms = created_at_ms + 1",
    "otherwise": "UPDATE sessions SET how = 'password+totp'",
}


@pytest.mark.parametrize("edit", SESSION_EDITS)
def test_k05_an_edited_session_is_none(engine: SqliteEngine, database: Path, edit: str) -> None:
    """Nobody gives their own token to an operator's session."""
    trial = Trial(engine)
    with_people(trial, lambda found: found.put_session(SESSION, b"t" * 32))
    assert with_people(trial, lambda found: found.session(b"t" * 32)) == SESSION
    sql(database, SESSION_EDITS[edit], "")
    token = bytes.fromhex("ab" * 32) if edit == "another token" else b"t" * 32
    with pytest.raises(Tampered):
        with_people(trial, lambda found: found.session(token))


@pytest.mark.parametrize(
    "column", ["purpose = 'reset'", "user_id = 'u-2'", "expires_at_ms = expires_at_ms + 1", "box = x'00'"]
)
def test_k05_an_edited_ticket_is_none(engine: SqliteEngine, database: Path, column: str) -> None:
    """Nor a link for somebody out of a link for themself."""
    trial = Trial(engine)
    with_people(trial, lambda found: found.put_ticket(TICKET))
    sql(database, f"UPDATE tickets SET {column}", "")
    purpose = Purpose.RESET if "purpose" in column else TICKET.purpose
    with pytest.raises((Tampered, MalformedStored)):
        with_people(trial, lambda found: found.ticket(TICKET.digest, purpose, NOW_MS))


def sql(database: Path, text: str, user_id: str) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute(text, {"id": user_id} if ":id" in text else {})


def test_nothing_of_a_person_lies_in_clear(engine: SqliteEngine, database: Path) -> None:
    """G6 for people: name, address, client, token, fact and what proves them."""
    trial = Trial(engine)
    add(trial)
    ticket = TICKET._replace(fact=b"a fact that is nobody's business")
    with_people(trial, lambda found: found.put_session(SESSION._replace(place=Place(PEER, "Netscape")), b"t" * 32))
    with_people(trial, lambda found: found.put_ticket(ticket))
    with_people(trial, lambda found: found.put_tries(b"scope of somebody", Tries(1, 1, 1), known=True))
    with_people(trial, lambda found: found.keep_place("u-1", PEER, NOW_MS))
    engine.close()
    kept = b"".join(each.read_bytes() for each in database.parent.iterdir() if each.is_file())
    for clear in (NAME.encode(), b"example.com", b"Netscape", ticket.fact, b"scope of somebody", b"%d" % PEER):
        assert clear not in kept


# ---- what counts


def test_tries_are_counted_by_scope(trial: Trial) -> None:
    assert with_people(trial, lambda found: found.tries(b"a")) == NO_TRIES
    with_people(trial, lambda found: found.put_tries(b"a", Tries(1, 2, 3), known=True))
    with_people(trial, lambda found: found.put_tries(b"a", Tries(4, 2, 9), known=True))
    assert with_people(trial, lambda found: found.tries(b"a")) == Tries(4, 2, 9)
    assert with_people(trial, lambda found: found.tries(b"b")) == NO_TRIES


def test_names_that_nobody_has_fill_no_disk(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """And push nobody's count out that is somebody's."""
    monkeypatch.setattr(limits, "MOST_UNKNOWN", 3)
    with_people(trial, lambda found: found.put_tries(b"ada", Tries(7, 1, 1), known=True))
    for number in range(5):
        call(trial, "put_tries", b"%d" % number, Tries(1, 1, 1), known=False)
    kept = [call(trial, "tries", b"%d" % number) for number in range(5)]
    assert [each.failures for each in kept] == [0, 0, 1, 1, 1]
    assert with_people(trial, lambda found: found.tries(b"ada")).failures == 7


def test_a_step_never_falls(trial: Trial) -> None:
    assert with_people(trial, lambda found: found.step("a")) == -1
    for step in (5, 3, 6):
        call(trial, "raise_step", "a", step)
    assert with_people(trial, lambda found: found.step("a")) == 6


def test_places_are_known_by_person_and_the_oldest_forgotten(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_PLACES", 2)
    for number in (1, 2, 1, 3):
        trial.now_ns += 1_000_000
        at_ms = trial.now_ns // 1_000_000
        call(trial, "keep_place", "ada", number, at_ms)
    known = [call(trial, "knows_place", "ada", number) for number in (1, 2, 3)]
    assert known == [True, False, True]
    assert not with_people(trial, lambda found: found.knows_place("bob", 1))


def test_a_ticket_is_for_its_purpose_and_time(trial: Trial) -> None:
    with_people(trial, lambda found: found.put_ticket(TICKET))
    assert with_people(trial, lambda found: found.ticket(TICKET.digest, Purpose.SET_UP, NOW_MS)) == TICKET
    assert with_people(trial, lambda found: found.ticket(TICKET.digest, Purpose.RESET, NOW_MS)) is None
    assert with_people(trial, lambda found: found.ticket(TICKET.digest, Purpose.SET_UP, NOW_MS + 1_000)) is None
    with_people(trial, lambda found: found.drop_ticket(TICKET.digest))
    with_people(trial, lambda found: found.drop_ticket(TICKET.digest))
    assert with_people(trial, lambda found: found.ticket(TICKET.digest, Purpose.SET_UP, NOW_MS)) is None


def test_whoever_begins_to_sign_in_often_pushes_out_no_link(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_TICKETS", 2)
    with_people(trial, lambda found: found.put_ticket(TICKET))
    begun = [Ticket(bytes([n]) * 32, Purpose.PASSWORD, "", b"", NOW_MS + 9) for n in range(4)]
    for each in begun:
        call(trial, "put_ticket", each)
    there = [call(trial, "ticket", each.digest, each.purpose, NOW_MS) for each in begun]
    assert [each is not None for each in there] == [False, False, True, True]
    assert with_people(trial, lambda found: found.ticket(TICKET.digest, TICKET.purpose, NOW_MS)) == TICKET
    with_people(trial, lambda found: found.drop_tickets("u-1"))
    assert with_people(trial, lambda found: found.ticket(TICKET.digest, TICKET.purpose, NOW_MS)) is None


def test_sessions_are_seen_listed_and_dropped(trial: Trial) -> None:
    other = SESSION._replace(id="s-0", created_at_ms=NOW_MS + 1)
    with_people(trial, lambda found: found.put_session(other, b"o" * 32))
    with_people(trial, lambda found: found.put_session(SESSION, b"t" * 32))
    assert with_people(trial, lambda found: found.sessions("u-1")) == [SESSION, other]
    with_people(trial, lambda found: found.see_session("s-1", NOW_MS + 500))
    with_people(trial, lambda found: found.see_session("s-1", NOW_MS + 400))
    with_people(trial, lambda found: found.see_session("s-9", NOW_MS + 400))
    assert with_people(trial, lambda found: found.session(b"t" * 32)).seen_at_ms == NOW_MS + 500
    with_people(trial, lambda found: found.drop_session("s-1"))
    with_people(trial, lambda found: found.drop_session("s-1"))
    assert with_people(trial, lambda found: found.session(b"t" * 32)) is None
    assert with_people(trial, lambda found: found.sessions("u-1")) == [other]


def test_what_is_over_is_tidied_up_and_after_a_restore_everything_is(trial: Trial) -> None:
    with_people(trial, lambda found: found.put_session(SESSION, b"t" * 32))
    with_people(trial, lambda found: found.put_ticket(TICKET))
    with_people(trial, lambda found: found.tidy(NOW_MS + 999))
    assert with_people(trial, lambda found: found.sessions("u-1")) == [SESSION]
    with_people(trial, lambda found: found.forget_signed_in())
    assert with_people(trial, lambda found: found.sessions("u-1")) == []
    assert with_people(trial, lambda found: found.ticket(TICKET.digest, TICKET.purpose, NOW_MS)) is None


def test_what_is_taken_back_was_never_there(trial: Trial) -> None:
    """Of all that a transaction wrote, in every engine."""
    ada = add(trial)
    with_people(trial, lambda found: found.put_session(SESSION, b"t" * 32))
    with_people(trial, lambda found: found.put_ticket(TICKET))

    def undone(work: UnitOfWork) -> None:
        act = Act(work, OPERATOR, trial.now_ns, os.urandom)
        people.disable(act, ada.id)
        found = work.people
        found.put_tries(b"a", Tries(1, 1, 1), known=False)
        found.raise_step("a", 5)
        found.keep_place("u-1", 1, NOW_MS)
        found.tidy(NOW_MS + 5_000)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trial.store.change(trial.now_ns, undone)
    assert trial.look(lambda shelf: shelf.user(ada.id)) == ada
    assert with_people(trial, lambda found: found.tries(b"a")) == NO_TRIES
    assert with_people(trial, lambda found: found.step("a")) == -1
    assert not with_people(trial, lambda found: found.knows_place("u-1", 1))
    assert with_people(trial, lambda found: found.sessions("u-1")) == [SESSION]
    assert with_people(trial, lambda found: found.ticket(TICKET.digest, TICKET.purpose, NOW_MS)) == TICKET


# ---- notices


def test_a_change_and_its_notices_are_one(trial: Trial) -> None:
    """Owners of the account and of the one above it; and nobody where the change is taken back."""
    above = trial.account("above")
    below = trial.account("below", above.id)
    ada, bob, carol = (add(trial, f"{name}@example.com") for name in ("ada", "bob", "carol"))
    trial.do(lambda act: people.set_account_role(act, ada.id, above.id, AccountRole.OWNER))
    trial.do(lambda act: people.set_account_role(act, bob.id, below.id, AccountRole.OWNER))
    another = trial.account("another")
    trial.do(lambda act: people.set_account_role(act, carol.id, another.id, AccountRole.OWNER))
    told_all(trial)
    key = trial.key(below)
    assert [(each.user, each.change.deed) for each in waiting(trial)] == [(bob.id, "key.issue"), (ada.id, "key.issue")]
    told_all(trial)

    def undone(act: Act) -> None:
        revoke.revoke(act, key.id)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trial.do(undone)
    assert waiting(trial) == []


def test_a_notice_waits_when_it_fails_and_goes_when_it_is_told(trial: Trial) -> None:
    ada = add(trial)
    trial.do(lambda act: people.disable(act, ada.id))
    (notice,) = waiting(trial)
    with_people(trial, lambda found: found.notice_failed(notice.row, NOW_MS + 60_000))
    assert waiting(trial) == []
    (again,) = waiting(trial, NOW_MS + 60_000)
    assert again == notice._replace(failures=1)
    with_people(trial, lambda found: found.notice_told(notice.row))
    with_people(trial, lambda found: found.notice_told(notice.row))
    with_people(trial, lambda found: found.notice_failed(notice.row, 0))
    assert waiting(trial, NOW_MS + 60_000) == []


def test_notices_fill_no_disk(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-17: whoever cannot be told for a day is told of the first so many; the journal has the rest."""
    monkeypatch.setattr(limits, "MOST_NOTICES", 3)
    ada = add(trial)
    for number in range(6):
        trial.do(partial(people.enable if number % 2 else people.disable, user_id=ada.id))
        trial.do(lambda act: people.set_house_roles(act, ada.id, frozenset()))
    assert len(waiting(trial)) == 3


def test_a_damaged_account_keeps_no_key_from_being_revoked(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is to hear of it is asked of the index alone."""
    account = trial.account()
    ada = add(trial)
    trial.do(lambda act: people.set_account_role(act, ada.id, account.id, AccountRole.OWNER))
    told_all(trial)
    change = Change(START_NS, "r", "a", "local", "key.revoke", "key", "k", account.id, 1, b"", b"")

    def broken(self: object, account_id: str) -> None:
        raise Tampered("damaged")

    monkeypatch.setattr("bitting.stores.reading.Reader.account", broken)
    with_people(trial, lambda found: found.tell(0, change))
    monkeypatch.undo()
    assert [each.user for each in waiting(trial)] == [ada.id]


def waiting(trial: Trial, now_ms: int = NOW_MS) -> list[Any]:
    found: list[Any] = with_people(trial, lambda people: people.notices(now_ms, 100))
    return found


def told_all(trial: Trial) -> None:
    for each in waiting(trial):
        call(trial, "notice_told", each.row)


# ---- the house's keys turn


def test_people_are_people_after_the_shard_has_turned(trial: Trial) -> None:
    """Names are found, and what is sealed opens: only MACs are made anew."""
    ada = add(trial)
    with_people(trial, lambda found: found.put_session(SESSION, b"t" * 32))
    number = shard_of("")
    key = Secret(os.urandom(32))
    shard, box = Shard.from_key("house", number, key.reveal()), wrap_shard(root(), "house", number, key)
    turn = Turn("house", trial.store.keyring, shard, box, os.urandom)
    trial.store.prepare(turn)

    def record(work: UnitOfWork) -> None:
        act = Act(work, OPERATOR, trial.now_ns, os.urandom)
        act.keep_shards("shard.turn", str(number), turn.before, turn.after, {})

    trial.store.turn(trial.now_ns, turn, record)
    assert turn.left == {}
    assert trial.look(lambda shelf: shelf.find_user(NAME)) == ada
    assert with_people(trial, lambda found: found.session(b"t" * 32)) == SESSION
    assert trial.look(lambda shelf: shelf.scrub()) == []


@pytest.mark.parametrize(
    "put_in",
    [
        "INSERT INTO members VALUES ('', 'nobody')",
        "INSERT INTO authenticators VALUES ('nobody', 0, 'a', 'totp', '', x'00', 1)",
    ],
    ids=["a membership", "an authenticator"],
)
def test_k05_what_is_said_of_nobody_is_found(engine: SqliteEngine, database: Path, put_in: str) -> None:
    """It has no effect, and did not come from us."""
    trial = Trial(engine)
    sql(database, put_in, "")
    assert any("nobody" in line for line in trial.look(lambda shelf: shelf.scrub()))
