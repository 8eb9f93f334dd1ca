"""Takes one objection out of the way, so that the gate can be asked what else there is.

Rule: a mended case differs from the one before in what the objection was about, and in nothing else. It decides
nothing: it lasts as long as one explanation, over a rehearsal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from bitting.domain.account import Account, BookEntry
from bitting.domain.action import Action
from bitting.domain.credentials import NonceMode
from bitting.domain.errors import MalformedValue
from bitting.domain.grants import NO_LIMITS, Limits
from bitting.domain.house_policy import HousePolicy
from bitting.domain.network import Network, Rule
from bitting.domain.permissions import Permission
from bitting.domain.policy import limit_objection
from bitting.domain.verdict import Denied, Reason
from bitting.gate.explain.case import Case, Signed
from bitting.gate.first_use import Marks, Stamped
from bitting.gate.freeze import EVERYTHING, Freeze
from bitting.gate.rates import Rate
from bitting.gate.times import FLOOR_AHEAD_NS, Floor

MOST: Final = 40  # objections to one request: more than there are reasons
_BOUNDLESS: Final = Rate(10**9, 10**18)


def objections(case: Case) -> tuple[list[Denied], bool]:
    """Everything that the gate has against it, in the order in which it would be said; and whether that is all, or
    the last one kept it from looking further."""
    found: list[Denied] = []
    for _ in range(MOST):
        denied = case.objection()
        if denied is None:
            return found, True
        if denied not in found:
            found.append(denied)
        after = mended(case, denied)
        if after is None:
            break
        case = after
    return found, False


def mended(case: Case, denied: Denied) -> Case | None:
    """The case without that objection; None when nobody can say what lies behind it."""
    mend = _MENDS.get(denied.reason)
    return None if mend is None else mend(case, denied)


# ---- steps 6 and 7


def _dated_anew(case: Case, denied: Denied) -> Case | None:
    """As if it had been signed just now, for the first time."""
    if not isinstance(case, Signed):
        return None
    now_ns, admission = case.world.now_ns, case.world.rehearsal(case.snapshot, 0)
    nonce = now_ns
    if case.credential.nonce_mode is NonceMode.COUNTER:
        nonce = admission.marks.mark(case.credential.id) + 1
    else:
        admission.marks = Marks()
    admission.stamped = Stamped()
    world = replace(case.world, admission=admission, floor=Floor(0, now_ns + FLOOR_AHEAD_NS))
    return replace(case, claim=case.claim._replace(stamp_ns=now_ns, nonce=nonce), world=world)


# ---- steps 8 and 9


def _lifted(case: Case, denied: Denied) -> Case:
    thawed = _thawed(case, case.snapshot.key.id)
    return thawed or _with_key(case, holds=frozenset())


def _accounts_open(case: Case, denied: Denied) -> Case:
    accounts = case.snapshot.accounts
    thawed = _thawed(case, *(each.id for each in accounts))
    return thawed or _with_accounts(case, *(replace(each, holds=frozenset()) for each in accounts))


def _house_open(case: Case, denied: Denied) -> Case:
    return _thawed(case, EVERYTHING) or _with_house(case, frozen=False)


def _thawed(case: Case, *scopes: str) -> Case | None:
    """Without a stop in memory; None when there is none of these."""
    stopped = case.world.freeze.scopes
    if stopped.isdisjoint(scopes):
        return None
    freeze = Freeze()
    for scope in stopped.difference(scopes):
        freeze.stop(scope)
    return replace(case, world=replace(case.world, freeze=freeze))


def _at_home(case: Case, denied: Denied) -> Case:
    """From an address that the network admits; where it admits none, in a network of this one."""
    rules = case.snapshot.key.policy.network.rules
    return case.from_address(rules[0].first) if rules else _bound(case, denied)


def _bound(case: Case, denied: Denied) -> Case:
    """In a network of the address it comes from."""
    return _with_policy(case, network=Network.of([Rule(case.peer, case.peer)]))


# ---- step 11


def _granted(case: Case, denied: Denied) -> Case:
    return _with_policy(case, grants={**case.snapshot.key.policy.grants, Permission(denied.shown): NO_LIMITS})


def _house_allows(case: Case, denied: Denied) -> Case:
    forbidden, algorithm = case.snapshot.house.forbidden, case.credential.algorithm
    if denied.shown in {each.value for each in forbidden}:
        return _with_house(case, forbidden=forbidden - {Permission(denied.shown)})
    if denied.shown == algorithm.value:
        return _with_house(case, algorithms=frozenset({algorithm}))
    rule = denied.detail.removeprefix("house rule: ")
    if rule in _OVER_THE_KEY:
        return _with_house(case, **{rule: getattr(HousePolicy(), rule)})
    return _bound(case, denied)


_OVER_THE_KEY: Final = frozenset({"dialects", "longest_life_days", "rotation_required"})


def _waited(case: Case, denied: Denied) -> Case:
    return _with_accounts(case, *(replace(each, withdrawals_from_ms=0) for each in case.snapshot.accounts))


def _without(*names: str) -> Callable[[Case, Denied], Case | None]:
    """Without the first limit of these names that can have objected: the grant's, or an account's."""

    def mend(case: Case, denied: Denied) -> Case | None:
        for action in case.wanted:
            after = _relaxed(case, action, denied.reason, names)
            if after is not None:
                return after
        return None

    return mend


# What these say is not in the action alone, so the limit that said it is the first one that is set.
_COUNTED: Final = frozenset(
    {Reason.ORDERS_OPEN, Reason.ORDER_RATE, Reason.DAILY_TOTAL, Reason.WITHDRAWAL_TOTAL, Reason.WITHDRAWAL_ADDRESS}
)


def _relaxed(case: Case, action: Action, reason: Reason, names: tuple[str, ...]) -> Case | None:
    permission, accounts = action.permission, case.snapshot.accounts
    grants = case.snapshot.key.policy.grants
    last = None if action.pair is None else case.world.market.last_price(action.pair)

    def objects(limits: Limits) -> bool:
        if reason in _COUNTED:
            return any(getattr(limits, name) is not None for name in names)
        said = limit_objection(limits, action, last)
        return said is not None and said.reason is reason

    if permission is not None and permission in grants and objects(grants[permission]):
        return _with_policy(case, grants={**grants, permission: _less(grants[permission], names)})
    for place, account in enumerate(accounts):
        if objects(account.limits):
            relaxed = replace(account, limits=_less(account.limits, names))
            return _with_accounts(case, *accounts[:place], relaxed, *accounts[place + 1 :])
    return None


def _less(limits: Limits, names: tuple[str, ...]) -> Limits:
    return replace(limits, **{name: getattr(NO_LIMITS, name) for name in names})


def _in_the_book(case: Case, denied: Denied) -> Case | None:
    """With the address in the book, old enough, and open to the key; None where the request names none."""
    own, *parents = case.snapshot.accounts
    for action in case.wanted:
        to = action.withdrawal
        if to is None:
            continue
        if own.withdrawal_objection(to, None, case.world.now_ns // 1_000_000) is None:
            return _relaxed(case, action, denied.reason, ("addresses",))
        try:
            entry = BookEntry.read("", to.asset or "", to.network or "", to.address or "", to.tag, "asked for", 0)
        except MalformedValue:
            return None
        there = [each for each in own.book if _place(each) == _place(entry)]
        rest = [each for each in own.book if each not in there]
        ripe = replace(there[0] if there else entry, matures_at_ms=0)
        return _with_accounts(case, replace(own, book=(*rest, ripe)), *parents)
    return None


def _place(entry: BookEntry) -> tuple[str, ...]:
    return (entry.asset, entry.network, entry.address, entry.tag)


# ---- step 12


def _boundless(name: str) -> Callable[[Case, Denied], Case]:
    """With no end to one of the house's rates."""

    def mend(case: Case, denied: Denied) -> Case:
        admission = case.world.rehearsal(case.snapshot, case.claim.stamp_ns if isinstance(case, Signed) else 0)
        admission.rates = admission.rates._replace(**{name: _BOUNDLESS})
        return replace(case, world=replace(case.world, admission=admission))

    return mend


def _with_key(case: Case, **columns: Any) -> Case:
    return replace(case, snapshot=replace(case.snapshot, key=replace(case.snapshot.key, **columns)))


def _with_policy(case: Case, **parts: Any) -> Case:
    return _with_key(case, policy=replace(case.snapshot.key.policy, **parts))


def _with_accounts(case: Case, *accounts: Account) -> Case:
    return replace(case, snapshot=replace(case.snapshot, accounts=accounts))


def _with_house(case: Case, **rules: Any) -> Case:
    return replace(case, snapshot=replace(case.snapshot, house=replace(case.snapshot.house, **rules)))


# What is not here (bytes that cannot be read, a route that is not mapped) hides whatever lies behind it.
_MENDS: Final[dict[Reason, Callable[[Case, Denied], Case | None]]] = {
    Reason.TIME_STALE: _dated_anew,
    Reason.TIME_AHEAD: _dated_anew,
    Reason.TIME_FLOOR: _dated_anew,
    Reason.UNAVAILABLE: _dated_anew,
    Reason.NONCE_AHEAD: _dated_anew,
    Reason.NONCE_LOW: _dated_anew,
    Reason.REPLAYED: _dated_anew,
    Reason.REVOKED: lambda case, _: _with_key(case, revoked_at_ms=None),
    Reason.EXPIRED: lambda case, _: _with_policy(case, expires_at_ms=None),
    Reason.HELD: _lifted,
    Reason.ACCOUNT_HELD: _accounts_open,
    Reason.HOUSE_HELD: _house_open,
    Reason.NETWORK: _at_home,
    Reason.PERMISSION: _granted,
    Reason.HOUSE_FORBIDS: _house_allows,
    Reason.PAIR: _without("pairs"),
    Reason.WITHDRAWAL_NETWORK: _bound,
    Reason.WITHDRAWAL_HMAC: lambda case, _: _with_house(case, hmac_withdraw=True),
    Reason.WITHDRAWAL_ADDRESS: _in_the_book,
    Reason.WITHDRAWAL_WAITING: _in_the_book,
    Reason.WITHDRAWALS_WAIT: _waited,
    Reason.ORDER_SIZE: _without("largest_order"),
    Reason.ORDER_VALUE: _without("largest_order", "daily_orders", "collar_bp"),
    Reason.ORDER_PRICE: _without("collar_bp"),
    Reason.ORDERS_OPEN: _without("open_orders"),
    Reason.DAILY_TOTAL: _without("daily_orders"),
    Reason.WITHDRAWAL_TOTAL: _without("daily_withdrawals"),
    Reason.ORDER_RATE: _without("order_rate"),
    Reason.KEY_RATE: _boundless("key"),
    Reason.ACCOUNT_RATE: _boundless("account"),
    Reason.DENIAL_RATE: _boundless("denials"),
}
