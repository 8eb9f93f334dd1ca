"""One key: what it may do and did, and everything its holder can do with it."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from bitting.domain.errors import Conflict, Malformed, MalformedValue, NotFound, Refused, Repeated
from bitting.web.console.factor import Asked, ask_factor, carry_out
from bitting.web.console.health import marks
from bitting.web.console.kinds import state_of
from bitting.web.console.policy_form import (
    ORDER_RIGHTS,
    RISKY,
    WITHDRAW,
    Difference,
    differences,
    edit_of,
    filled,
    limit_text,
    limits_shown,
    with_own_address,
)
from bitting.web.console.snippets import snippets
from bitting.web.console.visit import Visit

STEPS: Final = {
    "pause": "key.pause",
    "resume": "key.resume",
    "revoke": "key.revoke",
    "roll-back": "key.roll-back",
}
OVERLAPS: Final = ("0", "15m", "1h", "24h")
_DONE: Final = frozenset({"made", "edited", "same", "rotated", *STEPS})


async def show(visit: Visit) -> Response:
    """The key, whole."""
    key = await _key(visit)
    records = await _records(visit, key, 25)
    done = visit.query.get("done", "")
    return visit.page(
        "key.html",
        key=key,
        state=state_of(key),
        marks=marks(key, visit.console.now_ms()),
        limits=_limits(key),
        records=records,
        manages=_manages(visit, key),
        rotating=any(each["state"] == "retiring" for each in key["credentials"]),
        done=done if done in _DONE else "",
    )


# ---- edit


async def edit(visit: Visit) -> Response:
    """The key's form, filled in."""
    key = await _key(visit)
    return _form(visit, key, filled(key), list(key["grants"]), key["version"])


async def edited(visit: Visit) -> Response:
    """First what it changes, in plain words; then the change, with the second factor where it gives power. Whoever
    edits in two windows is told in the second that the key is another one by now."""
    key = await _key(visit)
    typed = {name: visit.one(name) for name in filled(key)}
    saves = visit.one("go") == "save" or bool(visit.one("confirmation"))
    version = int(visit.one("version")) if visit.one("version").isdigit() else -1
    if visit.one("go") == "mine":
        typed |= {"network": with_own_address(visit), "from": "list"}
        return _form(visit, key, typed, visit.every("right"), version)
    if visit.one("go") == "back":
        return _form(visit, key, typed, visit.every("right"), version)
    try:
        edit = edit_of(visit, key)
        if version != key["version"] and not saves:
            raise Conflict("the key was changed meanwhile: load this page again, and look at what it is now")
        if not edit:
            return visit.see(f"/keys/{key['id']}?done=same")
        if not saves:
            carried = visit.carried("go", "token")
            return visit.page("edit_review.html", key=key, differences=_told(visit, key, edit), carried=carried)
        await carry_out(visit, "key.edit", key=key["id"], if_version=version, **edit)
    except Asked as asked:
        return ask_factor(visit, asked, "edit.title", differences=_told(visit, key, edit_of(visit, key)), key=key)
    except Repeated:
        return visit.see(f"/keys/{key['id']}?done=edited")
    except (Malformed, Refused) as problem:
        return _form(visit, key, typed, visit.every("right"), version, str(problem))
    return visit.see(f"/keys/{key['id']}?done=edited")


def _told(visit: Visit, key: dict[str, Any], edit: dict[str, Any]) -> list[Difference]:
    return differences(key, edit, visit.console.now_ms())


def _form(
    visit: Visit, key: dict[str, Any], typed: dict[str, str], rights: list[str], version: int, problem: str = ""
) -> Response:
    return visit.page(
        "edit.html",
        422 if problem else 200,
        key=key,
        typed=typed,
        chosen=rights,
        risky=RISKY,
        version=version,
        problem=problem,
        peer=visit.peer,
        once=visit.one("once") or visit.console.new_request_id(),
    )


# ---- rotate


async def ask_rotate(visit: Visit) -> Response:
    """How long the old secret stays."""
    key = await _key(visit)
    return visit.page("rotate.html", key=key, overlaps=OVERLAPS, clients=await _clients(visit, key))


async def rotate(visit: Visit) -> Response:
    """A new secret under the same key id, shown once."""
    key = await _key(visit)
    overlap = visit.one("overlap")
    if overlap not in OVERLAPS:
        raise MalformedValue("choose how long the old secret works beside the new one")
    try:
        made = await carry_out(visit, "key.rotate", key=key["id"], overlap=overlap)
    except Asked as asked:
        return ask_factor(visit, asked, "rotate.title", key=key)
    except Repeated as done:
        return visit.see(f"/keys/{done.object_id}?done=rotated")
    return secret_page(visit, made, new=False)


def secret_page(visit: Visit, made: dict[str, Any], *, new: bool) -> Response:
    """The secret, in the answer to the form that made it, and nowhere after that."""
    gate = visit.console.gates.get(made["dialect"]) or "https://your-gate.example"
    return visit.page("secret.html", made=made, new=new, gate=gate, snippets=snippets(made["dialect"], gate))


# ---- pause, resume, revoke, roll back


async def ask_step(visit: Visit) -> Response:
    """What it would do, and to whom."""
    key = await _key(visit)
    return visit.page("step.html", key=key, step=_step(visit), clients=await _clients(visit, key))


async def take_step(visit: Visit) -> Response:
    """Do it."""
    key, step = await _key(visit), _step(visit)
    try:
        await carry_out(visit, STEPS[step], key=key["id"])
    except Asked as asked:
        return ask_factor(visit, asked, f"step.{step}.title", key=key)
    except Repeated:
        pass
    return visit.see(f"/keys/{key['id']}?done={step}")


def _step(visit: Visit) -> str:
    step = visit.ids["step"]
    if step not in STEPS:
        raise NotFound("there is no such page")
    return step


# ---- what they have in common


async def _key(visit: Visit) -> dict[str, Any]:
    return await visit.ask("key.show", key=visit.ids["key"])


async def _records(visit: Visit, key: dict[str, Any], most: int) -> list[dict[str, Any]]:
    """The newest first."""
    records: list[dict[str, Any]] = (await visit.ask("activity.list", key=key["id"], most=most))["records"]
    return records[::-1]


async def _clients(visit: Visit, key: dict[str, Any]) -> list[dict[str, str]]:
    """Who uses the key, the latest first: each address and program once, of the newest records."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for each in await _records(visit, key, 200):
        if each["verdict"] == "admitted":
            found.setdefault((each["address"], each["client"]), each)
    return list(found.values())[:5]


def _limits(key: dict[str, Any]) -> list[tuple[str, str]]:
    may = any(each in key["grants"] for each in (*ORDER_RIGHTS, WITHDRAW))
    return [(name, limit_text(name, each)) for name, each in limits_shown(key["grants"]).items()] if may else []


def _manages(visit: Visit, key: dict[str, Any]) -> bool:
    return bool(visit.me["accounts"].get(key["account"], "viewer") != "viewer")
