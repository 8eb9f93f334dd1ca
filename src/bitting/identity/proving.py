"""The second factor: a code of an app, a code on paper, or a passkey; asked for at sign-in and before risky changes.

Each is used up in the transaction that finds it right, with the failure that it would have been: of two that come with
one code at the same moment, the second finds it used, wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from bitting.domain.consent import Strength
from bitting.domain.errors import NotSignedIn
from bitting.domain.secret import Secret
from bitting.domain.user import Authenticator, Factor, User, UserState
from bitting.identity import passkeys, recovery, totp
from bitting.identity.identity import Identity, token_digest
from bitting.identity.material import opened, sealed_anew
from bitting.identity.passkeys import NotVerified, Passkey
from bitting.identity.patience import CODE, charge, forgive, scope
from bitting.identity.ports import Place, Purpose, Work
from bitting.lifecycle import people
from bitting.lifecycle.act import Act

NOT_PROVEN = "this proves nothing: a code is good once and for a minute, a challenge once and for five"


class Proof(NamedTuple):
    """What somebody shows: a code, or a passkey's response with the token of the challenge that it answers."""

    code: str = ""
    response: Mapping[str, Any] | None = None
    challenge: Secret | None = None


async def confirm(
    identity: Identity, user_id: str, proof: Proof, place: Place, request_id: str, challenge: bytes | None = None
) -> str:
    """Let a signed-in person prove once more that it is them; by which factor. A passkey answers the challenge of its
    ticket, or `challenge`, which the caller then has to let be used only once. The transaction is one of its own:
    whatever the caller does next, this code is used. Raises NotSignedIn, TooMany."""

    def within(work: Work, now_ns: int) -> str | None:
        act = identity.act(work, now_ns, user_id, Strength.SESSION, request_id, place)
        user = work.user(user_id)
        if user.state is not UserState.ACTIVE:
            return None
        if proof.response is None:
            return by_code(act, work, user, proof.code, place)
        wanted = challenge
        if wanted is None:
            ticket = None
            if proof.challenge is not None:
                ticket = work.people.ticket(token_digest(proof.challenge), Purpose.STEP_UP, act.now_ms)
                work.people.drop_ticket(token_digest(proof.challenge))  # used by any answer
            if ticket is None or ticket.user != user_id:
                return None
            wanted = ticket.fact
        return by_passkey(identity, work, user, proof.response, wanted)

    how = await identity.change(within)
    if how is None:
        raise NotSignedIn(NOT_PROVEN)
    return how


def by_code(act: Act, work: Work, user: User, code: str, place: Place) -> str | None:
    """Use a code up: an app's or one on paper; which of the two, or None. Raises TooMany. What is returned has to be
    committed."""
    subject = next((each.id for each in user.having(Factor.TOTP)), user.id)  # a new app has tries of its own
    here = scope(work.people, CODE, subject, user.id, place)
    last = charge(work.people, here, act.now_ms)
    how = _by_app(act, work, user, code) or _by_paper(act, work, user, code)
    if how is not None:
        forgive(work.people, here)
    elif last:
        act.note_user("user.locked", user, {"factor": Factor.TOTP.value})
    return how


def _by_app(act: Act, work: Work, user: User, code: str) -> str | None:
    for each in user.having(Factor.TOTP):
        step = totp.step_of(opened(work, user, each), code, work.people.step(each.id), act.now_ms)
        if step is not None:
            work.people.raise_step(each.id, step)
            return Factor.TOTP.value
    return None


def _by_paper(act: Act, work: Work, user: User, code: str) -> str | None:
    for each in user.having(Factor.RECOVERY):
        left = recovery.without(opened(work, user, each), code)
        if left is not None:
            fresh = sealed_anew(act, user.id, each, left)
            people.replace_material(act, "user.recovery_code", user, fresh, {"left": recovery.left(left)})
            return Factor.RECOVERY.value
    return None


def by_passkey(identity: Identity, work: Work, user: User, response: Mapping[str, Any], challenge: bytes) -> str | None:
    """Check a passkey's response and remember its count; None where it proves nothing. Guessing is not counted: there
    is nothing to be guessed."""
    try:
        claim = passkeys.claimed(response)
        found = passkey_of(work, user, claim.passkey)
        if claim.user_id != user.id or found is None:
            return None
        authenticator, passkey = found
        used = passkeys.verify(identity.site, response, challenge, passkey, work.people.step(authenticator.id))
    except NotVerified:
        return None
    work.people.raise_step(authenticator.id, used)
    return Factor.PASSKEY.value


def passkey_of(work: Work, user: User, passkey_id: bytes) -> tuple[Authenticator, Passkey] | None:
    """The person's passkey with that id."""
    for each in user.having(Factor.PASSKEY):
        passkey = Passkey.from_secret(opened(work, user, each))
        if passkey.id == passkey_id:
            return each, passkey
    return None
