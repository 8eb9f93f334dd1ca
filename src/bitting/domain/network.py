"""The addresses a key may be used from.

An address is one 128-bit number. IPv4 lives inside IPv6 as ::ffff:0:0/96, so `1.2.3.4` and
`::ffff:1.2.3.4` are the same number and can never be judged differently. A network is a sorted
list of ranges, read once when it is written and bisected ever after.

*Anywhere* is a choice of its own; an empty list admits nobody. A rule as wide as a continent is
refused, since it is *anywhere* by another name.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from bitting.domain.errors import MalformedValue

_MAPPED: Final = 0xFFFF << 32
MOST_RULES: Final = 100
WIDEST_V4: Final = 8  # the shortest prefix a rule may have
WIDEST_V6: Final = 32
MOST_V4_ADDRESSES: Final = 1 << 26  # all rules together: four times a /8
_PREFIX: Final = re.compile(r"0|[1-9][0-9]{0,2}", re.ASCII)


def address_from_text(text: str) -> int:
    """Read one IPv4 or IPv6 address, strictly; a zone (`%eth0`) is refused. Raises MalformedValue."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise MalformedValue(f"not an IP address: {text[:64]!r}") from None
    if isinstance(address, ipaddress.IPv4Address):
        return _MAPPED | int(address)
    if address.scope_id is not None:
        raise MalformedValue(f"an address with a zone names no host on the internet: {text[:64]!r}")
    return int(address)


def address_to_text(address: int) -> str:
    """The usual notation; mapped addresses are written as IPv4."""
    if address >> 32 == 0xFFFF:
        return str(ipaddress.IPv4Address(address & 0xFFFF_FFFF))
    return str(ipaddress.IPv6Address(address))


def block_of(address: int) -> int:
    """The address's block, by which strangers are counted: the /64 for IPv6, the address itself for IPv4."""
    return address if address >> 32 == 0xFFFF else address >> 64 << 64


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """One address or CIDR block, as the range `first` to `last` of 128-bit numbers, both included."""

    first: int
    last: int

    @classmethod
    def from_text(cls, text: str) -> Rule:
        """Read `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/48`. Raises MalformedValue.

        Host names, hex, octal and short spellings, host bits behind the prefix, masks instead of a
        prefix length and zones are refused: each has been read differently by two programs before.
        """
        if not isinstance(text, str):
            raise MalformedValue("an address rule is text, like 203.0.113.0/24")
        head, slash, prefix = text.partition("/")
        if not slash:
            address = address_from_text(head)
            return cls(address, address)
        address = address_from_text(head)
        four = "." in head and ":" not in head
        bits = 32 if four else 128
        if _PREFIX.fullmatch(prefix) is None or int(prefix) > bits:
            raise MalformedValue(f"not a prefix length: {text[:64]!r}")
        if int(prefix) < (WIDEST_V4 if four else WIDEST_V6):
            raise MalformedValue(
                f"{text} is too wide: at least /{WIDEST_V4} for IPv4 and /{WIDEST_V6} for IPv6; "
                "to admit every address choose 'anywhere'"
            )
        span = (1 << bits - int(prefix)) - 1
        if address & span:
            raise MalformedValue(f"{text} has host bits set; did you mean a single address without /{prefix}?")
        if not four and address <= _MAPPED | 0xFFFF_FFFF and address | span >= _MAPPED:
            raise MalformedValue(f"{text} holds IPv4 addresses; write them as IPv4")
        return cls(address, address | span)

    def to_text(self) -> str:
        """The notation it was read from."""
        if self.first == self.last:
            return address_to_text(self.first)
        size = (self.last - self.first + 1).bit_length() - 1
        four = self.first >> 32 == 0xFFFF
        return f"{address_to_text(self.first)}/{(32 if four else 128) - size}"


@dataclass(frozen=True, slots=True)
class Network:
    """An allowlist: `anywhere`, or rules. `admits` is the only question it answers at the gate."""

    anywhere: bool
    rules: tuple[Rule, ...]
    _firsts: list[int] = field(repr=False, compare=False)
    _lasts: list[int] = field(repr=False, compare=False)

    @classmethod
    def of(cls, rules: Iterable[Rule], *, anywhere: bool = False) -> Network:
        """Sort and merge the rules. Raises MalformedValue when there are too many, or rules beside *anywhere*."""
        ordered = tuple(sorted(set(rules)))
        if anywhere and ordered:
            raise MalformedValue("choose either 'anywhere' or a list of addresses, not both")
        if len(ordered) > MOST_RULES:
            raise MalformedValue(f"at most {MOST_RULES} address rules; merge neighbours into a CIDR block")
        if sum(rule.last - rule.first + 1 for rule in ordered if rule.first >> 32 == 0xFFFF) > MOST_V4_ADDRESSES:
            raise MalformedValue("the rules together are too wide to be an allowlist; choose 'anywhere' to mean that")
        firsts: list[int] = []
        lasts: list[int] = []
        for rule in ordered:
            if lasts and rule.first <= lasts[-1] + 1:
                lasts[-1] = max(lasts[-1], rule.last)
            else:
                firsts.append(rule.first)
                lasts.append(rule.last)
        return cls(anywhere, ordered, firsts, lasts)

    @classmethod
    def from_text(cls, texts: Iterable[str]) -> Network:
        """Read a list of rules, or the single word `anywhere`. An empty list admits nobody."""
        words = list(texts)
        if words == ["anywhere"]:
            return ANYWHERE
        return cls.of(Rule.from_text(word) for word in words)

    def to_text(self) -> list[str]:
        """The list it can be read from again."""
        return ["anywhere"] if self.anywhere else [rule.to_text() for rule in self.rules]

    def admits(self, address: int) -> bool:
        """Whether the address is inside. Cannot fail."""
        if self.anywhere:
            return True
        at = bisect_right(self._firsts, address) - 1
        return at >= 0 and address <= self._lasts[at]

    def within(self, other: Network) -> bool:
        """Whether every address admitted here is admitted there."""
        if other.anywhere:
            return True
        return not self.anywhere and all(
            other.admits(first) and other._end_of(first) >= last
            for first, last in zip(self._firsts, self._lasts, strict=True)
        )

    def _end_of(self, address: int) -> int:
        return self._lasts[bisect_right(self._firsts, address) - 1]


ANYWHERE: Final = Network(True, (), [], [])
NOBODY: Final = Network(False, (), [], [])
