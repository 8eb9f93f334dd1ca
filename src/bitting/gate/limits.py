"""Step 11 of the pipeline: what house, grant, account and address book say of one action, and what the
request will ask of the counters. Pure: reads a snapshot and the market, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final, Protocol

from bitting.domain.action import Action, Kind
from bitting.domain.credentials import Credential
from bitting.domain.grants import NO_LIMITS, Limits, OrderRate
from bitting.domain.pairs import Pair
from bitting.domain.policy import limit_objection, objection
from bitting.domain.verdict import Denied, Reason
from bitting.gate.admission import Entry
from bitting.gate.snapshot import Snapshot
from bitting.gate.totals import Reservation

# Read once: until Python 3.12 to read a member off its Enum takes as long as a function call.
_CANCEL: Final = Kind.CANCEL
_ORDER: Final = Kind.ORDER
_WITHDRAWAL: Final = Kind.WITHDRAWAL


class Market(Protocol):
    """What the exchange says of itself, for limits that need it. None is *not known*, and refuses."""

    def last_price(self, pair: Pair) -> Decimal | None:
        """The last trade's price, in the quote currency."""

    def open_orders(self, scope: str) -> int | None:
        """How many orders rest for a key or account id, with those placed since that was last heard."""

    def placed(self, scopes: Iterable[str], orders: int) -> None:
        """So many orders are on their way for these key and account ids."""


class NoMarket:
    """For an exchange that tells nothing: what needs to know is refused."""

    def last_price(self, pair: Pair) -> Decimal | None:
        """Not known."""
        return None

    def open_orders(self, scope: str) -> int | None:
        """Not known."""
        return None

    def placed(self, scopes: Iterable[str], orders: int) -> None:
        """Nothing to count against."""


def forbidden(
    actions: tuple[Action, ...], snapshot: Snapshot, credential: Credential, market: Market, now_ns: int
) -> Denied | None:
    """Why the request may not have what it wants, or None. One item that may not refuses the whole batch."""
    # What is plainly granted has no limit to be asked about.
    counted = False
    for action in actions:
        counted = counted or action.permission in snapshot.counted
        if action.permission not in snapshot.plain or action.kind is _WITHDRAWAL:
            against = _not_admitted(action, snapshot, credential, market, now_ns)
            if against is not None:
                return against
    return too_many_open(actions, snapshot, market) if counted else None


def _not_admitted(
    action: Action, snapshot: Snapshot, credential: Credential, market: Market, now_ns: int
) -> Denied | None:
    """Why house, grant, account or address book do not admit the action, or None."""
    permission, policy = action.permission, snapshot.key.policy
    if permission is None:  # the key's own record: every proven key in force may read and end itself
        return None
    if permission not in snapshot.allowed:
        house = snapshot.house
        against = house.bars(snapshot.key.dialect, policy, credential, now_ns // 1_000_000)
        against = against or house.denies(permission, credential.algorithm, anywhere=policy.network.anywhere)
        # What the house asks of a key that withdraws says nothing to one that may not withdraw at all.
        if against is not None and (permission in policy.grants or against.reason is Reason.HOUSE_FORBIDS):
            return against
    last = None
    if permission in snapshot.priced and action.order is not None and action.pair is not None:
        last = market.last_price(action.pair)
    against = objection(policy.grants, action, last)
    if against is not None:
        return against
    for _, limits in snapshot.account_bounds:
        against = against or limit_objection(limits, action, last)
    if against is None and action.kind is _WITHDRAWAL:
        against = _withdrawal_objection(action, snapshot, policy.grants[permission], now_ns)
    return against


def _withdrawal_objection(action: Action, snapshot: Snapshot, limits: Limits, now_ns: int) -> Denied | None:
    """Value leaves only to a mature entry of the account's address book, whatever route it takes."""
    withdrawal, own = action.withdrawal, snapshot.accounts[0]
    if withdrawal is None:
        return Denied(Reason.WITHDRAWAL_ADDRESS, action.name, "this route names no address")
    for allowed in (limits.addresses, own.limits.addresses):
        against = own.withdrawal_objection(withdrawal, allowed, now_ns // 1_000_000)
        if against is not None:
            return against
    for account in snapshot.accounts:
        against = account.wait_objection(now_ns // 1_000_000)
        if against is not None:
            return against
    if withdrawal.amount is None and any(each.daily_withdrawals for _, each in _limits(action, snapshot)):
        return Denied(Reason.WITHDRAWAL_TOTAL, "", "the amount is not known")
    return None


def too_many_open(actions: tuple[Action, ...], snapshot: Snapshot, market: Market) -> Denied | None:
    """Whether these orders would rest beside more than a limit allows."""
    orders = [each for each in actions if _counts(each)]
    for order in {each.permission: each for each in orders}.values():  # one for each grant that the batch uses
        for scope, limits in _limits(order, snapshot):
            if limits.open_orders is not None:
                resting = market.open_orders(scope)
                if resting is None or resting + len(orders) > limits.open_orders:
                    return Denied(Reason.ORDERS_OPEN, "", f"{resting} rest, at most {limits.open_orders} for {scope}")
    return None


def _counts(action: Action) -> bool:
    """Whether the action is an order that limits apply to: what the venue flags reduce-only is not."""
    return action.order is not None and not action.order.reduce_only and action.kind is _ORDER


def _limits(action: Action, snapshot: Snapshot) -> tuple[tuple[str, Limits], ...]:
    """Every set of limits over the action, with the id under which it counts: the grant's, then the accounts'."""
    granted = NO_LIMITS if action.permission is None else snapshot.key.policy.grants[action.permission]
    return ((snapshot.key.id, granted), *snapshot.account_bounds)


def entry(snapshot: Snapshot, actions: tuple[Action, ...], against: Denied | None, market: Market) -> Entry:
    """All that the request asks of the counters."""
    if len(actions) == 1:
        (action,) = actions
        if action.weight == 1 and action.kind is not _CANCEL and action.permission not in snapshot.counted:
            return snapshot.single
    weight = 0
    cancels_only = bool(actions)
    orders = 0
    rates: list[tuple[str, OrderRate]] = []
    reservations: list[Reservation] = []
    for action in actions:
        weight += action.weight
        cancels_only = cancels_only and action.kind is _CANCEL
        if against is not None or action.permission not in snapshot.counted:
            continue
        counted = _counts(action)
        if not counted and action.withdrawal is None:
            continue
        orders += counted
        for place, (scope, limits) in enumerate(_limits(action, snapshot)):
            if counted and limits.order_rate is not None:
                # Each grant has a bucket of its own, and each account one over all its keys.
                named = (scope if place else f"{scope} {action.permission.value}", limits.order_rate)
                if named not in rates:
                    rates.append(named)
            if limits.daily_orders is not None or limits.daily_withdrawals is not None:
                reservations.extend(_reservations(scope, limits, action, market))
    key, account, version, *_ = snapshot.single
    return Entry(key, account, version, weight or 1, cancels_only, orders, tuple(rates), tuple(reservations))


def _reservations(scope: str, limits: Limits, action: Action, market: Market) -> Iterator[Reservation]:
    """What the action counts against daily totals, at its worst case."""
    order, withdrawal, pair = action.order, action.withdrawal, action.pair
    if order is not None and pair is not None and limits.daily_orders is not None and _counts(action):
        value, most = order.value(market.last_price(pair)), limits.daily_orders.most(pair.quote)
        # What has no known value was refused in step 11; were it to come here, it would not fit either.
        yield Reservation(scope, "orders", pair.quote, most + 1 if value is None else value, most)
    if withdrawal is not None and limits.daily_withdrawals is not None and withdrawal.amount is not None:
        asset = withdrawal.asset or ""
        yield Reservation(scope, "withdrawals", asset, withdrawal.amount, limits.daily_withdrawals.most(asset))
