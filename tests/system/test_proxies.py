"""nginx, Caddy and Envoy, real ones, each with its file in deploy/: what holds behind all of them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from bitting.kms.secret_file import SecretFile
from bitting.web.identity import verify_identity
from tests.end_to_end import signing
from tests.end_to_end.house import until
from tests.end_to_end.signing import Key, http, with_headers
from tests.end_to_end.upstream import Came, Exchange
from tests.end_to_end.wire import Answer
from tests.system.proxies import FILES, Proxy, Stage, without_mount

TICKER: Final = http("GET", "/api/v3/ticker/price?symbol=BTCUSDT", {})


@pytest.fixture(scope="module", params=sorted(FILES))
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(str(request.param), tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest.fixture(scope="module")
def key(stage: Stage) -> Key:
    return stage.issue("balances.read", "orders.read", "orders.write")


def read(key: Key, path: str = "/api/v3/account", **more: str) -> bytes:
    return without_mount(signing.binance(key, "GET", path, more))


def order(key: Key) -> bytes:
    """An order with all its parameters in the query."""
    return without_mount(signing.order(key).raw)


def refused(said: tuple[Answer, list[Came]], reason: str) -> Answer:
    """It did not arrive, and the client knows why, with the status that this proxy can pass on."""
    answer, came = said
    assert (answer.reason, came) == (reason, [])
    assert answer.status >= 400
    return answer


# ---- admitted


def test_what_is_admitted_arrives_as_it_was_sent(stage: Stage, key: Key) -> None:
    """Byte for byte, with an identity that the exchange can verify, and without what proved the caller."""
    message = with_headers(read(key, omitZeroBalances="%2e%2E//;c=+%20..", x="a//b"), "Accept: x/y")
    answer, [came] = stage.ask(message)
    assert (answer.status, answer.body) == (200, b'{"orderId": 7}')
    assert b"%s %s HTTP/1.1" % (came.method, came.target) == message.split(b"\r\n")[0]
    secret = SecretFile(stage.identity(), "identity").load()
    now_ms = time.time_ns() // 1_000_000
    who = verify_identity(secret, came.method, came.target, came.headers, came.body, now_ms=now_ms)
    assert who.key == key.id
    assert answer.request_id == who.request_id
    assert not {b"x-mbx-apikey", b"x-original-body", b"x-original-uri"} & {name for name, _ in came.headers}
    assert came.header(b"accept") == b"x/y"


def test_an_order_is_written_down_and_passes_once(stage: Stage, key: Key) -> None:
    """What became of it nobody tells us, and the log says so."""
    message = order(key)
    answer, [came] = stage.ask(message)
    assert (answer.status, came.method) == (200, b"POST")
    record = stage.house.record(answer.request_id)
    assert (record["verdict"], record["address"]) == ("admitted", "127.0.0.1")
    assert stage.house.outcome(answer.request_id) == (0, "not told")
    refused(stage.ask(message), "replay.seen")


def test_market_data_is_nobodys(stage: Stage) -> None:
    """It passes without an identity."""
    answer, [came] = stage.ask(TICKER)
    assert (answer.status, came.identity) == (200, [])


def test_a_refusal_has_the_dialects_words(stage: Stage, key: Key) -> None:
    """And its status, where the proxy can say it: Envoy says 403."""
    answer = refused(stage.ask(read(key)[:-10] + b"0000\r\n\r\n"), "key.not_proven")
    assert answer.status == (403 if stage.kind == "envoy" else 400)
    assert answer.request_id in answer.body.decode()
    assert answer.headers["content-type"].startswith("application/json")
    message = without_mount(signing.binance(key, "DELETE", "/api/v3/openOrders", {"symbol": "BTCUSDT"}))
    assert stage.ask(message)[0].status == 200
    weak = stage.issue("balances.read")
    assert refused(stage.ask(order(weak)), "permission.missing").status == 401


def test_what_the_gate_answers_itself_reaches_no_exchange(stage: Stage, key: Key) -> None:
    """A key about itself; through Envoy with the status of a refusal."""
    answer, came = stage.ask(read(key, "/sapi/v1/account/apiRestrictions"))
    assert (answer.status, came) == (403 if stage.kind == "envoy" else 200, [])
    assert b'"ipRestrict": true' in answer.body


# ---- what clients say of themselves

SPOOFED: Final = {
    "Bitting-Account": "somebody",
    "Bitting-Key": "somebody",
    "Bitting-Time": "1",
    "Bitting-Request-Id": "somebody",
    "Bitting-Signature": "v1=00",
    "Cf-Connecting-Ip": "127.0.0.9",
    "Client-Ip": "127.0.0.9",
    "Fastly-Client-Ip": "127.0.0.9",
    "Forwarded": "for=127.0.0.9",
    "True-Client-Ip": "127.0.0.9",
    "X-Client-Ip": "127.0.0.9",
    "X-Cluster-Client-Ip": "127.0.0.9",
    "X-Forwarded-For": "127.0.0.9",
    "X-Forwarded-Host": "evil",
    "X-Forwarded-Method": "DELETE",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Uri": "/evil",
    "X-Http-Method": "DELETE",
    "X-Http-Method-Override": "DELETE",
    "X-Method-Override": "DELETE",
    "X-Original-Body": "none",
    "X-Original-Host": "evil",
    "X-Original-Method": "DELETE",
    "X-Original-Uri": "/evil",
    "X-Original-Url": "/evil",
    "X-Real-Ip": "127.0.0.9",
    "X-Rewrite-Url": "/evil",
}


@pytest.mark.parametrize("spelled", [str, str.lower, str.upper], ids=["as-is", "lower", "upper"])
def test_what_clients_say_of_themselves_ends_at_the_proxy(
    stage: Stage, key: Key, spelled: type[str], subtests: pytest.Subtests
) -> None:
    """I-01, S-24: no header makes another caller, address, method or target, here or at the exchange."""
    lies = [f"{spelled(name)}: {value}" for name, value in SPOOFED.items()]
    for name, message in (("open", TICKER), ("signed", read(key))):
        with subtests.test(name):
            answer, [came] = stage.ask(with_headers(message, *lies))
            assert answer.status == 200
            arrived = dict(came.headers)
            assert [each for each in SPOOFED if arrived.get(each.lower().encode()) == SPOOFED[each].encode()] == []
            assert len(came.identity) == (5 if name == "signed" else 0)


@pytest.mark.parametrize("header", ["X-Real-Ip: 127.0.0.9", "X-Forwarded-For: 127.0.0.9", "Forwarded: for=127.0.0.9"])
def test_the_address_is_the_connections(stage: Stage, header: str) -> None:
    """I-01, I-02: a key of 127.0.0.9 works from there, and from nowhere that says it were there."""
    key = stage.issue("balances.read", network="127.0.0.9")
    refused(stage.ask(with_headers(read(key), header, header)), "network.outside")
    answer, [_] = stage.ask(with_headers(read(key), header.replace("0.9", "0.8")), source="127.0.0.9")
    assert answer.status == 200


@pytest.mark.parametrize("dropped", ["Bitting-Key", "X-Real-Ip", "X-Mbx-Apikey", "X-Original-Body, X-Original-Uri"])
def test_connection_options_take_nothing_away(stage: Stage, key: Key, dropped: str) -> None:
    """A client that names headers as its connection's has a proxy drop them: never ours."""
    answer, came = stage.ask(with_headers(read(key), f"Connection: close, {dropped}"))
    assert [len(each.identity) for each in came] == ([5] if answer.status == 200 else [])


def test_a_header_that_stands_twice_proves_nothing(stage: Stage, key: Key) -> None:
    """S-26: also where the proxy joins the two with a comma, or spells one with an underscore."""
    for twin in ("X-MBX-APIKEY: x", f"x-mbx-apikey: {key.key_id}"):
        answer, came = stage.ask(with_headers(read(key), twin))
        assert (answer.status >= 400, came) == (True, [])
    answer, came = stage.ask(with_headers(TICKER, "X_Mbx_Apikey: x", "Bitting_Key: x"))
    assert [name for each in came for name, _ in each.headers if b"_" in name or name.startswith(b"bitting")] == []


# ---- paths


@pytest.mark.parametrize(
    "path",
    [
        "/api/v3/%61ccount",
        "/api/v3/account/",
        "/api/v3//account",
        "//api/v3/account",
        "/api/v3/./account",
        "/api/v3/ping/../account",
        "/api/v3/ping/%2e%2e/account",
        "/api/v3/ping%2f..%2faccount",
        "/api/v3%2Faccount",
        "/api/v3/account;a=b",
        "/api/v3/account%00",
        "/API/v3/account",
        "/api/v3/account%3Fa",
        "/%2e/api/v3/account",
        "/.bitting",
        "/binance/api/v3/account",
    ],
)
def test_a_path_in_another_spelling_reaches_nothing(stage: Stage, key: Key, path: str) -> None:
    """S-21: signed or not, what the exchange might route otherwise than it was judged is not passed on."""
    for message in (read(key, path), http("GET", f"{path}?symbol=BTCUSDT", {})):
        answer, came = stage.ask(message)
        assert (answer.status >= 400, came) == (True, []), answer


@pytest.mark.parametrize("first", ["GET http://evil/api/v3/time", "GET *", "OPTIONS *", "TRACE /api/v3/time"])
def test_a_target_in_another_form_is_judged_as_it_goes_on_or_not_at_all(stage: Stage, first: str) -> None:
    """Absolute targets, `*`, and methods nobody maps."""
    answer, came = stage.ask(TICKER.replace(TICKER.split(b" HTTP")[0], first.encode()))
    assert [each.target for each in came] in ([], [b"/api/v3/time"])
    assert came or answer.status >= 400 or first == "OPTIONS *"  # which Caddy answers by itself


# ---- bodies

_FORM: Final = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.0001&price=1000"


def _with_body(message: bytes, body: bytes) -> bytes:
    head = message.partition(b"\r\n\r\n")[0].replace(b"\r\nContent-Length: 0", b"")
    kind = b"Content-Type: application/x-www-form-urlencoded"
    return b"%s\r\n%s\r\nContent-Length: %d\r\n\r\n%s" % (head, kind, len(body), body)


def _in_body(key: Key) -> tuple[bytes, bytes]:
    """An order with all its parameters in the body, as ccxt sends it: head and body."""
    first, _, rest = order(key).partition(b" HTTP/1.1\r\n")
    path, _, query = first.partition(b"?")
    return path + b" HTTP/1.1\r\n" + rest, query


def test_a_signed_body_passes_where_the_proxy_shows_it(stage: Stage, key: Key) -> None:
    """Through Envoy; nginx and Caddy do not show it, and the client is told that."""
    head, body = _in_body(key)
    said = stage.ask(_with_body(head, body))
    if stage.shows_body:
        assert (said[0].status, [each.body for each in said[1]]) == (200, [body])
    else:
        refused(said, "body.unseen")


def test_a_body_that_nobody_signed_does_not_pass(stage: Stage, key: Key) -> None:
    """In Binance's dialect the parameters of query and body are one: a body could change the order."""
    reason = "key.not_proven" if stage.shows_body else "body.unseen"
    for message in (order(key), read(key)):
        refused(stage.ask(_with_body(message, b"quantity=9")), reason)
    head, body = _in_body(key)
    refused(stage.ask(_with_body(head, body.replace(b"0.0001", b"9.0001"))), reason)


def test_a_body_in_chunks_is_a_body(stage: Stage, key: Key) -> None:
    """It has no length, and is seen or refused all the same."""
    message = order(key).replace(b"Content-Length: 0\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n")
    refused(
        stage.ask(message + b"a\r\nquantity=9\r\n0\r\n\r\n"), "key.not_proven" if stage.shows_body else "body.unseen"
    )


def test_a_body_beyond_all_bounds_reaches_nothing(stage: Stage, key: Key) -> None:
    """A byte over the megabyte that is judged."""
    head, body = _in_body(key)
    answer, came = stage.ask(_with_body(head, body + b"&" * (1024 * 1024 + 1 - len(body))))
    assert (answer.status >= 400, came) == (True, [])


def test_an_encoded_body_is_not_guessed_at(stage: Stage, key: Key) -> None:
    """S-30."""
    head, body = _in_body(key)
    answer, came = stage.ask(with_headers(_with_body(head, body), "Content-Encoding: gzip"))
    assert (answer.status >= 400, came) == (True, [])


# ---- what cannot be read at all


@pytest.mark.parametrize(
    "message",
    [
        b"GET /api/v3/time HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /api/v3/time HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 70_000 + b"\r\n\r\n",
        b"GET /api/v3/time?" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /api/v3/time\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /api/v3/order HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /api/v3/order HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/v3/order HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"POST /api/v3/order HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["hosts", "long-header", "long-target", "control", "lengths", "both", "codings", "space"],
)
def test_what_cannot_be_read_in_one_way_reaches_nothing(stage: Stage, message: bytes) -> None:
    """S-28: by the proxy or by the gate, it is refused."""
    answer, came = stage.ask(message)
    assert (answer.status >= 400, came) == (True, [])


# ---- closed when in doubt


def test_with_the_gate_down_nothing_passes(stage: Stage, key: Key) -> None:
    """Not even market data; and everything again once it is back."""
    stage.house.stop("gate")
    try:
        for message in (read(key), order(key), TICKER):
            answer, came = stage.ask(message)
            assert (answer.status >= 500, came) == (True, [])
    finally:
        stage.house.start_gate()
    until(lambda: stage.ask(read(key))[0].status == 200)


def test_with_a_gate_that_does_not_answer_nothing_passes(stage: Stage, key: Key) -> None:
    """It hangs in the middle: the proxy gives up, and lets nothing pass. What the gate finds out later is too late."""
    os.kill(stage.house.gate, signal.SIGSTOP)
    try:
        answer, came = stage.ask(order(key))
        assert (answer.status >= 500, came) == (True, [])
    finally:
        os.kill(stage.house.gate, signal.SIGCONT)
    until(lambda: stage.ask(read(key))[0].status == 200)
    assert [each.method for each in stage.exchange.came[-1:]] == [b"GET"]


@pytest.mark.parametrize("kind", sorted(FILES))
def test_a_target_goes_on_byte_for_byte(kind: str, tmp_path: Path) -> None:
    """The proxies' side of the bargain, before a gate that admits everything: what is forwarded is what was asked
    about, in every spelling."""
    target = b"/x/a%2Fb//c/%2e%2e/../d;p/%c3%a4/?x=1&y=%20&z=+&w=/../"
    with Exchange() as gate, Exchange() as exchange:
        ports = [int(each.url.rpartition(":")[2]) for each in (gate, exchange)]
        with Proxy(kind, tmp_path, *ports) as proxy:
            assert proxy.ask(http("GET", target.decode(), {})).status == 200
        [asked], [came] = gate.came, exchange.came
    told = {"nginx": b"x-original-uri", "caddy": b"x-forwarded-uri"}
    assert (asked.header(told[kind]) if kind in told else asked.target.removeprefix(b"/binance")) == target
    assert came.target == target


@pytest.mark.parametrize("kind", sorted(FILES))
@pytest.mark.parametrize("status", [204, 301, 400, 401, 403, 404, 429, 500, 503])
def test_no_answer_but_200_lets_anything_pass(kind: str, status: int, tmp_path: Path) -> None:
    """The proxies' side of the bargain: whatever else stands at the gate's port."""
    with Exchange() as gate, Exchange() as exchange:
        gate.status, gate.body = status, b"{}"
        ports = [int(each.url.rpartition(":")[2]) for each in (gate, exchange)]
        with Proxy(kind, tmp_path, *ports) as proxy:
            answer = proxy.ask(TICKER)
        assert len(gate.came) >= 1
        # nginx goes by 2xx as a whole; the gate never says 204.
        assert len(exchange.came) == (1 if (kind, status) == ("nginx", 204) else 0)
        assert answer.status >= 300 or status == 204
