"""What people do for themselves: sign in, choose what proves them, look at their devices. It needs no role, so it is
not among `INTENTS`: `PUBLIC` needs nothing but what it asks for, `OWN` a session.

Whoever calls brings the place: it is the web's to know the address, and no form names it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

from bitting.desk.form import Form, time_text
from bitting.desk.users import session_view, user_view
from bitting.domain.consent import Consent
from bitting.domain.errors import MalformedValue
from bitting.domain.secret import Secret
from bitting.identity import factors, proving, session, sign_in
from bitting.identity.factors import Answer, Shown
from bitting.identity.identity import Identity
from bitting.identity.ports import Place, Purpose
from bitting.identity.proving import Proof
from bitting.identity.session import SignedIn

LONGEST_AGENT: Final = 256


class Visit(NamedTuple):
    """One call: where people are known, from where it came, and its id."""

    identity: Identity
    place: Place
    request_id: str


Public = Callable[[Visit, Form], Awaitable[dict[str, Any]]]
Own = Callable[[Visit, SignedIn, Form], Awaitable[dict[str, Any]]]


async def ask_publicly(visit: Visit, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out what needs no session. Raises BittingError."""
    if name not in PUBLIC:
        raise MalformedValue(f"no intent {name[:40]!r}")
    return await PUBLIC[name](_cut(visit), Form(values))


async def ask_own(visit: Visit, token: Secret, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out what a person may do for themself. Raises BittingError."""
    if name not in OWN:
        raise MalformedValue(f"no intent {name[:40]!r}")
    return await OWN[name](_cut(visit), await session.signed_in(visit.identity, token), Form(values))


class Confirmer:
    """Fits `desk.ports.People`."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def confirm(self, consent: Consent, challenge: bytes, answer: Mapping[str, Any]) -> str:
        """Check a second factor against the challenge of a confirmation, from where the session was opened."""
        form = Form(answer)
        proof = Proof(form.text("code", ""), form.table("response") or None)
        form.end()
        user_id = consent.actor.removeprefix("user:")
        place = await session.place_of(self._identity, user_id, consent.session)
        return await proving.confirm(self._identity, user_id, proof, place, consent.request_id, challenge)


async def begin(visit: Visit, form: Form) -> dict[str, Any]:
    """Name and password; a ticket comes back whatever they are."""
    name, password = form.text("name"), form.text("password")
    form.end()
    begun = await sign_in.begin(visit.identity, name, password, visit.place, visit.request_id)
    return {"ticket": _text(begun.token)}


async def finish(visit: Visit, form: Form) -> dict[str, Any]:
    """The ticket and a code: of the app, or of the paper."""
    ticket, code = _secret(form, "ticket"), form.text("code")
    form.end()
    return _welcome(await sign_in.finish(visit.identity, ticket, code, visit.place, visit.request_id))


async def challenge(visit: Visit, form: Form) -> dict[str, Any]:
    """What a passkey signs in with; the same for everybody."""
    form.end()
    begun = await sign_in.challenge(visit.identity)
    return {"ticket": _text(begun.token), "options": begun.options}


async def by_passkey(visit: Visit, form: Form) -> dict[str, Any]:
    """The ticket and the passkey's response."""
    ticket, response = _secret(form, "ticket"), form.table("response")
    form.end()
    return _welcome(await sign_in.finish_by_passkey(visit.identity, ticket, response, visit.place, visit.request_id))


async def set_up_look(visit: Visit, form: Form) -> dict[str, Any]:
    """Whom a link is for; with a seed for an app and the options for a passkey, of which one is enough."""
    link = _secret(form, "link")
    form.end()
    user = await factors.look(visit.identity, link, Purpose.SET_UP)
    app = await factors.show_app(visit.identity, user.id)
    passkey = await factors.show_passkey(visit.identity, user.id)
    return {"name": user.name, "app": _shown(app), "passkey": _shown(passkey)}


async def set_up(visit: Visit, form: Form) -> dict[str, Any]:
    """Choose what proves you. The recovery codes are shown once."""
    link, password, answer = _secret(form, "link"), form.maybe("password"), _answer(form)
    form.end()
    codes = await factors.set_up(visit.identity, link, password, answer, visit.request_id)
    return {"recovery_codes": [_text(each) for each in codes]}


async def reset_look(visit: Visit, form: Form) -> dict[str, Any]:
    """Whom a link is for, and a challenge for their passkey."""
    link = _secret(form, "link")
    form.end()
    user = await factors.look(visit.identity, link, Purpose.RESET)
    begun = await sign_in.challenge(visit.identity, Purpose.STEP_UP, user.id)
    return {"name": user.name, "ticket": _text(begun.token), "options": begun.options}


async def reset(visit: Visit, form: Form) -> dict[str, Any]:
    """Another password, with the second factor."""
    link, password, proof = _secret(form, "link"), form.text("password"), _proof(form)
    form.end()
    await factors.reset_password(visit.identity, link, password, proof, visit.place, visit.request_id)
    return {"done": True}


async def me(visit: Visit, mine: SignedIn, form: Form) -> dict[str, Any]:
    """Who you are here."""
    form.end()
    return {**user_view(mine.user), "session": session_view(mine.session)}


async def my_sessions(visit: Visit, mine: SignedIn, form: Form) -> dict[str, Any]:
    """Your devices."""
    form.end()
    found = await session.sessions(visit.identity, mine.user.id)
    return {"sessions": [{**session_view(each), "this": each.id == mine.session.id} for each in found]}


async def my_sign_out(visit: Visit, mine: SignedIn, form: Form) -> dict[str, Any]:
    """End this session, another one by its id, or every one."""
    named, everywhere = form.text("session", mine.session.id), form.flag("everywhere")
    form.end()
    if everywhere:
        await session.sign_out_everywhere(visit.identity, mine.user.id, visit.request_id)
    else:
        consent = visit.identity.consent(mine.user.id, visit.request_id)
        await session.end_session(visit.identity, mine.user.id, named, consent)
    return {"signed_out": "everywhere" if everywhere else named}


async def my_challenge(visit: Visit, mine: SignedIn, form: Form) -> dict[str, Any]:
    """What your passkey confirms a change of factors with."""
    form.end()
    begun = await sign_in.challenge(visit.identity, Purpose.STEP_UP, mine.user.id)
    return {"ticket": _text(begun.token), "options": begun.options}


async def show_app(visit: Visit, mine: SignedIn, form: Form) -> dict[str, Any]:
    """A seed for another app."""
    form.end()
    return _shown(await factors.show_app(visit.identity, mine.user.id))


async def show_passkey(visit: Visit, mine: SignedIn, form: Form) -> dict[str, Any]:
    """Options for one more passkey."""
    form.end()
    return _shown(await factors.show_passkey(visit.identity, mine.user.id))


async def add_factor(visit: Visit, mine: SignedIn, form: Form) -> dict[str, Any]:
    """The app or passkey that was shown, with its first answer, and proof of a factor there was before."""
    answer, proof = _answer(form), _proof(form)
    form.end()
    return _welcome(await factors.add_factor(visit.identity, mine, answer, proof, visit.place, visit.request_id))


async def remove_factor(visit: Visit, mine: SignedIn, form: Form) -> dict[str, Any]:
    """One less, by its id."""
    authenticator, proof = form.text("authenticator"), _proof(form)
    form.end()
    return _welcome(
        await factors.remove_factor(visit.identity, mine, authenticator, proof, visit.place, visit.request_id)
    )


async def change_password(visit: Visit, mine: SignedIn, form: Form) -> dict[str, Any]:
    """Another password: `current`, `password`, and a factor."""
    current, password, proof = form.text("current", ""), form.text("password"), _proof(form)
    form.end()
    return _welcome(
        await factors.change_password(visit.identity, mine, current, password, proof, visit.place, visit.request_id)
    )


async def recovery_codes(visit: Visit, mine: SignedIn, form: Form) -> dict[str, Any]:
    """Ten new codes, shown once; the former are void."""
    proof = _proof(form)
    form.end()
    signed_in, codes = await factors.new_recovery_codes(visit.identity, mine, proof, visit.place, visit.request_id)
    return {**_welcome(signed_in), "recovery_codes": [_text(each) for each in codes]}


PUBLIC: Final[Mapping[str, Public]] = {
    "sign-in.begin": begin,
    "sign-in.finish": finish,
    "sign-in.challenge": challenge,
    "sign-in.passkey": by_passkey,
    "set-up.look": set_up_look,
    "set-up.finish": set_up,
    "reset.look": reset_look,
    "reset.finish": reset,
}
OWN: Final[Mapping[str, Own]] = {
    "me.show": me,
    "me.sessions": my_sessions,
    "me.sign-out": my_sign_out,
    "me.challenge": my_challenge,
    "me.show-app": show_app,
    "me.show-passkey": show_passkey,
    "me.add-factor": add_factor,
    "me.remove-factor": remove_factor,
    "me.password": change_password,
    "me.recovery-codes": recovery_codes,
}


def _cut(visit: Visit) -> Visit:
    """What a client says of itself is kept with the session: as much of it as a person reads."""
    return visit._replace(place=visit.place._replace(agent=visit.place.agent[:LONGEST_AGENT]))


def _welcome(signed_in: SignedIn) -> dict[str, Any]:
    """The token is for the cookie, and in no other reply."""
    token = _text(signed_in.token) if signed_in.token is not None else None
    return {"token": token, "user": signed_in.user.id, "until": time_text(signed_in.session.until_ms)}


def _shown(shown: Shown) -> dict[str, Any]:
    said: dict[str, Any] = {"ticket": _text(shown.token)}
    if shown.uri is not None and shown.svg is not None:
        return {**said, "uri": _text(shown.uri), "svg": _text(shown.svg)}
    return {**said, "options": shown.options}


def _answer(form: Form) -> Answer:
    """`ticket` with `code`, or with `response`."""
    ticket, code, label = _secret(form, "ticket"), form.text("code", ""), form.text("label", "")
    return Answer(ticket, code, form.table("response") or None, label)


def _proof(form: Form) -> Proof:
    """`proof`: `code`, or `ticket` with `response`."""
    inner = Form(form.table("proof"))
    code, response = inner.text("code", ""), inner.table("response") or None
    ticket = _secret(inner, "ticket") if response is not None else None
    inner.end()
    return Proof(code, response, ticket)


def _secret(form: Form, name: str) -> Secret:
    return Secret(form.text(name).encode())


def _text(secret: Secret) -> str:
    return secret.reveal().decode()
