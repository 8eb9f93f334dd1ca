"""The desk's intents about people: what others decide about them. What they do themselves is in `sign_in`."""

from __future__ import annotations

from typing import Any, TypeVar

from bitting.desk.desk import Desk, Intent
from bitting.desk.form import PAGE, Form, time_text
from bitting.domain.consent import Consent
from bitting.domain.errors import MalformedValue, Unavailable
from bitting.domain.network import address_to_text
from bitting.domain.roles import AccountRole, HouseRole
from bitting.domain.secret import Secret
from bitting.domain.user import User
from bitting.identity.factors import link
from bitting.identity.identity import Identity
from bitting.identity.ports import Purpose, Session, Work
from bitting.identity.session import end_session, sessions
from bitting.lifecycle import people
from bitting.lifecycle.act import Act

Word = TypeVar("Word", HouseRole, AccountRole)

TENANT = "house"
_NOTHING = "none"
PAGES = {Purpose.SET_UP: "set-up", Purpose.RESET: "reset"}  # of the console, by what a link is for


async def add(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """A new person, and the link by which they choose what proves them; it is shown once."""
    name, roles = form.text("name"), form.texts("roles")
    form.end()
    house = frozenset(_role(HouseRole, each) for each in roles)
    user = await desk.act(consent, lambda act: people.add_user(act, TENANT, name, house))
    return {**user_view(user), **await _link(desk, consent, user, Purpose.SET_UP)}


async def list_users(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """All people, oldest first: the next `most` behind the id `after`, and `next` where there are more."""
    after, most = form.text("after", ""), form.number("most", PAGE, least=1, most=PAGE)
    form.end()
    found = await desk.book.read(lambda shelf: shelf.users(after, most + 1))
    said: dict[str, Any] = {"users": [user_view(each) for each in found[:most]]}
    return said if len(found) <= most else {**said, "next": found[most - 1].id}


async def show(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """One person."""
    user = await _find(desk, form)
    form.end()
    return user_view(user)


async def role(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """What a person is: to an account (`role`, or none), or to the house (`roles`; an empty list is nothing)."""
    user = await _find(desk, form)
    named, roles = form.maybe("account"), form.texts("roles")
    word = form.text("role", _NOTHING)
    form.end()
    if named is None:
        house = frozenset(_role(HouseRole, each) for each in roles)
        return user_view(await desk.act(consent, lambda act: people.set_house_roles(act, user.id, house)))
    if roles:
        raise MalformedValue("to an account a person is one thing: give role, and not roles")
    account = await desk.book.read(lambda shelf: shelf.find_account(named))
    mine = None if word == _NOTHING else _role(AccountRole, word)
    return user_view(await desk.act(consent, lambda act: people.set_account_role(act, user.id, account.id, mine)))


async def disable(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Sign the person out everywhere, and in no more."""
    user = await _find(desk, form)
    form.end()
    return user_view(await desk.act(consent, lambda act: people.disable(act, user.id)))


async def enable(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Let the person sign in again."""
    user = await _find(desk, form)
    form.end()
    return user_view(await desk.act(consent, lambda act: people.enable(act, user.id)))


async def reset(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """A link for another password, which still wants the second factor; or, with `everything`, nothing proves the
    person any more and they begin anew."""
    user, everything = await _find(desk, form), form.flag("everything")
    form.end()
    if everything and user.authenticators:
        user = await desk.act(consent, lambda act: people.strip(act, user.id))
    purpose = Purpose.RESET if user.authenticators else Purpose.SET_UP
    return {**user_view(user), **await _link(desk, consent, user, purpose)}


async def list_sessions(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """The devices on which a person is signed in."""
    user = await _find(desk, form)
    form.end()
    found = await sessions(identity_of(desk), user.id)
    return {"user": user.id, "name": user.name, "sessions": [session_view(each) for each in found]}


async def sign_out(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """End one session of a person, or all of them."""
    user, session = await _find(desk, form), form.maybe("session")
    form.end()
    if session is not None:
        await end_session(identity_of(desk), user.id, session, consent)
    else:
        await desk.act(consent, lambda act: people.sign_out(act, user.id))
    return {"user": user.id, "name": user.name, "signed_out": session or "everywhere"}


def user_view(user: User) -> dict[str, Any]:
    """A person, with what proves them by name; none of it is a secret."""
    return {
        "id": user.id,
        "name": user.name,
        "state": user.state.value,
        "house": sorted(each.value for each in user.house),
        "accounts": {account: each.value for account, each in user.accounts.items()},
        "ready": user.ready,
        "factors": [
            {
                "id": each.id,
                "factor": each.factor.value,
                "label": each.label,
                "created_at": time_text(each.created_at_ms),
            }
            for each in user.authenticators
        ],
        "created_at": time_text(user.created_at_ms),
        "version": user.version,
    }


def session_view(session: Session) -> dict[str, Any]:
    """One device."""
    return {
        "id": session.id,
        "how": session.how,
        "address": address_to_text(session.place.address),
        "client": session.place.agent,
        "signed_in_at": time_text(session.created_at_ms),
        "seen_at": time_text(session.seen_at_ms),
        "until": time_text(session.until_ms),
    }


def identity_of(desk: Desk) -> Identity:
    """Raises Unavailable where nobody can sign in."""
    if desk.identity is None:
        raise Unavailable("nobody can sign in here: only the operator on this machine is known")
    return desk.identity


async def _link(desk: Desk, consent: Consent, user: User, purpose: Purpose) -> dict[str, Any]:
    identity = identity_of(desk)

    def within(work: Work, now_ns: int) -> Secret:
        act = Act(work, consent, now_ns, desk.entropy)
        return link(act, work, work.user(user.id), purpose)

    token = await identity.change(within)
    return {"link": identity.site.link(PAGES[purpose], token), "page": PAGES[purpose]}


def _role(kind: type[Word], word: str) -> Word:
    try:
        return kind(word)
    except ValueError:
        raise MalformedValue(f"no role {word[:32]!r}; there are: {', '.join(each.value for each in kind)}") from None


async def _find(desk: Desk, form: Form) -> User:
    name = form.text("user")
    return await desk.book.read(lambda shelf: shelf.find_user(name))


INTENTS: dict[str, Intent] = {
    "user.add": add,
    "user.list": list_users,
    "user.show": show,
    "user.role": role,
    "user.disable": disable,
    "user.enable": enable,
    "user.reset": reset,
    "user.sessions": list_sessions,
    "user.sign-out": sign_out,
}
