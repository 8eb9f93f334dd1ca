"""How limits and rules are spelled on the command line, in both directions: NAME=VALUE.

    largest_order=USD:1000,BTC:0.1     amounts by currency
    order_rate=10/60                   ten at once, and ten a minute
    open_orders=5                      a number
    pairs=BTC/USD,ETH/USD              a list
    network_required=true              a rule that is on or off

`none` is no limit, `nothing` is a limit that admits nothing. What is shown can be typed again. Whether a name
exists and its value makes sense is for the desk to say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from bitting.domain.errors import MalformedValue

_AMOUNTS: Final = frozenset({"largest_order", "daily_orders", "daily_withdrawals"})
_LISTS: Final = frozenset({"pairs", "addresses", "forbidden", "algorithms", "dialects"})
_SWITCHES: Final = {"true": True, "false": False}


def limits(given: Sequence[str] | None, pairs: Sequence[str] | None = None) -> dict[str, Any] | None:
    """Read `--limit` and `--pair`; None when neither is given. Raises MalformedValue."""
    if given is None and pairs is None:
        return None
    table = _table("--limit", given or [], _limit)
    if pairs is not None:
        if "pairs" in table:
            raise MalformedValue("pairs are given twice: use --pair, or --limit pairs=")
        table["pairs"] = list(pairs)
    return table


def rules(given: Sequence[str]) -> dict[str, Any]:
    """Read `--rule`. Raises MalformedValue."""
    return _table("--rule", given, _rule)


def spelled(value: Any) -> str:
    """The value as it would be typed; text stays as it is."""
    if value is None:
        return "none"
    if value == [] or value == {}:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(spelled, value))
    if isinstance(value, dict):
        return ",".join(f"{name}:{spelled(each)}" for name, each in value.items())
    return str(value)


def _table(option: str, given: Sequence[str], read: Callable[[str, str], Any]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for each in given:
        name, equals, text = each.partition("=")
        if not (name and equals and text):
            raise MalformedValue(f"{option} wants NAME=VALUE, not {each[:64]!r}")
        if name in table:
            raise MalformedValue(f"{name} is given twice")
        table[name] = read(name, text)
    return table


def _limit(name: str, text: str) -> Any:
    if text == "none":
        return None
    if name in _AMOUNTS:
        return {} if text == "nothing" else _amounts(name, text)
    return _list(text) if name in _LISTS else _number(text)


def _rule(name: str, text: str) -> Any:
    if text == "none":
        return None
    if name in _LISTS:
        return _list(text)
    return _SWITCHES[text] if text in _SWITCHES else _number(text)


def _list(text: str) -> list[str]:
    return [] if text == "nothing" else text.split(",")


def _amounts(name: str, text: str) -> dict[str, str]:
    amounts: dict[str, str] = {}
    for part in text.split(","):
        currency, colon, amount = part.partition(":")
        if not (currency and colon and amount):
            raise MalformedValue(f"{name} wants CURRENCY:AMOUNT, like {name}=USD:1000, not {text[:64]!r}")
        if currency in amounts:
            raise MalformedValue(f"{name} has {currency[:16]} twice")
        amounts[currency] = amount
    return amounts


def _number(text: str) -> int | str:
    """A number where it is one; else the text, which the desk refuses where it wanted a number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else text
