"""A new key, in five steps. What was filled in goes from step to step in the form itself; nothing is kept here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from starlette.responses import Response

from bitting.domain.errors import Malformed, MalformedValue, Refused, Repeated
from bitting.web.console.factor import Asked, ask_factor, carry_out
from bitting.web.console.pages.key import secret_page
from bitting.web.console.policy_form import (
    RISKY,
    expiry_of,
    label_of,
    limit_text,
    limits_of,
    network_of,
    preset_rights,
    rights_of,
    with_own_address,
)
from bitting.web.console.visit import Visit

STEPS: Final = ("purpose", "rights", "network", "limits", "review")
PURPOSES: Final = ("read-only", "trade", "withdraw", "own")
_FIELDS: Final = {
    "purpose": ("account", "dialect", "label", "preset"),
    "rights": ("right",),
    "network": ("from", "network"),
    "limits": (
        *("pairs", "largest_order", "daily_orders", "order_rate", "open_orders", "collar", "daily_withdrawals"),
        *("life", "until"),
    ),
}


async def begin(visit: Visit) -> Response:
    """The first step, empty."""
    return await _show(visit, "purpose")


async def step(visit: Visit) -> Response:
    """Check a step and go on, or go back. A browser's own way back is the way to the page before."""
    at = visit.one("step") if visit.one("step") in STEPS else "purpose"
    if visit.one("go") == "back":
        return await _show(visit, STEPS[max(0, STEPS.index(at) - 1)])
    if visit.one("go") == "mine":
        visit.fields = {**visit.fields, "network": [with_own_address(visit)], "from": ["list"]}
        return await _show(visit, "network")
    try:
        await _CHECKS[at](visit)
    except (Malformed, Refused) as problem:
        return await _show(visit, at, str(problem))
    if at == "purpose":
        _fill_rights(visit)
    if at in ("limits", "review"):
        return await _issue(visit)
    return await _show(visit, STEPS[STEPS.index(at) + 1])


async def _purpose(visit: Visit) -> None:
    label_of(visit)
    if visit.one("preset") != "own":
        preset_rights(visit.one("preset"))
    if visit.one("dialect") not in visit.console.gates:
        raise MalformedValue("choose the exchange whose language the client speaks")
    await visit.ask("account.show", account=visit.one("account"))


async def _rights(visit: Visit) -> None:
    rights_of(visit)


async def _network(visit: Visit) -> None:
    network_of(visit)


async def _limits(visit: Visit) -> None:
    limits_of(visit, rights_of(visit))
    expiry_of(visit)


_CHECKS: Final[dict[str, Callable[[Visit], Any]]] = {
    "purpose": _purpose,
    "rights": _rights,
    "network": _network,
    "limits": _limits,
    "review": _limits,
}


def _fill_rights(visit: Visit) -> None:
    """A preset that was chosen anew switches its rights; going back and forth leaves what was switched by hand."""
    preset = visit.one("preset")
    if preset != visit.one("switched"):
        rights = [] if preset == "own" else preset_rights(preset)
        visit.fields = {**visit.fields, "right": rights, "switched": [preset]}


async def _issue(visit: Visit) -> Response:
    """Ask for the key: the desk asks for the second factor, and the page shows both what will be and the question."""
    rights = rights_of(visit)
    limits = limits_of(visit, rights)
    values = {
        "account": visit.one("account"),
        "dialect": visit.one("dialect"),
        "label": label_of(visit),
        "permissions": rights,
        "network": network_of(visit),
        "expires": expiry_of(visit) or "90d",
        "limits": limits,
    }
    try:
        made = await carry_out(visit, "key.issue", **values)
    except Asked as asked:
        visit.fields = {**visit.fields, "step": ["review"]}
        review = [(name, limit_text(name, each)) for name, each in limits.items()]
        return ask_factor(visit, asked, "create.title", review=review, asked_key=values, steps=STEPS, at="review")
    except Repeated as done:
        return visit.see(f"/keys/{done.object_id}?done=made")
    except (Malformed, Refused) as problem:
        return await _show(visit, "limits", str(problem))
    return secret_page(visit, made, new=True)


async def _show(visit: Visit, at: str, problem: str = "") -> Response:
    accounts = (await visit.ask("account.list"))["accounts"]
    mine = [each for each in accounts if visit.me["accounts"].get(each["id"], "viewer") != "viewer"]
    carried = visit.carried("step", "go", "token", "once", "confirmation", "code", "response", *_FIELDS.get(at, ()))
    rights = visit.every("right")
    typed = {name: visit.one(name) for names in _FIELDS.values() for name in names if name != "right"}
    return visit.page(
        "create.html",
        422 if problem else 200,
        steps=STEPS,
        at=at,
        problem=problem,
        accounts=mine,
        dialects=sorted(visit.console.gates),
        purposes=PURPOSES,
        chosen=rights,
        risky=RISKY,
        typed=typed,
        carried=carried,
        once=visit.one("once") or visit.console.new_request_id(),
        peer=visit.peer,
    )
