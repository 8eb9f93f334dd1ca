"""Kraken spot REST: private requests are POSTs, signed over the path and a hash of nonce and body.

The nonce stands in the body only, and once more before it in what is hashed. A captured request must not be cut into
another nonce and another body, so `read` admits only bodies that can be cut in one way (see `kraken_body`).

Source: https://docs.kraken.com/exchange/guides/rest/authentication. What clients make of refusals: ccxt 4.5.90.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from bitting.dialects import kraken_answers as answers
from bitting.dialects.dialect import Binds, Claim, Clock, Description, Dialect, Draft, Effect, Slip
from bitting.dialects.kraken_body import FORM, JSON, fields, nonce_of
from bitting.dialects.kraken_routes import OPEN_GETS, ROUTES
from bitting.dialects.kraken_slips import slips
from bitting.dialects.routing import Table
from bitting.dialects.signatures import check_base64_mac, mac, strict_base64
from bitting.dialects.strict import ascii_text, one_header
from bitting.domain.action import Action
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedRequest
from bitting.domain.ids import Entropy
from bitting.domain.keys import Key
from bitting.domain.request import Header, Reply, Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Admitted, Denied

_KEY, _SIGN = b"api-key", b"api-sign"
_SIGNATURE_LENGTH: Final = 88  # 64 bytes in base64
_SECRET_BYTES: Final = 64  # as long as Kraken's own

_DESCRIPTION: Final = Description(
    name="kraken",
    title="Kraken spot",
    places={
        "key id": "header API-Key",
        "nonce": "parameter nonce of the body: a whole number from 1 to 2^64 - 1, larger each time",
        "signature": "header API-Sign",
    },
    formula="path + SHA-256(nonce + body); the MAC key is the secret decoded from base64",
    algorithms=(Algorithm.HMAC_SHA512,),
    encoding="base64, 88 characters",
    binds=Binds(method=False, path=True, query=False, body=True, time=False),
    clock=Clock.FREE,
    credential_headers=frozenset({_KEY, _SIGN}),
    sources=(
        "https://docs.kraken.com/exchange/guides/rest/authentication",
        "https://docs.kraken.com/exchange/guides/rest/api-keys",
        "https://docs.kraken.com/api-reference/trading/add-order",
        "https://docs.kraken.com/api-reference/trading/amend-order",
        "https://docs.kraken.com/api-reference/funding/withdraw-funds",
        "https://docs.kraken.com/api-reference/account-data/get-api-key-info",
        "https://support.kraken.com/hc/en-us/articles/360001491786-API-error-messages",
    ),
    notes=(
        "Method and query are not signed, and cannot be swapped: only a POST without a query carries a credential.",
        "A body is a form or a JSON object, and is marked as what it is. It names the nonce once.",
        "Nonces in seconds, milliseconds (ccxt), microseconds and nanoseconds go up on one scale. Clients that count "
        "otherwise (python-kraken-sdk: in steps of 10 ns) need a key that is issued with `--nonce-mode counter`.",
        "There is no nonce window: each request needs a larger nonce than the one before.",
        "Pairs have Kraken's names in capitals (XBTUSD, XXBTZUSD, XBT/USD, BTC/USD), and here BTC and DOGE for XBT and "
        "XDG. A name that can be read in two ways, or in none, is of an unknown pair.",
        "The value of an order is not known where a price is relative (+5%, -10, #3), or the volume is 0.",
        "A conditional close is an order of its own, on the other side.",
        "An order with leverage needs positions.write too, unless it is reduce_only. Without leverage there is no "
        "position to reduce, so the flag lifts no limit there.",
        "An order that is only to be validated is judged and counted as the order.",
        "EditOrder and AmendOrder name an order by its id. Whether a pair beside it must be that order's is not "
        "documented, so it is not believed: a key that is limited to pairs cancels and places anew.",
        "A withdrawal goes to an address that Kraken keeps under a name (`key`). Its `address` only confirms that, and "
        "network and memo are never said: no entry of an address book fits, and every withdrawal is refused.",
        "`otp` is signed with the body and goes on to the exchange, which alone can check it.",
        "Refusals have status 200, as at Kraken, which puts its errors into the body.",
        "The key ends itself with POST /0/private/bitting/Revoke, which Kraken does not have.",
    ),
)


def signed_bytes(path: bytes, nonce: bytes, body: bytes) -> bytes:
    """The path as sent, and the SHA-256 of the nonce's digits and the body as sent.

    https://docs.kraken.com/exchange/guides/rest/authentication: URI path + SHA256(nonce + POST data).
    """
    return path + sha256(nonce + body).digest()


class Kraken:
    """The dialect; see `dialect.Dialect` for what each method promises."""

    description: Final = _DESCRIPTION
    routes: Final = ROUTES
    open_routes: Final = tuple(f"GET {path.decode()}" for path in sorted(OPEN_GETS))

    def is_public(self, request: Request) -> bool:
        """A GET of the open market data."""
        return request.method == b"GET" and request.path in OPEN_GETS

    def read(self, request: Request) -> Claim | None:
        """The claim; key id and signature come together or not at all, and the nonce is in the body."""
        wire_id, signature = one_header(request, _KEY), one_header(request, _SIGN)
        if wire_id is None or signature is None:
            if wire_id is signature:
                return None
            raise MalformedRequest("a proof is API-Key and API-Sign")
        if request.method != b"POST" or b"?" in request.target:
            raise MalformedRequest("only a POST without a query carries a credential")
        if len(signature) != _SIGNATURE_LENGTH:
            raise MalformedRequest("API-Sign is not 64 bytes in base64")
        nonce = nonce_of(fields(request))
        signing_input = signed_bytes(request.target, b"%d" % nonce, request.body)
        return Claim(ascii_text(wire_id, 128, "API-Key"), signing_input, signature, 0, 0, nonce)

    def check(self, claim: Claim, algorithm: Algorithm, material: bytes) -> None:
        """One algorithm, one spelling of its signatures."""
        if algorithm is not Algorithm.HMAC_SHA512:
            raise BadSignature("not an algorithm of this dialect")
        check_base64_mac(algorithm, _mac_key(material), claim.signing_input, claim.signature)

    def sign(self, draft: Draft, wire_id: str, algorithm: Algorithm, secret: Secret, moment_ns: int) -> Request:
        """As Kraken's clients do, with a nonce in microseconds before the other parameters."""
        nonce = b"%d" % (moment_ns // 1000)
        if draft.body.startswith(b"{"):
            more = b"" if draft.body[1:].strip() == b"}" else b","
            body, kind = b'{"nonce":"%b"%b%b' % (nonce, more, draft.body[1:]), JSON
        else:
            body, kind = b"nonce=" + nonce + (b"&" + draft.body if draft.body else b""), FORM
        signature = mac(algorithm, _mac_key(secret.reveal()), signed_bytes(draft.target, nonce, body))
        headers = ((b"content-type", kind), (_KEY, wire_id.encode()), (_SIGN, b64encode(signature)))
        return Request(draft.method, draft.target, headers, body, peer=0)

    def slips(self, request: Request, claim: Claim) -> Iterator[Slip]:
        """See `kraken_slips`."""
        return slips(request.target, b"%d" % claim.nonce, request.body)

    def actions(self, request: Request) -> tuple[Action, ...] | None:
        """By the table in `kraken_routes`; a body is read only where something depends on it."""
        return _TABLE.actions(request)

    def refuse(self, denied: Denied, request_id: str) -> Reply:
        """See `kraken_answers`."""
        return answers.refusal(denied, request_id)

    def effect(self, reply: Reply) -> Effect:
        """See `kraken_answers`."""
        return answers.effect(reply)

    def about(self, key: Key, action: Action, request: Request) -> Reply:
        """What `GetApiKeyInfo` tells, or the end of the key."""
        return answers.about(key, action)

    def usage(self, admitted: Admitted) -> tuple[Header, ...]:
        """Nothing: Kraken has no such headers."""
        return ()

    def mint(self, entropy: Entropy) -> Secret:
        """64 random bytes in base64, as Kraken's own."""
        return Secret(b64encode(entropy(_SECRET_BYTES)))


def _mac_key(secret: bytes) -> bytes:
    """What the secret is the base64 of. Raises BadSignature: an imported secret may be anything."""
    key = strict_base64(secret)
    if not key:
        raise BadSignature("the secret of this credential is not base64")
    return key


_TABLE: Final = Table(ROUTES)

DIALECT: Final[Dialect] = Kraken()
