"""Every exception Bitting raises, and what each one means to whoever catches it.

BittingError
├── Malformed               what came cannot be read; it is the sender's to mend
│   ├── MalformedRequest      bytes on the wire that are not a request of the dialect
│   ├── MalformedValue        a rule, amount, pair, address, id or time that is not one
│   └── MalformedStored       stored bytes in a layout nobody wrote
├── Refused                 understood, and not allowed: the text says what would be
│   ├── IllegalStep           the life of a credential or a key has no such step
│   ├── ConsentMissing        the change gives power that nobody has confirmed
│   └── Conflict              the object has moved on since it was read
├── NotFound                no such object, or not one the asker may know of
├── BadSignature            the signature is not this credential's; never says more
├── Tampered                something stored does not match its seal; nothing is done with it
├── Misconfigured           a file, folder or setting is wrong; the text says what to do
└── Unavailable             a part we depend on is down, slow or full; nobody is let in

A *denied request* is not here: it is an answer, and answers are values (`verdict.Denied`).
No text in this file's classes ever holds a secret or an expected signature.
"""

from __future__ import annotations


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
    """A change that is understood and not allowed."""


class IllegalStep(Refused):
    """The table of steps has no such step from the present state."""


class ConsentMissing(Refused):
    """The change needs a consent bound to exactly this change, and there is none."""


class Conflict(Refused):
    """The object was changed by somebody else since it was read."""


class NotFound(BittingError):
    """No such object."""


class BadSignature(BittingError):
    """The signature does not belong to these bytes and this credential."""


class Tampered(BittingError):
    """A stored row or box does not match its seal, its MAC or the journal."""


class Misconfigured(BittingError):
    """The machine, a file or a setting is not as it must be; the text says what to do."""


class Unavailable(BittingError):
    """A dependency cannot answer; whoever asked is refused, and may try again."""
