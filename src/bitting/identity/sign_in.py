"""Signing in: one way for a name and password with a code, and one for a passkey.

    begin (name, password) ─> ticket ─> finish (ticket, code) ─> session
    challenge ()           ─> ticket ─> finish_by_passkey (ticket, response) ─> session

What a stranger sees is the same whoever they name: `begin` answers with a ticket always, after one hash and two
transactions, and only `finish` says no, in one sentence for a wrong name, password, code or ticket and for a person who
is disabled. Which names have been tried too often depends on the tries alone, so names that nobody has are counted too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from bitting.domain.consent import Strength
from bitting.domain.errors import NotFound, NotSignedIn
from bitting.domain.secret import Secret
from bitting.domain.user import Factor, User, UserState, name_from_text
from bitting.identity import passkeys
from bitting.identity.identity import Identity, new_ticket, token_digest
from bitting.identity.material import opened, sealed_anew
from bitting.identity.passkeys import CHALLENGE_BYTES, NotVerified
from bitting.identity.passwords import read_password
from bitting.identity.patience import CODE, NOBODY, PASSWORD, charge, forgive, scope
from bitting.identity.ports import Place, Purpose, Work
from bitting.identity.proving import by_code, by_passkey
from bitting.identity.session import SignedIn, open_session
from bitting.lifecycle import people

NOT_YOU: Final = "name, password or code are wrong, or were used before: begin again"


class Begun(NamedTuple):
    """To be brought back with the answer."""

    token: Secret
    options: dict[str, Any]  # for a passkey; empty where a code is asked for


class _Charged(NamedTuple):
    user: User | None
    hashed: bytes | None


async def begin(identity: Identity, name: str, password: str, place: Place, request_id: str) -> Begun:
    """Say who you are, and your password. Nothing about either is in the answer. Raises MalformedValue for what is no
    name, or longer than any password; TooMany."""
    name, given = name_from_text(name), read_password(password)
    found = await identity.change(lambda work, now_ns: _charged(identity, work, now_ns, name, place, request_id))
    hashed = found.hashed or identity.hasher.decoy
    right = await identity.hasher.matches(hashed, given) and found.hashed is not None
    user = found.user if right else None
    if user is not None and identity.hasher.outdated(hashed):
        await _hash_anew(identity, user, given, request_id)

    def within(work: Work, now_ns: int) -> Secret:
        fact, user_id = name.encode(), user.id if user is not None else ""
        return new_ticket(work, identity.entropy, Purpose.PASSWORD, user_id, fact, now_ns // 1_000_000)

    return Begun(await identity.change(within), {})


async def finish(identity: Identity, token: Secret, code: str, place: Place, request_id: str) -> SignedIn:
    """Show a code. Raises NotSignedIn, TooMany."""

    def within(work: Work, now_ns: int) -> SignedIn | None:
        now_ms, digest = now_ns // 1_000_000, token_digest(token)
        ticket = work.people.ticket(digest, Purpose.PASSWORD, now_ms)
        if ticket is None:
            return None
        if not ticket.user:
            # Counted against the name that was said, and not against anybody's app: who does not know the password
            # must not be able to use its tries up.
            charge(work.people, scope(work.people, CODE, f"{NOBODY} {ticket.fact.decode()}", None, place), now_ms)
            return None
        act = identity.act(work, now_ns, ticket.user, Strength.SESSION, request_id, place)
        user = work.user(ticket.user)
        how = by_code(act, work, user, code, place)
        if how is None or user.state is not UserState.ACTIVE:
            return None
        work.people.drop_ticket(digest)
        forgive(work.people, scope(work.people, PASSWORD, user.name, user.id, place))
        # Read again: a code on paper has made another version of the user.
        return open_session(identity, act, work, work.user(user.id), f"{Factor.PASSWORD.value}+{how}", place)

    signed_in = await identity.change(within)
    if signed_in is None:
        raise NotSignedIn(NOT_YOU)
    return signed_in


async def challenge(identity: Identity, purpose: Purpose = Purpose.PASSKEY, user_id: str = "") -> Begun:
    """Something for a passkey to sign; the same for everybody."""

    def within(work: Work, now_ns: int) -> Begun:
        asked = identity.entropy(CHALLENGE_BYTES)
        token = new_ticket(work, identity.entropy, purpose, user_id, asked, now_ns // 1_000_000)
        return Begun(token, passkeys.options_to_prove(identity.site, asked))

    return await identity.change(within)


async def finish_by_passkey(
    identity: Identity, token: Secret, response: Mapping[str, Any], place: Place, request_id: str
) -> SignedIn:
    """Show a passkey's answer. The challenge is used by any answer. Raises NotSignedIn."""

    def within(work: Work, now_ns: int) -> SignedIn | None:
        digest = token_digest(token)
        ticket = work.people.ticket(digest, Purpose.PASSKEY, now_ns // 1_000_000)
        if ticket is None:
            return None
        work.people.drop_ticket(digest)
        try:
            user = work.user(passkeys.claimed(response).user_id)
        except (NotFound, NotVerified):
            return None
        if user.state is not UserState.ACTIVE:
            return None
        how = by_passkey(identity, work, user, response, ticket.fact)
        if how is None:
            return None
        act = identity.act(work, now_ns, user.id, Strength.SESSION, request_id, place)
        return open_session(identity, act, work, user, how, place)

    signed_in = await identity.change(within)
    if signed_in is None:
        raise NotSignedIn(NOT_YOU)
    return signed_in


def _charged(identity: Identity, work: Work, now_ns: int, name: str, place: Place, request_id: str) -> _Charged:
    """Count the try, and fetch what the password is compared with."""
    user = work.user_named(name)
    here = scope(work.people, PASSWORD, name, user.id if user is not None else None, place)
    last = charge(work.people, here, now_ns // 1_000_000)
    if user is None:
        return _Charged(None, None)
    if last:
        act = identity.act(work, now_ns, user.id, Strength.SESSION, request_id, place)
        act.note_user("user.locked", user, {"factor": Factor.PASSWORD.value})
    hashed = next((opened(work, user, each).reveal() for each in user.having(Factor.PASSWORD)), None)
    return _Charged(user, hashed)


async def _hash_anew(identity: Identity, user: User, password: Secret, request_id: str) -> None:
    """The house asks for more than when this password was chosen."""
    hashed = await identity.hasher.hash(password, identity.entropy)

    def within(work: Work, now_ns: int) -> None:
        now = work.user(user.id)
        if now.version == user.version:
            act = identity.act(work, now_ns, user.id, Strength.SESSION, request_id)
            fresh = sealed_anew(act, user.id, now.having(Factor.PASSWORD)[0], hashed)
            people.replace_material(act, "user.rehash", now, fresh, {})

    await identity.change(within)
