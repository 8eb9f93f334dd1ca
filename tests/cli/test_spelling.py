"""Limits and rules on the command line: what is shown can be typed, and what is mistyped is not silently dropped."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.cli.spelling import limits, rules, spelled
from bitting.domain.errors import MalformedValue
from bitting.domain.grants import Limits
from bitting.domain.house_policy import HousePolicy
from tests.domain.pools import SETTINGS


def test_limits() -> None:
    """Each kind, several at once, and `none` for a limit that is taken away."""
    given = ["largest_order=USD:1000,BTC:0.1", "order_rate=10/60", "open_orders=5", "pairs=BTC/USD,ETH/USD"]
    assert limits([*given, "collar_bp=none"]) == {
        "largest_order": {"USD": "1000", "BTC": "0.1"},
        "order_rate": "10/60",
        "open_orders": 5,
        "pairs": ["BTC/USD", "ETH/USD"],
        "collar_bp": None,
    }
    assert limits(None, ["BTC/USD"]) == {"pairs": ["BTC/USD"]}
    assert limits(["open_orders=5"], ["BTC/USD"]) == {"open_orders": 5, "pairs": ["BTC/USD"]}
    assert limits(None) is None
    assert limits([]) == {}


def test_no_limit_is_not_a_limit_that_admits_nothing() -> None:
    """The two have different words, in both directions."""
    assert limits(["pairs=none", "largest_order=none"]) == {"pairs": None, "largest_order": None}
    assert limits(["pairs=nothing", "largest_order=nothing"]) == {"pairs": [], "largest_order": {}}
    assert (spelled(None), spelled([]), spelled({})) == ("none", "nothing", "nothing")


def test_rules() -> None:
    """On or off, a number, a list; `none` is no rule of that kind, `nothing` an empty list."""
    assert rules(["network_required=true", "hmac_withdraw=false", "keys_per_account=7"]) == {
        "network_required": True,
        "hmac_withdraw": False,
        "keys_per_account": 7,
    }
    assert rules(["forbidden=nothing", "algorithms=none", "longest_life_days=none"]) == {
        "forbidden": [],
        "algorithms": None,
        "longest_life_days": None,
    }
    assert rules(["forbidden=withdrawals.write,transfers.write", "longest_life_days=long"]) == {
        "forbidden": ["withdrawals.write", "transfers.write"],
        "longest_life_days": "long",
    }


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["largest_order"], "--limit wants NAME=VALUE, not 'largest_order'"),
        (["=5"], "--limit wants NAME=VALUE"),
        (["open_orders="], "--limit wants NAME=VALUE"),
        ([""], "--limit wants NAME=VALUE"),
        (["open_orders=1", "open_orders=9"], "open_orders is given twice"),
        (["largest_order=1000"], "largest_order wants CURRENCY:AMOUNT, like largest_order=USD:1000, not '1000'"),
        (["daily_orders=USD:"], "daily_orders wants CURRENCY:AMOUNT"),
        (["daily_withdrawals=:5"], "daily_withdrawals wants CURRENCY:AMOUNT"),
        (["largest_order=USD:1,USD:5"], "largest_order has USD twice"),
        (["largest_order=USD:1,"], "largest_order wants CURRENCY:AMOUNT"),
    ],
)
def test_what_is_no_limit(given: list[str], words: str) -> None:
    """Of two values for one limit the looser one must not win by standing last."""
    with pytest.raises(MalformedValue, match=words):
        limits(given)


def test_pairs_are_given_once() -> None:
    """By their own option, or as a limit."""
    with pytest.raises(MalformedValue, match="pairs are given twice"):
        limits(["pairs=BTC/USD"], ["ETH/USD"])
    with pytest.raises(MalformedValue, match="--rule wants NAME=VALUE"):
        rules(["frozen"])


@pytest.mark.parametrize("name", SETTINGS)
def test_a_limit_that_is_shown_can_be_typed(name: str) -> None:
    """What `key show` prints behind a permission is what `--limit` reads."""
    for value in SETTINGS[name]:
        plain = Limits.from_plain({name: value}).to_plain()
        typed = [f"{each}={spelled(plain[each])}" for each in plain]
        assert Limits.from_plain(limits(typed) or {}).to_plain() == plain


@given(
    st.builds(
        HousePolicy,
        longest_life_days=st.none() | st.integers(0, 1000),
        network_required=st.booleans(),
        keys_per_account=st.integers(0, 1000),
        dialects=st.none() | st.frozensets(st.sampled_from(["binance", "bitfinex"]), min_size=1),
    )
)
def test_rules_that_are_shown_can_be_typed(policy: HousePolicy) -> None:
    """What `house show` prints is what `--rule` reads."""
    plain: dict[str, Any] = policy.to_plain()
    assert HousePolicy.from_plain(rules([f"{name}={spelled(value)}" for name, value in plain.items()])) == policy
