"""How each proxy tells what it was asked: for method, target, body and the client's address exactly one source.

Whatever else a request carries was written by its client, and is for the dialect to read, or for nobody. The four
configurations in `deploy/` overwrite each of these headers, so a client's own of the same name never arrives:

              method                target              address            body
    nginx     X-Original-Method     X-Original-URI      X-Real-IP          is never sent
    Caddy     X-Forwarded-Method    X-Forwarded-Uri     X-Real-IP          is never sent
    Envoy     the request line      the request line    X-Real-IP          the body
    Traefik   X-Forwarded-Method    X-Forwarded-Uri     X-Forwarded-For    the body

What a proxy does not send could be anything, so the first three say in X-Original-Body what the client announced:
nginx and Caddy `none` or `unseen`, Envoy `length=` and the Content-Length, if there is one. Without that header nothing
is decided. Envoy says besides that it has cut nothing off (`allow_partial_message`).

The path at which a proxy asks chooses the mount; Envoy writes it in front of the client's target (`path_prefix`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from bitting.domain.errors import MalformedRequest, MalformedValue
from bitting.domain.network import address_from_text
from bitting.domain.request import Request
from bitting.web.http.reader import METHODS, TARGET_BYTES

_BODY: Final = b"x-original-body"
_CUT: Final = b"x-envoy-auth-partial-body"


class Told(NamedTuple):
    """The client's request as the proxy tells it, and whether all of its body has been shown."""

    request: Request
    whole: bool


class Proxy(NamedTuple):
    """`read` raises MalformedRequest with what the proxy has to be made to say. `passes_body`: whether its clients get
    the body of a refusal."""

    read: Callable[[Request], Told]
    passes_body: bool


def _nginx(asked: Request) -> Told:
    return _without_body(asked, b"x-original-method", b"x-original-uri")


def _caddy(asked: Request) -> Told:
    return _without_body(asked, b"x-forwarded-method", b"x-forwarded-uri")


def _envoy(asked: Request) -> Told:
    """Its request is the client's, under other names for the address and the body's length."""
    # Chunks and HTTP/2 announce no length, and neither does what has no body.
    announced = _said(asked, _BODY) in (b"length=", b"length=%d" % len(asked.body))
    cut = _values(asked, _CUT)  # only where there is a body; Envoy's word that it is not a part of one
    whole = announced and (cut == [b"false"] or not (cut or asked.body))
    return Told(asked._replace(peer=_address(asked, b"x-real-ip")), whole)


def _traefik(asked: Request) -> Told:
    """Which asks under the name of the gate, and says in X-Forwarded-Host what its client called."""
    told = _named(asked, b"x-forwarded-method", b"x-forwarded-uri", b"x-forwarded-for")
    others = tuple(each for each in told.headers if each[0] != b"host")
    return Told(told._replace(headers=((b"host", _said(asked, b"x-forwarded-host")), *others)), True)


PROXIES: Final[Mapping[str, Proxy]] = {
    "nginx": Proxy(_nginx, False),
    "caddy": Proxy(_caddy, True),
    "envoy": Proxy(_envoy, True),
    "traefik": Proxy(_traefik, True),
}


def _without_body(asked: Request, method: bytes, target: bytes) -> Told:
    body = _said(asked, _BODY)
    if body not in (b"none", b"unseen"):
        raise MalformedRequest("the proxy says neither `none` nor `unseen` in X-Original-Body")
    return Told(_named(asked, method, target, b"x-real-ip")._replace(body=b""), body == b"none")


def _named(asked: Request, method_in: bytes, target_in: bytes, address_in: bytes) -> Request:
    """The client's request from the headers that name its parts."""
    method, target = _said(asked, method_in), _said(asked, target_in)
    if method not in METHODS:
        raise MalformedRequest("the method is not one that is judged here")
    if target[0] != 0x2F or target.translate(None, TARGET_BYTES):
        raise MalformedRequest("the request target is not a plain path and query")
    mount = asked.path.rstrip(b"/")  # not the query: Caddy leaves the client's there
    return asked._replace(method=method, target=mount + target, peer=_address(asked, address_in))


def _address(asked: Request, name: bytes) -> int:
    try:
        return address_from_text(_said(asked, name).decode("latin-1"))
    except MalformedValue:
        raise MalformedRequest(f"the proxy says no address in {name.decode()}") from None


def _said(asked: Request, name: bytes) -> bytes:
    """The one value of a header that the proxy writes itself. A second one was not written by it, so there is none."""
    values = _values(asked, name)
    if len(values) != 1 or not values[0]:
        raise MalformedRequest(f"the proxy has to say {name.decode()} itself, once (docs/proxies.md)")
    return values[0]


def _values(asked: Request, name: bytes) -> list[bytes]:
    return [value for found, value in asked.headers if found == name]
