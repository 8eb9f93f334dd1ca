"""What people are told by e-mail, and how it is brought to them.

A notice is a change in the journal and somebody to hear of it: it is written down in the transaction of the change, and
its words are made when it is sent. So no notice can be lost that should be there, none tells of what did not happen,
and nothing secret is in one, since nothing secret is in the journal. Whether the post can be reached concerns nobody
but the notice, which waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from typing import Final, NamedTuple, Protocol

from bitting.domain.change import Change
from bitting.domain.errors import BittingError, NotFound
from bitting.domain.network import address_to_text
from bitting.domain.roles import AccountRole, HouseRole
from bitting.domain.user import User
from bitting.identity.identity import Site
from bitting.identity.ports import Book, Notice, Shelf, Work

AT_ONCE: Final = 20
LONGEST_WAIT_MS: Final = 3_600_000
_FIRST_WAIT_MS: Final = 30_000


class Post(Protocol):
    """Takes messages away: a folder, or a mail server. Sync; called off the event loop."""

    def send(self, message: EmailMessage) -> None:
        """Raises Unavailable."""


class _Sort(NamedTuple):
    """`subject` and `says` of a deed; `%s` is what it was done to. `when` decides by the facts, where not every time is
    worth a message."""

    subject: str
    says: str
    when: Callable[[Mapping[str, object]], bool] = lambda facts: True


_TO_THE_USER: Final[Mapping[str, _Sort]] = {
    "user.sign_in": _Sort(
        "Signed in from a new place",
        "You signed in from a place you had not been at.",
        lambda f: f["new_place"] is True,
    ),
    "user.set_up": _Sort("Your sign-in is set up", "A password or passkey was chosen for you, by a link."),
    "user.authenticator": _Sort("What proves you was changed", "A password, app, passkey or set of codes was added."),
    "user.remove_authenticator": _Sort("What proves you was changed", "A passkey, app or set of codes was removed."),
    "user.recovery_code": _Sort("A recovery code was used", "A code from your paper was used in place of your app."),
    "user.strip": _Sort(
        "Your sign-in was reset", "An operator removed all that proves you; you get a link to begin anew."
    ),
    "user.locked": _Sort("Sign-in is stopped", "There were too many wrong tries at signing in with your name."),
    "user.disable": _Sort(
        "Your access was disabled", "An operator disabled your access, and signed you out everywhere."
    ),
    "user.house": _Sort("Your role was changed", "What you may do in the house was changed."),
    "user.account": _Sort("Your role was changed", "What you may do on an account was changed."),
}
_TO_OWNERS: Final[Mapping[str, _Sort]] = {
    "key.issue": _Sort("A new key", "%s was issued."),
    "key.import": _Sort("A new key", "%s was imported."),
    "key.edit": _Sort("A key may do more", "%s may do more than before.", lambda facts: facts.get("widens") is True),
    "key.rotate": _Sort("A key was rotated", "%s has a new secret or public key."),
    "key.revoke": _Sort("A key was revoked", "%s was revoked. It never works again."),
    "key.self_revoke": _Sort("A key was revoked", "%s revoked itself. It never works again."),
    "account.wait": _Sort("Withdrawals wait", "Withdrawals by the keys of %s wait: something was changed."),
    "account.add_address": _Sort("A new withdrawal address", "An address was added to the book of %s."),
}
_TO_OPERATORS: Final[Mapping[str, _Sort]] = {
    "house.break_glass": _Sort("Somebody broke the glass", "One person alone did what asks for two."),
}


def is_told(change: Change, members: Callable[[str], Iterable[str]]) -> Iterable[str]:
    """The ids of those who may have to hear of a change. `members` are an account's people, or the house's for ""."""
    sort = _sort_of(change)
    if sort is None or not sort.when(change.facts):
        return ()
    if change.deed in _TO_THE_USER:
        return (change.id,)
    return members(change.account if change.deed in _TO_OWNERS else "")


async def post_due(book: Book, post: Post, sender: str, site: Site, now_ms: int) -> None:
    """Bring the next few notices to the post. One that fails waits longer each time, and holds no other up."""

    def look(shelf: Shelf) -> list[tuple[Notice, EmailMessage | BittingError | None]]:
        return [(each, _tried(shelf, each, sender, site)) for each in shelf.people.notices(now_ms, AT_ONCE)]

    for notice, message in await book.read(look):
        failed = False
        try:
            if isinstance(message, BittingError):
                raise message
            if message is not None:
                await asyncio.to_thread(post.send, message)
        except BittingError:
            failed = True
        await book.change(now_ms * 1_000_000, partial(_settle, notice, failed, now_ms))


def _settle(notice: Notice, failed: bool, now_ms: int, work: Work) -> None:
    if failed:
        wait_ms = min(_FIRST_WAIT_MS * 2 ** min(notice.failures, 10), LONGEST_WAIT_MS)
        work.people.notice_failed(notice.row, now_ms + wait_ms)
    else:
        work.people.notice_told(notice.row)


def _tried(shelf: Shelf, notice: Notice, sender: str, site: Site) -> EmailMessage | BittingError | None:
    """The message; what is in its way; or None where this person has no business with it any more."""
    try:
        return _message(shelf, notice, sender, site)
    except NotFound:
        return None
    except BittingError as problem:
        return problem


def _message(shelf: Shelf, notice: Notice, sender: str, site: Site) -> EmailMessage | None:
    change, user = notice.change, shelf.user(notice.user)
    sort = _sort_of(change)
    if sort is None or not _concerns(shelf, change, user):
        return None
    message = EmailMessage(policy=SMTP)  # it refuses a line's end in a header, though none comes so far
    message["From"] = sender
    message["To"] = user.name
    message["Subject"] = f"{sort.subject} ({site.rp_id})"
    message["Date"] = format_datetime(datetime.fromtimestamp(change.at_ns // 1_000_000_000, UTC))
    message["Message-ID"] = f"<{notice.row}.{change.at_ns}@{site.rp_id}>"  # the same when it is sent once more
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    says = sort.says % _name_of(shelf, change) if "%s" in sort.says else sort.says
    when = datetime.fromtimestamp(change.at_ns // 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    lines = [says, "", f"When: {when}", f"By: {change.actor}", *_where(shelf, change), f"Request: {change.request_id}"]
    lines += ["", f"If this was not you, or not meant by you: {site.origin}, and tell whoever runs it."]
    message.set_content("\n".join(lines) + "\n")
    return message


def _concerns(shelf: Shelf, change: Change, user: User) -> bool:
    """Whether the person still is who has to hear of it."""
    if change.deed in _TO_THE_USER:
        return user.id == change.id
    if change.deed in _TO_OPERATORS:
        return HouseRole.OPERATOR in user.house
    account = shelf.find_account(change.account)
    return any(user.accounts.get(each or "") is AccountRole.OWNER for each in (account.id, account.parent))


def _name_of(shelf: Shelf, change: Change) -> str:
    account = shelf.find_account(change.account).name
    if change.kind != "key":
        return f"account {account}"
    key = shelf.find_key(change.id)
    return f"key {key.policy.label} ({key.wire_id}) of account {account}"


def _where(shelf: Shelf, change: Change) -> list[str]:
    """From where somebody signed in, while that session is there."""
    for each in shelf.people.sessions(change.id) if change.deed == "user.sign_in" else []:
        if each.id == change.facts["session"]:
            return [f"From: {address_to_text(each.place.address)}", f"With: {each.place.agent or 'not said'}"]
    return []


def _sort_of(change: Change) -> _Sort | None:
    return _TO_THE_USER.get(change.deed) or _TO_OWNERS.get(change.deed) or _TO_OPERATORS.get(change.deed)
