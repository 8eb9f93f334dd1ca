"""The one atomic step of a decision: use the request up, take what it costs, or say why not.

Everything before it is pure; everything after it is delivery. `Admission` is the port: this memory form
serves one process, and a shared store can fit the same call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from bitting.domain.grants import OrderRate
from bitting.domain.keys import Key
from bitting.domain.verdict import Admitted, Denied, Reason
from bitting.gate.first_use import Marks, Stamped
from bitting.gate.rates import Buckets, Rate
from bitting.gate.times import SECOND_NS
from bitting.gate.totals import Reservation, Slot, Totals

MOST_ORDER_RATES: Final = 1_000_000
_NO_SUMS: Final[Mapping[Slot, Decimal]] = MappingProxyType({})


class FirstUse(NamedTuple):
    """How this request is new: by signed bytes with a stamp, or by a nonce above the credential's mark.

    `target` is empty for what changes state; see `first_use.Stamped`. `mark` is -1 where the clock agrees.
    """

    credential: str
    replay_id: bytes
    stamp_ns: int
    target: bytes
    mark: int


class Entry(NamedTuple):
    """What one request costs, and whom."""

    key: str
    account: str
    policy_version: int
    weight: int = 1
    cancels_only: bool = False
    orders: int = 0
    order_rates: tuple[tuple[str, OrderRate], ...] = ()
    reservations: tuple[Reservation, ...] = ()


class Admission(Protocol):
    """Decide and count, atomically."""

    def admit(self, entry: Entry, use: FirstUse | None, objection: Denied | None, now_ns: int) -> Admitted | Denied:
        """Use the request up and take its cost, or refuse and take nothing but the refusal's own price.

        `use` is None for what is out of its time, and can have no use at all. `objection` is why it will be refused
        anyway: it is used up all the same, or a refused withdrawal could come back to life when its address has
        matured.
        """


class Rates(NamedTuple):
    """The house's limits on how often."""

    key: Rate = Rate.per_second(50, 200)
    account: Rate = Rate.per_second(200, 800)
    denials: Rate = Rate.per_second(2, 60)
    strangers: Rate = Rate.per_second(20, 100)
    public: Rate = Rate.per_second(50, 300)


class MemoryAdmission:
    """The admission of one process. Single-threaded by design: the event loop is its lock."""

    def __init__(self, rates: Rates) -> None:
        self.rates = rates
        self.stamped = Stamped()
        self.marks = Marks()
        self.totals = Totals()
        self._keys = Buckets()
        self._cancels = Buckets()
        self._accounts = Buckets()
        self._denials = Buckets()
        self._orders = Buckets()
        self._order_rates: dict[str, Rate] = {}  # by which rate each bucket of orders was last filled

    def admit(self, entry: Entry, use: FirstUse | None, objection: Denied | None, now_ns: int) -> Admitted | Denied:
        """See `Admission`. First use comes before everything, and costs the key nothing but the request."""
        key, account, _, weight, cancels_only, orders, order_rates, reservations = entry
        if use is not None:
            credential, replay_id, stamp_ns, target, mark = use
            if mark >= 0:
                used_up = self.marks.use(credential, mark, target)
            else:
                used_up = self.stamped.use(replay_id, stamp_ns, target, now_ns)
            objection = used_up or objection
        if objection is not None:
            return self._refused(key, objection, now_ns)
        # Nothing is spent while any limit is used up.
        rate, shared_rate = self.rates.key, self.rates.account
        # Cancels have a bucket of their own, so that a bot which has run wild with orders can still take them back.
        own, shared = self._cancels if cancels_only else self._keys, self._accounts
        own_ns = own.level_ns(key, rate, weight, now_ns)
        if own_ns - now_ns > rate.period_ns:
            return self._refused(key, _too_fast(Reason.KEY_RATE, rate.wait_ns(own_ns, now_ns)), now_ns)
        shared_ns = shared.level_ns(account, shared_rate, weight, now_ns)
        if shared_ns - now_ns > shared_rate.period_ns and not cancels_only:
            return self._refused(key, _too_fast(Reason.ACCOUNT_RATE, shared_rate.wait_ns(shared_ns, now_ns)), now_ns)
        if (orders or reservations) and (objection := self._over(entry, now_ns)) is not None:
            return self._refused(key, objection, now_ns)
        own.fill(key, own_ns, now_ns)
        shared.fill(account, shared_ns, now_ns)
        if orders:
            for scope, order_rate in order_rates:
                self._orders.spend(scope, self._order_rate(scope, order_rate, now_ns), orders, now_ns)
        sums = self.totals.reserve(reservations, now_ns) if reservations else _NO_SUMS
        return Admitted(rate.used(own_ns, now_ns), rate.burst, -((now_ns - own_ns) // 1_000_000), sums)

    def rehearsal(self, key: Key, accounts: Iterable[str], stamp_ns: int) -> MemoryAdmission:
        """A copy of all that a request of this key, stamped then, can touch: to see what would be said, using nothing
        up."""
        copy = MemoryAdmission(self.rates)
        scopes = (key.id, *accounts)
        order_scopes = (*scopes, *(f"{key.id} {each.value}" for each in key.policy.grants))
        copy.stamped = self.stamped.around(stamp_ns)
        copy.marks = self.marks.only(each.id for each in key.credentials)
        copy.totals = self.totals.only(scopes)
        copy._keys, copy._cancels = self._keys.only(scopes), self._cancels.only(scopes)
        copy._accounts, copy._denials = self._accounts.only(scopes), self._denials.only(scopes)
        copy._orders = self._orders.only(order_scopes)
        copy._order_rates = {each: self._order_rates[each] for each in order_scopes if each in self._order_rates}
        return copy

    def _over(self, entry: Entry, now_ns: int) -> Denied | None:
        """The first order rate or daily total that is used up."""
        if entry.orders:
            for scope, order_rate in entry.order_rates:
                rate = self._order_rate(scope, order_rate, now_ns)
                if wait_ns := self._orders.wait_ns(scope, rate, entry.orders, now_ns):
                    return _too_fast(Reason.ORDER_RATE, wait_ns, f"{order_rate.to_text()} for {scope}")
        if entry.reservations:
            over = self.totals.first_over(entry.reservations, now_ns)
            if over is not None:
                reason = Reason.DAILY_TOTAL if over.kind == "orders" else Reason.WITHDRAWAL_TOTAL
                return Denied(
                    reason,
                    f"{over.amount:f} {over.currency}",
                    f"at most {over.most:f} a day for {over.scope}",
                )
        return None

    def _order_rate(self, scope: str, order_rate: OrderRate, now_ns: int) -> Rate:
        """The rate, with the bucket brought over to it if its holder has edited it: a narrowing needs no second factor,
        so it must not hand out a fresh burst."""
        rate = Rate(order_rate.orders, order_rate.seconds * SECOND_NS)
        if len(self._order_rates) > MOST_ORDER_RATES:
            self._order_rates.clear()
        before = self._order_rates.setdefault(scope, rate)
        if before != rate:
            self._orders.rescale(scope, before, rate, now_ns)
            self._order_rates[scope] = rate
        return rate

    def _refused(self, key: str, objection: Denied, now_ns: int) -> Denied:
        """Charge the key's small budget for refusals, so that nobody floods us with a valid key."""
        if wait_ns := self._denials.wait_ns(key, self.rates.denials, 1, now_ns):
            return _too_fast(Reason.DENIAL_RATE, wait_ns, f"now: {objection.reason.code}")
        self._denials.spend(key, self.rates.denials, 1, now_ns)
        return objection


def _too_fast(reason: Reason, wait_ns: int, detail: str = "") -> Denied:
    return Denied(reason, "", detail, retry_after_ms=wait_ns // 1_000_000 + 1)
