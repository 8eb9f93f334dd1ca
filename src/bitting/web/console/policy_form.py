"""A key's policy as a form: read into the desk's values, written from a key, and two of them told apart in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from bitting.desk.form import moment_ms
from bitting.domain.errors import MalformedValue
from bitting.domain.grants import NO_LIMITS, Limits, OrderRate
from bitting.domain.money import amount_from_text
from bitting.domain.network import Network, address_from_text, address_to_text
from bitting.domain.permissions import PRESETS, Permission, expand
from bitting.domain.policy import label_from_text
from bitting.web.console.drawing import at_ms
from bitting.web.console.visit import Visit

RIGHTS: Final = tuple(each.value for each in Permission)
ORDER_RIGHTS: Final = ("orders.write", "positions.write", "convert.write")
WITHDRAW: Final = "withdrawals.write"
RISKY: Final = frozenset({"withdrawals.write", "transfers.write", "settings.write", "borrow.write"})
AMOUNTS: Final = ("largest_order", "daily_orders", "daily_withdrawals")
NUMBERS: Final = ("open_orders",)
LIVES: Final = ("30d", "90d", "365d", "never")
LIMITS: Final = (
    "pairs",
    "largest_order",
    "daily_orders",
    "order_rate",
    "open_orders",
    "collar_bp",
    "daily_withdrawals",
)

Plain = dict[str, Any]


class Difference(NamedTuple):
    """One line: `gives` more power or takes some; `words` names what is said with `given`."""

    gives: bool
    words: str
    given: Mapping[str, str]


def rights_of(visit: Visit) -> list[str]:
    """The rights that were switched on, in the order of the table. Raises MalformedValue."""
    chosen = {each.value for each in expand(visit.every("right"))}
    if not chosen:
        raise MalformedValue("switch at least one right on: a key without rights can do nothing")
    return [each for each in RIGHTS if each in chosen]


def preset_rights(name: str) -> list[str]:
    """What a preset switches on. Raises MalformedValue."""
    if name not in PRESETS:
        raise MalformedValue("choose what the key is for")
    return [each for each in RIGHTS if Permission(each) in PRESETS[name]]


def network_of(visit: Visit) -> list[str]:
    """The network as it will be kept. Raises MalformedValue."""
    if visit.one("from") == "anywhere":
        return ["anywhere"]
    return Network.from_text(visit.lines("network")).to_text()


def with_own_address(visit: Visit) -> str:
    """The list with the viewer's own address behind it."""
    mine = address_to_text(address_from_text(visit.peer))
    return "\n".join(dict.fromkeys([*visit.lines("network"), mine]))


def label_of(visit: Visit) -> str:
    """Raises MalformedValue."""
    return label_from_text(visit.one("label"))


def limits_of(visit: Visit, rights: Sequence[str]) -> Plain:
    """The limits that are set, for the rights there are. Raises MalformedValue."""
    limits: Plain = {}
    if any(each in rights for each in ORDER_RIGHTS):
        limits["pairs"] = [each.upper() for each in visit.lines("pairs")] or None
        for name in ("largest_order", "daily_orders"):
            limits[name] = _amounts(visit.one(name))
        rate, most, collar = (visit.one(name) for name in ("order_rate", "open_orders", "collar"))
        per_minute = rate if "/" in rate else f"{rate}/60"  # another time than a minute is written out: 10/1
        limits["order_rate"] = OrderRate.from_text(per_minute).to_text() if rate else None
        limits["open_orders"] = _number(most) if most else None
        limits["collar_bp"] = _number_of(amount_from_text(collar) * 100) if collar else None
    if WITHDRAW in rights:
        limits["daily_withdrawals"] = _amounts(visit.one("daily_withdrawals"))
    return {name: value for name, value in limits.items() if value is not None}


def _amounts(text: str) -> dict[str, str] | None:
    """`500 USDT, 0.1 BTC`."""
    found: dict[str, str] = {}
    for each in text.split(","):
        amount, _, currency = each.strip().partition(" ")
        if not amount:
            continue
        if not currency.strip() or currency.strip().upper() in found:
            raise MalformedValue(f"not an amount: {each.strip()[:32]!r}; write 500 USDT, or 500 USDT, 0.1 BTC")
        amount_from_text(amount)
        found[currency.strip().upper()] = amount
    return found or None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise MalformedValue(f"a whole number is wanted, not {text[:16]!r}")
    return int(text)


def _number_of(amount: Decimal) -> int:
    if amount != int(amount):
        raise MalformedValue("the distance from the price has at most two digits behind the point")
    return int(amount)


# ---- written from a key


def limits_shown(grants: Mapping[str, Mapping[str, Any]]) -> Plain:
    """The limits of a key as one: those of its orders, and of its withdrawals."""
    orders: Mapping[str, Any] = next((grants[each] for each in ORDER_RIGHTS if each in grants), {})
    return {**orders, **grants.get(WITHDRAW, {})}


def filled(key: Mapping[str, Any]) -> dict[str, str]:
    """A key's policy as its form is filled in."""
    limits = limits_shown(key["grants"])
    return {
        "label": key["label"],
        "from": "anywhere" if key["network"] == ["anywhere"] else "list",
        "network": "" if key["network"] == ["anywhere"] else "\n".join(key["network"]),
        "pairs": "\n".join(limits.get("pairs", [])),
        **{name: amounts_text(limits.get(name, {})) for name in AMOUNTS},
        "order_rate": _per_minute(limits.get("order_rate", "")),
        "open_orders": str(limits.get("open_orders", "")),
        "collar": f"{Decimal(limits['collar_bp']) / 100:f}" if "collar_bp" in limits else "",
        "life": "keep",
        "until": "",
    }


def amounts_text(amounts: Mapping[str, str]) -> str:
    """`500 USDT, 0.1 BTC`."""
    return ", ".join(f"{amount} {currency}" for currency, amount in amounts.items())


def _per_minute(text: str) -> str:
    orders, _, seconds = text.partition("/")
    return orders if seconds == "60" else text


def limit_text(name: str, value: Any) -> str:
    """A limit's value as a person reads it."""
    if isinstance(value, Mapping):
        return amounts_text(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(value)
    if name == "collar_bp":
        return f"{Decimal(value) / 100:f} %"
    return f"{value} s" if name == "order_rate" else str(value)


def expiry_of(visit: Visit) -> str | None:
    """When the key ends, as the desk reads it; None is as it was. Raises MalformedValue."""
    life = visit.one("life")
    if life == "keep":
        return None
    if life == "date":
        return f"{visit.one('until')}T23:59:59Z"
    if life not in LIVES:
        raise MalformedValue("choose when the key ends")
    return life


# ---- told apart


def differences(key: Mapping[str, Any], edit: Mapping[str, Any], now_ms: int) -> list[Difference]:
    """What an edit changes, what it gives before what it takes. `edit` is what the desk is asked for. Raises
    MalformedValue."""
    found = [*_differences(key, edit, now_ms)]
    return sorted(found, key=lambda each: not each.gives)


def _differences(key: Mapping[str, Any], edit: Mapping[str, Any], now_ms: int) -> Iterable[Difference]:
    if "label" in edit:
        yield Difference(False, "diff.label", {"was": key["label"], "now": edit["label"]})
    if "permissions" in edit:
        was, now = set(key["grants"]), set(edit["permissions"])
        yield from (Difference(True, "diff.right_on", {"right": each}) for each in RIGHTS if each in now - was)
        yield from (Difference(False, "diff.right_off", {"right": each}) for each in RIGHTS if each in was - now)
    if "network" in edit:
        was, now = set(key["network"]), set(edit["network"])
        yield from (Difference(True, _place("on", each), {"place": each}) for each in sorted(now - was))
        yield from (Difference(False, _place("off", each), {"place": each}) for each in sorted(was - now))
    if "expires" in edit:
        ends_ms = moment_ms(edit["expires"], now_ms)
        sooner = ends_ms is not None and (key["expires_at"] is None or ends_ms <= at_ms(key["expires_at"]))
        yield Difference(not sooner, "diff.expires", {"was": key["expires_at"] or "", "now": edit["expires"]})
    before = limits_shown(key["grants"])
    for name, value in edit.get("limits", {}).items():
        was_text = limit_text(name, before[name]) if name in before else ""
        now_text = limit_text(name, value) if value is not None else ""
        yield Difference(
            not _limit(name, value).within(_limit(name, before.get(name))),
            "diff.limit",
            {"limit": name, "was": was_text, "now": now_text},
        )


def _limit(name: str, value: Any) -> Limits:
    return NO_LIMITS if value is None else Limits.from_plain({name: value})


def _place(way: str, place: str) -> str:
    return f"diff.anywhere_{way}" if place == "anywhere" else f"diff.place_{way}"


def edit_of(visit: Visit, key: Mapping[str, Any]) -> Plain:
    """Only what the form changes, as the desk is asked for it. Raises MalformedValue."""
    edit: Plain = {}
    label, rights, network, expires = label_of(visit), rights_of(visit), network_of(visit), expiry_of(visit)
    if label != key["label"]:
        edit["label"] = label
    if set(rights) != set(key["grants"]):
        edit["permissions"] = rights
    if network != key["network"]:
        edit["network"] = network
    if expires is not None:
        edit["expires"] = expires
    typed, was = limits_of(visit, rights), filled(key)
    before = limits_shown(key["grants"])
    touched = {name for name in LIMITS if _typed(visit, name) != was[_field(name)]}
    had = {name for name in LIMITS if name in before}
    limits = {
        name: typed.get(name) for name in sorted(touched) if name in typed or (name in had and _has(rights, name))
    }
    if limits:
        edit["limits"] = limits
    return edit


def _field(name: str) -> str:
    return "collar" if name == "collar_bp" else name


def _typed(visit: Visit, name: str) -> str:
    return "\n".join(visit.lines(name)) if name == "pairs" else visit.one(_field(name))


def _has(rights: Sequence[str], name: str) -> bool:
    return WITHDRAW in rights if name == "daily_withdrawals" else any(each in rights for each in ORDER_RIGHTS)
