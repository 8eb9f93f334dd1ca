"""The native proof: HTTP Message Signatures (RFC 9421) with Content-Digest (RFC 9530), in one spelling.

The two standards let a signer cover nearly anything, in any order, under many spellings, several times in one
message. What is read differently by two programs gets past one of them, so here a proof has one signature, the
parts below and no others, and the serialization that RFC 8941 calls canonical. `signature_base` is the formula.

    Content-Digest: sha-256=:…:                                     only with a body, and then always
    Signature-Input: any-label=("@method" "@authority" "@target-uri" "content-digest");created=1;expires=2;
        nonce="…";keyid="…"                                         one line; `alg="…"` too, if one likes
    Signature: any-label=:…:
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from typing import Final, NamedTuple

from bitting.dialects.strict import one_header, whole_number
from bitting.domain.errors import MalformedRequest
from bitting.domain.request import Request

INPUT, SIGNATURE, DIGEST = b"signature-input", b"signature", b"content-digest"
LONGEST_WINDOW_S: Final = 60

_PLAIN: Final = b'("@method" "@authority" "@target-uri")'
_WITH_BODY: Final = b'("@method" "@authority" "@target-uri" "content-digest")'
_LABEL: Final = re.compile(rb"[a-z*][a-z0-9_.*-]{0,63}")
_REQUIRED: Final = frozenset({b"created", b"expires", b"nonce", b"keyid"})
_ALLOWED: Final = _REQUIRED | {b"alg"}
# Less than RFC 8941 lets stand in a String: without quotes, backslashes and semicolons, no text can look like two.
_STRING: Final = re.compile(rb'"([A-Za-z0-9._~+/=:@-]*)"')
_SHORTEST_NONCE, _LONGEST_NONCE = 16, 64
_LONGEST_KEY_ID: Final = 128
_LONGEST_SIGNATURE: Final = 88  # 64 bytes in base64
_DIGESTS: Final = {b"sha-256": hashlib.sha256, b"sha-512": hashlib.sha512}
_HOST: Final = re.compile(rb"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[1-9][0-9]{0,4})?")
_DEFAULT_PORTS: Final = {b"http": b":80", b"https": b":443"}


class Place(NamedTuple):
    """Where the request was sent to: `authority` in lower case and without a default port, `base` in front of the
    target."""

    authority: bytes
    base: bytes


class Proof(NamedTuple):
    """What the headers say. `parameters` is the last line of the signature base, as sent; `signature` is base64."""

    key_id: str
    created_s: int
    window_s: int
    parameters: bytes
    place: Place
    digest: bytes | None
    signature: bytes


def signature_base(method: bytes, place: Place, target: bytes, digest: bytes | None, parameters: bytes) -> bytes:
    """The signed bytes (RFC 9421 section 2.5): a line for each covered component, then the parameters; no line end
    behind them.

        "@method": POST
        "@authority": api.example.com
        "@target-uri": https://api.example.com/native/orders?dry=1
        "content-digest": sha-256=:…:
        "@signature-params": ("@method" "@authority" "@target-uri" "content-digest");created=…;…
    """
    head = b'"@method": %b\n"@authority": %b\n"@target-uri": %b%b\n' % (method, place.authority, place.base, target)
    if digest is not None:
        head = b'%b"content-digest": %b\n' % (head, digest)
    return b'%b"@signature-params": %b' % (head, parameters)


def read_proof(request: Request) -> Proof | None:
    """The proof, or None when there is none. Raises MalformedRequest, also where the body is not the digested one."""
    headers = dict(request.headers)
    if len(headers) != len(request.headers):
        for name in (INPUT, SIGNATURE, DIGEST, b"host"):
            one_header(request, name)  # raises when it stands twice
    given, signature = headers.get(INPUT), headers.get(SIGNATURE)
    if given is None or signature is None:
        if given is signature:
            return None
        raise MalformedRequest("a proof is the headers Signature-Input and Signature; one of them is missing")
    label, _, parameters = given.partition(b"=")
    parts = covered(request.body)
    if _LABEL.fullmatch(label) is None or not parameters.startswith(parts + b";"):
        raise MalformedRequest(
            f"Signature-Input is one label, '=' and what this request has to cover, in this order: {parts.decode()}; "
            "then its parameters"
        )
    said = _parameters(parameters[len(parts) + 1 :])
    created_s = whole_number(said[b"created"], 12, "created")
    window_s = whole_number(said[b"expires"], 12, "expires") - created_s
    if not 1 <= window_s <= LONGEST_WINDOW_S:
        raise MalformedRequest(f"expires lies 1 to {LONGEST_WINDOW_S} seconds after created")
    _text(said[b"nonce"], "nonce", _SHORTEST_NONCE, _LONGEST_NONCE)
    if b"alg" in said:
        _text(said[b"alg"], "alg", 1, 32)
    return Proof(
        _text(said[b"keyid"], "keyid", 1, _LONGEST_KEY_ID),
        created_s,
        window_s,
        parameters,
        _place(headers.get(b"host"), request.base),
        _digest(headers.get(DIGEST), request.body),
        _signature(signature, label),
    )


def _place(host: bytes | None, base: bytes) -> Place:
    """Where the client sent the request: as the operator names the gate, else by the Host header. Raises
    MalformedRequest for a Host that is another one, or none."""
    if base[:1] in (b"/", b""):  # only the mount's path: the operator has not said how clients call it
        authority = canonical_authority(b"http", host or b"")
        if authority is None:
            raise MalformedRequest("the Host header is not one host, with or without a port")
        return Place(authority, b"http://%b%b" % (authority, base))
    scheme, _, rest = base.partition(b"://")
    authority = rest.partition(b"/")[0]
    # Signed for another gate it would not hold here anyway; this says so before anybody asks why.
    if host is not None and host != authority and canonical_authority(scheme, host) != authority:
        raise MalformedRequest(
            f"this gate is {base.decode()}, and the Host header names another; a proxy in between has to keep it"
        )
    return Place(authority, base)


def canonical_authority(scheme: bytes, host: bytes) -> bytes | None:
    """A host in the spelling that is signed (RFC 9421 section 2.2.3): lower case, no default port. None for what is no
    host."""
    host = host.lower()
    if scheme not in _DEFAULT_PORTS or _HOST.fullmatch(host) is None:
        return None
    return host.removesuffix(_DEFAULT_PORTS[scheme])


def covered(body: bytes) -> bytes:
    """What a signature covers, as it stands in Signature-Input."""
    return _WITH_BODY if body else _PLAIN


def content_digest(body: bytes) -> bytes:
    """The Content-Digest header of a body: SHA-256."""
    return _said(b"sha-256", body)


def _said(name: bytes, body: bytes) -> bytes:
    return b"%b=:%b:" % (name, b64encode(_DIGESTS[name](body).digest()))


def _parameters(text: bytes) -> dict[bytes, bytes]:
    """The parameters, each once, in any order: it is part of what is signed."""
    said: dict[bytes, bytes] = {}
    for each in text.split(b";"):
        name, _, value = each.partition(b"=")
        if name not in _ALLOWED or name in said:
            raise MalformedRequest(
                "there is one signature, and its parameters are created, expires, nonce, keyid and if you like alg: "
                "each once, no others, without spaces"
            )
        said[name] = value
    if missing := _REQUIRED - said.keys():
        raise MalformedRequest(f"the signature's parameter {min(missing).decode()} is missing")
    return said


def _text(value: bytes, name: str, least: int, most: int) -> str:
    found = _STRING.fullmatch(value)
    if found is None or not least <= len(found[1]) <= most:
        raise MalformedRequest(f"{name} is {least} to {most} letters, digits or ._~+/=:@- in double quotes")
    return found[1].decode("ascii")


def _digest(header: bytes | None, body: bytes) -> bytes | None:
    """The Content-Digest, compared with the body it is of. Raises MalformedRequest."""
    if not body:
        if header is not None:
            raise MalformedRequest("there is no body, so there is no Content-Digest either")
        return None
    name = (header or b"").partition(b"=")[0]
    if header is None or name not in _DIGESTS:
        raise MalformedRequest("a request with a body has one Content-Digest: sha-256 or sha-512 (RFC 9530)")
    if header != _said(name, body):
        raise MalformedRequest("the Content-Digest is not that of the body as it arrived, alone and without parameters")
    return header


def _signature(header: bytes, label: bytes) -> bytes:
    value = header.removeprefix(label + b"=:")
    signature = value.removesuffix(b":")
    if len(header) - len(signature) != len(label) + 3 or not 1 <= len(signature) <= _LONGEST_SIGNATURE:
        raise MalformedRequest("Signature is the label of Signature-Input, '=:', one signature in base64 and ':'")
    return signature
