"""What clients are known to sign in place of the signature base: another URL or order, lines written otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, permutations
from typing import Final

from bitting.dialects.dialect import Claim, Slip
from bitting.dialects.native_proof import content_digest
from bitting.dialects.respelled import json_respelled
from bitting.domain.request import Request

_LINE: Final = b"\n"
_PORTS: Final = {b"http": b":80", b"https": b":443"}
_OTHER: Final = {b"http": b"https", b"https": b"http"}


def slips(request: Request, claim: Claim) -> Iterator[Slip]:
    """Every slip for this request. Each changes one thing of the signature base."""
    base = claim.signing_input
    *lines, parameters = base.split(_LINE)
    for slip in chain(
        _urls(request, lines, parameters),
        _hosts(request, lines, parameters),
        _lines(lines, parameters),
        _values(request, lines, parameters),
        _bodies(request, lines, parameters),
        _whole(base, request.body),
    ):
        if slip.signing_input != base:  # where there is no query, none was forgotten
            yield slip


def _urls(request: Request, lines: list[bytes], parameters: bytes) -> Iterator[Slip]:
    method, authority, uri, *digest = lines
    host, url = _value(authority), _value(uri)
    scheme, _, rest = url.partition(b"://")
    path = rest.removeprefix(host)
    for mistake, spelling in (
        (f"begins with {_OTHER[scheme].decode()}", b"%b://%b" % (_OTHER[scheme], rest)),
        ("is without the query", url.partition(b"?")[0]),
        ("ends in a question mark", url + b"?"),
        ("is only path and query", path),
        ("is only the path", path.partition(b"?")[0]),
        ("is without the mount's path", b"%b://%b%b" % (scheme, host, request.target)),
        ("is only path and query, without the mount's path", request.target),
        ("is without scheme", rest),
        ("has a slash at its end", url + b"/"),
        ("has the default port", b"%b://%b%b%b" % (scheme, host, _PORTS[scheme], path)),
    ):
        yield _slip(f"@target-uri {mistake}", [method, authority, b'"@target-uri": ' + spelling, *digest], parameters)


def _hosts(request: Request, lines: list[bytes], parameters: bytes) -> Iterator[Slip]:
    method, authority, uri, *digest = lines
    host, scheme = _value(authority), _value(uri).partition(b":")[0]
    sent = request.header(b"host") or host
    for mistake, spelling in (
        ("has the default port", host + _PORTS[scheme]),
        ("is without the port", host.rpartition(b":")[0] or host),
        ("is the Host header as sent", sent),
        ("has the scheme", b"%b://%b" % (scheme, host)),
    ):
        yield _slip(f"@authority {mistake}", [method, b'"@authority": ' + spelling, uri, *digest], parameters)
    spelled = [method, b'"@authority": ' + sent, uri.replace(host, sent, 1), *digest]
    yield _slip("host and URL are as sent, not in lower case and without the default port", spelled, parameters)
    yield _slip("the URL has the host as sent, not in lower case", [method, authority, spelled[2], *digest], parameters)


def _lines(lines: list[bytes], parameters: bytes) -> Iterator[Slip]:
    for order in permutations(lines):
        yield _slip(f"the lines stand in another order: {', '.join(map(_name, order))}", list(order), parameters)
    for missing in lines:
        rest = [each for each in lines if each is not missing]
        yield _slip(f"the line of {_name(missing)} is missing", rest, parameters)


def _values(request: Request, lines: list[bytes], parameters: bytes) -> Iterator[Slip]:
    method, *others = lines
    yield _slip("@method is in lower case", [method.lower(), *others], parameters)
    value = _value(parameters)
    covered, _, said = value.partition(b")")
    for mistake, spelling in (
        ("is without the covered parts", said[1:]),
        ("is without the parameters", covered + b")"),
        ("has the label of Signature-Input", request.header(b"signature-input") or value),
        ("has its strings without quotes", b"%b)%b" % (covered, said.replace(b'"', b""))),
        ("has the covered parts without quotes", b"%b)%b" % (covered.replace(b'"', b""), said)),
        ("has commas between the covered parts", b"%b)%b" % (covered.replace(b" ", b", "), said)),
        ("has a space behind each semicolon", value.replace(b";", b"; ")),
    ):
        yield _slip(f"@signature-params {mistake}", lines, b'"@signature-params": ' + spelling)


def _bodies(request: Request, lines: list[bytes], parameters: bytes) -> Iterator[Slip]:
    if not request.body:
        return
    *others, digest = lines
    bare = b'"content-digest": ' + _value(digest).partition(b"=")[2]
    yield _slip("content-digest is without the name of its hash", [*others, bare], parameters)
    for spelling, body in json_respelled(request.body):
        line = b'"content-digest": ' + content_digest(body)
        yield _slip(f"content-digest was made of the body {spelling}", [*others, line], parameters)


def _whole(base: bytes, body: bytes) -> Iterator[Slip]:
    lines = base.split(_LINE)
    yield Slip("a line end stands behind the last line", base + _LINE)
    yield Slip("lines end in CR LF", base.replace(_LINE, b"\r\n"))
    yield Slip("names are without quotes", _LINE.join(each.replace(b'"', b"", 2) for each in lines))
    yield Slip("there is no space behind the colons", _LINE.join(each.replace(b": ", b":", 1) for each in lines))
    if body:
        yield Slip("the body stands behind the last line", base + _LINE + body)
        yield Slip("the body alone was signed", body)


def _name(line: bytes) -> str:
    return line.split(b'"')[1].decode()


def _value(line: bytes) -> bytes:
    return line.partition(b": ")[2]


def _slip(mistake: str, lines: list[bytes], parameters: bytes) -> Slip:
    return Slip(mistake, _LINE.join([*lines, parameters]))
