"""Bitfinex v2: private requests are POSTs with a JSON body, signed over path, nonce and body.

Nothing stands between the three parts that are signed. A captured request must not be cut into other parts than
its client signed, so `read` admits only what can be cut in one way (see `_must_split_in_one_way`).

Source: https://docs.bitfinex.com/docs/rest-auth. What clients make of refusals: ccxt 4.5.90, bitfinex-api-py 4.0.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bitting.dialects import bitfinex_answers as answers
from bitting.dialects.bitfinex_routes import OPEN_BELOW, OPEN_GETS, OPEN_POSTS, ROUTES, Reader
from bitting.dialects.bitfinex_slips import slips
from bitting.dialects.dialect import Binds, Claim, Clock, Description, Dialect, Draft, Effect, Slip
from bitting.dialects.signatures import check_hex_mac, mac
from bitting.dialects.strict import ascii_text, one_header, plain_path, whole_number
from bitting.domain.action import Action
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedRequest
from bitting.domain.ids import Entropy
from bitting.domain.keys import Key
from bitting.domain.request import Header, Reply, Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Admitted, Denied

_KEY, _NONCE, _SIGNATURE, _TOKEN = b"bfx-apikey", b"bfx-nonce", b"bfx-signature", b"bfx-token"
# Under another type, or a charset like UTF-7, a server may find other parameters in the same bytes.
_JSON: Final = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})
_HMAC: Final = Algorithm.HMAC_SHA384  # read once: off its Enum a member takes as long as a function call
_SIGNATURE_DIGITS: Final = 96  # SHA-384 in hex
_MOST_NONCE: Final = 2**63 - 1
_BASE62: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_DESCRIPTION: Final = Description(
    name="bitfinex",
    title="Bitfinex v2",
    places={
        "key id": "header bfx-apikey",
        "nonce": "header bfx-nonce: a whole number from 1 to 2^63 - 1, larger each time",
        "signature": "header bfx-signature",
    },
    formula='"/api" + target + nonce + body',
    algorithms=(Algorithm.HMAC_SHA384,),
    encoding="hexadecimal, 96 digits, lower case",
    binds=Binds(method=False, path=True, query=True, body=True, time=False),
    clock=Clock.FREE,
    credential_headers=frozenset(
        {_KEY, _NONCE, _SIGNATURE, _TOKEN, b"x-bfx-apikey", b"x-bfx-payload", b"x-bfx-signature"}
    ),
    sources=(
        "https://docs.bitfinex.com/docs/rest-auth",
        "https://docs.bitfinex.com/docs/flag-values",
        "https://docs.bitfinex.com/reference/rest-auth-submit-order",
        "https://docs.bitfinex.com/reference/rest-auth-transfer",
        "https://docs.bitfinex.com/reference/rest-auth-withdraw",
        "https://docs.bitfinex.com/reference/key-permissions",
    ),
    notes=(
        "The method is not signed, and cannot be swapped: only a POST carries a credential.",
        "A body is empty or a JSON object. Clients differ in what they send for none: ccxt `{}`, bitfinex-api-py "
        "nothing. Each is signed as sent.",
        "Parameters stand in the path and the body. A private request with a query is refused, and so is a body that "
        "matters and is not marked as application/json in UTF-8.",
        "Nonces in seconds, milliseconds (ccxt), microseconds (bitfinex-api-py) and nanoseconds go up on one "
        "scale, so clients that count differently can follow one another.",
        "A path that ends in a digit other than 0 is refused: nobody could tell where the nonce begins.",
        "Refusals have status 500, as at Bitfinex, since ccxt reads the error code under no other.",
        "Movements list deposits and withdrawals together, so reading them needs both rights.",
        "An order to change an order does not say its pair: a key that is limited to pairs cancels and places anew.",
        "A perpetual is a pair of its own: tBTCF0:USTF0 is BTCF0/USDT.",
        "The key ends itself with POST /v2/auth/w/bitting/revoke, which Bitfinex does not have.",
    ),
)


def signed_bytes(target: bytes, nonce: bytes, body: bytes) -> bytes:
    """`/api`, the target as sent, the nonce's digits, the body as sent; nothing in between.

    https://docs.bitfinex.com/docs/rest-auth: signature = `/api/${apiPath}${nonce}${JSON.stringify(body)}`.
    """
    return b"/api" + target + nonce + body


class Bitfinex:
    """The dialect; see `dialect.Dialect` for what each method promises."""

    description: Final = _DESCRIPTION
    routes: Final = ROUTES
    open_routes: Final = (
        *(f"GET {path.decode()}" for path in sorted(OPEN_GETS)),
        *(f"POST {path.decode()}" for path in sorted(OPEN_POSTS)),
        *(f"GET {path.decode()} and what is below it" for path in sorted(OPEN_BELOW)),
    )

    def is_public(self, request: Request) -> bool:
        """A GET of the open market data, or one of its two calculations."""
        path = request.path
        if request.method == b"POST":
            return path in OPEN_POSTS
        return request.method == b"GET" and (path in OPEN_GETS or (path.startswith(OPEN_BELOW) and _is_plain(request)))

    def read(self, request: Request) -> Claim | None:
        """The claim; key id, nonce and signature come together or not at all."""
        given = dict(request.headers)
        wire_id, nonce, signature = given.get(_KEY), given.get(_NONCE), given.get(_SIGNATURE)
        if wire_id is None or nonce is None or signature is None:
            if given.keys().isdisjoint((_KEY, _NONCE, _SIGNATURE, _TOKEN)):
                return None
            raise MalformedRequest("a proof is bfx-apikey, bfx-nonce and bfx-signature; there are no tokens here")
        if len(given) != len(request.headers):
            for name in (_KEY, _NONCE, _SIGNATURE):
                one_header(request, name)
        if request.method != b"POST":
            raise MalformedRequest("only a POST carries a credential")
        if len(signature) != _SIGNATURE_DIGITS:
            raise MalformedRequest("bfx-signature is not 96 hexadecimal digits")
        number = whole_number(nonce, 19, "bfx-nonce")
        if not 1 <= number <= _MOST_NONCE:
            raise MalformedRequest("bfx-nonce is not between 1 and 2^63 - 1")
        _must_split_in_one_way(request.target, request.body)
        signing_input = signed_bytes(request.target, nonce, request.body)
        return Claim(ascii_text(wire_id, 128, "bfx-apikey"), signing_input, signature, 0, 0, number)

    def check(self, claim: Claim, algorithm: Algorithm, material: bytes) -> None:
        """One algorithm, one spelling of its signatures."""
        if algorithm is not _HMAC:
            raise BadSignature("not an algorithm of this dialect")
        check_hex_mac(algorithm, material, claim.signing_input, claim.signature)

    def sign(self, draft: Draft, wire_id: str, algorithm: Algorithm, secret: Secret, moment_ns: int) -> Request:
        """As Bitfinex's own clients do, with a nonce in microseconds."""
        nonce = str(moment_ns // 1000).encode()
        signature = mac(algorithm, secret.reveal(), signed_bytes(draft.target, nonce, draft.body))
        headers = (
            (b"content-type", b"application/json"),
            (_KEY, wire_id.encode()),
            (_NONCE, nonce),
            (_SIGNATURE, signature.hex().encode()),
        )
        return Request(draft.method, draft.target, headers, draft.body, peer=0)

    def slips(self, request: Request, claim: Claim) -> Iterator[Slip]:
        """See `bitfinex_slips`."""
        return slips(request.target, b"%d" % claim.nonce, request.body)

    def actions(self, request: Request) -> tuple[Action, ...] | None:
        """By the table in `bitfinex_routes`; a body is read only where something depends on it."""
        if request.method != b"POST":
            return None
        found, parameter = _EXACT.get(request.target), ""
        if found is None:
            plain_path(request)
            found, parameter = _look_up(request.path)
            if found is None:
                return None
            # Bitfinex signs and documents no query; a server that reads one would see parameters that we do not.
            if b"?" in request.target:
                raise MalformedRequest("parameters of a private request stand in its body, not in a query")
        actions, read = found
        if read is None:
            return actions
        if request.body and (one_header(request, b"content-type") or b"").lower() not in _JSON:
            raise MalformedRequest("the body is not marked as application/json in UTF-8")
        return read(actions[0], parameter, request.body)

    def refuse(self, denied: Denied, request_id: str) -> Reply:
        """See `bitfinex_answers`."""
        return answers.refusal(denied, request_id)

    def effect(self, reply: Reply) -> Effect:
        """See `bitfinex_answers`."""
        return answers.effect(reply)

    def about(self, key: Key, action: Action, request: Request) -> Reply:
        """The scopes of `auth/r/permissions`, or the end of the key."""
        return answers.about(key, action)

    def usage(self, admitted: Admitted) -> tuple[Header, ...]:
        """Nothing: Bitfinex has no such headers."""
        return ()

    def mint(self, entropy: Entropy) -> Secret:
        """43 letters and digits, as long as Bitfinex's own, of 256 random bits."""
        number = int.from_bytes(entropy(32), "big")
        digits = bytearray()
        for _ in range(43):
            number, digit = divmod(number, 62)
            digits.append(_BASE62[digit])
        return Secret(bytes(digits))


def _must_split_in_one_way(target: bytes, body: bytes) -> None:
    """Raise MalformedRequest unless path, nonce and body can be told apart in what was signed.

    The body begins at the first brace. A nonce begins with no zero, so it is the digits before the body from the
    first that is not a zero, if the path keeps none of those for itself.
    """
    if body[:1] not in (b"{", b""):
        raise MalformedRequest("the body is not a JSON object")
    if target.find(b"{") >= 0 or (target[-1:].isdigit() and target.rstrip(b"0")[-1:].isdigit()):
        raise MalformedRequest("the path ends in a digit or has a brace: it runs into the nonce or the body")


def _is_plain(request: Request) -> bool:
    """Whether nobody behind us resolves the path into another one."""
    try:
        plain_path(request)
    except MalformedRequest:
        return False
    return True


_Found = tuple[tuple[Action, ...], Reader | None]


def _index(*, templates: bool) -> dict[bytes, _Found]:
    found: dict[bytes, _Found] = {}
    for route in ROUTES:
        if ("{" in route.path) is templates:
            path = re.sub(r"\{[^/]*\}", "{}", route.path).encode()
            before = found.get(path, ((), None))[0]
            found[path] = ((*before, route.action), route.read)
    return found


_EXACT: Final = _index(templates=False)
_TEMPLATES: Final = _index(templates=True)


def _look_up(path: bytes) -> tuple[_Found | None, str]:
    """The route, and the parameter in its path: the last segment, or the last but one."""
    if path in _EXACT:
        return _EXACT[path], ""
    head, _, last = path.rpartition(b"/")
    found = _TEMPLATES.get(head + b"/{}")
    if found is not None:
        return found, last.decode("ascii")
    head, _, middle = head.rpartition(b"/")
    return _TEMPLATES.get(head + b"/{}/" + last), middle.decode("ascii")


DIALECT: Final[Dialect] = Bitfinex()
