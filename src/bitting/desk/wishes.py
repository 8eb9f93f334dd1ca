"""The desk's intent about what a key could do: everything that stops it, and nothing of it done."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from bitting.desk.desk import Desk, Intent
from bitting.desk.form import Form
from bitting.desk.windows import is_for, judged_at_ns, named_key, windows_of, world_of
from bitting.domain.action import Action, Kind, Order, Side, Withdrawal
from bitting.domain.consent import Consent
from bitting.domain.errors import MalformedValue, NotFound
from bitting.domain.money import amount_from_text, currency_from_text
from bitting.domain.network import address_from_text
from bitting.domain.pairs import Pair
from bitting.domain.permissions import Permission
from bitting.domain.verdict import Denied, Reason
from bitting.gate.explain.case import Wish, step_of
from bitting.gate.explain.mending import objections
from bitting.gate.explain.remedy import would_pass
from bitting.gate.explain.words import moment, refusal, wanted
from bitting.gate.limits import NoMarket

_KINDS: Final = {
    Permission.ORDERS_WRITE: Kind.ORDER,
    Permission.WITHDRAWALS_WRITE: Kind.WITHDRAWAL,
}


async def can(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Whether a key could do something from an address now, and everything that stops it."""
    name = form.text("key")
    key = await desk.book.read(lambda shelf: shelf.find_key(name))
    table, _ = await desk.book.read(lambda shelf: shelf.actions(key.dialect))
    routes = [route.action for route in desk.dialect(key.dialect).routes]
    routes += [Action(row.name, row.kind, row.permission or Permission.MARKET_READ) for row in table.rows]
    action, left_out = _wish(form, routes)
    given = form.maybe("from")
    judged_ns = judged_at_ns(form, desk.clock.now_ns())
    form.end()
    loaded = await desk.book.load(key.environment, key.dialect, key.wire_id)
    if loaded is None:
        raise NotFound(f"there is no key {key.wire_id}")
    window = next((each for each in windows_of(desk) if is_for(each, key.dialect, key.environment)), None)
    snapshot = loaded.snapshot
    credential = next(each.credential for each in snapshot.proofs)
    rules = key.policy.network.rules
    peer = address_from_text(given) if given is not None else rules[0].first if rules else 0
    market = NoMarket() if window is None else window.market
    wish = Wish((action,), peer, snapshot, credential, world_of(desk, market, loaded, 0, judged_ns))
    found, complete = await asyncio.to_thread(objections, wish)
    if given is None:
        found = [each for each in found if each.reason is not Reason.NETWORK]
        left_out.append("the address: name it with --from")
    return {
        "key": named_key(key),
        "action": wanted(action),
        "judged_at": moment(judged_ns),
        "can": not found,
        "objections": [_objection_view(each, would_pass(each, snapshot, judged_ns, (action,))) for each in found],
        "all_found": complete,
        "not_judged": left_out,
    }


def _wish(form: Form, known: Sequence[Action]) -> tuple[Action, list[str]]:
    """The action that somebody would like to do, and what it leaves open. `known` are those of the key's routes."""
    action = _named(form.text("action"), known)
    left_out: list[str] = []
    pair = Pair.from_text(form.text("pair")) if form.has("pair") else None
    amounts = {name: amount_from_text(form.text(name)) for name in ("amount", "price", "quote") if form.has(name)}
    side = Side(form.choice("side", [each.value for each in Side], Side.BUY.value))
    to, asset = form.maybe("to"), form.maybe("asset")
    if action.kind is Kind.ORDER:
        order = Order(pair, side, amounts.get("amount"), amounts.get("price"), amounts.get("quote"))
        action = action._replace(order=order)
        if pair is None:
            left_out.append("the pair: name it with --pair")
    elif action.kind is Kind.WITHDRAWAL:
        network, colon, address = (to or "").partition(":")
        if to is not None and not (colon and network and address):
            raise MalformedValue("to is NETWORK:ADDRESS, like ETH:0x52908400098527886E0F7030069857D2E4169EE7")
        code = currency_from_text(asset) if asset is not None else None
        goes = Withdrawal(code, network or None, address or None, form.text("tag", ""), amounts.get("amount"))
        action = action._replace(withdrawal=goes)
    return action._replace(pair=pair), left_out


def _named(name: str, known: Sequence[Action]) -> Action:
    """An action by its name, or by the permission it needs. Raises MalformedValue."""
    for each in known:
        if each.name == name:
            return Action(name, each.kind, each.permission)
    with suppress(MalformedValue):
        permission = Permission.from_text(name)
        usual = Kind.READ if name.endswith(".read") else Kind.CHANGE
        return Action(name, _KINDS.get(permission, usual), permission)
    names = ", ".join(sorted({each.name for each in known}))
    raise MalformedValue(f"no action {name[:40]!r}: name a permission, or one of {names}")


def _objection_view(denied: Denied, would: Sequence[str]) -> dict[str, Any]:
    return {
        "step": step_of(denied.reason),
        "reason": denied.reason.code,
        "said": refusal(denied),
        "why": denied.reason.owner,
        "would_pass": list(would),
    }


INTENTS: dict[str, Intent] = {"key.can": can}
