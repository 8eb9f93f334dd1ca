"""Small pools of limits, policies and actions: small, so that any two of them often have something to do with
one another."""

from collections.abc import Mapping
from decimal import Decimal
from ipaddress import ip_address
from typing import Any, Final

from hypothesis import strategies as st

from bitting.domain.action import Action, Kind, Order, Side, Withdrawal
from bitting.domain.grants import Limits
from bitting.domain.network import Network
from bitting.domain.pairs import Pair
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy
from tests.domain.naive import World

BTC_USD, ETH_USD, BTC_EUR = Pair("BTC", "USD"), Pair("ETH", "USD"), Pair("BTC", "EUR")

_MONEY: Final = [{}, {"USD": "100"}, {"USD": "1000"}, {"EUR": "100"}, {"USD": "100", "EUR": "100"}, {"USD": "0"}]
# What each limit may be set to; unset is a choice too, and stands first where values are drawn.
SETTINGS: Final[Mapping[str, list[Any]]] = {
    "pairs": [[], ["BTC/USD"], ["BTC/USD", "ETH/USD"], ["BTC/EUR"]],
    "largest_order": _MONEY,
    "daily_orders": _MONEY,
    "order_rate": ["1/1", "1/60", "10/60", "10/600", "9/60"],
    "open_orders": [0, 1, 5],
    "collar_bp": [0, 100, 1_000],
    "addresses": [[], ["a"], ["a", "b"], ["b"]],
    "daily_withdrawals": [{}, {"BTC": "1"}, {"BTC": "2"}, {"ETH": "1"}, {"BTC": "2", "ETH": "2"}],
}
PERMISSIONS: Final = [
    Permission.BALANCES_READ,
    Permission.ORDERS_READ,
    Permission.ORDERS_WRITE,
    Permission.CONVERT_WRITE,
    Permission.WITHDRAWALS_WRITE,
]
NETWORKS: Final = [
    ["anywhere"],
    [],
    ["10.0.0.0/8"],
    ["10.1.0.0/16"],
    ["10.1.2.3"],
    ["10.1.2.3", "2001:db8::/32"],
    ["192.0.2.0/24", "10.0.0.0/8"],
    ["2001:db8:1::/48"],
]
ADDRESSES: Final = [ip_address(each) for each in ("10.1.2.3", "10.1.2.4", "10.9.9.9", "192.0.2.1", "2001:db8:1::7")]
EXPIRIES: Final = [None, 1_000, 2_000, 3_000]
MOMENTS: Final = [0, 999, 1_000, 1_999, 2_000, 5_000]


def order(pair: Pair | None, side: Side, amount: str | None, price: str | None, **more: Any) -> Action:
    """An order as a dialect would read it."""
    given: dict[str, Any] = {name: Decimal(each) if isinstance(each, str) else each for name, each in more.items()}
    placed = Order(
        pair,
        side,
        None if amount is None else Decimal(amount),
        None if price is None else Decimal(price),
        **given,
    )
    return Action("order.place", Kind.ORDER, Permission.ORDERS_WRITE, pair, placed)


def withdrawal(asset: str | None, amount: str | None) -> Action:
    """A withdrawal to some address of the book."""
    goes = Withdrawal(asset, "ETH", "0x", "", None if amount is None else Decimal(amount))
    return Action("withdraw", Kind.WITHDRAWAL, Permission.WITHDRAWALS_WRITE, withdrawal=goes)


_ORDERS: Final = [
    order(pair, side, amount, price, **more)
    for pair in (BTC_USD, ETH_USD, BTC_EUR, None)
    for side in Side
    for amount, price, more in (
        ("1", "100", {}),
        ("1", "101", {}),
        ("9.9", "100.5", {}),
        ("0.001", "90", {}),
        ("0.1", None, {"capped": False}),
        ("100", None, {"capped": False}),
        ("1", "105", {"capped": False}),
        ("1", "500", {}),
        ("1", "101", {"lowest": "1"}),
        ("1", "101", {"lowest": "99.5"}),
        ("1000", "5", {"reduce_only": True}),
        (None, None, {"quote_amount": "50", "capped": False}),
        (None, None, {"quote_amount": "5000", "capped": False}),
        (None, "100", {}),
        ("-1", "100", {}),
    )
]
ACTIONS: Final = [
    *_ORDERS,
    *(Action("order.cancel", Kind.CANCEL, Permission.ORDERS_WRITE, pair) for pair in (None, BTC_USD, BTC_EUR)),
    *(Action("orders.read", Kind.READ, Permission.ORDERS_READ, pair) for pair in (None, BTC_USD, BTC_EUR)),
    *(withdrawal(asset, amount) for asset in ("BTC", "ETH", None) for amount in ("0.5", "1", "2", None)),
    Action("balances.read", Kind.READ, Permission.BALANCES_READ),
    Action("convert.make", Kind.CHANGE, Permission.CONVERT_WRITE),
    Action("self.read", Kind.SELF_READ, None),
]
WORLDS: Final = [
    World(),
    World(last=None),
    World(resting=1, ordered=900, withdrawn=1),
    World(resting=4, ordered=50, entry="b"),
    World(resting=5, last=110, entry="c"),
]

limits = st.fixed_dictionaries({}, optional={name: st.sampled_from(each) for name, each in SETTINGS.items()}).map(
    Limits.from_plain
)
grants = st.dictionaries(st.sampled_from(PERMISSIONS), limits, max_size=4)
networks = st.sampled_from(NETWORKS).map(Network.from_text)
policies = st.builds(Policy, st.just("bot"), grants, networks, st.sampled_from(EXPIRIES))


@st.composite
def edits(draw: st.DrawFn) -> tuple[Policy, Policy]:
    """A policy and what somebody might make of it: each part stays or is set anew, each limit too."""
    before = draw(policies)
    after: dict[Permission, Limits] = {}
    for permission, held in before.grants.items():
        if draw(st.booleans()):
            plain: dict[str, Any] = dict(held.to_plain())
            for name, values in SETTINGS.items():
                if draw(st.integers(0, 3)) == 0:
                    plain[name] = draw(st.sampled_from(values))
            after[permission] = Limits.from_plain(plain)
    if draw(st.integers(0, 5)) == 0:
        after[draw(st.sampled_from(PERMISSIONS))] = draw(limits)
    network = draw(networks) if draw(st.booleans()) else before.network
    expiry = draw(st.sampled_from(EXPIRIES)) if draw(st.booleans()) else before.expires_at_ms
    return before, Policy("bot", after, network, expiry)
