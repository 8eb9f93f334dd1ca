"""A table of routes finds the one row that is meant, and nothing else."""

from collections.abc import Mapping

import pytest

from bitting.dialects.routing import Route, Table
from bitting.domain.action import Action, Kind
from bitting.domain.errors import MalformedRequest
from bitting.domain.permissions import Permission
from bitting.domain.request import Request

READ = Action("orders.read", Kind.READ, Permission.ORDERS_READ)
OPEN = Action("orders.open", Kind.READ, Permission.ORDERS_READ)
HISTORY = Action("history.read", Kind.READ, Permission.HISTORY_READ)
CANCEL = Action("order.cancel", Kind.CANCEL, Permission.ORDERS_WRITE)


def named(action: Action, names: Mapping[str, str], request: Request) -> tuple[Action, ...]:
    """Shows what stood in the path."""
    return (action._replace(name=f"{action.name} {names['id']}"),)


TABLE = Table(
    [
        Route("GET", "/orders/{id}", READ, named),
        Route("GET", "/orders/open", OPEN),
        Route("DELETE", "/orders/{id}", CANCEL),
        Route("GET", "/orders/{id}/trades", READ),
        Route("GET", "/orders/{id}/trades", HISTORY),
        Route("GET", "/{account}/orders", READ),
    ]
)


def ask(method: bytes, target: bytes) -> tuple[Action, ...] | None:
    return TABLE.actions(Request(method, target, (), b"", 0))


@pytest.mark.parametrize(
    ("method", "target", "wanted"),
    [
        (b"GET", b"/orders/open", (OPEN,)),
        (b"GET", b"/orders/open?x=1", (OPEN,)),
        (b"GET", b"/orders/17", (READ._replace(name="orders.read 17"),)),
        (b"DELETE", b"/orders/17", (CANCEL,)),
        (b"GET", b"/orders/17/trades", (READ, HISTORY)),  # two rows: both rights
        (b"GET", b"/orders/orders", (READ._replace(name="orders.read orders"),)),  # the literal on the left wins
        (b"GET", b"/alice/orders", (READ,)),
        (b"POST", b"/orders/17", None),
        (b"get", b"/orders/17", None),
        (b"GET", b"/orders", None),
        (b"GET", b"/orders/17/trades/1", None),
        (b"GET", b"/Orders/17", None),
    ],
)
def test_one_row_is_meant(method: bytes, target: bytes, wanted: tuple[Action, ...] | None) -> None:
    assert ask(method, target) == wanted


@pytest.mark.parametrize("target", [b"/orders/17/", b"//orders", b"/orders/../x", b"/orders/%31", b"/orders/1;a"])
def test_a_path_in_another_spelling_is_malformed(target: bytes) -> None:
    with pytest.raises(MalformedRequest):
        ask(b"GET", target)
