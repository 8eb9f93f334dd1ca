"""What an OpenAPI document says of security is what the table says; what it does not say stays closed."""

from __future__ import annotations

from typing import Any

import pytest

from bitting.cli.openapi import described
from bitting.domain.errors import MalformedValue

NEEDS = [{"bitting": ["orders.read"]}]


def document(operation: dict[str, Any], method: str = "get", **more: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "paths": {"/x": {method: {"operationId": "x", **operation}}}, **more}


def row(operation: dict[str, Any], method: str = "get", **more: Any) -> dict[str, Any]:
    said = described(document(operation, method, **more), "bitting")
    assert said.unmapped == []
    [found] = said.table["action"]
    assert isinstance(found, dict)
    return found


def left(operation: dict[str, Any], method: str = "get", **more: Any) -> str:
    said = described(document(operation, method, **more), "bitting")
    assert said.table["action"] == []
    [why] = said.unmapped
    return why


def test_a_scope_is_a_permission() -> None:
    plain = {"method": "GET", "path": "/x", "name": "x", "permission": "orders.read"}
    assert row({"security": NEEDS}) == plain
    assert row({"security": [{"oauth": []}, {**NEEDS[0], "mtls": []}]}) == plain
    said = described(document({"security": [{"keys": ["orders.read"]}]}, openapi="3.0.4"), "keys")
    assert said.table == {"action": [plain]}


def test_what_openapi_has_no_word_for_stands_in_x_bitting() -> None:
    extension = {"kind": "cancel", "weight": 3, "pair": "query:symbol", "name": "order.cancel"}
    security = [{"bitting": ["orders.write"]}]
    found = row({"security": security, "x-bitting": extension}, "delete")
    assert found == {"method": "DELETE", "path": "/x", "permission": "orders.write", **extension}
    above: dict[str, Any] = {"x-bitting": {"pair_form": "BTC-USDT"}}
    assert described(document({}, **above), "bitting").table == {"pair_form": "BTC-USDT", "action": []}


def test_a_name_is_said_somewhere() -> None:
    """By the document, by the extension, or it is missed."""
    unnamed = {"openapi": "3.1.0", "paths": {"/x": {"get": {"security": NEEDS, "x-bitting": {"name": "mine"}}}}}
    assert described(unnamed, "bitting").table["action"][0]["name"] == "mine"
    del unnamed["paths"]["/x"]["get"]["x-bitting"]  # type: ignore[index]
    with pytest.raises(MalformedValue, match="name is what owners see"):
        described(unnamed, "bitting")


def test_what_holds_for_all_operations_holds_where_nothing_else_is_said() -> None:
    assert row({}, security=NEEDS)["permission"] == "orders.read"
    assert row({"security": []}, security=NEEDS)["public"] is True
    assert left({"security": [{"other": []}]}, security=NEEDS) == "GET /x: names no scope of the scheme bitting"


@pytest.mark.parametrize(
    ("operation", "method", "why"),
    [
        ({}, "get", "GET /x: says nothing of security"),
        ({"security": [{}]}, "get", "GET /x: names no scope of the scheme bitting"),
        ({"security": [{"bitting": []}]}, "get", "GET /x: names no scope of the scheme bitting"),
        ({"security": []}, "post", "POST /x: open to everybody, and not a GET: it stays closed"),
        ({"security": NEEDS}, "head", "HEAD /x: there are no rows for this method"),
        ({"security": NEEDS}, "options", "OPTIONS /x: there are no rows for this method"),
    ],
)
def test_what_says_too_little_stays_closed_and_is_named(operation: dict[str, Any], method: str, why: str) -> None:
    assert left(operation, method) == why


@pytest.mark.parametrize(
    ("servers", "path"),
    [
        ([], "/x"),
        ([{"url": "/"}], "/x"),
        ([{"url": "https://api.example.com"}], "/x"),
        ([{"url": "https://api.example.com/v1/"}], "/v1/x"),
        ([{"url": "/exchange/v1"}, {"url": "https://test.example.com/exchange/v1"}], "/exchange/v1/x"),
        ([{"url": "https://{host}/{v}", "variables": {"host": {"default": "a"}, "v": {"default": "v2"}}}], "/v2/x"),
    ],
)
def test_the_servers_say_what_stands_in_front_of_a_path(servers: list[Any], path: str) -> None:
    assert row({"security": NEEDS}, servers=servers)["path"] == path


def test_the_closest_servers_count() -> None:
    operation = {"security": NEEDS, "servers": [{"url": "/own"}]}
    assert row(operation, servers=[{"url": "/all"}])["path"] == "/own/x"
    item = {"get": {"operationId": "x", "security": NEEDS}, "servers": [{"url": "/item"}]}
    found = described({"openapi": "3.1.0", "paths": {"/x": item}, "servers": [{"url": "/all"}]}, "bitting")
    assert found.table["action"][0]["path"] == "/item/x"


def test_references_within_the_document_are_followed() -> None:
    item = {"get": {"operationId": "x", "security": NEEDS}}
    plain = {
        "openapi": "3.1.0",
        "paths": {"/x": {"$ref": "#/components/pathItems/a~1b"}},
        "components": {"pathItems": {"a/b": {"$ref": "#/components/pathItems/c"}, "c": item}},
    }
    assert described(plain, "bitting").table["action"][0]["path"] == "/x"


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ({"$ref": "other.yaml#/x"}, "leads out of the document"),
        ({"$ref": "https://example.com/x"}, "leads out of the document"),
        ({"$ref": 1}, "leads out of the document"),
        ({"$ref": "#/components/none"}, "leads nowhere"),
        ({"$ref": "#/openapi/none"}, "leads nowhere"),
        ({"$ref": "#/paths/~1x"}, "more than 8 references"),
        ({"$ref": "#/components/none", "get": {}}, "beside a \\$ref nothing stands"),
        ({"$ref": "#/openapi"}, "a path item is an object"),
        ([], "a path item is an object"),
    ],
)
def test_references_that_lead_elsewhere_are_refused(reference: object, said: str) -> None:
    """Nothing is fetched, and one that leads to itself has an end."""
    with pytest.raises(MalformedValue, match=f"paths, /x: .*{said}"):
        described({"openapi": "3.1.0", "paths": {"/x": reference}}, "bitting")


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ({"security": [{"bitting": ["orders.raed"]}]}, "GET: no permission 'orders.raed'"),
        ({"security": [{"bitting": ["orders.read", "history.read"]}]}, "bitting has one scope, the permission"),
        ({"security": [{"bitting": "orders.read"}]}, "bitting has one scope"),
        ({"security": [{"bitting": [1]}]}, "bitting has one scope"),
        ({"security": [*NEEDS, {"bitting": []}]}, "has a choice between requirements of bitting"),
        ({"security": {}}, "security is a list of requirements"),
        ({"security": ["bitting"]}, "security is a list of requirements"),
        ({"security": NEEDS, "x-bitting": []}, "x-bitting is an object"),
        ({"security": NEEDS, "x-bitting": {"path": "/y"}}, "x-bitting has no path: the document says it itself"),
        ({"security": NEEDS, "x-bitting": {"public": True}}, "x-bitting has no public"),
        ({"security": NEEDS, "x-bitting": {"wieght": 1}}, "there is no 'wieght'"),
        ({"security": [{"bitting": ["orders.write"]}]}, "kind is one of"),
        ({"security": NEEDS, "operationId": "a b"}, "name is what owners see"),
        ({"security": NEEDS, "servers": {}}, "servers is a list"),
        ({"security": NEEDS, "servers": ["/v1"]}, "a server is an object"),
        ({"security": NEEDS, "servers": [{"url": "v1"}]}, "a server's url is like"),
        ({"security": NEEDS, "servers": [{}]}, "a server's url is like"),
        ({"security": NEEDS, "servers": [{"url": "/a"}, {"url": "/b"}]}, "have different paths, /a and /b"),
        ({"security": NEEDS, "servers": [{"url": "/a", "variables": []}]}, "variables is an object"),
        ({"security": NEEDS, "servers": [{"url": "/{v}", "variables": {"v": 1}}]}, "a variable is an object"),
    ],
)
def test_what_is_said_wrongly_is_refused_with_its_place(operation: dict[str, Any], said: str) -> None:
    """The attack: a document that opens a route by a mistake that nobody is told of."""
    with pytest.raises(MalformedValue, match=f"^paths, /x: GET: .*{said}|^paths, /x: {said}"):
        described(document(operation), "bitting")


@pytest.mark.parametrize(
    "plain",
    [None, [], {}, {"swagger": "2.0"}, {"openapi": "2.0"}, {"openapi": "3.2.0"}, {"openapi": 3.1}, {"openapi": "3.1"}],
    ids=str,
)
def test_what_is_no_document_of_a_version_that_is_known(plain: object) -> None:
    with pytest.raises(MalformedValue, match=r"not an OpenAPI document of version 3\.0 or 3\.1"):
        described(plain, "bitting")


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ({"paths": []}, "paths is an object"),
        ({"paths": {"/x": {"get": []}}}, "paths, /x: an operation is an object"),
        ({"x-bitting": []}, "x-bitting is an object"),
    ],
    ids=str,
)
def test_what_is_not_built_like_a_document(plain: dict[str, Any], said: str) -> None:
    with pytest.raises(MalformedValue, match=said):
        described({"openapi": "3.1.0", **plain}, "bitting")
