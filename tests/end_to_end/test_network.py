"""A key works from its network and from nowhere else, and nothing that a client writes can change where it comes from.

All of 127.0.0.0/8 is this machine: a connection can begin at 127.0.0.2, and be an outsider.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.house import House
from tests.end_to_end.signing import Key, balances, order, with_headers
from tests.end_to_end.wire import Answer, Line, tell

INSIDE, OUTSIDE = "127.0.0.2", "127.0.0.3"
# Everything by which proxies and clouds tell a client's address.
SPOOFS = [
    "X-Forwarded-For",
    "X-Forwarded-for",
    "Forwarded",
    "X-Real-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "Fastly-Client-IP",
    "X-Original-Forwarded-For",
]


def ask(house: House, key: Key, source: str, *headers: str) -> Answer:
    return tell(house.address, with_headers(balances(key).raw, *headers), source)


def test_only_the_address_counts(house: House, dialect: str) -> None:
    """Inside is admitted, outside refused, with the address in the refusal and nothing of what is allowed."""
    key = house.issue(dialect, "trade", network=INSIDE)
    assert ask(house, key, INSIDE).reason == ""
    answer = ask(house, key, OUTSIDE)
    assert answer.reason == "network.outside"
    assert OUTSIDE.encode() in answer.body
    assert INSIDE.encode() not in answer.body
    record = house.record(answer.request_id)
    assert (record["address"], record["reason"]) == (OUTSIDE, "network.outside")
    assert INSIDE in record["detail"]


@pytest.mark.parametrize("network", [f"::ffff:{INSIDE}", "127.0.0.2/31"])
def test_one_network_has_several_spellings(house: House, network: str) -> None:
    """A block, and IPv4 written as IPv6, are the addresses they are."""
    key = house.issue("binance", "trade", network=network)
    assert ask(house, key, INSIDE).status == 200
    assert ask(house, key, "127.0.0.4").reason == "network.outside"


def test_a_network_of_ipv6_does_not_admit_ipv4(house: House, dialect: str) -> None:
    """A key for addresses of IPv6 is refused from one of IPv4, and its owner sees from which."""
    key = house.issue(dialect, "trade", network="2001:db8::/48")
    assert ask(house, key, INSIDE).reason == "network.outside"


@pytest.mark.parametrize("header", SPOOFS)
def test_what_a_client_says_of_its_address_is_not_heard(house: House, header: str) -> None:
    """No header makes an outsider an insider, and none makes an insider an outsider."""
    key = house.issue("binance", "trade", network=INSIDE)
    answer = ask(house, key, OUTSIDE, f"{header}: {INSIDE}", f"{header}: for={INSIDE}")
    assert answer.reason == "network.outside"
    assert house.record(answer.request_id)["address"] == OUTSIDE
    assert ask(house, key, INSIDE, f"{header}: {OUTSIDE}").status == 200


def test_a_spelling_that_some_servers_take_for_it_is_refused(house: House) -> None:
    """An underscore where others read a hyphen: the request is not heard at all."""
    key = house.issue("binance", "trade", network=INSIDE)
    assert ask(house, key, INSIDE, f"X_Forwarded_For: {INSIDE}").status == 400


def test_an_edit_reaches_connections_that_are_open(house: House, dialect: str) -> None:
    """A connection that was inside is outside as soon as the edit is acknowledged, and inside again by another."""
    key = house.issue(dialect, "trade", network=INSIDE)
    with Line(house.address, INSIDE) as line:
        assert line.ask(order(key).raw).reason == ""
        house.ask("key.edit", key=key.id, network=[OUTSIDE])
        assert line.ask(order(key).raw).reason == "network.outside"
        house.ask("key.edit", key=key.id, network=[OUTSIDE, INSIDE])
        assert line.ask(order(key).raw).reason == ""


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house behind a proxy at 127.0.0.1."""
    settings = '[listen]\ntrusted_proxies = ["127.0.0.1"]\n'
    with House(tmp_path_factory.mktemp("behind"), settings=settings) as house:
        yield house


CLIENT = "198.51.100.7"
HOPS = [
    (CLIENT, 200),
    (f"203.0.113.9, {CLIENT}", 200),
    (f"{CLIENT}, 127.0.0.1", 200),  # the proxy itself, named by a second one
    (f" {CLIENT} ,\t127.0.0.1 ", 200),
    (f"::ffff:{CLIENT}", 200),
    (f"{CLIENT}, 203.0.113.9", 401),
    (f"{CLIENT}, 203.0.113.9, 127.0.0.1", 401),
    ("127.0.0.1", 401),
]


@pytest.mark.parametrize(("hops", "status"), HOPS)
def test_behind_a_proxy_the_right_most_hop_counts(behind: House, hops: str, status: int) -> None:
    """Of what a trusted proxy passes on, the last address that is not a trusted proxy's is the client's."""
    key = behind.issue("binance", "trade", network=CLIENT)
    assert ask(behind, key, "127.0.0.1", f"X-Forwarded-For: {hops}").status == status


@pytest.mark.parametrize("hops", ["not an address", f"{CLIENT}:4711", "", f"{CLIENT},"])
def test_a_hop_that_is_no_address_is_refused(behind: House, hops: str) -> None:
    """Where the proxy's word cannot be read, nobody guesses."""
    key = behind.issue("binance", "trade", network=CLIENT)
    assert ask(behind, key, "127.0.0.1", f"X-Forwarded-For: {hops}").status == 400


def test_two_hop_headers_are_refused(behind: House) -> None:
    """One of them was written by the client, and nobody can tell which."""
    key = behind.issue("binance", "trade", network=CLIENT)
    twice = f"X-Forwarded-For: {CLIENT}"
    assert ask(behind, key, "127.0.0.1", twice, twice).status == 400


def test_who_is_no_proxy_speaks_for_nobody(behind: House) -> None:
    """Another machine that sends the proxy's header is taken for itself."""
    key = behind.issue("binance", "trade", network=CLIENT)
    answer = ask(behind, key, OUTSIDE, f"X-Forwarded-For: {CLIENT}")
    assert answer.reason == "network.outside"
    assert behind.record(answer.request_id)["address"] == OUTSIDE
