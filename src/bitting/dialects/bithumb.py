"""Bithumb, API 2.0: each request carries a JSON Web Token, which covers its parameters by their hash.

The rule it keeps: what is signed is the token, what is hashed is one reading of the request (`bithumb_hash`), and that
reading is what the request means. Method and path are covered by neither.

Source: https://apidocs.bithumb.com/docs/인증-토큰-생성하기 (2026-10). What clients do: ccxt 4.5.90.
Keys for Bithumb's API 1.0 are of another dialect, `bithumb-v1`; Bithumb issues them apart, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final
from uuid import NAMESPACE_OID, uuid5

from bitting.dialects import bithumb_answers as answers
from bitting.dialects.bithumb_hash import forms, must_match
from bitting.dialects.bithumb_markets import is_open
from bitting.dialects.bithumb_routes import OPEN_BELOW, OPEN_GETS, ROUTES
from bitting.dialects.bithumb_token import base64url_bytes, base64url_text, read_token, signing_input, slips
from bitting.dialects.dialect import Binds, Claim, Clock, Description, Dialect, Draft, Effect, Slip
from bitting.dialects.routing import Table
from bitting.dialects.signatures import check_hex_mac, mac
from bitting.dialects.strict import one_header
from bitting.domain.action import Action
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature
from bitting.domain.ids import Entropy
from bitting.domain.keys import Key
from bitting.domain.request import Header, Reply, Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Admitted, Denied

_AUTHORIZATION: Final = b"authorization"
_MS_NS: Final = 1_000_000
# For API 1.0 Bithumb documents how far a request's time may be from its own; for 2.0 it says only that tokens expire.
WINDOW_NS: Final = 20_000 * _MS_NS

_DESCRIPTION: Final = Description(
    name="bithumb",
    title="Bithumb API 2.0",
    places={
        "key id": "claim `access_key` of the token in the header `Authorization: Bearer …`",
        "time": "claim `timestamp`: milliseconds since 1970, at most 20 seconds old",
        "nonce": "claim `nonce`: 1 to 64 visible characters; Bithumb recommends a UUID",
        "parameters": "claims `query_hash` and `query_hash_alg` (`SHA512`), where the request has any",
        "signature": "the third part of the token",
    },
    formula='base64url(header) + "." + base64url(payload), as sent',
    algorithms=(Algorithm.HMAC_SHA256,),
    encoding="base64url without padding, 43 characters",
    binds=Binds(method=False, path=False, query=True, body=True, time=True),
    clock=Clock.AGREES,
    credential_headers=frozenset({_AUTHORIZATION}),
    sources=(
        "https://apidocs.bithumb.com/docs/인증-토큰-생성하기",
        "https://apidocs.bithumb.com/docs/api-주요-에러-코드",
        "https://apidocs.bithumb.com/reference",
        "ccxt 4.5.90, bithumb.py; python-bithumb 0.1.3, private_api.py",
    ),
    notes=(
        "Method and path are not signed: whoever sees a token could send its parameters to another route. "
        "The gate therefore admits a token once, and a repeated read only at its first route.",
        "Parameters of a POST stand in its body (application/json), those of any other request in its query.",
        "query_hash is the lower-case hex of the SHA-512 of `a=1&b[]=x&b[]=y`, in the order sent and never sorted. "
        "Tried are, for a query: as sent; with `[]` for `%5B%5D`; with nothing percent-encoded. For a body, its names "
        "and values in the order of the JSON: percent-encoded (encodeURIComponent), as a form (urlencode), plain; each "
        "with the numbers as they stand in the JSON, then as Python writes them. An object in a list is hashed as it "
        "stands.",
        "Where the hashed text could be read in two ways (a plain `&`, `+` or `%` in a value), the request is refused.",
        "The token's header is HS256 and JWT, and a claim that is not in the table above is refused; only `iat`, which "
        "jsonwebtoken adds, may stand beside them.",
        "`name` in an error is one of Bithumb's words for API 1.0, since those are the ones that ccxt knows.",
        "The key reads itself with GET /v1/api_keys, which lists this key alone, and ends itself with DELETE "
        "/v1/bitting/key, which Bithumb does not have.",
        "A market order to buy (`price`) says what it costs in all. An order with parameters that are not documented "
        "is of unknown value, and refused where a limit counts money.",
        "A batch is judged order by order and refused whole.",
        "A withdrawal of won goes to the bank account that Bithumb knows; no address book admits it.",
        "Looking up what can be withdrawn tells the balance too, and needs both rights.",
    ),
)


class Bithumb:
    """The dialect; see `dialect.Dialect` for what each method promises."""

    description: Final = _DESCRIPTION
    routes: Final = ROUTES
    open_routes: Final = (
        *(f"GET {path.decode()}" for path in sorted(OPEN_GETS)),
        *(f"GET {path.decode()} and what is below it" for path in OPEN_BELOW),
    )

    def is_public(self, request: Request) -> bool:
        """A GET of the open market data."""
        return is_open(request, OPEN_GETS, OPEN_BELOW)

    def read(self, request: Request) -> Claim | None:
        """The claim of the token, when its hash is that of the request's parameters."""
        authorization = one_header(request, _AUTHORIZATION)
        if authorization is None:
            return None
        token = read_token(authorization)
        must_match(request, token.query_hash)
        return Claim(token.access_key, token.signing_input, token.signature, token.timestamp_ms * _MS_NS, WINDOW_NS)

    def check(self, claim: Claim, algorithm: Algorithm, material: bytes) -> None:
        """One algorithm, one spelling of its signatures."""
        signature = base64url_bytes(claim.signature)
        if algorithm is not Algorithm.HMAC_SHA256 or signature is None:
            raise BadSignature("not an algorithm of this dialect, or not base64url")
        check_hex_mac(algorithm, material, claim.signing_input, signature.hex().encode())

    def sign(self, draft: Draft, wire_id: str, algorithm: Algorithm, secret: Secret, moment_ns: int) -> Request:
        """As clients do. The nonce has to be another one for each request, and is derived from it."""
        headers: tuple[Header, ...] = ((b"content-type", b"application/json"),) if draft.body else ()
        request = Request(draft.method, draft.target, headers, draft.body, peer=0)
        query_hash = ""
        if request.query or request.body:
            query_hash = hashlib.sha512(next(forms(request))[0]).hexdigest()
        target = draft.target.decode("latin-1")
        nonce = uuid5(NAMESPACE_OID, f"{wire_id} {moment_ns} {draft.method.decode()} {target} {query_hash}")
        signed = signing_input(wire_id, str(nonce), moment_ns // _MS_NS, query_hash)
        signature = base64url_text(mac(algorithm, secret.reveal(), signed))
        return request._replace(headers=(*headers, (_AUTHORIZATION, b"Bearer %b.%b" % (signed, signature))))

    def slips(self, request: Request, claim: Claim) -> Iterator[Slip]:
        """Of the token; what was hashed otherwise than it was sent is told at once, by `read`."""
        return (each for each in slips(claim.signing_input) if each.signing_input != claim.signing_input)

    def actions(self, request: Request) -> tuple[Action, ...] | None:
        """By the table in `bithumb_routes`."""
        return _TABLE.actions(request)

    def refuse(self, denied: Denied, request_id: str) -> Reply:
        """See `bithumb_answers`."""
        return answers.refuse(denied, request_id)

    def effect(self, reply: Reply) -> Effect:
        """See `bithumb_answers`."""
        return answers.effect(reply)

    def about(self, key: Key, action: Action, request: Request) -> Reply:
        """The list of keys, which is this one; or the end of the key."""
        return answers.about(key, action)

    def usage(self, admitted: Admitted) -> tuple[Header, ...]:
        """Nothing: Bithumb documents no such headers."""
        return ()

    def mint(self, entropy: Entropy) -> Secret:
        """64 hexadecimal digits, of 256 random bits."""
        return Secret(entropy(32).hex().encode())


_TABLE: Final = Table(ROUTES)
DIALECT: Final[Dialect] = Bithumb()
