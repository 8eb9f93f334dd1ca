"""Allowlists, against Python's own `ipaddress` and against brute force (I-04 to I-12)."""

import ipaddress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedValue
from bitting.domain.network import (
    ANYWHERE,
    MOST_RULES,
    NOBODY,
    Network,
    Rule,
    address_from_text,
    address_to_text,
    block_of,
)

MAPPED = 0xFFFF << 32
AnyNetwork = IPv4Network | IPv6Network

fours = st.integers(0, 2**32 - 1).map(IPv4Address)
sixes = st.integers(0, 2**128 - 1).filter(lambda number: number >> 32 != 0xFFFF).map(IPv6Address)
four_nets = st.builds(lambda at, size: IPv4Network((int(at), size), strict=False), fours, st.integers(10, 32))
six_nets = st.builds(lambda at, size: IPv6Network((int(at), size), strict=False), sixes, st.integers(32, 128)).filter(
    lambda net: not (int(net[0]) <= MAPPED | 0xFFFF_FFFF and int(net[-1]) >= MAPPED)
)
nets: st.SearchStrategy[AnyNetwork] = four_nets | six_nets
# A universe of 512 addresses, small enough to be asked one by one.
small = st.lists(
    st.builds(
        lambda at, size: IPv4Network((0x0A000000 + at, size), strict=False), st.integers(0, 511), st.integers(24, 32)
    ),
    max_size=5,
)
UNIVERSE = range(MAPPED | 0x09FFFFFF, (MAPPED | 0x0A000000) + 513)


def number(address: IPv4Address | IPv6Address) -> int:
    return int(address) | (MAPPED if address.version == 4 else 0)


def network(given: list[AnyNetwork] | list[IPv4Network]) -> Network:
    return Network.from_text(str(each) for each in given)


@st.composite
def nets_and_addresses(draw: st.DrawFn) -> tuple[list[AnyNetwork], list[IPv4Address | IPv6Address]]:
    """Networks with addresses at random and at their edges."""
    chosen = draw(st.lists(nets, max_size=6))
    asked: list[IPv4Address | IPv6Address] = draw(st.lists(fours | sixes, max_size=4))
    for net in chosen:
        kind = type(net[0])
        edges = (int(net[0]) - 1, int(net[0]), int(net[-1]), int(net[-1]) + 1)
        asked += [kind(each) for each in edges if 0 <= each < 2**net.max_prefixlen]
    return chosen, [each for each in asked if each.version == 4 or int(each) >> 32 != 0xFFFF]


@given(both=nets_and_addresses())
def test_it_admits_what_ipaddress_contains(
    both: tuple[list[AnyNetwork], list[IPv4Address | IPv6Address]],
) -> None:
    """Random networks of both families, asked at random and one beside every edge."""
    chosen, asked = both
    built = network(chosen)
    for each in asked:
        assert built.admits(number(each)) == any(each in net for net in chosen)


@given(address=fours, chosen=st.lists(four_nets, max_size=4))
def test_an_address_and_its_mapped_form_are_one(address: IPv4Address, chosen: list[IPv4Network]) -> None:
    """I-04: `::ffff:1.2.3.4` and `1.2.3.4` are the same number, as peer and as rule."""
    mapped = f"::ffff:{address}"
    assert address_from_text(mapped) == address_from_text(str(address)) == MAPPED | int(address)
    assert address_from_text(str(IPv6Address(MAPPED | int(address)))) == MAPPED | int(address)
    assert Rule.from_text(mapped) == Rule.from_text(str(address))
    built = network(chosen)
    assert built.admits(address_from_text(mapped)) == any(address in net for net in chosen)


@given(one=small, other=small)
def test_within_is_true_of_subsets_only(one: list[IPv4Network], other: list[IPv4Network]) -> None:
    """Asked address by address over a small universe; two lists may write one set in different ways."""
    mine, theirs = network(one), network(other)
    inside = {each for each in UNIVERSE if mine.admits(each)}
    assert inside == {each for each in UNIVERSE if any(IPv4Address(each & 0xFFFF_FFFF) in net for net in one)}
    assert mine.within(theirs) == (inside <= {each for each in UNIVERSE if theirs.admits(each)})


@given(one=st.lists(nets, max_size=5), kept=st.data())
def test_fewer_and_smaller_rules_are_within(one: list[AnyNetwork], kept: st.DataObject) -> None:
    """Both families: dropping a rule or halving a block narrows, and the other direction does not."""
    halve = {net: net.prefixlen < net.max_prefixlen and kept.draw(st.booleans()) for net in one}
    narrower = [f"{net[0]}/{net.prefixlen + halve[net]}" for net in one if kept.draw(st.booleans())]
    whole, part = network(one), Network.from_text(narrower)
    assert part.within(whole)
    if not whole.within(part):
        assert any(not part.admits(number(edge)) for net in one for edge in (net[0], net[-1]))


def test_anywhere_and_nobody_are_the_two_ends() -> None:
    """Everything is within *anywhere*, which is within nothing else; an empty list admits no address at all."""
    some = Network.from_text(["203.0.113.0/24", "2001:db8::/32"])
    assert [NOBODY.within(each) for each in (NOBODY, some, ANYWHERE)] == [True, True, True]
    assert [some.within(each) for each in (NOBODY, some, ANYWHERE)] == [False, True, True]
    assert [ANYWHERE.within(each) for each in (NOBODY, some, ANYWHERE)] == [False, False, True]
    assert Network.from_text([]) == NOBODY
    for address in (0, 1, MAPPED, MAPPED | 0x7F000001, 2**128 - 1):
        assert ANYWHERE.admits(address)
        assert not NOBODY.admits(address)


@given(chosen=st.lists(nets, max_size=6))
def test_a_network_reads_what_it_writes(chosen: list[AnyNetwork]) -> None:
    """Round trip; the order and number of times a rule was given do not matter."""
    built = network(chosen)
    assert Network.from_text(built.to_text()) == built
    assert network([*reversed(chosen), *chosen]) == built
    assert hash(network([*reversed(chosen)])) == hash(built)
    assert Network.from_text(["anywhere"]).to_text() == ["anywhere"]
    for net in chosen:
        alone = Rule.from_text(str(net)).to_text()
        assert ipaddress.ip_network(alone) == net


@given(address=fours | sixes)
def test_an_address_reads_what_it_writes(address: IPv4Address | IPv6Address) -> None:
    """The usual notation, in and out."""
    assert address_to_text(number(address)) == str(address)
    assert address_from_text(str(address)) == number(address)


@given(address=fours | sixes)
def test_strangers_are_counted_by_block(address: IPv4Address | IPv6Address) -> None:
    """A /64 is one subscriber, and could change its address for each request; an IPv4 address is itself."""
    block = block_of(number(address))
    if address.version == 4:
        assert block == number(address)
    else:
        assert IPv6Address(block) == IPv6Network((int(address), 64), strict=False)[0]


def test_nat64_and_6to4_are_addresses_of_their_own() -> None:
    """`64:ff9b::a9fe:a9fe` is not 169.254.169.254: only mapped addresses are folded."""
    rule = Network.from_text(["169.254.169.254", "127.0.0.1"])
    assert not rule.admits(address_from_text("64:ff9b::a9fe:a9fe"))
    assert not rule.admits(address_from_text("2002:7f00:1::"))
    assert not rule.admits(address_from_text("::127.0.0.1"))


def test_rules_together_are_capped() -> None:
    """I-08: the two halves of the internet, or five /8, are no allowlist either."""
    four = [f"{first}.0.0.0/8" for first in (11, 12, 13, 14)]
    assert Network.from_text(four).admits(address_from_text("14.1.2.3"))
    with pytest.raises(MalformedValue, match="too wide to be an allowlist"):
        Network.from_text([*four, "203.0.113.7"])


def test_at_most_a_hundred_rules() -> None:
    """I-11: ten thousand rules are refused; the same rule ten thousand times is one."""
    hundred = [f"203.0.113.{last}" for last in range(MOST_RULES)]
    assert len(Network.from_text(hundred * 100).rules) == MOST_RULES
    with pytest.raises(MalformedValue, match="at most 100"):
        Network.from_text([*hundred, "198.51.100.1"])
    with pytest.raises(MalformedValue, match="at most 100"):
        Network.from_text(str(ip_address(each)) for each in range(10_000))


def test_overlapping_and_neighbouring_rules_are_merged() -> None:
    """I-11: the lookup bisects ranges that do not touch."""
    built = Network.from_text(["10.0.0.0/25", "10.0.0.128/25", "10.0.0.7", "10.0.1.0/24", "10.0.3.0/24"])
    assert built.within(Network.from_text(["10.0.0.0/23", "10.0.3.0/24"]))
    assert Network.from_text(["10.0.0.0/23"]).within(built)
    assert not Network.from_text(["10.0.0.0/22"]).within(built)


def test_anywhere_stands_alone() -> None:
    """It is a choice, not one rule among others."""
    for words in (["anywhere", "1.2.3.4"], ["anywhere", "anywhere"], ["Anywhere"], ["any"]):
        with pytest.raises(MalformedValue):
            Network.from_text(words)
    with pytest.raises(MalformedValue, match="not both"):
        Network.of([Rule.from_text("1.2.3.4")], anywhere=True)
