"""A row of an operator's table is whole, or refused with what to write instead."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.action import Kind
from bitting.domain.action_row import FITTING, METHODS, ActionRow, Place
from bitting.domain.errors import MalformedValue
from bitting.domain.permissions import Permission

READ = {"method": "GET", "path": "/orders", "name": "orders.read", "permission": "orders.read"}
OPEN = {"method": "GET", "path": "/markets", "name": "markets", "public": True}
ORDER = {
    "method": "POST",
    "path": "/orders",
    "name": "order.place",
    "permission": "orders.write",
    "kind": "order",
    "pair": "json:/symbol",
    "amount": "json:/amount",
}
CANCEL = {
    "method": "DELETE",
    "path": "/orders/{id}",
    "name": "order.cancel",
    "permission": "orders.write",
    "kind": "cancel",
}
WITHDRAWAL = {
    "method": "POST",
    "path": "/withdrawals",
    "name": "withdraw",
    "permission": "withdrawals.write",
    "kind": "withdrawal",
    "asset": "json:/asset",
    "network": "json:/network",
    "address": "json:/to/address",
    "amount": "json:/amount",
}
WHOLE: list[dict[str, Any]] = [
    {**READ, "kind": "read"},
    OPEN,
    {**ORDER, "weight": 3, "batch": "json:/orders", "type": "json:/type", "reduce_only": "json:/reduce"},
    {**CANCEL, "pair": "path:id"},
    {**WITHDRAWAL, "ignored": ["client_id", "note"]},
    {**ORDER, "permission": "positions.write", "amount": "form:amount", "pair": "form:symbol"},
]


@pytest.mark.parametrize("plain", WHOLE)
def test_a_row_is_written_as_it_is_read(plain: dict[str, Any]) -> None:
    assert ActionRow.from_plain(plain).to_plain() == plain


def test_what_reads_needs_no_kind() -> None:
    """And what writes has to say what it does: a change has no limits of value."""
    assert ActionRow.from_plain(READ).kind is Kind.READ
    with pytest.raises(MalformedValue, match="kind is one of"):
        ActionRow.from_plain({**CANCEL, "permission": "funding.write"} | {"kind": None})


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("kind", [each for each in Kind if not each.value.startswith("self")])
def test_kind_and_permission_have_to_fit(kind: Kind, permission: Permission) -> None:
    """The attack: an order that is mapped as a change, or value that leaves as one, passes every limit there is."""
    places = {"kind": kind.value, "permission": permission.value}
    if kind is Kind.ORDER:
        places["amount"] = "json:/amount"
    if kind is Kind.WITHDRAWAL:
        places |= {each: f"json:/{each}" for each in ("asset", "network", "address", "amount")}
    plain = {"method": "POST", "path": "/x", "name": "x", **places}
    reads = permission.value.endswith(".read")
    fits = {
        Kind.READ: reads,
        Kind.CHANGE: not reads and permission.value not in ("orders.write", "withdrawals.write"),
        Kind.ORDER: permission.value in ("orders.write", "positions.write"),
        Kind.CANCEL: permission.value in ("orders.write", "positions.write"),
        Kind.WITHDRAWAL: permission.value == "withdrawals.write",
    }[kind]
    assert (permission in FITTING[kind]) is fits
    if fits:
        assert ActionRow.from_plain(plain).kind is kind
    else:
        with pytest.raises(MalformedValue, match=f"kind {kind.value} goes with .*, not with {permission.value}"):
            ActionRow.from_plain(plain)


@pytest.mark.parametrize("method", METHODS)
def test_a_get_reads_and_what_reads_is_a_get_or_a_post(method: str) -> None:
    """The attack: a DELETE that is mapped as a read is neither durable nor admitted only once."""
    reads = {**READ, "method": method}
    cancels = {**CANCEL, "method": method}
    for plain, good in ((reads, method in ("GET", "POST")), (cancels, method != "GET")):
        if good:
            assert ActionRow.from_plain(plain).method == method
        else:
            with pytest.raises(MalformedValue, match=f"a {method} is not of kind"):
                ActionRow.from_plain(plain)


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ({**READ, "pemission": "x"}, "there is no 'pemission'; there are: method, path, name"),
        ({**READ, "method": "get"}, "method is one of GET, POST, PUT, PATCH, DELETE, not 'get'"),
        ({**READ, "method": "HEAD"}, "method is one of"),
        ({**READ, "method": ["GET"]}, "method is one of"),
        ({**READ, "permission": "orders.raed"}, "no permission 'orders.raed'; there are"),
        ({**READ, "permission": ["orders.read"]}, "no permission"),
        ({**READ, "public": True}, "say who may"),
        ({**READ, "public": 1}, "say who may"),
        ({k: v for k, v in READ.items() if k != "permission"}, "say who may"),
        ({**OPEN, "public": False}, "say who may"),
        ({**READ, "name": "a b"}, "name is what owners see"),
        ({**READ, "name": ""}, "name is what owners see"),
        ({**READ, "name": None}, "name is what owners see"),
        ({**READ, "kind": "self.read"}, "kind is one of read, change, order, cancel, withdrawal"),
        ({**READ, "weight": 0}, "weight is a whole number from 1 to 1000, not 0"),
        ({**READ, "weight": True}, "weight is a whole number"),
        ({**READ, "weight": 1001}, "weight is a whole number"),
        ({**OPEN, "method": "POST"}, "only a GET that reads is open"),
        ({**OPEN, "kind": "cancel"}, "only a GET that reads is open"),
        ({**OPEN, "weight": 2}, "an open row has method, path and name"),
        ({**OPEN, "pair": "query:symbol"}, "an open row has method, path and name"),
        ({**READ, "amount": "query:amount"}, "kind read has no amount; it has: pair"),
        ({**CANCEL, "price": "query:price"}, "kind cancel has no price"),
        ({**ORDER, "address": "json:/a"}, "kind order has no address"),
        ({**CANCEL, "pair": "path:symbol"}, "the path has no {symbol}"),
        ({**READ, "pair": "json:/symbol"}, "a GET has no body"),
        ({**READ, "pair": "form:symbol"}, "a GET has no body"),
        ({**ORDER, "pair": "form:symbol"}, "a body is JSON or a form"),
        ({**ORDER, "pair": "json:"}, "json: alone is the whole body; write json:/pair"),
        ({k: v for k, v in ORDER.items() if k != "amount"}, "where its amount or its quote_amount stands"),
        ({k: v for k, v in WITHDRAWAL.items() if k != "network"}, "where its network stands"),
        ({**ORDER, "ignored": ["x"]}, "ignored is for withdrawals"),
        ({**WITHDRAWAL, "ignored": "x"}, "ignored is a list"),
        ({**WITHDRAWAL, "ignored": ["a b"]}, "ignored is a list"),
        ({**WITHDRAWAL, "ignored": ["x"] * 65}, "at most 64"),
        ({**ORDER, "batch": "query:orders"}, "batch is where the list stands in a JSON body"),
        ({**WITHDRAWAL, "batch": "json:/all"}, "a batch is of orders or of cancels"),
        (
            {**ORDER, "amount": "form:amount", "pair": "form:symbol", "batch": "json:/orders"},
            "a body is JSON or a form",
        ),
    ],
)
def test_what_is_no_row(plain: dict[str, Any], said: str) -> None:
    with pytest.raises(MalformedValue, match=said):
        ActionRow.from_plain(plain)


NO_PATHS: list[object] = [
    "",
    "/",
    "orders",
    "/orders/",
    "//orders",
    "/orders/../x",
    "/orders/.",
    "/orders?x=1",
    None,
    7,
]
NO_PATHS += ["/orders/%31", "/orders;a", "/orders/{id}.json", "/orders/{}", "/orders/{a}/{a}", "/orders/{a b}"]
NO_PATHS += ["/\u00e9", "/" + "x" * 512]


@pytest.mark.parametrize("path", NO_PATHS)
def test_what_is_no_path(path: object) -> None:
    """Only in the one spelling that requests are compared in: in another one it would never be found."""
    with pytest.raises(MalformedValue, match="path"):
        ActionRow.from_plain({**READ, "path": path})


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("json:/a", Place("json", ("a",))),
        ("json:/a/b~1c~0d", Place("json", ("a", "b/c~d"))),
        ("json:", Place("json", ())),
        ("query:a-b_c", Place("query", ("a-b_c",))),
        ("form:a", Place("form", ("a",))),
        ("path:a", Place("path", ("a",))),
    ],
)
def test_places_are_written_as_they_are_read(text: str, place: Place) -> None:
    """RFC 6901 has two escapes; here are its names only, since a list is a batch."""
    assert Place.from_text(text) == place
    assert place.to_text() == text


NO_PLACES: list[object] = ["", "json", "json:a", "json:/", "json:/~2", "json:/a\n", "json:/\ud800", "query:", None, 5]
NO_PLACES += ["query:/a", "query:a.b", "header:a", "path:{id}", "json:" + "/a" * 9]


@pytest.mark.parametrize("text", NO_PLACES)
def test_what_is_no_place(text: object) -> None:
    with pytest.raises(MalformedValue, match="not a place"):
        Place.from_text(text)


@given(
    st.dictionaries(
        st.sampled_from([*ORDER, *WITHDRAWAL, "public", "weight", "batch", "ignored", "tag", "type", "x"]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(max_size=8)
        | st.lists(st.text(max_size=3), max_size=3)
        | st.sampled_from([*ORDER.values(), *WITHDRAWAL.values(), *READ.values()]),
    )
)
def test_anything_is_a_row_or_refused(plain: dict[str, Any]) -> None:
    """Nothing else ever escapes, and a row reads back as itself."""
    try:
        row = ActionRow.from_plain(plain)
    except MalformedValue:
        return
    assert ActionRow.from_plain(row.to_plain()) == row
