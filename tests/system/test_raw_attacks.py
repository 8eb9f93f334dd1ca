"""Attacks on the reading of requests, over raw sockets, at a real gate before an exchange that notes what arrives: at
its own port, and through nginx and Envoy in front of it, whose word on addresses it believes.

The table is in `raw_attacks`. Behind a proxy the status is the proxy's or the gate's; what has to hold is that no
request arrives that the proxy did not see, none that nobody signed is let in, and no address is believed that a client
has written.
"""

from __future__ import annotations

import base64
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

import pytest

from tests.end_to_end.house import NO_RATES, PATIENCE_S, House, until
from tests.end_to_end.signing import balances, order, with_headers
from tests.end_to_end.upstream import Exchange
from tests.end_to_end.wire import Line, tell
from tests.system.fronts import ADDRESS, FRONTS, TRUSTED, Front
from tests.system.raw_attacks import ATTACKS, HOST, MENDED, OPEN, SMUGGLED, post, request

Address = tuple[str, int]
BROKEN = {500, 502, 503, 504}  # as opposed to 501 and 505, which refuse what is not spoken here


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange() as exchange:
        yield exchange


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house"), settings=TRUSTED + NO_RATES, upstream=exchange.url) as house:
        yield house


class Way(NamedTuple):
    """To the gate: straight, or through a proxy."""

    name: str
    address: Address

    @property
    def straight(self) -> bool:
        return self.name == "straight"


@pytest.fixture(scope="module", params=["straight", *FRONTS])
def way(request: pytest.FixtureRequest, house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    if request.param == "straight":
        yield Way("straight", house.address)
    else:
        with Front(request.param, tmp_path_factory.mktemp(request.param), house.address[1]) as front:
            yield Way(front.kind, ("127.0.0.1", front.port))


@pytest.fixture(autouse=True)
def forgotten(exchange: Exchange) -> None:
    exchange.came.clear()


def told(address: Address, data: bytes, source: str = "") -> bytes:
    """Everything that comes back until the other side closes; we do not close first."""
    with Line(address, source) as line:
        threading.Thread(target=send, args=(line.socket, data)).start()
        return until_closed(line.socket)


def send(one: socket.socket, data: bytes) -> None:
    with suppress(OSError):  # it has heard enough
        one.sendall(data)


def until_closed(one: socket.socket) -> bytes:
    said = bytearray()
    try:
        while part := one.recv(1 << 16):
            said += part
    except ConnectionResetError:
        pass
    return bytes(said)


WALLETS = b"/bitfinex/v2/auth/r/wallets"
# Of one kind of character, and of two that take turns: what a pattern with two ways to go on tries all of.
LONG = [part * (3500 // len(part)) for part in (b"a", b"1", b"1.", b" a", b"%2", b"_-", b"ab=")]


def statuses(said: bytes) -> list[int]:
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d{3}) ", said)]


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(way: Way, exchange: Exchange, name: str) -> None:
    """It is refused, and nothing behind it is read as a request that nobody else saw. The gate refuses it with its
    status, once, and closes; a proxy refuses it, passes it on to the gate, which does, or straightens it out."""
    attack = ATTACKS[name]
    said = statuses(told(way.address, attack.data))
    if way.straight:
        # Where the first request was whole, it has had its answer before the rest was seen to be wrong.
        assert said[-1] == attack.status
        assert len(said) <= 2
        assert [came.target for came in exchange.came if b"SMUGGLED" in came.raw] == []
    else:
        assert BROKEN.isdisjoint(said)
        assert (max(said, default=400) < 400) is (name in MENDED[way.name])
        # Who reads more leniently than we do sees two requests, and passes on two that are as they should be.
        assert said.count(200) == len(exchange.came)
        assert all(b"SMUGGLED" not in came.raw or came.target.endswith(b"=SMUGGLED") for came in exchange.came)
    assert [came.identity for came in exchange.came if came.identity] == []
    assert tell(way.address, request()).status == 200  # and others are served on


def test_what_would_be_smuggled_is_a_request(way: Way, exchange: Exchange) -> None:
    """Without an attack in front of it, it arrives: else the tests above would show nothing."""
    assert statuses(told(way.address, request() + SMUGGLED + request(b"Connection: close"))) == [200] * 3
    assert [came.target[-8:] for came in exchange.came] == [b"=BTCUSDT", b"SMUGGLED", b"=BTCUSDT"]


# ---- I-01, I-02, I-04: addresses

INSIDE, OUTSIDE = "127.0.0.1", "127.0.0.8"
# By which proxies and clouds tell a client's address; `%s` is where it stands.
SPOOFS = [
    *("X-Forwarded-For: %s", "X-Forwarded-For: %s, %s", "X-FORWARDED-FOR: ::ffff:%s", "Forwarded: for=%s"),
    *("X-Real-IP: %s", "True-Client-IP: %s", "CF-Connecting-IP: %s", "X_Forwarded_For: %s"),
    *("X-Envoy-External-Address: %s", "X-Envoy-Original-Dst-Host: %s:80", f"X-Forwarded-For: %s, {ADDRESS}"),
]


@pytest.mark.parametrize("spoof", SPOOFS)
def test_what_a_client_says_of_its_address(way: Way, house: House, exchange: Exchange, spoof: str) -> None:
    """It makes no outsider an insider, whatever stands in front of the gate."""
    key = house.issue("binance", "balances.read", network=INSIDE)
    answer = tell(way.address, with_headers(balances(key).raw, spoof.replace("%s", INSIDE)), OUTSIDE)
    assert answer.reason == "network.outside" or answer.status == 400
    assert exchange.came == []
    if answer.request_id:
        assert house.record(answer.request_id)["address"] == OUTSIDE


@pytest.mark.parametrize("rule", [INSIDE, f"::ffff:{INSIDE}"])
def test_the_address_that_counts(way: Way, house: House, rule: str) -> None:
    """It is the client's own, of which the proxy alone speaks, in either spelling of the rule."""
    key = house.issue("binance", "balances.read", network=rule)
    assert tell(way.address, with_headers(balances(key).raw, f"X-Forwarded-For: {OUTSIDE}"), INSIDE).status == 200
    assert tell(way.address, balances(key).raw, OUTSIDE).reason == "network.outside"


@pytest.mark.parametrize(
    ("said", "inside"),
    [
        (INSIDE, True),
        (f"::ffff:{INSIDE}", True),
        (f"{OUTSIDE}, {INSIDE}", True),
        (f"{INSIDE}, {OUTSIDE}", False),
        (f"{INSIDE}, {OUTSIDE}, {ADDRESS}", False),
        (f"{INSIDE}, unknown", False),
    ],
)
def test_what_the_proxy_says(house: House, said: str, inside: bool) -> None:
    """The right-most address that is no proxy's, in either spelling of IPv4."""
    key = house.issue("binance", "balances.read", network=INSIDE)
    answer = tell(house.address, with_headers(balances(key).raw, f"X-Forwarded-For: {said}"), ADDRESS)
    assert (answer.status == 200) is inside


# ---- S-31: signatures


def hexadecimal(signature: bytes) -> list[bytes]:
    """Spellings of a good one that others take for it, and what is none."""
    return [
        b"0x" + signature,
        signature[:-1],
        signature + b"00",
        b"",
        b"%00" + signature[3:],
        b"%C3%A9" * 10,
        base64.b64encode(bytes.fromhex(signature.decode())).replace(b"+", b"%2B").replace(b"/", b"%2F"),
        b"a" * 7000,
    ]


def test_a_signature_has_one_spelling(way: Way, house: House, exchange: Exchange) -> None:
    """Something around it, nothing at all, another encoding: each is refused, and the same order with its signature as
    it was made goes through after all that. Binance takes upper case, too; it is no second order then."""
    key = house.issue("binance", "trade")
    made = order(key).raw
    found = re.search(rb"signature=([0-9a-f]{64})", made)
    assert found is not None
    for spelling in hexadecimal(found[1]):
        answer = tell(way.address, relengthened(made.replace(found[1], spelling)))
        assert 400 <= answer.status < 500, spelling
        assert exchange.came == []
    assert tell(way.address, made).status == 200
    assert tell(way.address, made.replace(found[1], found[1].upper())).reason == "replay.seen"


@pytest.mark.parametrize("dialect", ["bitfinex", "bithumb"])
@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.upper() if value.islower() else value.lower(),
        lambda value: value[:-4] + b"\xc3\xa9\xff\x80",
        lambda value: value + b"==",
        lambda value: value[:-1] + b"!",
        lambda value: b"",
        lambda value: b"a" * 20_000,
    ],
    ids=["case", "not ASCII", "padding", "junk", "empty", "long"],
)
def test_a_signature_in_a_header(
    way: Way, house: House, exchange: Exchange, dialect: str, change: Callable[[bytes], bytes]
) -> None:
    """Bytes that are no signature, in a header: refused in the dialect's words, and nothing breaks."""
    made = order(house.issue(dialect, "trade")).raw
    found = re.search(rb"(?i)^(bfx-signature|authorization): (.*)\r$", made, re.MULTILINE)
    assert found is not None
    answer = tell(way.address, made[: found.start(2)] + change(found[2]) + made[found.end(2) :])
    assert answer.reason or answer.status == 400
    assert answer.body != b"internal error\n"
    assert exchange.came == []
    assert tell(way.address, made).status == 200


def relengthened(message: bytes) -> bytes:
    """With the Content-Length that it has now."""
    head, end, body = message.partition(b"\r\n\r\n")
    return re.sub(rb"(?i)content-length: \d+", b"Content-Length: %d" % len(body), head) + end + body


# ---- S-29, R-01: time and number


def test_a_body_that_stops_short(way: Way, exchange: Exchange) -> None:
    """S-29: who closes his half before the end of his body is refused at once."""
    with Line(way.address) as line:
        line.socket.sendall(post(b"Content-Length: 5") + b"hell")
        line.socket.shutdown(socket.SHUT_WR)
        assert statuses(until_closed(line.socket)) in ([[400]] if way.straight else [[400], []])
    assert exchange.came == []


def test_slow_clients(house: House, exchange: Exchange) -> None:
    """Heads that trickle, and one that never begins, are ended after their time, however often a byte comes."""
    done: dict[str, bytes] = {}

    def trickle(name: str, begun: bytes) -> None:
        with Line(house.address, "127.0.0.8") as line:
            line.socket.settimeout(0.5)
            line.socket.sendall(begun)
            said = b""
            for _ in range(2 * int(PATIENCE_S)):
                try:
                    part = line.socket.recv(4096)
                except TimeoutError:
                    send(line.socket, b"a" if begun else b"")
                    continue
                except ConnectionResetError:
                    part = b""
                said += part
                if not part:
                    done[name] = said
                    return

    heads = {"silent": b"", "line": b"GET /" + b"a", "header": b"GET / HTTP/1.1\r\nA: "}
    threads = [threading.Thread(target=trickle, args=each) for each in heads.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: statuses(said) for name, said in done.items()} == {"silent": [], "line": [408], "header": [408]}


def test_an_address_has_so_many_connections_and_no_more(house: House) -> None:
    """The 65th is turned away; another address is not."""
    source = "127.0.0.9"
    lines = [Line(house.address, source) for _ in range(64)]
    try:
        until(lambda: 503 in statuses(told(house.address, b"", source)))
        assert tell(house.address, request(), "127.0.0.10").status == 200
    finally:
        for line in lines:
            line.socket.close()


def test_a_client_that_does_not_read(house: House) -> None:
    """Its replies wait for it in bounded number, while others are answered."""
    with Line(house.address, "127.0.0.11") as greedy:
        threading.Thread(target=send, args=(greedy.socket, request() * 200_000), daemon=True).start()
        time.sleep(0.2)
        for _ in range(20):
            assert tell(house.address, request()).status == 200


# ---- texts that are long to match, ranges and parts, pipelines


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:3].decode())
def test_long_texts_are_answered(way: Way, text: bytes) -> None:
    """Wherever a pattern is matched, a text that makes a careless one take for ever is answered like any other."""
    bare = text.replace(b" ", b"+")
    for data in (
        request(target=OPEN + bare),
        request(target=b"/binance/" + bare),
        request(b"X-MBX-APIKEY: " + text, target=b"/binance/api/v3/account?timestamp=" + bare + b"&signature=" + bare),
        request(b"User-Agent: " + text, b"X-Forwarded-For: " + text, b"Authorization: " + text, b"Connection: " + text),
        request(
            b"bfx-apikey: " + text,
            b"bfx-nonce: " + text,
            b"bfx-signature: " + text,
            target=b"/bitfinex/v2/auth/r/wallets",
        ),
        request(b"Authorization: Bearer " + text, target=b"/bithumb/v1/accounts?" + bare),
        request(b"Host: " + text).replace(HOST, b"", 1),
    ):
        assert tell(way.address, data).status in (200, 400, 401, 404, 500)


def test_ranges_are_not_served(way: Way) -> None:
    """What the gate says itself it says whole, however many pieces of it are asked for."""
    ranges = b"Range: bytes=" + b",".join(b"%d-" % at for at in range(1000))
    assert statuses(told(way.address, request(ranges, b"Connection: close", target=b"/nowhere"))) == [404]


def test_parts_are_not_read(way: Way, exchange: Exchange) -> None:
    """A form in many parts is no request of a dialect."""
    body = b"--a\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n" * 1000 + b"--a--"
    head = post(b"Content-Type: multipart/form-data; boundary=a", b"Content-Length: %d" % len(body))
    assert tell(way.address, head.replace(OPEN, b"/binance/api/v3/order") + body).status == 400
    assert exchange.came == []


def test_a_long_pipeline(way: Way, house: House, exchange: Exchange) -> None:
    """Is answered in its order, one after another, and does not shut out a client with one request."""
    with Line(way.address) as line:
        threading.Thread(target=send, args=(line.socket, balances(house.issue("binance", "trade")).raw)).start()
        assert line.answer().status == 200
        exchange.came.clear()
        threading.Thread(target=send, args=(line.socket, request() * 1000)).start()
        assert tell(way.address, request()).status == 200
        assert [line.answer().status for _ in range(1000)] == [200] * 1000
