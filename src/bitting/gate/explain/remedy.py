"""What would pass, for each reason: for the key's owner and the operator, never for the wire.

This is where allowed sets, limits and causes of a lock are told (promise 8 keeps them off the wire).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from bitting.domain.action import Action
from bitting.domain.grants import Limits
from bitting.domain.holds import Hold
from bitting.domain.keys import Key
from bitting.domain.verdict import Denied, Reason
from bitting.gate.explain.words import moment
from bitting.gate.snapshot import Snapshot
from bitting.gate.totals import DAY_NS


class _Refusal(NamedTuple):
    denied: Denied
    snapshot: Snapshot
    now_ns: int
    wanted: Sequence[Action]

    @property
    def key(self) -> Key:
        return self.snapshot.key


_Say = Callable[[_Refusal], Iterator[str]]


def would_pass(denied: Denied, snapshot: Snapshot, now_ns: int, wanted: Sequence[Action] = ()) -> tuple[str, ...]:
    """What a request like it would need, in a few sentences. Where it is not known what was `wanted`, limits are told
    of every grant."""
    say = _SAY.get(denied.reason)
    told = () if say is None else tuple(say(_Refusal(denied, snapshot, now_ns, wanted)))
    if denied.retry_after_ms:
        told = (*told, f"the same again in {denied.retry_after_ms} ms")
    return told


def _says(*sentences: str) -> _Say:
    def say(refusal: _Refusal) -> Iterator[str]:
        for each in sentences:
            yield each.format(key=refusal.key.wire_id, account=refusal.snapshot.accounts[0].name)

    return say


_LIFTED: Final = {
    Hold.HOLDER: "the hold holder is lifted by its holder: bitting key resume {key}",
    Hold.WATCH: "the hold watch is lifted by its holder, who knows the cause of the alert: bitting key resume {key}",
    Hold.OPERATOR: "the hold operator is lifted by the operator: bitting key unlock {key}",
    Hold.LEAK: "the hold leak is lifted by the operator, after a rotation: bitting key unlock {key} --leaked",
}


def _held(refusal: _Refusal) -> Iterator[str]:
    lifted = [_LIFTED[each] for each in Hold if each in refusal.key.holds]
    yield from _says(*lifted or ["it is stopped in memory: bitting thaw --key {key}"])(refusal)


def _network(refusal: _Refusal) -> Iterator[str]:
    key, shown = refusal.key, refusal.denied.shown
    rules = key.policy.network.to_text()
    yield f"a request from {', '.join(rules)}" if rules else "no request: the key's network is empty"
    options = " ".join(f"--network {each}" for each in [*rules, shown])
    yield f"if {shown} is yours: bitting key edit {key.wire_id} {options}"


def _permission(refusal: _Refusal) -> Iterator[str]:
    key = refusal.key
    yield f"the key may: {', '.join(sorted(each.value for each in key.policy.grants)) or 'nothing'}"
    yield f"to add it: bitting key edit {key.wire_id} --allow {refusal.denied.shown}"


def _limit(name: str, *more: str) -> _Say:
    """The limit of that name wherever it is set, and then these sentences."""

    def say(refusal: _Refusal) -> Iterator[str]:
        for whose, limits in _limits(refusal):
            plain = limits.to_plain()
            if name in plain:
                yield f"{whose} has {name} {_text(plain[name])}"
        yield from _says(*more)(refusal)

    return say


def _limits(refusal: _Refusal) -> Iterator[tuple[str, Limits]]:
    grants = refusal.key.policy.grants
    concerned = {each.permission for each in refusal.wanted} or grants.keys()
    yield from ((f"the grant {each.value}", limits) for each, limits in grants.items() if each in concerned)
    yield from ((f"the account {each.name}", each.limits) for each in refusal.snapshot.accounts)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        value = [f"{currency}:{amount}" for currency, amount in value.items()]
    return ", ".join(map(str, value)) or "nothing" if isinstance(value, list) else str(value)


def _total(name: str) -> _Say:
    def say(refusal: _Refusal) -> Iterator[str]:
        yield from _limit(name)(refusal)
        midnight_ns = (refusal.now_ns // DAY_NS + 1) * DAY_NS
        yield f"the day is UTC: the total begins anew at {moment(midnight_ns)}"

    return say


def _address(refusal: _Refusal) -> Iterator[str]:
    own = refusal.snapshot.accounts[0]
    for each in own.book:
        ripe_ns = each.matures_at_ms * 1_000_000
        tag = f" tag {each.tag}" if each.tag else ""
        waits = "" if refusal.now_ns >= ripe_ns else f", usable from {moment(ripe_ns)}"
        yield f"the address book has {each.label}: {each.asset} {each.network} {each.address}{tag}{waits}"
    if not own.book:
        yield "the address book is empty"
    yield from _limit("addresses", "to add one: bitting account address add {account}")(refusal)


def _waits(refusal: _Refusal) -> Iterator[str]:
    until_ms = max(each.withdrawals_from_ms for each in refusal.snapshot.accounts)
    yield f"the same request from {moment(until_ms * 1_000_000)} on"


_SIGN_AGAIN: Final = _says("the same request, signed again by a clock that agrees with the gate's")
_SAY: Final[dict[Reason, _Say]] = {
    Reason.TIME_STALE: _SIGN_AGAIN,
    Reason.TIME_AHEAD: _SIGN_AGAIN,
    Reason.TIME_FLOOR: _SIGN_AGAIN,
    Reason.REPLAYED: _says("the same request, signed again; a client order id keeps an order from being placed twice"),
    Reason.NONCE_LOW: _says(
        "any nonce above the mark", "where the mark stands, and who moves it: bitting key nonce {key}"
    ),
    Reason.NONCE_AHEAD: _says(
        "a nonce that reads as a time of now; a client that counts needs a key with --nonce-mode counter"
    ),
    Reason.REVOKED: _says("nothing with this key: it is ended, so issue a new one"),
    Reason.EXPIRED: _says("a later expiry: bitting key edit {key} --expires 90d"),
    Reason.HELD: _held,
    Reason.ACCOUNT_HELD: _says("the operator thaws the account: bitting thaw --account {account}"),
    Reason.HOUSE_HELD: _says("the operator thaws the house: bitting thaw --everything"),
    Reason.NETWORK: _network,
    Reason.UNMAPPED: _says("a route of the dialect's table (docs/dialects/), or one of the house's own"),
    Reason.PERMISSION: _permission,
    Reason.HOUSE_FORBIDS: _says("other rules of the house: bitting house show"),
    Reason.PAIR: _limit("pairs"),
    Reason.WITHDRAWAL_NETWORK: _says("a key that is bound to addresses: bitting key edit {key} --network ADDRESS"),
    Reason.WITHDRAWAL_HMAC: _says("a key with a key pair in place of a shared secret, or the house rule hmac_withdraw"),
    Reason.WITHDRAWAL_ADDRESS: _address,
    Reason.WITHDRAWAL_WAITING: _address,
    Reason.WITHDRAWALS_WAIT: _waits,
    Reason.ORDER_SIZE: _limit("largest_order"),
    Reason.ORDER_VALUE: _limit(
        "largest_order",
        "an order that names its pair, its amount and a limit price",
        "a sale or a market order is valued by the last price: the mount needs a source of facts for it",
    ),
    Reason.ORDER_PRICE: _limit("collar_bp"),
    Reason.ORDERS_OPEN: _limit("open_orders"),
    Reason.DAILY_TOTAL: _total("daily_orders"),
    Reason.WITHDRAWAL_TOTAL: _total("daily_withdrawals"),
    Reason.ORDER_RATE: _limit("order_rate"),
}
