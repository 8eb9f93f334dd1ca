"""Sessions: opaque, each on one device, ended by time, by disuse, and by whatever makes another of its user.

A session's token is 32 random bytes, shown once, in the cookie `__Host-bitting`; the store has its SHA-256. A session
belongs to the epoch its user was in when it was opened, and a changed password, another factor, *disabled* and *sign
out everywhere* begin a new one: no session can be forgotten then, nor be put back into its table.

SP 800-63B-4 section 2.2.3 wants whoever is at AAL2 to sign in again after a day, or an hour without a sign of life.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from bitting.domain.consent import Consent, Strength
from bitting.domain.errors import NotFound, NotSignedIn
from bitting.domain.ids import new_id
from bitting.domain.network import block_of
from bitting.domain.secret import Secret
from bitting.domain.user import User, UserState
from bitting.identity.identity import Identity, new_token, token_digest
from bitting.identity.ports import Place, Session, Shelf, Work
from bitting.lifecycle import people
from bitting.lifecycle.act import Act

LONGEST_MS: Final = 12 * 3_600_000
IDLE_MS: Final = 3_600_000
SEEN_EVERY_MS: Final = 60_000  # how closely it is written down that a session is used
MOST_SESSIONS: Final = 20  # of one person; with one more the oldest ends

_OVER: Final = "you are not signed in, or not any more: sign in again"


class SignedIn(NamedTuple):
    """A session and whose it is. `token` is there once, where it was opened."""

    user: User
    session: Session
    token: Secret | None = None


async def signed_in(identity: Identity, token: Secret) -> SignedIn:
    """Whose session it is. Asked at every call; the store is written to once a minute at most. Raises NotSignedIn."""
    digest, now_ms = token_digest(token), identity.now_ms
    found = await identity.book.read(lambda shelf: _found(shelf, digest, now_ms))
    if now_ms - found.session.seen_at_ms >= SEEN_EVERY_MS:
        await identity.change(lambda work, _: work.people.see_session(found.session.id, now_ms))
    return found


def _found(shelf: Shelf, digest: bytes, now_ms: int) -> SignedIn:
    session = shelf.people.session(digest)
    if session is None:
        raise NotSignedIn(_OVER)
    try:
        user = shelf.user(session.user)
    except NotFound:
        raise NotSignedIn(_OVER) from None
    if not lives(session, user, now_ms):
        raise NotSignedIn(_OVER)
    return SignedIn(user, session)


def lives(session: Session, user: User, now_ms: int) -> bool:
    """Whether it is in force; a clock that was set back does not lengthen it."""
    return (
        user.state is UserState.ACTIVE
        and session.epoch == user.epoch
        and session.created_at_ms <= now_ms < session.until_ms
        and now_ms < session.seen_at_ms + IDLE_MS
    )


def open_session(identity: Identity, act: Act, work: Work, user: User, how: str, place: Place) -> SignedIn:
    """A new session with a new token, whatever the client had before. From a new place, its person is told."""
    token = new_token(identity.entropy)
    session = Session(
        new_id(act.now_ns, act.entropy),
        user.id,
        user.epoch,
        how,
        place,
        act.now_ms,
        act.now_ms,
        act.now_ms + LONGEST_MS,
    )
    for oldest in work.people.sessions(user.id)[: -MOST_SESSIONS + 1]:
        work.people.drop_session(oldest.id)
    work.people.put_session(session, token_digest(token))
    block = block_of(place.address)
    new_place = not work.people.knows_place(user.id, block)
    work.people.keep_place(user.id, block, act.now_ms)
    act.note_user("user.sign_in", user, {"how": how, "session": session.id, "new_place": new_place})
    return SignedIn(user, session, token)


async def sessions(identity: Identity, user_id: str) -> list[Session]:
    """A person's devices, oldest first: those that are still signed in. Raises NotFound."""
    now_ms = identity.now_ms

    def look(shelf: Shelf) -> list[Session]:
        user = shelf.user(user_id)
        return [each for each in shelf.people.sessions(user_id) if lives(each, user, now_ms)]

    return await identity.book.read(look)


async def place_of(identity: Identity, user_id: str, session_id: str) -> Place:
    """From where a session was opened. Raises NotSignedIn when it is over."""
    for each in await sessions(identity, user_id):
        if each.id == session_id:
            return each.place
    raise NotSignedIn(_OVER)


async def end_session(identity: Identity, user_id: str, session_id: str, consent: Consent) -> None:
    """Sign one device out. Raises NotFound, also for somebody else's."""

    def within(work: Work, now_ns: int) -> None:
        if all(each.id != session_id for each in work.people.sessions(user_id)):
            raise NotFound("there is no such session")
        work.people.drop_session(session_id)
        act = Act(work, consent, now_ns, identity.entropy)
        act.note_user("user.end_session", work.user(user_id), {"session": session_id})

    await identity.change(within)


async def sign_out_everywhere(identity: Identity, user_id: str, request_id: str) -> None:
    """End every session of a person, this one too."""

    def within(work: Work, now_ns: int) -> None:
        people.sign_out(identity.act(work, now_ns, user_id, Strength.SESSION, request_id), user_id)

    await identity.change(within)
