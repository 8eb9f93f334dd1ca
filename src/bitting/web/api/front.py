"""What the API needs of the house behind it; `wiring` brings it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol


class Named(NamedTuple):
    """The caller's name for this call (Idempotency-Key), and SHA-256 over what the call is."""

    name: str
    digest: bytes


class Arrival(NamedTuple):
    """One call, as far as its headers tell.

    token         the session's, from the Authorization header or the cookie; "" where there is none
    confirmation  the id of a confirmation that the caller has got for this change
    peer          the address it came from
    """

    request_id: str
    token: str
    confirmation: str
    named: Named | None
    peer: str
    agent: str


class Front(Protocol):
    """The desk, for people who are not at the machine. Everything raises BittingError."""

    async def admit(self, arrival: Arrival) -> None:
        """Look whether whoever calls is signed in, before the body is read. Raises NotSignedIn, TooMany."""

    async def ask(self, intent: str, values: Mapping[str, Any], arrival: Arrival) -> dict[str, Any]:
        """Carry out an intent in the name of the session's person. Raises NotSignedIn, Repeated."""

    async def ask_publicly(self, intent: str, values: Mapping[str, Any], arrival: Arrival) -> dict[str, Any]:
        """Carry out one of the few intents that need no session."""
