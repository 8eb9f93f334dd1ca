"""A second reading of policies, slow and plain: loops over their canonical form, fractions, `ipaddress`.

The engine is compared with it. Where they differ, one of the two is wrong.
"""

from fractions import Fraction
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Any, NamedTuple

from bitting.domain.action import Action, Kind, Order, Side
from bitting.domain.pairs import Pair
from bitting.domain.policy import Policy

IpAddress = IPv4Address | IPv6Address
PAIRED = {"orders.read", "orders.write", "history.read", "positions.read", "positions.write", "convert.write"}


class World(NamedTuple):
    """What limits are compared with: the last price, orders at rest, what was ordered and withdrawn today (of any
    currency), and the address-book entry that a withdrawal goes to."""

    last: int | None = 100
    resting: int = 0
    ordered: int = 0
    withdrawn: int = 0
    entry: str = "a"


def admits(policy: Policy, action: Action, address: IpAddress, now_ms: int, world: World) -> bool:
    """Whether the policy admits the action, counters and all."""
    limits = granted(policy, action, address, now_ms)
    if limits is None:
        return False
    return within_rules(limits, action, world) and within_counts(limits, action, world)


def granted(policy: Policy, action: Action, address: IpAddress, now_ms: int) -> dict[str, Any] | None:
    """The limits under which the policy looks at the action, or None when it does not even look."""
    plain: Any = policy.to_plain()
    if plain["expires_at_ms"] is not None and not now_ms < plain["expires_at_ms"]:
        return None
    inside = plain["network"] == ["anywhere"]
    for rule in plain["network"]:
        if not inside and address in ip_network(rule):
            inside = True
    if not inside:
        return None
    if action.permission is None:
        return {}
    found: dict[str, Any] | None = plain["grants"].get(action.permission.value)
    return found


def within_rules(limits: dict[str, Any], action: Action, world: World) -> bool:
    """Pairs, collar, largest order: what can be said without counting."""
    pairs, order = limits.get("pairs"), action.order
    names_pairs = action.pair is not None or order is not None
    if action.kind is Kind.CANCEL:
        return pairs is None or action.pair is None or listed(action.pair, pairs)
    might_name_pairs = action.permission is not None and action.permission.value in PAIRED
    if pairs is not None and (names_pairs or might_name_pairs) and not listed(action.pair, pairs):
        return False
    trades = order is not None and not order.reduce_only
    converts = order is None and action.permission is not None and action.permission.value == "convert.write"
    if "collar_bp" in limits and (converts or (trades and order and outside(order, limits["collar_bp"], world))):
        return False
    if ("largest_order" in limits or "daily_orders" in limits) and (trades or converts):
        value = None if order is None else worth(order, world)
        if value is None or value <= 0 or action.pair is None:
            return False
        if "largest_order" in limits and value > Fraction(limits["largest_order"].get(action.pair.quote, "0")):
            return False
    return True


def within_counts(limits: dict[str, Any], action: Action, world: World) -> bool:
    """Open orders, daily totals, the addresses of the book."""
    order, goes = action.order, action.withdrawal
    if order is not None and not order.reduce_only and action.kind is Kind.ORDER:
        if "open_orders" in limits and world.resting + 1 > limits["open_orders"]:
            return False
        value = worth(order, world)
        if "daily_orders" in limits and value is not None and action.pair is not None:
            most = Fraction(limits["daily_orders"].get(action.pair.quote, "0"))
            if world.ordered + value > most:
                return False
    if goes is not None:
        if "addresses" in limits and world.entry not in limits["addresses"]:
            return False
        if "daily_withdrawals" in limits:
            if goes.amount is None or goes.asset is None:
                return False
            if world.withdrawn + Fraction(goes.amount) > Fraction(limits["daily_withdrawals"].get(goes.asset, "0")):
                return False
    return True


def listed(pair: Pair | None, pairs: list[str]) -> bool:
    return pair is not None and f"{pair.base}/{pair.quote}" in pairs


def outside(order: Order, basis_points: int, world: World) -> bool:
    if world.last is None or order.price is None or not order.capped:
        return True
    prices = [order.price] if order.lowest is None else [order.price, order.lowest]
    return any(abs(Fraction(each) - world.last) * 10_000 > world.last * basis_points for each in prices)


def worth(order: Order, world: World) -> Fraction | None:
    """The most the order may turn over."""
    if order.quote_amount is not None:
        return Fraction(order.quote_amount)
    if order.amount is None:
        return None
    if order.side is Side.BUY and order.capped and order.price is not None:
        return Fraction(order.amount) * Fraction(order.price)
    if world.last is None:
        return None
    above = Fraction(world.last) * Fraction(21, 20)
    if order.price is not None and order.price > above:
        above = Fraction(order.price)
    return Fraction(order.amount) * above
