"""What is fuzzed: functions of any bytes at all, which return when a promise is kept and raise when it is not.

A dialect's input is a request as it stands on the wire, so that its vectors are where the search begins. It is read
leniently: what the web face would refuse is no reason for a dialect to break.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from bitting.dialects.amounts import amount
from bitting.dialects.dialect import Claim, Dialect, Draft
from bitting.dialects.public_keys import check_public_key, read_public_key
from bitting.dialects.strict import json_value, parameters, whole_number
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedRequest, MalformedValue
from bitting.domain.request import Reply, Request
from bitting.web.http.errors import Rejected
from bitting.web.http.limits import Limits
from bitting.web.http.reader import METHODS, RequestReader
from bitting.wiring.dialects import DIALECTS
from tests.dialects.pairs import secret_pair
from tests.dialects.vector import FOLDER

WIRE_ID: Final = "bk_live_4mfjcpvbdfo6lrmiuyq2vqfyxu5qh2zd"
NOW_NS: Final = 1_795_200_000_123_456_789
NOBODY: Final = 99  # the number of key pairs that have signed nothing anywhere

NASTY: Final = (b"NaN", b"-Infinity", b"1e400", b"1_0", b"-1", b"0x1", b"9" * 20, b"%00", b"%zz", b"\xff", b"\\ud800")


class Target(NamedTuple):
    """What is run, where the search begins, and words it may use."""

    run: Callable[[bytes], None]
    seeds: list[bytes]
    words: set[bytes]


def targets() -> dict[str, Target]:
    """Every dialect by its name, and beside them the face's reader and the readers of single values."""
    vectors = {name: [each.read_bytes() for each in sorted(FOLDER.glob(f"{name}/*/request.http"))] for name in DIALECTS}
    everything = [each for some in vectors.values() for each in some]
    values = [part for each in everything for part in (_request(each).query, _request(each).body) if part]
    return {
        **{name: _dialect(dialect, vectors[name]) for name, dialect in DIALECTS.items()},
        "http": Target(_http, everything, _words(everything)),
        "values": Target(_values, values, _words(values)),
    }


def _dialect(dialect: Dialect, vectors: list[bytes]) -> Target:
    bare = [f"{each.method} {each.path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for each in dialect.routes]
    return Target(partial(_speak, dialect), [*vectors, *bare], _words([*vectors, *bare]))


def _words(seeds: list[bytes]) -> set[bytes]:
    """Names with the marks around them, as they stand in forms, in JSON and in headers; and other words."""
    found = re.compile(rb'[&?][\w.%-]{1,40}=|"[\w.-]{1,40}": ?|\r\n[\w-]{1,40}: |[A-Za-z][\w.-]{1,40}', re.ASCII)
    return {*NASTY, *(word for seed in seeds for word in found.findall(seed))}


# ---- a dialect


def _speak(dialect: Dialect, raw: bytes) -> None:
    """Read it, and sign what stands in it. What is chance here follows from the bytes, so that it is found again."""
    request, chance = _request(raw), Random(zlib.crc32(raw))
    _is_read(dialect, request)
    dialect.effect(Reply(200, (), request.body))
    _is_signed(
        dialect, request, chance.choice([each for each in dialect.description.algorithms if not each.legacy]), chance
    )


def _is_read(dialect: Dialect, request: Request) -> None:
    """A claim, None or MalformedRequest; nobody proves anything without the key; and so for what the request wants."""
    dialect.is_public(request)
    _wanted(dialect, request)
    try:
        claim = dialect.read(request)
    except MalformedRequest:
        return
    if claim is None:
        return
    for slip in dialect.slips(request, claim):
        assert slip.mistake
    for algorithm in Algorithm:
        try:
            dialect.check(claim, algorithm, secret_pair(dialect, algorithm, NOBODY)[1])
        except BadSignature:
            continue
        raise AssertionError(f"proven by nobody, with {algorithm.value}")


def _is_signed(dialect: Dialect, request: Request, algorithm: Algorithm, chance: Random) -> None:
    """What is signed is proven, and with a byte changed it is not, or is read as before."""
    if request.method not in METHODS or re.fullmatch(rb"/[!\"$-~]*", request.target) is None:
        return
    secret, material = secret_pair(dialect, algorithm)
    draft = Draft(request.method, request.target, request.body)
    try:
        signed = dialect.sign(draft, WIRE_ID, algorithm, secret, NOW_NS)
        claim = dialect.read(signed)
    except (MalformedRequest, MalformedValue):
        return  # the draft was no request of the dialect, or had a proof in it
    assert claim is not None
    assert claim.wire_id == WIRE_ID
    dialect.check(claim, algorithm, material)
    wants = _wanted(dialect, signed)
    for changed, bound in _changed(dialect, signed, chance):
        after = _proven(dialect, changed, algorithm, material)
        if after is None or after.wire_id != WIRE_ID:  # the latter would be looked up as another's
            continue
        assert after._replace(signature=b"") == claim._replace(signature=b""), changed
        assert not bound or _wanted(dialect, changed) == wants, changed


def _changed(dialect: Dialect, request: Request, chance: Random) -> Iterator[tuple[Request, bool]]:
    """The request with one byte of each of its parts changed, and whether what it wants must be as before."""
    binds = dialect.description.binds
    path, mark, query = request.target.partition(b"?")
    yield request._replace(target=_spoilt(path, chance) + mark + query), binds.path
    yield request._replace(target=path + mark + _spoilt(query, chance)), binds.query
    yield request._replace(body=_spoilt(request.body, chance)), binds.body
    yield request._replace(method=chance.choice(sorted(METHODS - {request.method}))), binds.method
    at = chance.randrange(len(request.headers))
    name, value = request.headers[at]
    yield request._replace(headers=_with(request.headers, at, (name, _spoilt(value, chance)))), False
    yield request._replace(headers=_with(request.headers, at, (_spoilt(name, chance), value))), False


def _with(headers: tuple[Any, ...], at: int, pair: tuple[bytes, bytes]) -> tuple[Any, ...]:
    return (*headers[:at], pair, *headers[at + 1 :])


def _spoilt(octets: bytes, chance: Random) -> bytes:
    if not octets:
        return octets
    at = chance.randrange(len(octets))
    return octets[:at] + bytes([octets[at] ^ chance.randrange(1, 256)]) + octets[at + 1 :]


def _proven(dialect: Dialect, request: Request, algorithm: Algorithm, material: bytes) -> Claim | None:
    try:
        claim = dialect.read(request)
        if claim is not None:
            dialect.check(claim, algorithm, material)
    except (MalformedRequest, BadSignature):
        return None
    return claim


def _wanted(dialect: Dialect, request: Request) -> Any:
    try:
        return dialect.actions(request)
    except MalformedRequest:
        return "malformed"


def _request(raw: bytes) -> Request:
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *lines = head.split(b"\r\n")
    method, _, rest = line.partition(b" ")
    pairs = (each.partition(b":") for each in lines)
    headers = tuple((name.lower(), value.strip(b" \t")) for name, _, value in pairs)
    return Request(method, rest.rpartition(b" ")[0] or rest, headers, body, peer=0)


# ---- the face's reader


def _http(raw: bytes) -> None:
    """Requests or one refusal, the same however the bytes are cut into packets; and every request is well-formed."""
    chance = Random(zlib.crc32(raw))
    cuts = sorted(chance.randrange(len(raw) + 1) for _ in range(4))
    whole = _heard([raw])
    assert _heard([raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]) == whole
    for each in whole:
        if isinstance(each, Request):
            assert each.method in METHODS
            assert re.fullmatch(rb"/[!\"$-~]*", each.target)
            assert [name for name, _ in each.headers].count(b"host") == 1
            assert len(each.body) == int(dict(each.headers).get(b"content-length", b"0"))


def _heard(packets: list[bytes]) -> list[Request | int]:
    reader = RequestReader(Limits(line_bytes=512, head_bytes=2048, headers=20, body_bytes=4096), peer=0)
    heard: list[Request | int] = []
    try:
        for packet in packets:
            if not packet:
                continue
            reader.feed(packet)
            while (request := reader.next()) is not None:
                heard.append(request)
    except Rejected as refusal:
        heard.append(refusal.status)
    return heard


# ---- single values


def _values(raw: bytes) -> None:
    """What is read strictly is read as the standard library reads it; and nothing else than a refusal is raised."""
    text = raw.decode("utf-8", "replace")
    for read, usual in (
        (partial(json_value, raw), partial(json.loads, raw, parse_float=Decimal, object_pairs_hook=_once)),
        (partial(parameters, raw), partial(_form, raw)),
        (partial(whole_number, raw, 20, "it"), partial(int, raw)),
        (partial(amount, text, "it"), partial(Decimal, text)),
    ):
        try:
            value = read()
        except (MalformedRequest, MalformedValue):
            continue
        assert value == usual(), read.func.__name__
    try:
        check_public_key(*read_public_key(text))
    except MalformedValue:
        return


def _form(raw: bytes) -> dict[str, str]:
    return _once(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=bool(raw), errors="strict"))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


TARGETS: Final = targets()
