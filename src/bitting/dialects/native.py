"""Native: requests signed as HTTP Message Signatures, for an API that has no dialect of its own to keep.

The rule it keeps: everything that a request does is signed. Method, whole URL with its host, body, time and a nonce
are covered by every signature, so nothing can be swapped, moved to another route or sent to another house.
Follows RFC 9421 and RFC 9530, in the one spelling of `native_proof`. What an operator's routes mean is the operator's
to say, in a table of actions; by itself the dialect knows only the key's own two routes.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Final

from bitting.dialects import native_answers as answers
from bitting.dialects.dialect import Binds, Claim, Clock, Description, Dialect, Draft, Effect, Slip
from bitting.dialects.native_proof import (
    DIGEST,
    INPUT,
    LONGEST_WINDOW_S,
    SIGNATURE,
    Place,
    canonical_authority,
    content_digest,
    covered,
    read_proof,
    signature_base,
)
from bitting.dialects.native_slips import slips
from bitting.dialects.routing import Route
from bitting.dialects.signatures import (
    check_ecdsa_p256,
    check_ed25519,
    mac,
    sign_ecdsa_p256,
    sign_ed25519,
    strict_base64,
)
from bitting.domain.action import Action, Kind
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedRequest
from bitting.domain.ids import Entropy
from bitting.domain.keys import Key
from bitting.domain.request import Header, Reply, Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Admitted, Denied

KEY_PATH: Final = "/.well-known/bitting/key"
ROUTES: Final = (
    Route("GET", KEY_PATH, Action("key.read", Kind.SELF_READ, None)),
    Route("DELETE", KEY_PATH, Action("key.revoke", Kind.SELF_REVOKE, None)),
)
_OWN: Final = {(route.method.encode(), route.path.encode()): (route.action,) for route in ROUTES}

DESCRIPTION: Final = Description(
    name="native",
    title="Native (HTTP Message Signatures)",
    places={
        "key id": 'parameter `keyid="…"` of the header `Signature-Input`',
        "time": "parameter `created`: seconds since 1970",
        "window": f"parameter `expires`: seconds since 1970, 1 to {LONGEST_WINDOW_S} after `created`",
        "nonce": 'parameter `nonce="…"`: 16 to 64 letters, digits or `._~+/=:@-`, another one each time',
        "algorithm": 'parameter `alg="…"`, if given at all: that of the credential, which alone decides',
        "body": "header `Content-Digest`: one of `sha-256=:…:` and `sha-512=:…:`; none where there is no body",
        "signature": "header `Signature`: `label=:…:`, with the label of `Signature-Input`, which is free",
    },
    formula='a line each: "@method", "@authority", "@target-uri", "content-digest" where there is a body, '
    '"@signature-params" (RFC 9421 section 2.5)',
    algorithms=(Algorithm.ED25519, Algorithm.ECDSA_P256, Algorithm.HMAC_SHA256),
    encoding="base64 between colons; Ed25519 and P-256 as 64 bytes (r and s), HMAC as 32",
    binds=Binds(method=True, path=True, query=True, body=True, time=True),
    clock=Clock.AGREES,
    credential_headers=frozenset({INPUT, SIGNATURE}),
    sources=(
        "https://www.rfc-editor.org/rfc/rfc9421",
        "https://www.rfc-editor.org/rfc/rfc9530",
        "https://www.rfc-editor.org/rfc/rfc9457",
    ),
    notes=(
        "The dialect for withdrawals: nothing of a request can be swapped, and with Ed25519 or P-256 the secret never "
        "leaves its holder. HMAC is there for clients that have nothing else, and withdraws only where the house "
        "switch `hmac_withdraw` is on.",
        "`bitting-client` (in `client/`) signs for requests, httpx2 and aiohttp; so does any library for RFC 9421 that "
        "can be told what to cover.",
        "Exactly these parts are covered, in this order, by exactly one signature. More would be a promise that nobody "
        "checks: other headers are not signed, so what matters stands in the URL or the body.",
        "One spelling: no spaces but those between the covered parts, no escapes in strings, parameters in any order.",
        "`@authority` and `@target-uri` name the gate as clients call it: `url` of the mount, or else http and the "
        "Host header. Behind a proxy that ends TLS the operator has to set it. With `url` set, what was signed for "
        "another gate cannot be sent here under its own Host.",
        "`created` has whole seconds. After a restart the gate asks for a second that lies wholly behind its floor "
        "of time, up to four seconds; signing again is enough.",
        "What the operator's routes mean stands in the house's table of actions (docs/native.md). Two are ours: GET "
        f"{KEY_PATH} is the key about itself, DELETE ends it.",
        "Refusals are problems (RFC 9457) with a stable `code`. One that is not proven has `Accept-Signature`.",
        "An upstream's reply of 4xx, but for 408 and 409, says that nothing has happened; its `id` is noted.",
    ),
)

# Read once: off its Enum a member takes as long as a function call.
_ED25519, _P256, _HMAC = Algorithm.ED25519, Algorithm.ECDSA_P256, Algorithm.HMAC_SHA256
_WINDOW_S: Final = 30
_SECOND_NS: Final = 1_000_000_000
_TARGET: Final = re.compile(rb"/[!-~]*")
_HERE: Final = b"http://localhost"


class Native:
    """The dialect; see `dialect.Dialect` for what each method promises."""

    description: Final = DESCRIPTION
    routes: Final = ROUTES
    open_routes: Final = ()

    def is_public(self, request: Request) -> bool:
        """Nothing by itself: what is open is the operator's to say."""
        return False

    def read(self, request: Request) -> Claim | None:
        """The claim, its body compared with the digest that is signed."""
        proof = read_proof(request)
        if proof is None:
            return None
        # The face lets no other bytes pass. Here a line end would make one signed part look like two.
        if not request.method.isalpha() or _TARGET.fullmatch(request.target) is None:
            raise MalformedRequest("method or target have other characters than visible ASCII")
        return Claim(
            proof.key_id,
            signature_base(request.method, proof.place, request.target, proof.digest, proof.parameters),
            proof.signature,
            proof.created_s * _SECOND_NS,
            proof.window_s * _SECOND_NS,
        )

    def check(self, claim: Claim, algorithm: Algorithm, material: bytes) -> None:
        """By the credential's algorithm, whatever the request says; if it says another, it is not proven either."""
        if algorithm is _ED25519:
            check_ed25519(material, claim.signing_input, claim.signature)
        elif algorithm is _P256:
            check_ecdsa_p256(material, claim.signing_input, strict_base64(claim.signature) or b"")
        elif algorithm is _HMAC:
            genuine = b64encode(mac(algorithm, material, claim.signing_input))
            if not hmac.compare_digest(genuine, claim.signature):
                raise BadSignature("the signature does not match")
        else:
            raise BadSignature("not an algorithm of this dialect")
        # The parameters are the last line. No quote or semicolon stands in their texts, so this is found at its place.
        said = claim.signing_input.rpartition(b"\n")[2].partition(b';alg="')[2]
        if said and said.partition(b'"')[0] != algorithm.value.encode():
            raise BadSignature("alg is not the credential's")

    def sign(self, draft: Draft, wire_id: str, algorithm: Algorithm, secret: Secret, moment_ns: int) -> Request:
        """Valid for half a minute, with the moment as nonce. A draft that does not say where it goes, goes to
        http://localhost."""
        base = draft.base or _HERE
        scheme, _, rest = base.partition(b"://")
        authority = canonical_authority(scheme, rest.partition(b"/")[0])
        if authority is None:
            raise MalformedRequest("the base of a draft is a URL, like https://api.example.com/native")
        digest = content_digest(draft.body) if draft.body else None
        created_s = moment_ns // _SECOND_NS
        parameters = b'%b;created=%d;expires=%d;nonce="%020d";keyid="%b";alg="%b"' % (
            covered(draft.body),
            created_s,
            created_s + _WINDOW_S,
            moment_ns,
            wire_id.encode(),
            algorithm.value.encode(),
        )
        signed = signature_base(draft.method, Place(authority, base), draft.target, digest, parameters)
        headers: tuple[Header, ...] = (
            (INPUT, b"bitting=" + parameters),
            (SIGNATURE, b"bitting=:%b:" % _signature(algorithm, secret.reveal(), signed)),
        )
        if digest is not None:
            headers = ((b"content-type", b"application/json"), (DIGEST, digest), *headers)
        return Request(draft.method, draft.target, headers, draft.body, 0, base)

    def slips(self, request: Request, claim: Claim) -> Iterable[Slip]:
        """See `native_slips`."""
        return slips(request, claim)

    def actions(self, request: Request) -> tuple[Action, ...] | None:
        """The key's own affairs; everything else is the house's to map."""
        return _OWN.get((request.method, request.path))

    def refuse(self, denied: Denied, request_id: str) -> Reply:
        """See `native_answers`."""
        return answers.refuse(denied, request_id)

    def effect(self, reply: Reply) -> Effect:
        """See `native_answers`."""
        return answers.effect(reply)

    def about(self, key: Key, action: Action, request: Request) -> Reply:
        """Everything of the key's own record, or the end of the key."""
        return answers.revoked(key) if action.kind is Kind.SELF_REVOKE else answers.about(key)

    def usage(self, admitted: Admitted) -> tuple[Header, ...]:
        """Nothing: the standard RateLimit headers are there already."""
        return ()

    def mint(self, entropy: Entropy) -> Secret:
        """64 hexadecimal digits of 256 random bits. The text, not what it stands for, is the key of the HMAC."""
        return Secret(entropy(32).hex().encode())


def _signature(algorithm: Algorithm, secret: bytes, signed: bytes) -> bytes:
    if algorithm is Algorithm.ED25519:
        return sign_ed25519(secret, signed)
    if algorithm is Algorithm.ECDSA_P256:
        return b64encode(sign_ecdsa_p256(secret, signed))
    return b64encode(mac(algorithm, secret, signed))


DIALECT: Final[Dialect] = Native()
