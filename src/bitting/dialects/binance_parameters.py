"""Binance's parameters, one by one: how a form is read, what a symbol, a side, an amount, a flag is.

The rule it keeps: a parameter that could be read two ways is refused. Follows the general information of the
spot and USDⓈ-M REST API (2026-07).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Final

from bitting.dialects.amounts import positive
from bitting.dialects.strict import one_header, parameters
from bitting.domain.action import Action, Side, Withdrawal
from bitting.domain.errors import MalformedRequest, MalformedValue
from bitting.domain.money import currency_from_text
from bitting.domain.pairs import Pair
from bitting.domain.request import Request

Parameters = dict[str, str]
Fill = Callable[[Action, Parameters], tuple[Action, ...]]


_FORMS: Final = (
    b"application/x-www-form-urlencoded",
    b"application/x-www-form-urlencoded;charset=utf-8",
)


def form(request: Request) -> Parameters:
    """All parameters of query and body. Raises MalformedRequest for a name that stands twice, for a body that a
    server might not read as we do (one of another type than a form, or one behind a GET), and for a bare `=` in
    a value: a captured request could be cut into query and body there, and say something else."""
    query, body = request.query, request.body
    if body:
        kind = one_header(request, b"content-type") or b""
        if kind.replace(b" ", b"").lower() not in _FORMS:
            raise MalformedRequest("the body is not application/x-www-form-urlencoded")
        if request.method == b"GET":
            raise MalformedRequest("a GET has no body")
    given = parameters(query, body)
    # Each parameter has one `=`; what is more stands in a value.
    if query.count(b"=") + body.count(b"=") > len(given) and (_has_bare_sign(query) or _has_bare_sign(body)):
        raise MalformedRequest("a value has a '=' that is not escaped")
    return given


def _has_bare_sign(part: bytes) -> bool:
    return any(piece.count(b"=") > 1 and not piece.startswith(b"signature=") for piece in part.split(b"&"))


# Symbols are base and quote without a mark between them. No quote in this list ends in another one, so at most
# one fits a symbol. Quotes that would break this (AEUR behind EUR, BIDR behind IDR, USD itself) are left out, and
# their pairs are unknown.
_QUOTES: Final = """
    USDT USDC FDUSD TUSD BUSD USD1 USDP DAI EURI EUR GBP AUD TRY BRL ARS JPY MXN COP CZK PLN RON UAH ZAR IDR NGN
    BTC ETH BNB SOL XRP TRX DOGE DOT
"""
QUOTES: Final = frozenset(_QUOTES.split())
_QUOTE_LENGTHS: Final = (4, 3, 5)  # the common ones first
_LONGEST_SYMBOL: Final = 32  # no pair has a longer one, and the cache is to stay small


def pair_of(symbol: str) -> Pair | None:
    """`BTCUSDT` as BTC/USDT; None for a symbol that does not end in a known quote, or has no code before it."""
    return _pair(symbol) if len(symbol) <= _LONGEST_SYMBOL else None


@lru_cache(maxsize=4096)  # more than there are symbols; nothing in it is secret
def _pair(symbol: str) -> Pair | None:
    for length in _QUOTE_LENGTHS:
        quote = symbol[-length:]
        if quote in QUOTES:
            try:
                return Pair(currency_from_text(symbol[:-length]), quote)
            except MalformedValue:
                return None
    return None


def by_symbol(action: Action, given: Parameters) -> tuple[Action, ...]:
    """The action, for the pair of `symbol` if there is one."""
    symbol = given.get("symbol")
    if symbol is None:
        return (action,)
    return (Action(action.name, action.kind, action.permission, pair_of(symbol)),)


_DESTINATION: Final = frozenset({"coin", "network", "address", "addressTag", "amount"})
_BESIDE_THE_POINT: Final = frozenset(
    {
        "withdrawOrderId",
        "transactionFeeFlag",
        "name",
        "walletType",
        "questionnaire",
        "timestamp",
        "recvWindow",
        "signature",
    }
)
NOWHERE: Final = Withdrawal(None, None, None, "", None)


def withdrawal(action: Action, given: Parameters) -> tuple[Action, ...]:
    """`capital/withdraw/apply`. A parameter that is not known could name another destination, so with one it
    goes to nobody knows where. What is missing stays None, and no address book admits it: without `network`
    Binance takes a default that we do not know."""
    to = NOWHERE
    if given.keys() <= _DESTINATION | _BESIDE_THE_POINT:
        to = Withdrawal(
            given.get("coin"),
            given.get("network"),
            given.get("address"),
            given.get("addressTag", ""),
            maybe(given, "amount"),
        )
    return (Action(action.name, action.kind, action.permission, withdrawal=to),)


def text(given: Parameters, name: str) -> str:
    """A parameter that must be there. Raises MalformedRequest."""
    value = given.get(name)
    if value is None:
        raise MalformedRequest(f"no {name}")
    return value


def pair(given: Parameters) -> Pair | None:
    """The pair of `symbol`, which must be there."""
    return pair_of(text(given, "symbol"))


_SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL}


def side(given: Parameters, name: str = "side") -> Side:
    """`BUY` or `SELL`. Raises MalformedRequest."""
    found = _SIDES.get(given.get(name, ""))
    if found is None:
        raise MalformedRequest(f"{name} is not BUY or SELL")
    return found


def amount(given: Parameters, name: str) -> Decimal:
    """An amount above zero. Raises MalformedRequest."""
    return positive(text(given, name), name)


def maybe(given: Parameters, name: str) -> Decimal | None:
    """An amount above zero, or None when the parameter is absent. Raises MalformedRequest."""
    value = given.get(name)
    return None if value is None else positive(value, name)


def flag(given: Parameters, name: str) -> bool:
    """A switch, off when absent. Binance's pages write both `true` and `TRUE`, and clients send `True`.
    Raises MalformedRequest."""
    match given.get(name, "false").lower():
        case "true":
            return True
        case "false":
            return False
    raise MalformedRequest(f"{name} is not true or false")
