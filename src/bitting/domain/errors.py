"""Every exception Bitting raises, and what each one means to whoever catches it.

BittingError
├── Malformed               what came cannot be read; it is the sender's to mend
│   ├── MalformedRequest      bytes on the wire that are not a request of the dialect
│   ├── MalformedValue        a rule, amount, pair, address, id or time that is not one
│   └── MalformedStored       stored bytes in a layout nobody wrote
├── Refused                 understood, and not allowed: the text says what would be
│   ├── IllegalStep           the life of a credential or a key has no such step
│   ├── ConsentMissing        the change gives power that nobody has confirmed
│   ├── ApprovalMissing       the change needs a second person's approval
│   ├── Conflict              the object has moved on since it was read
│   ├── NameReused            the name for this question was given to another one before
│   ├── NotSignedIn           name, password, code, passkey or session prove nobody; never says which, or who
│   └── TooMany               asked too often just now; the text says when to try again
├── Repeated                the change was carried out before, under this name
├── NotFound                no such object, or not one the asker may know of
├── BadSignature            the signature is not this credential's; never says more
├── Tampered                something stored does not match its seal; nothing is done with it
├── Shredded                the key it was sealed under has been destroyed, on purpose and for good
├── Misconfigured           a file, folder or setting is wrong; the text says what to do
└── Unavailable             a part we depend on is down, slow or full; nobody is let in

A *denied request* is not here: it is an answer, and answers are values (`verdict.Denied`).
No text in this file's classes ever holds a secret or an expected signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bitting.domain.consent import Confirmation, Wanted


class BittingError(Exception):
    """The root of the tree above; the text is fit for the person who caused it."""


class Malformed(BittingError):
    """Cannot be read."""


class MalformedRequest(Malformed):
    """Not a request of this dialect; raised before anything is known of the caller."""


class MalformedValue(Malformed):
    """A value given as text or bytes that is not what it should be."""


class MalformedStored(Malformed):
    """Stored bytes whose layout is unknown: a newer version wrote them, or nobody did."""


class Refused(BittingError):
    """What is understood and not allowed. `of_a_change` says that a change had begun, of which nothing is left."""

    of_a_change = False


class IllegalStep(Refused):
    """The table of steps has no such step from the present state."""


class ConsentMissing(Refused):
    """The change needs a consent bound to exactly this change, and there is none. `wanted` is what has to be
    confirmed, where that is known; `confirmation` what the person's session can confirm it by."""

    wanted: Wanted | None = None
    confirmation: Confirmation | None = None


class ApprovalMissing(Refused):
    """The change was confirmed, and is one of those that need a second person. `wanted` is what has to be approved."""

    wanted: Wanted


class Conflict(Refused):
    """The object was changed by somebody else since it was read."""


class NameReused(Refused):
    """Somebody gave one name to two questions, and means that one of them was asked already."""


class NotSignedIn(Refused):
    """Nobody is proven. One text for everything that can be wrong, so that a stranger learns nothing from it."""


class TooMany(Refused):
    """Asked too often; `retry_after_s` is how long to wait, 0 where no time makes it better."""

    def __init__(self, text: str, retry_after_s: int = 0) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class Repeated(BittingError):
    """Nothing is done: it was done before. The text is the id of what was made or changed then."""

    @property
    def object_id(self) -> str:
        """What was made or changed then."""
        return str(self)


class NotFound(BittingError):
    """No such object."""


class BadSignature(BittingError):
    """The signature does not belong to these bytes and this credential."""


class Tampered(BittingError):
    """A stored row or box does not match its seal, its MAC or the journal."""


class Shredded(BittingError):
    """What was sealed is still there, and nobody can open it any more: its account was shredded."""


class Misconfigured(BittingError):
    """The machine, a file or a setting is not as it must be; the text says what to do."""


class Unavailable(BittingError):
    """A dependency cannot answer; whoever asked is refused, and may try again."""
