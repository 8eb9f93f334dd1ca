"""A table of actions out of an OpenAPI document: the permissions are the scopes that its security requirements name.

    security:                     # under an operation, or for all of them above
      - bitting: [orders.write]   # `security: []` is open to everybody
    x-bitting:                    # what OpenAPI has no word for, as in a table: kind, weight, places
      kind: order
      amount: json:/amount

What names no scope is left out, and said: it stays closed. So is whatever a table has no row for. Only references
within the document are followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from bitting.domain.action_row import METHODS, ActionRow
from bitting.domain.errors import MalformedValue

MOST_REFERENCES: Final = 8  # one behind the other
_VERSION: Final = re.compile(r"3\.[01]\.[0-9]{1,3}", re.ASCII)
_SERVER: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://[^/]*)?(/.*)?")
_OTHER_METHODS: Final = ("HEAD", "OPTIONS", "TRACE")
_OURS: Final = ("method", "path", "permission", "public")  # what OpenAPI says itself


class Described(NamedTuple):
    """A table in plain form, and the operations that are in no row of it, with the reason."""

    table: dict[str, Any]
    unmapped: list[str]


class _Left(Exception):
    """An operation that is left out."""


def described(document: Any, scheme: str) -> Described:
    """The table that the document describes; `scheme` is the security scheme whose scopes are permissions. Raises
    MalformedValue, and names the operation."""
    if not isinstance(document, dict) or _VERSION.fullmatch(str(document.get("openapi"))) is None:
        raise MalformedValue("not an OpenAPI document of version 3.0 or 3.1")
    rows, unmapped = [], []
    for path, item in _object(document.get("paths", {}), "paths").items():
        try:
            found = _object(_resolved(document, item), "a path item")
            for method, operation in _operations(found):
                route = f"{method} {path}"
                try:
                    rows.append(_row(document, found, path, method, operation, scheme))
                except _Left as why:
                    unmapped.append(f"{route}: {why}")
                except MalformedValue as problem:
                    raise MalformedValue(f"{method}: {problem}") from None
        except MalformedValue as problem:
            raise MalformedValue(f"paths, {path[:128]}: {problem}") from None
    return Described({**_object(document.get("x-bitting", {}), "x-bitting"), "action": rows}, unmapped)


def _operations(item: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for method in (*METHODS, *_OTHER_METHODS):
        if method.lower() in item:
            yield method, _object(item[method.lower()], "an operation")


def _row(
    document: Mapping[str, Any],
    item: Mapping[str, Any],
    path: str,
    method: str,
    operation: Mapping[str, Any],
    scheme: str,
) -> dict[str, Any]:
    """One row. Raises _Left for an operation that names no scope, or that no row can be for."""
    if method in _OTHER_METHODS:
        raise _Left("there are no rows for this method")
    permission = _permission(operation.get("security", document.get("security")), scheme)
    if permission is None and method != "GET":
        raise _Left("open to everybody, and not a GET: it stays closed")
    said = _object(operation.get("x-bitting", {}), "x-bitting")
    for name in _OURS:
        if name in said:
            raise MalformedValue(f"x-bitting has no {name}: the document says it itself")
    servers: Any = next((each["servers"] for each in (operation, item, document) if "servers" in each), [])
    row: dict[str, Any] = {"method": method, "path": _prefix(servers) + path}
    if "operationId" in operation:
        row["name"] = operation["operationId"]
    who = {"public": True} if permission is None else {"permission": permission}
    row = {**row, **who, **said}
    ActionRow.from_plain(row)
    return row


def _permission(security: Any, scheme: str) -> str | None:
    """The scope that an operation needs; None where it is open to everybody."""
    if security == []:
        return None
    if security is None:
        raise _Left("says nothing of security")
    if not isinstance(security, list) or not all(isinstance(each, dict) for each in security):
        raise MalformedValue("security is a list of requirements")
    wanted = [each[scheme] for each in security if scheme in each]
    if not wanted:
        raise _Left(f"names no scope of the scheme {scheme}")
    if len(wanted) > 1:
        raise MalformedValue(f"has a choice between requirements of {scheme}: keep one of them")
    [scopes] = wanted
    if scopes == []:
        raise _Left(f"names no scope of the scheme {scheme}")
    if not isinstance(scopes, list) or len(scopes) != 1 or not isinstance(scopes[0], str):
        raise MalformedValue(f"{scheme} has one scope, the permission: {scheme}: [orders.read]")
    scope: str = scopes[0]
    return scope


def _prefix(servers: Any) -> str:
    """The path in front of all paths, which has to be the same for every server."""
    if not isinstance(servers, list):
        raise MalformedValue("servers is a list")
    prefixes = {_path(_object(each, "a server")) for each in servers}
    if len(prefixes) > 1:
        raise MalformedValue(f"the servers have different paths, {' and '.join(sorted(prefixes))}: keep one of them")
    return prefixes.pop() if prefixes else ""


def _path(server: Mapping[str, Any]) -> str:
    url = server.get("url")
    variables = _object(server.get("variables", {}), "variables")
    found = _SERVER.fullmatch(url) if isinstance(url, str) else None
    if found is None:
        raise MalformedValue(f"a server's url is like https://host/v1 or /v1, not {str(url)[:64]!r}")
    path = (found[1] or "").rstrip("/")
    for name, variable in variables.items():
        path = path.replace(f"{{{name}}}", str(_object(variable, "a variable").get("default")))
    return path


def _resolved(document: Mapping[str, Any], value: Any) -> Any:
    """The value, or what it refers to. Raises MalformedValue for what is not there, or in another document."""
    for _ in range(MOST_REFERENCES):
        if not isinstance(value, dict) or "$ref" not in value:
            return value
        reference = value["$ref"]
        if len(value) > 1:
            raise MalformedValue("beside a $ref nothing stands")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            raise MalformedValue(f"$ref {str(reference)[:64]!r} leads out of the document: write out what is there")
        value = _at(document, reference[2:].split("/"), reference)
    raise MalformedValue(f"more than {MOST_REFERENCES} references, one behind the other")


def _at(document: Any, names: Sequence[str], reference: str) -> Any:
    for name in names:
        name = name.replace("~1", "/").replace("~0", "~")
        if not isinstance(document, dict) or name not in document:
            raise MalformedValue(f"$ref {reference[:64]!r} leads nowhere")
        document = document[name]
    return document


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedValue(f"{what} is an object")
    return value
