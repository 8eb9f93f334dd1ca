"""Address blocks, as refusals and counts are told apart by them: /24 for IPv4 and /48 for IPv6.

That is the least that networks route, and about what one customer gets: coarse enough to be counted for years, fine
enough to tell an office from the rest of the world. Zero stands for *elsewhere*: no block of the internet begins there.
"""

from __future__ import annotations

from typing import Final

from bitting.domain.network import address_to_text

ELSEWHERE: Final = 0
_V4_HOST: Final = 8  # bits
_V6_HOST: Final = 80


def block_of(address: int) -> int:
    """The first address of the block."""
    if address >> 32 == 0xFFFF:
        return address >> _V4_HOST << _V4_HOST
    return address >> _V6_HOST << _V6_HOST


def block_to_text(block: int) -> str:
    """The usual notation, `203.0.113.0/24`; "" for elsewhere."""
    if block == ELSEWHERE:
        return ""
    return f"{address_to_text(block)}/{24 if block >> 32 == 0xFFFF else 48}"
