"""Binance: spot, margin, wallet and USDⓈ-M futures, as their REST clients write signed requests.

The rule it keeps: what is verified is the query and the body as they came, less the trailing `signature`.
The signature covers neither method nor path, nor where the query ends and the body begins.
Follows developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security (2026-07).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from bitting.dialects import binance_answers as answers
from bitting.dialects.binance_parameters import form
from bitting.dialects.binance_routes import MEANINGS, OPEN_GETS, ROUTES
from bitting.dialects.binance_slips import slips
from bitting.dialects.dialect import Binds, Claim, Clock, Description, Dialect, Draft, Effect, Slip
from bitting.dialects.signatures import (
    check_ed25519,
    check_hex_mac,
    check_rsa_sha256,
    mac,
    sign_ed25519,
    sign_rsa_sha256,
    strict_base64,
)
from bitting.dialects.strict import ascii_text, one_header, plain_path
from bitting.domain.action import Action, Kind
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedRequest
from bitting.domain.ids import Entropy
from bitting.domain.keys import Key
from bitting.domain.request import Header, Reply, Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Admitted, Denied

DESCRIPTION: Final = Description(
    name="binance",
    title="Binance",
    places={
        "key id": "header `X-MBX-APIKEY`",
        "time": "parameter `timestamp`: milliseconds (13 digits) or microseconds (16 digits) since 1970",
        "window": "parameter `recvWindow`: milliseconds, up to 3 decimals; 5000 if absent, at most 60000",
        "signature": "parameter `signature`, once, the last one of the query or of the body",
    },
    formula="query + body, as sent, without `signature` and without anything between them",
    algorithms=(Algorithm.HMAC_SHA256, Algorithm.ED25519, Algorithm.RSA_SHA256),
    encoding="HMAC in hex of either case; Ed25519 and RSA in base64, percent-encoded where a parameter wants it",
    binds=Binds(method=False, path=False, query=True, body=True, time=True),
    clock=Clock.AGREES,
    credential_headers=frozenset({b"x-mbx-apikey"}),
    sources=(
        "https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security",
        "https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info",
        "https://developers.binance.com/docs/wallet",
        "ccxt 4.5.90, binance.py; binance-connector 3.13.0",
    ),
    notes=(
        "Method and path are not signed: whoever sees a request could send its parameters to another route. "
        "The gate therefore admits the signed bytes once, and a repeated read only at its first route.",
        "Parameters may stand in the query, the body or both. One that stands twice is refused wherever something "
        "depends on it, though Binance lets the query win.",
        "Where the query ends and the body begins is not signed. Clients that put all parameters in one of them "
        "(every one we know) leave nothing open by that, since a value has no bare `=`.",
        "A body is a form (`application/x-www-form-urlencoded`), and a GET has none.",
        "A key id without a signature proves nothing. The market data of `/sapi` that Binance serves for the "
        "bare key (`margin/allPairs` and its like) has to be asked for signed.",
        "RSA keys (2048 or 4096 bits) are legacy, and work only where the house rule `algorithms` names them: Ed25519 "
        "does the same with shorter keys, and every client that signs with RSA signs with it too.",
        "The key reads itself with GET /sapi/v1/account/apiRestrictions, and ends itself with DELETE "
        "/sapi/v1/bitting/key, which Binance does not have.",
        "An order list (OCO, OTO, OTOCO, OPO, OPOCO) is judged order by order, so a daily total counts all of them.",
        "`order/test` is judged as the order it tests, and counts against nothing.",
        "An order with a `sideEffectType` needs `borrow.write` beside `orders.write`.",
        "A transfer to another account, also to a sub-account of the same owner, is a withdrawal without "
        "an address, which no address book admits.",
        "A withdrawal has to name its network: without one Binance takes a default that nobody here knows.",
        "Listen keys, listen tokens and everything about API keys are closed: a listen key outlives the key "
        "that fetched it, and no key makes keys. Broker, referral and stock-token routes are closed too.",
    ),
)

_HMAC: Final = Algorithm.HMAC_SHA256  # read once: off its Enum a member takes as long as a function call
_KEY_HEADER: Final = b"x-mbx-apikey"
_FORM: Final = (b"content-type", b"application/x-www-form-urlencoded")
_LONGEST_KEY_ID: Final = 128
_LONGEST_SIGNATURE: Final = 3 * 684  # one of RSA with 4096 bits, in base64 with every character escaped

_MS_NS: Final = 1_000_000
_DEFAULT_WINDOW_NS: Final = 5_000 * _MS_NS
_LONGEST_WINDOW_NS: Final = 60_000 * _MS_NS


def signing_input(query: bytes, body: bytes) -> tuple[bytes, bytes | None]:
    """The signed bytes, and the signature that stands behind them (None: there is none).

    signed = query without `signature` + body without `signature`, both as sent, nothing between them. So
    "symbol=LTCBTC&timeInForce=GTC" and "quantity=1" are signed as "symbol=LTCBTC&timeInForce=GTCquantity=1".
    Source: request-security, *SIGNED Endpoint Examples*, and its *Mixed query string and request body*.
    Raises MalformedRequest when `signature` is not last in its part, or stands twice.
    """
    if not body:
        return _without_signature(query)
    if not query:
        return _without_signature(body)
    head, in_query = _without_signature(query)
    tail, in_body = _without_signature(body)
    if in_query is None:
        return head + tail, in_body
    if in_body is not None:
        raise MalformedRequest("signature stands in the query and in the body")
    return head + tail, in_query


def _without_signature(part: bytes) -> tuple[bytes, bytes | None]:
    head, found, signature = part.partition(b"&signature=")
    if part.startswith(b"signature="):
        head, signature = b"", part[10:]
    elif not found:
        return part, None
    if signature.find(b"&") >= 0:
        raise MalformedRequest("signature is not the last parameter, or stands twice")
    return head, signature


def _stamp_ns(value: bytes | None) -> int:
    """`timestamp` in nanoseconds. Its length says its unit: 13 digits are milliseconds, 16 microseconds."""
    if value is not None and value.isdigit():
        if len(value) == 13:
            return int(value) * _MS_NS
        if len(value) == 16:
            return int(value) * 1_000
    raise MalformedRequest("timestamp is not a time in milliseconds or microseconds")


def _window_ns(value: bytes | None) -> int:
    """`recvWindow` in nanoseconds."""
    if value is None:
        return _DEFAULT_WINDOW_NS
    whole, point, decimals = value.partition(b".")
    if whole.isdigit() and len(whole) <= 5 and (not point or (decimals.isdigit() and len(decimals) <= 3)):
        window_ns = int(whole + decimals.ljust(3, b"0")) * 1_000
        if window_ns <= _LONGEST_WINDOW_NS:
            return window_ns
    raise MalformedRequest("recvWindow is not 0 to 60000 milliseconds with at most 3 decimals")


def _once(parts: bytes, mark: bytes) -> bytes | None:
    """The value behind `mark` (`&name=`) in `&query&body`, or None. Raises MalformedRequest when it stands twice."""
    pieces = parts.split(mark, 2)
    if len(pieces) == 1:
        return None
    if len(pieces) == 3:
        raise MalformedRequest(f"{mark[1:-1].decode()} stands twice")
    return pieces[1].partition(b"&")[0]


def _base64(claim: Claim) -> bytes:
    """The signature without its escapes. In a form a bare plus is a space, so it is no base64."""
    return unquote_to_bytes(claim.signature.replace(b"+", b" "))


def _escaped(base64: bytes) -> bytes:
    return quote_from_bytes(base64, safe="").encode()


class Binance:
    """The dialect; see `dialect.Dialect` for what each method promises."""

    description: Final = DESCRIPTION
    routes: Final = ROUTES
    open_routes: Final = tuple(f"GET {path.decode()}" for path in sorted(OPEN_GETS))

    def is_public(self, request: Request) -> bool:
        """A GET of the open market data."""
        return request.method == b"GET" and request.path in OPEN_GETS

    def read(self, request: Request) -> Claim | None:
        """The claim; a credential is a key id and a signature, so either alone is none."""
        key_id = one_header(request, _KEY_HEADER)
        if key_id is None:
            return None
        query, body = request.target.partition(b"?")[2], request.body
        signed, signature = signing_input(query, body)
        if signature is None:
            return None
        if not 0 < len(signature) <= _LONGEST_SIGNATURE:
            raise MalformedRequest("signature is empty or too long")
        parts = b"&%b&%b" % (query, body)
        return Claim(
            ascii_text(key_id, _LONGEST_KEY_ID, "X-MBX-APIKEY"),
            signed,
            signature,
            _stamp_ns(_once(parts, b"&timestamp=")),
            _window_ns(_once(parts, b"&recvWindow=")),
        )

    def check(self, claim: Claim, algorithm: Algorithm, material: bytes) -> None:
        """An HMAC in hex has no case, base64 has (request-security, *Signature Case Sensitivity*)."""
        if algorithm is _HMAC:
            check_hex_mac(algorithm, material, claim.signing_input, claim.signature.lower())
        elif algorithm is Algorithm.ED25519:
            check_ed25519(material, claim.signing_input, _base64(claim))
        elif algorithm is Algorithm.RSA_SHA256:
            signature = strict_base64(_base64(claim))
            if signature is None:
                raise BadSignature("not an RSA signature in base64")
            check_rsa_sha256(material, claim.signing_input, signature)
        else:
            raise BadSignature("not an algorithm of this dialect")

    def sign(self, draft: Draft, wire_id: str, algorithm: Algorithm, secret: Secret, moment_ns: int) -> Request:
        """Add `timestamp` in milliseconds (futures know no other unit) and `signature`: to the query of a GET
        or DELETE, else to the body. The draft has neither; it may have a `recvWindow`."""
        path, _, query = draft.target.partition(b"?")
        body = draft.body
        stamp = b"timestamp=%d" % (moment_ns // _MS_NS)
        in_query = draft.method in (b"GET", b"DELETE")
        if in_query:
            query = b"%b&%b" % (query, stamp) if query else stamp
        else:
            body = b"%b&%b" % (body, stamp) if body else stamp
        signed, _ = signing_input(query, body)
        if algorithm is Algorithm.ED25519:
            proof = _escaped(sign_ed25519(secret.reveal(), signed))
        elif algorithm is Algorithm.RSA_SHA256:
            proof = _escaped(b64encode(sign_rsa_sha256(secret.reveal(), signed)))
        else:
            proof = mac(algorithm, secret.reveal(), signed).hex().encode()
        if in_query:
            query = b"%b&signature=%b" % (query, proof)
        else:
            body = b"%b&signature=%b" % (body, proof)
        headers: tuple[Header, ...] = ((_KEY_HEADER, wire_id.encode()),)
        return Request(
            draft.method,
            b"%b?%b" % (path, query) if query else path,
            (*headers, _FORM) if body else headers,
            body,
            0,
        )

    def slips(self, request: Request, claim: Claim) -> Iterator[Slip]:
        """See `binance_slips`."""
        query, body = (_without_signature(part)[0] for part in (request.query, request.body))
        return slips(request.method, request.path, query, body)

    def actions(self, request: Request) -> tuple[Action, ...] | None:
        """By the table in `binance_routes`; parameters are read only where something depends on them."""
        meaning = MEANINGS.get((request.method, request.path))
        if meaning is None:
            plain_path(request)  # a spelling that another server might resolve to a route is malformed
            return None
        if meaning.fill is None:
            return meaning.actions
        return meaning.fill(meaning.actions[0], form(request))

    def refuse(self, denied: Denied, request_id: str) -> Reply:
        """See `binance_answers`."""
        return answers.refuse(denied, request_id)

    def effect(self, reply: Reply) -> Effect:
        """See `binance_answers`."""
        return answers.effect(reply)

    def about(self, key: Key, action: Action, request: Request) -> Reply:
        """`apiRestrictions`, or the end of the key."""
        return answers.revoked(key) if action.kind is Kind.SELF_REVOKE else answers.restrictions(key)

    def usage(self, admitted: Admitted) -> tuple[Header, ...]:
        """`X-MBX-USED-WEIGHT-1M`, which clients read to slow down."""
        return ((b"x-mbx-used-weight-1m", b"%d" % admitted.used),)

    def mint(self, entropy: Entropy) -> Secret:
        """64 characters, as long as Binance's own, of 256 random bits."""
        return Secret(entropy(32).hex().encode())


DIALECT: Final[Dialect] = Binance()
