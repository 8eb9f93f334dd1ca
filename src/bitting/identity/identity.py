"""What every step of identity is handed: the store, the hasher, the site people come to, time and chance.

A token is 32 random bytes in base64url, shown once. The store keeps SHA-256 of it: with this much chance in it there
is nothing to be guessed, and nothing that a slow hash would slow down.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

from bitting.domain.change import Personal
from bitting.domain.consent import Consent, Strength
from bitting.domain.errors import MalformedValue
from bitting.domain.holds import Authority
from bitting.domain.ids import Entropy
from bitting.domain.network import address_to_text
from bitting.domain.secret import Secret
from bitting.gate.ports import Clock
from bitting.identity.hashing import Hasher
from bitting.identity.ports import Book, Place, Purpose, Ticket, Work
from bitting.lifecycle.act import Act

T = TypeVar("T")

TOKEN_BYTES: Final = 32
TICKET_MS: Final = 5 * 60_000


class Site(NamedTuple):
    """Where people sign in. `origin` is what a browser says it is on, and the whole of it is compared; links begin with
    it, whatever host a request names."""

    origin: str

    @classmethod
    def from_text(cls, text: str) -> Site:
        """Read `https://keys.example.com`, or `http://localhost:8701` for trying it out. Raises MalformedValue."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port, parts = "", None, urlsplit("")
        origin = f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")
        safe = parts.scheme == "https" or (parts.scheme == "http" and host == "localhost")
        # Browsers run WebAuthn in secure contexts only, and know no passkeys for addresses.
        if origin != text or not host or not safe or not host.isascii() or host.replace(".", "").isdigit():
            raise MalformedValue(
                f"not an origin: {text[:64]!r}; write https:// and a name, without a path, or http://localhost:PORT"
            )
        return cls(origin)

    @property
    def rp_id(self) -> str:
        """The name passkeys are bound to (WebAuthn section 4, RP ID)."""
        return urlsplit(self.origin).hostname or ""

    def link(self, page: str, token: Secret) -> str:
        """A link with the token behind the #: browsers send that to nobody, neither as target nor as Referer."""
        return f"{self.origin}/{page}#{token.reveal().decode()}"


DEFAULT_SITE: Final = Site("http://localhost:8701")


@dataclass(frozen=True, slots=True)
class Identity:
    """Where people are known, and by what."""

    book: Book
    hasher: Hasher
    site: Site
    clock: Clock
    entropy: Entropy

    @property
    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return self.clock.now_ns() // 1_000_000

    async def change(self, make: Callable[[Work, int], T]) -> T:
        """Run one step in a transaction of its own, at one moment. What it returns is durable; what it raises leaves
        nothing behind. So a failure that has to be remembered is returned, and raised afterwards."""
        now_ns = self.clock.now_ns()
        return await self.book.change(now_ns, lambda work: make(work, now_ns))

    @staticmethod
    def consent(user_id: str, request_id: str, strength: Strength = Strength.SESSION) -> Consent:
        """In a person's own name."""
        return Consent(f"user:{user_id}", strength, Authority.HOLDER, request_id)

    def act(
        self, work: Work, now_ns: int, user_id: str, strength: Strength, request_id: str, place: Place | None = None
    ) -> Act:
        """A change in a person's own name; from where, the journal keeps sealed."""
        consent = self.consent(user_id, request_id, strength)
        if place is not None:
            consent = replace(consent, personal=Personal(address_to_text(place.address), place.agent))
        return Act(work, consent, now_ns, self.entropy)


def new_token(entropy: Entropy) -> Secret:
    """What a cookie or a link carries."""
    return Secret(base64.urlsafe_b64encode(entropy(TOKEN_BYTES)).rstrip(b"="))


def token_digest(token: Secret) -> bytes:
    """What the store knows of it."""
    return hashlib.sha256(token.reveal()).digest()


def new_ticket(
    work: Work, entropy: Entropy, purpose: Purpose, user_id: str, fact: bytes, now_ms: int, life_ms: int = TICKET_MS
) -> Secret:
    """Write down what was begun; the token with which it can be finished."""
    token = new_token(entropy)
    work.people.put_ticket(Ticket(token_digest(token), purpose, user_id, fact, now_ms + life_ms))
    return token
