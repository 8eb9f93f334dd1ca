"""Bithumb, API 1.0: every private request is a POST with a form, signed over path, form and time.

Between the three parts that are signed stands a separator, which the client may choose by a header that is not signed.
A captured request must not be cut into other parts than its client signed, so no part may have any of the three
separators in it (see `read`).

Source: https://apidocs.bithumb.com/v1.2.0/docs/인증-헤더-만들기. What clients sign and make of refusals: ccxt 4.5.90,
pybithumb 1.0.21. Keys for Bithumb's API 2.0 are of another dialect, `bithumb`; Bithumb issues them apart, too.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Final

from bitting.dialects import bithumb_v1_answers as answers
from bitting.dialects.bithumb_markets import is_open
from bitting.dialects.bithumb_v1_routes import OPEN_BELOW, OPEN_GETS, ROUTES
from bitting.dialects.bithumb_v1_slips import slips
from bitting.dialects.dialect import Binds, Claim, Clock, Description, Dialect, Draft, Effect, Slip
from bitting.dialects.routing import Table
from bitting.dialects.signatures import check_hex_mac, mac, strict_base64
from bitting.dialects.strict import ascii_text, one_header, parameters, plain_path, whole_number
from bitting.domain.action import Action
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedRequest
from bitting.domain.ids import Entropy
from bitting.domain.keys import Key
from bitting.domain.request import Header, Reply, Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Admitted, Denied

_KEY, _SIGN, _NONCE, _TYPE = b"api-key", b"api-sign", b"api-nonce", b"api-client-type"
_SEPARATORS: Final = {None: b"\0", b"0": b"\0", b"1": b"\1", b"2": b";"}
_FORM: Final = (b"content-type", b"application/x-www-form-urlencoded")
_FORMS: Final = (_FORM[1], _FORM[1] + b";charset=utf-8")
_NO_SEPARATOR: Final = re.compile(rb"[!-:<-~]+")  # visible ASCII, less the semicolon
_NONCE_DIGITS: Final = 13
_SIGN_LENGTH: Final = 172  # 128 hexadecimal digits in base64

_MS_NS: Final = 1_000_000
# "The API call's time differs from the server's by 20 seconds or more": api-주요-에러-코드 (v1.2.0), 5100.
WINDOW_NS: Final = 20_000 * _MS_NS

_DESCRIPTION: Final = Description(
    name="bithumb-v1",
    title="Bithumb API 1.0",
    places={
        "key id": "header `Api-Key`",
        "time": "header `Api-Nonce`: milliseconds since 1970, 13 digits, at most 20 seconds old",
        "separator": "header `Api-Client-Type`: `0` or absent for the byte 0, `1` for the byte 1, `2` for `;`",
        "signature": "header `Api-Sign`",
    },
    formula="path + separator + body + separator + time",
    algorithms=(Algorithm.HMAC_SHA512,),
    encoding="base64 of the HMAC in lower-case hex: 172 characters",
    binds=Binds(method=False, path=True, query=True, body=True, time=True),
    clock=Clock.AGREES,
    credential_headers=frozenset({_KEY, _SIGN, _NONCE, _TYPE}),
    sources=(
        "https://apidocs.bithumb.com/v1.2.0/docs/인증-헤더-만들기",
        "https://apidocs.bithumb.com/v1.2.0/docs/api-주요-에러-코드",
        "https://apidocs.bithumb.com/v1.2.0/reference",
        "ccxt 4.5.90, bithumb.py; pybithumb 1.0.21, core.py",
    ),
    notes=(
        "The method is not signed, and cannot be swapped: only a POST carries a credential. It has no query.",
        "The body is a form (`application/x-www-form-urlencoded`), and has the path once more as `endpoint`: first, as "
        "ccxt writes it, or anywhere, as pybithumb does.",
        "The separator's header is not signed. So neither path nor form may have one of the three separators in it, "
        "and what is signed can be cut in one way only.",
        "Refusals have status 200 and Bithumb's own words, as ccxt wants them to the letter; `reason`, `explanation` "
        "and `request_id` stand beside them. ccxt shows the words alone; the rest is in its `last_http_response`.",
        "There is no word for a stale time that ccxt would try again: it ends in AuthenticationError.",
        "The key reads itself with POST /info/bitting/key, and ends itself with POST /trade/bitting/revoke; Bithumb "
        "has neither.",
        "An order with parameters that are not documented is of unknown value, and refused where a limit counts money.",
        "A withdrawal has to name its network (`net_type`): without one Bithumb takes a default that nobody here "
        "knows. pybithumb cannot name it, so what it withdraws no address book admits.",
    ),
)


def signed_bytes(path: bytes, body: bytes, nonce: bytes, separator: bytes = b"\0") -> bytes:
    """Path, form and time as sent, with the separator between them.

    https://apidocs.bithumb.com/v1.2.0/docs/인증-헤더-만들기: End Point + Request Parameter + Api-Nonce.
    """
    return separator.join((path, body, nonce))


class BithumbV1:
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
        """The claim; key id, time and signature come together or not at all."""
        wire_id, nonce, signature, kind = (one_header(request, each) for each in (_KEY, _NONCE, _SIGN, _TYPE))
        if wire_id is None or nonce is None or signature is None:
            if wire_id is nonce is signature is None:
                return None
            raise MalformedRequest("a proof is Api-Key, Api-Nonce and Api-Sign")
        if kind not in _SEPARATORS:
            raise MalformedRequest("Api-Client-Type is not 0, 1 or 2")
        if request.method != b"POST" or b"?" in request.target:
            raise MalformedRequest("a private request is a POST without a query")
        if len(nonce) != _NONCE_DIGITS:
            raise MalformedRequest("Api-Nonce is not a time in milliseconds since 1970: 13 digits")
        if len(signature) != _SIGN_LENGTH:
            raise MalformedRequest("Api-Sign is not the base64 of an HMAC-SHA512 in hex: 172 characters")
        stamp_ns = whole_number(nonce, _NONCE_DIGITS, "Api-Nonce") * _MS_NS
        _must_be_a_form(request)
        signed = signed_bytes(request.path, request.body, nonce, _SEPARATORS[kind])
        return Claim(ascii_text(wire_id, 128, "Api-Key"), signed, signature, stamp_ns, WINDOW_NS)

    def check(self, claim: Claim, algorithm: Algorithm, material: bytes) -> None:
        """One algorithm, one spelling of its signatures: hex first, base64 of that."""
        signature = strict_base64(claim.signature)
        if algorithm is not Algorithm.HMAC_SHA512 or signature is None:
            raise BadSignature("not an algorithm of this dialect, or not base64")
        check_hex_mac(algorithm, material, claim.signing_input, signature)

    def sign(self, draft: Draft, wire_id: str, algorithm: Algorithm, secret: Secret, moment_ns: int) -> Request:
        """As pybithumb does: the draft's form, and the path behind it as `endpoint`."""
        endpoint = b"endpoint=" + draft.target.replace(b"/", b"%2F")
        body = draft.body + b"&" + endpoint if draft.body else endpoint
        nonce = b"%d" % (moment_ns // _MS_NS)
        signature = mac(algorithm, secret.reveal(), signed_bytes(draft.target, body, nonce))
        headers: tuple[Header, ...] = (
            _FORM,
            (_KEY, wire_id.encode()),
            (_NONCE, nonce),
            (_SIGN, b64encode(signature.hex().encode())),
        )
        return Request(draft.method, draft.target, headers, body, peer=0)

    def slips(self, request: Request, claim: Claim) -> Iterator[Slip]:
        """See `bithumb_v1_slips`."""
        found = slips(request.path, request.body, b"%d" % (claim.stamp_ns // _MS_NS))
        return (each for each in found if each.signing_input != claim.signing_input)

    def actions(self, request: Request) -> tuple[Action, ...] | None:
        """By the table in `bithumb_v1_routes`."""
        return _TABLE.actions(request)

    def refuse(self, denied: Denied, request_id: str) -> Reply:
        """See `bithumb_v1_answers`."""
        return answers.refuse(denied, request_id)

    def effect(self, reply: Reply) -> Effect:
        """See `bithumb_v1_answers`."""
        return answers.effect(reply)

    def about(self, key: Key, action: Action, request: Request) -> Reply:
        """The key's rights, or its end."""
        return answers.about(key, action)

    def usage(self, admitted: Admitted) -> tuple[Header, ...]:
        """Nothing: Bithumb documents no such headers."""
        return ()

    def mint(self, entropy: Entropy) -> Secret:
        """64 hexadecimal digits, of 256 random bits."""
        return Secret(entropy(32).hex().encode())


def _must_be_a_form(request: Request) -> None:
    """Raise MalformedRequest unless the body is a form for this path, and can be told from what is signed beside it."""
    if (one_header(request, b"content-type") or b"").replace(b" ", b"").lower() not in _FORMS:
        raise MalformedRequest("the body is not marked as application/x-www-form-urlencoded")
    if _NO_SEPARATOR.fullmatch(request.body) is None:
        raise MalformedRequest("the body is empty, or has in it what is not visible ASCII, or a semicolon")
    if parameters(request.body).get("endpoint") != plain_path(request):
        raise MalformedRequest("the form's `endpoint` is not the path of the request")


_TABLE: Final = Table(ROUTES)
DIALECT: Final[Dialect] = BithumbV1()
