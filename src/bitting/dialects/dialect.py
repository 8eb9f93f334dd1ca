"""What a dialect is: how one exchange writes a signed request, described once.

A dialect is one file that reads, signs, names the action and says a refusal. It knows neither keys nor
stores nor clocks, and no other dialect. Verifier, signer and page of documentation come from the same
description. It works on bytes as sent: it never sorts, re-builds or re-encodes what is to be verified.

Four outcomes: a request without a credential gives None; one that cannot be read raises MalformedRequest;
a signature that is not the credential's raises BadSignature; everything else is a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from bitting.domain.action import Action
from bitting.domain.credentials import Algorithm
from bitting.domain.ids import Entropy
from bitting.domain.keys import Key
from bitting.domain.request import Header, Reply, Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Admitted, Denied


class Clock(Enum):
    """How a dialect tells a new request from an old one."""

    AGREES = "the request's time must agree with the server's"
    FREE = "a nonce that only has to grow"


class Binds(NamedTuple):
    """What the signature covers. What it does not cover can be swapped by whoever sees the request."""

    method: bool
    path: bool
    query: bool
    body: bool
    time: bool


@dataclass(frozen=True, slots=True)
class Description:
    """The dialect in a table, for the verifier, the signer and the page in docs/dialects/.

    `places` says where each part of the proof stands; `formula` how the signed bytes are built;
    `credential_headers` (lower case) never travel on to the upstream.
    """

    name: str
    title: str
    places: dict[str, str]
    formula: str
    algorithms: tuple[Algorithm, ...]
    encoding: str
    binds: Binds
    clock: Clock
    credential_headers: frozenset[bytes]
    sources: tuple[str, ...]
    notes: tuple[str, ...]


class Claim(NamedTuple):
    """What a request says of itself, before anything is proven.

    `signature` is the text as sent. `stamp_ns` and `window_ns` are set where the clock AGREES (nanoseconds
    since 1970, and how old the client allows the request to be); `nonce` where it is FREE.
    """

    wire_id: str
    signing_input: bytes
    signature: bytes
    stamp_ns: int = 0
    window_ns: int = 0
    nonce: int = 0


class Draft(NamedTuple):
    """A request to be signed: as `Request`, without proof. `body` is already in the exchange's notation."""

    method: bytes
    target: bytes
    body: bytes
    base: bytes = b""


class Slip(NamedTuple):
    """A known way to sign the wrong bytes: what the client did, for its developer to read, and the bytes it signed."""

    mistake: str
    signing_input: bytes


class Effect(NamedTuple):
    """What the exchange's reply says of an admitted request. `declined` only when nothing can have
    happened; `reference` is the order or withdrawal id, or ""."""

    declined: bool
    reference: str


class Row(Protocol):
    """One endpoint of a dialect's table; one that wants several things stands in several rows."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def action(self) -> Action: ...


class Dialect(Protocol):
    """The port the gate drives; one instance a dialect, without state."""

    @property
    def description(self) -> Description:
        """The table above."""

    @property
    def routes(self) -> Sequence[Row]:
        """Every endpoint that a key can ask for, for the page in docs/dialects/ and the tests of every dialect."""

    @property
    def open_routes(self) -> Sequence[str]:
        """What needs no key, a line each: `GET /v2/ticker`, `GET /v2/ticker/ and what is below it`."""

    def is_public(self, request: Request) -> bool:
        """Whether method and path belong to the open market data, which needs no key."""

    def read(self, request: Request) -> Claim | None:
        """The claim, or None when there is no credential at all. Raises MalformedRequest."""

    def check(self, claim: Claim, algorithm: Algorithm, material: bytes) -> None:
        """Return if the signature is over the claim's bytes with this secret (HMAC) or public key (as
        `public_keys` keeps it). Raises BadSignature, also where there is no such algorithm."""

    def sign(self, draft: Draft, wire_id: str, algorithm: Algorithm, secret: Secret, moment_ns: int) -> Request:
        """The request a client of this dialect would send at `moment_ns`. The secret of a pair is an Ed25519 seed or a
        P-256 scalar (32 bytes), or an RSA key (PKCS #8 in DER)."""

    def slips(self, request: Request, claim: Claim) -> Iterable[Slip]:
        """What clients are known to sign instead of the right bytes, for this request. Only ever asked for the key's
        owner, when a signature is explained; nothing that is found here proves anything."""

    def actions(self, request: Request) -> tuple[Action, ...] | None:
        """What a proven request wants, or None when method and path are not mapped. Raises MalformedRequest."""

    def refuse(self, denied: Denied, request_id: str) -> Reply:
        """The refusal in the exchange's own words and status, so that its clients raise the right error."""

    def effect(self, reply: Reply) -> Effect:
        """What became of an admitted request, read from the exchange's reply. Never raises: a reply that
        cannot be read declines nothing."""

    def about(self, key: Key, action: Action, request: Request) -> Reply:
        """The gate's own answer to a SELF_READ or a completed SELF_REVOKE."""

    def usage(self, admitted: Admitted) -> tuple[Header, ...]:
        """The exchange's own headers on the rate that has been used."""

    def mint(self, entropy: Entropy) -> Secret:
        """A fresh HMAC secret in the shape that the exchange's clients accept: at least 256 random bits."""
