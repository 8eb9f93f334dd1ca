"""What proves a person, chosen and changed by that person.

    set up   a link from an operator, once: a password and an app, or a passkey; recovery codes are shown
    reset    a link, once, for a quarter of an hour: another password, and never without the second factor
    change   a session, and proof of a second factor in the same breath: another password, app, passkey, codes

Everything that is shown before it is proven (a seed, a challenge) waits in a ticket, bound to its user. When anything
has changed, every session is over; whoever changed it gets a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from bitting.domain.consent import Strength
from bitting.domain.errors import IllegalStep, NotSignedIn, Refused
from bitting.domain.policy import label_from_text
from bitting.domain.secret import Secret
from bitting.domain.user import Authenticator, Factor, User, UserState
from bitting.identity import passkeys, recovery, totp
from bitting.identity.identity import Identity, new_ticket, token_digest
from bitting.identity.material import new_authenticator, opened
from bitting.identity.passkeys import CHALLENGE_BYTES, NotVerified, Passkey
from bitting.identity.passwords import new_password, read_password
from bitting.identity.patience import PASSWORD, charge, forgive, scope
from bitting.identity.ports import Place, Purpose, Ticket, Work
from bitting.identity.proving import NOT_PROVEN, Proof, confirm
from bitting.identity.session import SignedIn, open_session
from bitting.lifecycle import people
from bitting.lifecycle.act import Act

SET_UP_MS: Final = 24 * 3_600_000
RESET_MS: Final = 15 * 60_000
_LINKS: Final = {Purpose.SET_UP: SET_UP_MS, Purpose.RESET: RESET_MS}
_NO_LINK: Final = "this link is used, too old, or none of ours: ask for another"
_NO_CODE: Final = "this is not what the app shows now: wait for the next code, and look at the phone's clock"
_NO_PASSKEY: Final = "this passkey could not be made: begin again, with a key that asks for a PIN or a finger"


class Shown(NamedTuple):
    """A seed for an app, or options for a passkey, and the token to finish with. Shown once."""

    token: Secret
    uri: Secret | None = None
    svg: Secret | None = None
    options: Mapping[str, Any] | None = None


class Answer(NamedTuple):
    """What came of it: the token of `Shown`, with the app's first code or the passkey's response."""

    token: Secret
    code: str = ""
    response: Mapping[str, Any] | None = None
    label: str = ""


def link(act: Act, work: Work, user: User, purpose: Purpose) -> Secret:
    """A link's token for a person; those that were given out before are no good any more. Raises IllegalStep."""
    if (purpose is Purpose.SET_UP) == bool(user.authenticators):
        raise IllegalStep("the person is set up already" if user.authenticators else "the person is not set up yet")
    act.allow("user.link", user.id, user.version, user.digest(), [purpose.value], widens=True)
    work.people.drop_tickets(user.id)
    act.note_user("user.link", user, {"purpose": purpose.value})
    return new_ticket(work, act.entropy, purpose, user.id, b"", act.now_ms, _LINKS[purpose])


async def look(identity: Identity, token: Secret, purpose: Purpose) -> User:
    """Whose link it is; it is not used by this. Raises NotSignedIn."""
    return await identity.change(lambda work, now_ns: _by_link(work, token, purpose, now_ns // 1_000_000))


async def show_app(identity: Identity, user_id: str) -> Shown:
    """A fresh seed for an app, for somebody with a session or a link."""

    def within(work: Work, now_ns: int) -> Shown:
        seed = Secret(identity.entropy(totp.SEED_BYTES))
        token = new_ticket(work, identity.entropy, Purpose.TOTP, user_id, seed.reveal(), now_ns // 1_000_000)
        uri = totp.uri(seed, work.user(user_id).name)
        return Shown(token, uri, totp.qr_svg(uri))

    return await identity.change(within)


async def show_passkey(identity: Identity, user_id: str) -> Shown:
    """What a browser makes a passkey from, for somebody with a session or a link."""

    def within(work: Work, now_ns: int) -> Shown:
        user, challenge = work.user(user_id), identity.entropy(CHALLENGE_BYTES)
        token = new_ticket(work, identity.entropy, Purpose.REGISTER, user_id, challenge, now_ns // 1_000_000)
        others = [Passkey.from_secret(opened(work, user, each)) for each in user.having(Factor.PASSKEY)]
        return Shown(token, options=passkeys.options_to_make(identity.site, user, challenge, others))

    return await identity.change(within)


async def set_up(
    identity: Identity, token: Secret, password: str | None, answer: Answer, request_id: str
) -> list[Secret]:
    """Use a link of somebody new: a password and an app, or a passkey, with a password or without. The recovery codes,
    where there is a password for them to go with. Raises NotSignedIn, MalformedValue, Refused."""
    user = await look(identity, token, Purpose.SET_UP)
    hashed = None
    if password is not None:
        hashed = await identity.hasher.hash(new_password(password, user.name), identity.entropy)
    codes = recovery.new_codes(identity.entropy) if hashed is not None else []

    def within(work: Work, now_ns: int) -> None:
        act = identity.act(work, now_ns, user.id, Strength.LINK, request_id)
        now = _by_link(work, token, Purpose.SET_UP, act.now_ms)
        chosen = [_finished(identity, act, work, now, answer)]
        if hashed is not None:
            chosen.insert(0, new_authenticator(act, now.id, Factor.PASSWORD, "", hashed))
            chosen.append(new_authenticator(act, now.id, Factor.RECOVERY, "", recovery.hashes(codes)))
        people.set_up(act, now, *chosen)
        work.people.drop_tickets(now.id)

    await identity.change(within)
    return codes


async def reset_password(
    identity: Identity, token: Secret, password: str, proof: Proof, place: Place, request_id: str
) -> None:
    """Use a link of somebody who has forgotten the password. Raises NotSignedIn, TooMany, MalformedValue."""
    user = await look(identity, token, Purpose.RESET)
    hashed = await identity.hasher.hash(new_password(password, user.name), identity.entropy)
    await confirm(identity, user.id, proof, place, request_id)

    def within(work: Work, now_ns: int) -> None:
        act = identity.act(work, now_ns, user.id, Strength.LINK, request_id, place)
        now = _by_link(work, token, Purpose.RESET, act.now_ms)
        people.add_authenticator(act, now, new_authenticator(act, now.id, Factor.PASSWORD, "", hashed))
        forgive(work.people, scope(work.people, PASSWORD, now.name, now.id, place))
        work.people.drop_tickets(now.id)

    await identity.change(within)


async def change_password(
    identity: Identity, me: SignedIn, current: str, password: str, proof: Proof, place: Place, request_id: str
) -> SignedIn:
    """Another password, by who knows the present one (if there is one) and has the second factor. Raises NotSignedIn,
    TooMany, MalformedValue."""
    fresh, given = new_password(password, me.user.name), read_password(current)

    def charged(work: Work, now_ns: int) -> bytes | None:
        user = work.user(me.user.id)
        own = user.having(Factor.PASSWORD)
        if own:
            charge(work.people, scope(work.people, PASSWORD, user.name, user.id, place), now_ns // 1_000_000)
        return opened(work, user, own[0]).reveal() if own else None

    def forgiven(work: Work, _: int) -> None:
        forgive(work.people, scope(work.people, PASSWORD, me.user.name, me.user.id, place))

    hashed = await identity.change(charged)
    if hashed is not None:
        if not await identity.hasher.matches(hashed, given):
            raise NotSignedIn(NOT_PROVEN)
        await identity.change(forgiven)
    made = await identity.hasher.hash(fresh, identity.entropy)
    return await _changed(
        identity,
        me,
        proof,
        place,
        request_id,
        lambda act, work, user: people.add_authenticator(
            act, user, new_authenticator(act, user.id, Factor.PASSWORD, "", made)
        ),
    )


async def add_factor(
    identity: Identity, me: SignedIn, answer: Answer, proof: Proof, place: Place, request_id: str
) -> SignedIn:
    """An app (in place of the former) or one more passkey. Raises NotSignedIn, TooMany, Refused, MalformedValue."""
    return await _changed(
        identity,
        me,
        proof,
        place,
        request_id,
        lambda act, work, user: people.add_authenticator(act, user, _finished(identity, act, work, user, answer)),
    )


async def remove_factor(
    identity: Identity, me: SignedIn, authenticator_id: str, proof: Proof, place: Place, request_id: str
) -> SignedIn:
    """One less; without the last nobody could sign in. Raises NotSignedIn, TooMany, NotFound, IllegalStep."""
    return await _changed(
        identity,
        me,
        proof,
        place,
        request_id,
        lambda act, work, user: people.remove_authenticator(act, user, authenticator_id),
    )


async def new_recovery_codes(
    identity: Identity, me: SignedIn, proof: Proof, place: Place, request_id: str
) -> tuple[SignedIn, list[Secret]]:
    """Ten codes in the place of those there were. Raises NotSignedIn, TooMany."""
    codes = recovery.new_codes(identity.entropy)
    signed_in = await _changed(
        identity,
        me,
        proof,
        place,
        request_id,
        lambda act, work, user: people.add_authenticator(
            act, user, new_authenticator(act, user.id, Factor.RECOVERY, "", recovery.hashes(codes))
        ),
    )
    return signed_in, codes


async def _changed(
    identity: Identity,
    me: SignedIn,
    proof: Proof,
    place: Place,
    request_id: str,
    change: Callable[[Act, Work, User], User],
) -> SignedIn:
    """Prove it, change it, and begin a new session: the one that was used is over like every other."""
    await confirm(identity, me.user.id, proof, place, request_id)

    def within(work: Work, now_ns: int) -> SignedIn:
        act = identity.act(work, now_ns, me.user.id, Strength.STEP_UP, request_id, place)
        user = work.user(me.user.id)
        if user.epoch != me.session.epoch:  # ended while the factor was proven
            raise NotSignedIn("you are not signed in any more: sign in again")
        after = change(act, work, user)
        work.people.drop_tickets(user.id)
        work.people.drop_session(me.session.id)
        return open_session(identity, act, work, after, me.session.how, place)

    return await identity.change(within)


def _by_link(work: Work, token: Secret, purpose: Purpose, now_ms: int) -> User:
    ticket = work.people.ticket(token_digest(token), purpose, now_ms)
    if ticket is None:
        raise NotSignedIn(_NO_LINK)
    user = work.user(ticket.user)
    if user.state is not UserState.ACTIVE:
        raise NotSignedIn(_NO_LINK)
    return user


def _finished(identity: Identity, act: Act, work: Work, user: User, answer: Answer) -> Authenticator:
    """The app or passkey that was shown to this person and is proven now. Raises NotSignedIn, Refused."""
    digest = token_digest(answer.token)
    if answer.response is None:
        ticket = _shown_to(user, work.people.ticket(digest, Purpose.TOTP, act.now_ms))
        seed = Secret(ticket.fact)
        step = totp.step_of(seed, answer.code, -1, act.now_ms)
        if step is None:
            raise Refused(_NO_CODE)
        made = new_authenticator(act, user.id, Factor.TOTP, label_from_text(answer.label or "app"), seed)
    else:
        ticket = _shown_to(user, work.people.ticket(digest, Purpose.REGISTER, act.now_ms))
        try:
            passkey, step = passkeys.make(identity.site, answer.response, ticket.fact)
        except NotVerified:
            raise Refused(_NO_PASSKEY) from None
        label = label_from_text(answer.label or "passkey")
        made = new_authenticator(act, user.id, Factor.PASSKEY, label, passkey.to_secret())
    work.people.raise_step(made.id, step)
    work.people.drop_ticket(digest)
    return made


def _shown_to(user: User, ticket: Ticket | None) -> Ticket:
    """What was shown to one person makes nothing for another."""
    if ticket is None or ticket.user != user.id:
        raise NotSignedIn(_NO_LINK)
    return ticket
