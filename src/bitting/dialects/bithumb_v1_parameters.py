"""What a request of Bithumb's API 1.0 asks for: everything stands in one form, its body.

Every reader takes the row's action and the request. It raises MalformedRequest for what is missing or mistyped;
currencies that are none are no error but no pair.

Sources: https://apidocs.bithumb.com/v1.2.0/reference, pages 지정가-주문하기, 시장가-매수하기, 시장가-매도하기,
자동-주문하기, 주문-취소하기, 코인-출금하기-개인 and 코인-출금하기-법인.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from bitting.dialects.amounts import highest_and_lowest, positive
from bitting.dialects.bithumb_markets import pair_from_codes, side_from_text
from bitting.dialects.routing import Reader
from bitting.dialects.strict import parameters
from bitting.domain.action import Action, Order, Side, Withdrawal
from bitting.domain.errors import MalformedRequest
from bitting.domain.pairs import Pair
from bitting.domain.request import Request

Names = Mapping[str, str]
Form = dict[str, str]

_DESTINATION: Final = frozenset({"currency", "net_type", "address", "destination", "units"})
_BESIDE_THE_POINT: Final = frozenset(
    {
        "endpoint",
        "exchange_name",
        "cust_type_cd",
        "ko_name",
        "en_name",
        "corp_ko_name",
        "corp_en_name",
        "corp_rep_ko_name",
        "corp_rep_en_name",
    }
)


def pair_in_form(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
    """Read `order_currency=BTC&payment_currency=KRW`; with one of them alone, the pair is not known."""
    return (action._replace(pair=_pair(parameters(request.body))),)


def limit_order(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
    """Read an order of `units` at `price`."""
    form = parameters(request.body)
    return _ordering(action, form, _side(form), [_amount(form, "price")], {"type", "price"}, capped=True)


def stop_limit_order(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
    """Read an order of `units` at `price`, placed when the market is at `watch_price`."""
    form = parameters(request.body)
    prices = [_amount(form, "price"), _amount(form, "watch_price")]
    return _ordering(action, form, _side(form), prices, {"type", "price", "watch_price"}, capped=True)


def market_order(side: Side) -> Reader:
    """A reader of an order of `units` at the market's price; the route says which way it goes."""

    def read(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
        return _ordering(action, parameters(request.body), side, [], set(), capped=False)

    return read


def withdrawal(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
    """Read a withdrawal of coins. A parameter that is not known could name another destination, so with one it goes
    to nobody knows where. What is missing stays None, and no address book admits it: without `net_type` Bithumb
    takes a network that we do not know."""
    form = parameters(request.body)
    goes = Withdrawal(None, None, None, "", None)
    if form.keys() <= _DESTINATION | _BESIDE_THE_POINT:
        goes = Withdrawal(
            form.get("currency"),
            form.get("net_type"),
            form.get("address"),
            form.get("destination", ""),
            _amount(form, "units"),
        )
    return (action._replace(withdrawal=goes),)


def _ordering(
    action: Action, form: Form, side: Side, prices: list[Decimal], named: set[str], *, capped: bool
) -> tuple[Action, ...]:
    pair, units = _pair(form), _amount(form, "units")
    highest, lowest = highest_and_lowest(prices)
    placed = Order(pair, side, units, highest, capped=capped, lowest=lowest)
    if form.keys() - named - {"endpoint", "order_currency", "payment_currency", "units"}:
        # What else it says may be a trigger, or another size.
        placed = Order(pair, side, None, None, capped=False)
    return (action._replace(pair=pair, order=placed),)


def _pair(form: Form) -> Pair | None:
    return pair_from_codes(form.get("order_currency", ""), form.get("payment_currency", ""))


def _side(form: Form) -> Side:
    return side_from_text(form.get("type"), "type")


def _amount(form: Form, name: str) -> Decimal:
    value = form.get(name)
    if value is None:
        raise MalformedRequest(f"no {name}")
    return positive(value, name)
