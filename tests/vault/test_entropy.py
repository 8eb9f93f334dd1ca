"""A broken source of randomness is found before it is used."""

import os
from collections.abc import Callable

import pytest

from bitting.domain.errors import Misconfigured
from bitting.vault.entropy import check_entropy


def test_the_system_source_passes() -> None:
    """What the operating system gives is accepted."""
    check_entropy(os.urandom)


@pytest.mark.parametrize(
    "source",
    [bytes, lambda n: b"\x07" * n, lambda n: os.urandom(n - 1), lambda n: os.urandom(n + 1), lambda _: b""],
    ids=["zeros", "constant", "short", "long", "empty"],
)
def test_a_source_that_is_broken_is_refused(source: Callable[[int], bytes]) -> None:
    """K-17: constant, short, long and empty sources make no key."""
    with pytest.raises(Misconfigured, match="randomness"):
        check_entropy(source)
