"""The OpenAPI 3.1 document, made of the table of routes and the shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from bitting.desk.rights import MACHINE, RIGHTS
from bitting.web.api import problems
from bitting.web.api.headers import CONFIRMATION, ETAG, ONCE
from bitting.web.api.problems import MEDIA, Kind
from bitting.web.api.route import Access, Route
from bitting.web.api.shapes.approvals import Confirmation, Waiting

_REF: Final = "#/components/schemas/{model}"
_NAMES: Final = re.compile(r"\{([a-z_]+)\}")
_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": [each.code for each in problems.EVERY]},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "confirmation": {"$ref": _REF.format(model="Confirmation")},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}


def document(routes: Sequence[Route], version: str) -> dict[str, Any]:
    """The document of these routes."""
    wanted = [(shape, mode) for each in routes for shape, mode in _shapes(each)]
    names, schemas = models_json_schema(wanted, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for each in routes:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, names, routes)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Bitting", "version": version},
        "paths": paths,
        "components": {
            "schemas": {**schemas.get("$defs", {}), "Problem": _PROBLEM},
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer"}},
        },
    }


def _shapes(route: Route) -> Iterable[tuple[type[BaseModel], JsonSchemaMode]]:
    yield route.reply, "serialization"
    yield Waiting, "serialization"
    yield Confirmation, "serialization"
    if route.body is not None:
        yield route.body, "validation"


def _operation(route: Route, names: Any, routes: Sequence[Route]) -> dict[str, Any]:
    kinds = list(_kinds(route))
    said: dict[str, Any] = {
        "operationId": route.intent,
        "summary": route.summary,
        "tags": [route.path.split("/")[2]],
        "parameters": list(_parameters(route)),
        "responses": {
            str(route.status): {
                "description": "Done",
                "content": {"application/json": {"schema": names[route.reply, "serialization"]}},
            },
            **{
                str(status): {
                    "description": "; ".join(each.title for each in kinds if each.status == status),
                    "content": {MEDIA: {"schema": {"$ref": _REF.format(model="Problem")}}},
                }
                for status in sorted({each.status for each in kinds})
            },
        },
    }
    if links := dict(_links(route, routes)):
        said["responses"][str(route.status)]["links"] = links
    if route.again and route.status != 200:
        repeated = {**said["responses"][str(route.status)], "description": "Done before; the secret is not shown again"}
        said["responses"]["200"] = repeated
    if _may_wait(route):
        content = {"application/json": {"schema": names[Waiting, "serialization"]}}
        said["responses"]["202"] = {"description": "Nothing was done yet: a second person is asked", "content": content}
    if route.body is not None:
        content = {"application/json": {"schema": names[route.body, "validation"]}}
        said["requestBody"] = {"required": True, "content": content}
    if route.access is Access.SESSION:
        said["security"] = [{"session": []}]
    return said


def _may_wait(route: Route) -> bool:
    """Whether it may be one of the changes that a second person has to approve."""
    return route.changes and RIGHTS.get(route.intent, MACHINE).house is not None


def _links(route: Route, routes: Sequence[Route]) -> Iterable[tuple[str, dict[str, Any]]]:
    """From what was made to all that can be done with it."""
    noun = route.intent.partition(".")[0]
    if route.status != 201 or "id" not in route.reply.model_fields:
        return
    for each in routes:
        if _NAMES.findall(each.path) == [noun]:
            seen = {"header.If-Match": "$response.header.ETag"} if each.matches else {}
            yield each.intent, {"operationId": each.intent, "parameters": {noun: "$response.body#/id", **seen}}


def _kinds(route: Route) -> Iterable[Kind]:
    """The problems that a call can have."""
    yield from (problems.BAD_HEADER, problems.INVALID, problems.TOO_MANY, problems.UNAVAILABLE, problems.REFUSED)
    yield from (problems.NOT_FOUND, problems.BAD_JSON, problems.SIGN_IN, problems.TOO_LARGE, problems.CROSS_SITE)
    if route.body is not None:
        yield problems.MEDIA_TYPE
    if route.changes:
        yield from (problems.CONFIRM, problems.CONFLICT)
    if route.matches:
        yield from (problems.STALE, problems.MATCH_MISSING)
    if route.again:
        yield problems.REUSED


def _parameters(route: Route) -> Iterable[dict[str, Any]]:
    for name in _NAMES.findall(route.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    if route.query is not None:
        schema = route.query.model_json_schema()
        for name, about in schema["properties"].items():
            yield {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": about}
    if route.matches:
        yield _header("If-Match", ETAG, "the ETag of what you have seen", required=True)
    if route.again:
        yield _header("Idempotency-Key", ONCE, "a name for this call, in quotes; repeated, it is carried out once")
    if route.changes and route.access is Access.SESSION:
        yield _header("Bitting-Confirmation", CONFIRMATION, "the id of a confirmation of this change")


def _header(name: str, form: re.Pattern[str], description: str, *, required: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string", "pattern": f"^{form.pattern}$"},
    }
