"""A look at the source of randomness before the first key is made with it.

It finds the source that is broken outright, constant or short: a bad driver, a test double left in place. It
cannot tell good randomness from bad; nothing that looks at a few bytes can.
"""

from __future__ import annotations

from collections.abc import Callable

from bitting.domain.errors import Misconfigured

_SAMPLE_BYTES = 32


def check_entropy(entropy: Callable[[int], bytes]) -> None:
    """Raises Misconfigured when the source repeats itself or gives fewer bytes than it was asked for."""
    first, second = entropy(_SAMPLE_BYTES), entropy(_SAMPLE_BYTES)
    if first == second or {len(first), len(second)} != {_SAMPLE_BYTES}:
        raise Misconfigured("the source of randomness repeats itself or falls short: make no key with it")
