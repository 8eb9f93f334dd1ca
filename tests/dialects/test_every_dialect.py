"""What holds for every dialect, whatever its exchange: a new one is in here as soon as it is in the list.

Where an example of a signed request is wanted, the dialect's own vectors are it.
"""

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitting.dialects.dialect import Claim, Dialect, Draft
from bitting.domain.action import Kind
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedRequest
from bitting.domain.grants import NO_LIMITS
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.network import Network
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy
from bitting.domain.request import Reply, Request
from bitting.domain.verdict import Admitted, Answer, Denied, Reason
from bitting.wiring.dialects import DIALECTS
from tests.dialects.pairs import secret_pair
from tests.dialects.raw_http import parse
from tests.dialects.vector import FOLDER, cases, walk

NOW_NS = 1_795_200_000_123_456_789
WIRE_ID = "bk_live_4mfjcpvbdfo6lrmiuyq2vqfyxu5qh2zd"
EVERY = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
VECTORS = [(name, case) for name in DIALECTS for case in cases(name)]


def drafts(dialect: Dialect) -> list[Draft]:
    """An empty request for every endpoint without a name in its path."""
    return [Draft(row.method.encode(), row.path.encode(), b"") for row in dialect.routes if "{" not in row.path]


def proven(dialect: Dialect, request: Request, algorithm: Algorithm, material: bytes) -> Claim | None:
    """The claim, if it proves itself."""
    try:
        claim = dialect.read(request)
        if claim is not None:
            dialect.check(claim, algorithm, material)
    except (MalformedRequest, BadSignature):
        return None
    return claim


def wanted(dialect: Dialect, request: Request) -> Any:
    """What the request wants, or that it cannot be read."""
    try:
        return dialect.actions(request)
    except MalformedRequest:
        return "malformed"


# ---- signing and proving


@EVERY
def test_what_it_signs_it_proves(dialect: Dialect) -> None:
    """For every algorithm and every endpoint; and no other key's material does."""
    for algorithm in dialect.description.algorithms:
        secret, material = secret_pair(dialect, algorithm)
        for draft in drafts(dialect):
            request = dialect.sign(draft, WIRE_ID, algorithm, secret, NOW_NS)
            claim = dialect.read(request)
            assert claim is not None
            assert claim.wire_id == WIRE_ID
            dialect.check(claim, algorithm, material)
            for wrong in (material[:-1] + bytes([material[-1] ^ 1]), bytes(32)):
                with pytest.raises(BadSignature):
                    dialect.check(claim, algorithm, wrong)


@EVERY
def test_an_algorithm_it_does_not_list_proves_nothing(dialect: Dialect) -> None:
    """Whatever material the record holds: the request cannot choose."""
    for algorithm in dialect.description.algorithms:
        secret, material = secret_pair(dialect, algorithm)
        claim = dialect.read(dialect.sign(drafts(dialect)[0], WIRE_ID, algorithm, secret, NOW_NS))
        assert claim is not None
        for other in set(Algorithm) - {algorithm}:
            with pytest.raises(BadSignature):
                dialect.check(claim, other, material)


@EVERY
def test_time_is_where_its_clock_says(dialect: Dialect) -> None:
    """A stamp and a window where clocks agree, a nonce where they need not; what is signed later is newer."""
    algorithm = dialect.description.algorithms[0]
    secret, _ = secret_pair(dialect, algorithm)
    draft = drafts(dialect)[0]
    first, later = (
        dialect.read(dialect.sign(draft, WIRE_ID, algorithm, secret, NOW_NS + wait)) for wait in (0, 2 * 10**9)
    )
    assert first is not None
    assert later is not None
    assert first.signing_input != later.signing_input
    if dialect.description.clock.name == "AGREES":
        assert abs(first.stamp_ns - NOW_NS) <= 10**9
        assert 0 < first.window_ns <= 60 * 10**9
        assert later.stamp_ns > first.stamp_ns
        assert first.nonce == 0
    else:
        assert later.nonce > first.nonce > 0
        assert first.stamp_ns == 0


@EVERY
def test_no_credential_travels_on(dialect: Dialect) -> None:
    """Every header in which the signer puts key id or signature is one that the gate takes off."""
    algorithm = dialect.description.algorithms[0]
    secret, _ = secret_pair(dialect, algorithm)
    request = dialect.sign(drafts(dialect)[0], WIRE_ID, algorithm, secret, NOW_NS)
    claim = dialect.read(request)
    assert claim is not None
    for name, value in request.headers:
        if claim.signature in value or WIRE_ID.encode() in value:
            assert name in dialect.description.credential_headers


@EVERY
def test_a_doubled_or_emptied_credential_is_malformed(dialect: Dialect) -> None:
    """Two servers could take either; none is no proof."""
    algorithm = dialect.description.algorithms[0]
    secret, material = secret_pair(dialect, algorithm)
    request = dialect.sign(drafts(dialect)[0], WIRE_ID, algorithm, secret, NOW_NS)
    for place, (name, value) in enumerate(request.headers):
        if name not in dialect.description.credential_headers:
            continue
        with pytest.raises(MalformedRequest):
            dialect.read(request._replace(headers=(*request.headers, (name, value))))
        for spoilt in (b"", value + b" ", b" " + value, value + b"\x00", value + b"\xff", value.swapcase() + b","):
            headers = (*request.headers[:place], (name, spoilt), *request.headers[place + 1 :])
            claim = proven(dialect, request._replace(headers=headers), algorithm, material)
            assert claim is None or claim.wire_id != WIRE_ID


@EVERY
def test_without_a_credential_there_is_no_claim(dialect: Dialect) -> None:
    """Not an error either: whether one is needed is not the dialect's to say."""
    for draft in drafts(dialect):
        assert dialect.read(Request(draft.method, draft.target, ((b"user-agent", b"x"),), draft.body, 0)) is None


# ---- vectors


@pytest.mark.parametrize(("name", "folder"), [pytest.param(n, c.values[0], id=f"{n}-{c.id}") for n, c in VECTORS])
def test_each_stage_makes_of_a_request_what_its_vector_says(name: str, folder: Path) -> None:
    """From raw bytes to actions."""
    walk(DIALECTS[name], folder)


@EVERY
def test_there_are_vectors_of_every_kind(dialect: Dialect) -> None:
    """At least 20, of genuine requests as well as of others."""
    expected = Counter(case["expect"] for case, _ in vectors(dialect))
    assert expected.total() >= 20
    assert min(expected["proven"], expected["malformed"], expected["bad signature"]) >= 1


def vectors(dialect: Dialect) -> Iterator[tuple[dict[str, Any], Request]]:
    """Each vector's case and request."""
    for folder in sorted((FOLDER / dialect.description.name).iterdir()):
        yield json.loads((folder / "case.json").read_text()), parse((folder / "request.http").read_bytes())


@EVERY
def test_one_changed_byte_of_what_is_signed_proves_nothing_else(dialect: Dialect) -> None:
    """In every genuine vector, at every place: what still proves itself wants the same."""
    binds = dialect.description.binds
    for case, request in vectors(dialect):
        if case["expect"] != "proven" or case["algorithm"].startswith("rsa"):
            continue
        algorithm = Algorithm(case["algorithm"])
        material = case["secret"].encode() if algorithm.shared else b64decode(case["public_key"])
        before, wants = proven(dialect, request, algorithm, material), wanted(dialect, request)
        assert before is not None
        step = 1 if algorithm.shared else 7
        for changed, bound in changes(request, binds._asdict(), step):
            after = proven(dialect, changed, algorithm, material)
            if after is None:
                continue
            assert after.wire_id == before.wire_id
            if bound:
                assert after.signing_input == before.signing_input, (case["about"], changed)
                assert wanted(dialect, changed) == wants, (case["about"], changed)


def changes(request: Request, binds: dict[str, bool], step: int) -> Iterator[tuple[Request, bool]]:
    """The request with one byte of target, body or method changed, and whether that part is under the signature."""
    path, mark, query = request.target.partition(b"?")
    for at in range(1, len(path), step):
        yield request._replace(target=_spoil(path, at) + mark + query), binds["path"]
    for at in range(0, len(query), step):
        yield request._replace(target=path + mark + _spoil(query, at)), binds["query"]
    for at in range(0, len(request.body), step):
        yield request._replace(body=_spoil(request.body, at)), binds["body"]
    for method in {b"GET", b"POST", b"PUT", b"DELETE"} - {request.method}:
        yield request._replace(method=method), binds["method"]


def _spoil(octets: bytes, at: int) -> bytes:
    """One bit, so that a digit becomes another digit and a letter another letter."""
    return octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]


@EVERY
def test_slips_are_told_for_every_request(dialect: Dialect) -> None:
    """Each says in words what was done, and for each request some of them are not what is right."""
    for case, request in vectors(dialect):
        if case["expect"] in ("proven", "bad signature"):
            claim = dialect.read(request)
            assert claim is not None
            slips = list(dialect.slips(request, claim))
            assert all(slip.mistake for slip in slips)
            assert any(slip.signing_input != claim.signing_input for slip in slips), case["about"]


# ---- what a key may ask for


@EVERY
def test_every_row_is_found_and_asks_for_its_own_right(dialect: Dialect) -> None:
    """Reading takes a right to read, changing one to write; the key's own affairs take none."""
    for row in dialect.routes:
        action = row.action
        if action.permission is None:
            assert action.kind in (Kind.SELF_READ, Kind.SELF_REVOKE)
            continue
        assert action.kind not in (Kind.SELF_READ, Kind.SELF_REVOKE)
        if action.permission.value.endswith(".read"):
            assert action.kind is Kind.READ, row
        if action.kind is Kind.WITHDRAWAL:
            assert action.permission is Permission.WITHDRAWALS_WRITE, row
        target = "/".join("1" if each.startswith("{") else each for each in row.path.split("/"))
        assert wanted(dialect, Request(row.method.encode(), target.encode(), (), b"", 0)) is not None, row


@EVERY
def test_a_key_can_read_and_end_itself(dialect: Dialect) -> None:
    """In one place each."""
    own = Counter(row.action.kind for row in dialect.routes if row.action.permission is None)
    assert own == {Kind.SELF_READ: 1, Kind.SELF_REVOKE: 1}


@EVERY
def test_what_is_not_in_the_table_is_denied(dialect: Dialect) -> None:
    """Another method, another path, another spelling of a path that is in it."""
    methods = {row.method for row in dialect.routes}
    rows = {(row.method, row.path) for row in dialect.routes}
    for row in dialect.routes:
        if "{" in row.path:
            continue
        path = row.path.encode()
        for method in methods - {method for method, known in rows if known == row.path}:
            if not any("{" in known and verb == method for verb, known in rows):
                assert not isinstance(wanted(dialect, Request(method.encode(), path, (), b"", 0)), tuple)
        head, _, last = path.rpartition(b"/")
        for spelt in (path + b"/", b"/" + path, head + b"/./" + last, head + b"/x/../" + last, head + b"/%2e/" + last):
            assert not isinstance(wanted(dialect, Request(row.method.encode(), spelt, (), b"", 0)), tuple), spelt
    assert wanted(dialect, Request(b"POST", b"/nowhere/at-all", (), b"", 0)) in (None, "malformed")
    assert wanted(dialect, Request(b"TRACE", dialect.routes[0].path.encode(), (), b"", 0)) in (None, "malformed")


@EVERY
def test_what_is_not_bound_cannot_withdraw(dialect: Dialect) -> None:
    """A dialect that leaves the body out of its signature has no withdrawals."""
    if not dialect.description.binds.body:
        assert not [row for row in dialect.routes if row.action.kind is Kind.WITHDRAWAL]


@EVERY
def test_open_data_is_read_and_never_what_a_key_may_ask_for(dialect: Dialect) -> None:
    """Only market data is open, and only to be read."""
    for row in dialect.routes:
        target = "/".join("1" if each.startswith("{") else each for each in row.path.split("/"))
        if row.action.permission is not Permission.MARKET_READ:
            assert not dialect.is_public(Request(row.method.encode(), target.encode(), (), b"", 0)), row
    for line in dialect.open_routes:
        method, path, *_ = line.split(" ")
        below = path.encode() + (b"" if line.endswith(path) else b"x")
        assert dialect.is_public(Request(method.encode(), below, (), b"", 0)), line
        if path.startswith("/"):
            assert not dialect.is_public(Request(b"DELETE", below, (), b"", 0)), line


# ---- answers


@EVERY
@pytest.mark.parametrize("reason", Reason, ids=[each.code for each in Reason])
def test_a_refusal_says_what_its_caller_may_know(dialect: Dialect, reason: Reason) -> None:
    """The request id always, the reason once it is proven, the owner's detail never; and when to come again."""
    reply = dialect.refuse(Denied(reason, "SHOWN", "FOR-THE-OWNER", 1_500), "req-7f")
    said = reply.body + b"\n".join(b": ".join(each) for each in reply.headers)
    assert b"FOR-THE-OWNER" not in said
    assert (b"retry-after", b"2") in reply.headers
    if reason.answer is Answer.UNAVAILABLE:
        assert reply.status in (503, 504)
    if reply.body not in (b"", b"{}", b"[]"):  # where only an empty body raises the right exception
        assert b"req-7f" in reply.body
        assert reason.code.encode() in reply.body


@EVERY
def test_before_proof_there_is_one_answer(dialect: Dialect) -> None:
    """Byte for byte, whatever the cause."""
    causes = [Denied(Reason.NOT_PROVEN), Denied(Reason.NOT_PROVEN, "", "no key has this id here")]
    assert len({dialect.refuse(each, "req-7f") for each in causes}) == 1


@EVERY
@given(
    status=st.sampled_from([200, 201, 400, 401, 403, 404, 429, 500, 503]),
    body=st.binary(max_size=200) | st.text().map(str.encode),
)
def test_any_reply_of_the_exchange_can_be_read(dialect: Dialect, status: int, body: bytes) -> None:
    """And what cannot be understood declines nothing."""
    effect = dialect.effect(Reply(status, (), body))
    assert effect.reference.isprintable()
    if not body.startswith((b"{", b"[")) and status < 300:
        assert not effect.declined


@EVERY
def test_the_key_hears_about_itself(dialect: Dialect) -> None:
    """What it may do and that it has ended; nothing of its credential."""
    grants = dict.fromkeys((Permission.BALANCES_READ, Permission.ORDERS_WRITE), NO_LIMITS)
    policy = Policy("my bot", grants, Network.from_text(["203.0.113.7"]), NOW_NS // 1_000_000 + 86_400_000)
    name = dialect.description.name
    key = Key("id", "house", "acct", Environment.LIVE, name, WIRE_ID, False, policy, frozenset(), None, (), 0, 1)
    for kind in (Kind.SELF_READ, Kind.SELF_REVOKE):
        [row] = [row for row in dialect.routes if row.action.kind is kind]
        request = Request(row.method.encode(), row.path.encode(), (), b"", 0)
        about = key if kind is Kind.SELF_READ else replace(key, revoked_at_ms=1)
        reply = dialect.about(about, row.action, request)
        assert reply.status == 200
        json.loads(reply.body)


@EVERY
def test_usage_is_headers_of_its_own(dialect: Dialect) -> None:
    """Lower-case names, visible values."""
    for name, value in dialect.usage(Admitted(3, 200, 40, {})):
        assert name == name.lower()
        assert value.isascii()


@EVERY
def test_a_secret_is_chance_and_nothing_else(dialect: Dialect) -> None:
    """256 bits go in and come out as text that clients take."""
    if not any(each.shared for each in dialect.description.algorithms):
        return
    asked: list[int] = []

    def entropy(size: int) -> bytes:
        asked.append(size)
        return bytes(size)

    zeros = dialect.mint(entropy).reveal()
    assert sum(asked) >= 32
    ones = {dialect.mint(partial(one_bit, 1 << bit)).reveal() for bit in range(256)}
    assert len(ones - {zeros}) == 256
    assert 16 <= len(zeros) <= 256
    assert zeros.decode("ascii").isprintable()
    assert "PRIVATE KEY" not in zeros.decode()


def one_bit(number: int, size: int) -> bytes:
    """Entropy that is all zeros but for one bit."""
    return number.to_bytes(size, "big")


# ---- whatever comes


_NAMES = st.sampled_from(sorted({name for each in DIALECTS.values() for name in each.description.credential_headers}))
_TARGETS = st.sampled_from([row.path.encode() for each in DIALECTS.values() for row in each.routes])


@EVERY
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150)
@given(
    method=st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE", b"PATCH", b"X"]),
    target=st.one_of(_TARGETS, st.builds(bytes.__add__, _TARGETS, st.binary(max_size=40)), st.binary(max_size=60)),
    headers=st.lists(st.tuples(_NAMES, st.binary(max_size=120)), max_size=6),
    body=st.one_of(
        st.binary(max_size=120),
        st.dictionaries(st.text(max_size=8), st.text(max_size=8)).map(json.dumps).map(str.encode),
    ),
)
def test_nothing_that_comes_breaks_the_reader(
    dialect: Dialect, method: bytes, target: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    """Everything is a value or one of the two errors of a dialect."""
    request = Request(method, target, tuple(headers), body, 0)
    dialect.is_public(request)
    wanted(dialect, request)
    try:
        claim = dialect.read(request)
    except MalformedRequest:
        return
    if claim is not None:
        for algorithm in dialect.description.algorithms:
            with pytest.raises(BadSignature):
                dialect.check(claim, algorithm, secret_pair(dialect, algorithm)[1])
