"""Writes the typed half of the client for the management API, from the API's own OpenAPI document."""

from __future__ import annotations

import keyword
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bitting.web.api.document import document
from bitting.web.api.routes import ROUTES

CLIENT = Path(__file__).resolve().parent.parent / "client/src/bitting_client/manage"
_BY = "Written by `scripts/generate-client.py` from the API's document."
_SHAPES = f'''"""How things are written in the API. {_BY}"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

'''
_CALLS = f'''"""One function for each call of the API. {_BY}

Each makes a `Call`, which a `Client` or an `AsyncClient` carries out. What is None is not sent.
"""

from __future__ import annotations

from typing import Any, Literal

from bitting_client.manage import shapes
from bitting_client.manage.call import Call, Operation

'''
_SIMPLE = {"string": "str", "integer": "int", "boolean": "bool", "number": "float", "null": "None"}

Schema = Mapping[str, Any]
Paths = Mapping[str, Mapping[str, Schema]]


def kind(schema: Schema, prefix: str = "") -> str:
    """The Python type of a JSON schema; `prefix` stands before the names of shapes."""
    if "$ref" in schema:
        return prefix + str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(kind(each, prefix) for each in schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return f"Literal[{', '.join(map(repr, values))}]"
    if schema.get("type") == "array":
        return f"list[{kind(schema.get('items', {}), prefix)}]"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties", True)
        return f"dict[str, {kind(values, prefix) if isinstance(values, dict) else 'Any'}]"
    return _SIMPLE.get(schema.get("type", ""), "Any")


def shapes(paths: Paths, schemas: Mapping[str, Schema]) -> str:
    """The module of TypedDicts: what replies are made of, and the objects inside of bodies."""
    wanted: set[str] = set()
    for about in _each(paths):
        body = _body(about, schemas)
        _gather([about["responses"], *body.get("properties", {}).values()], schemas, wanted)
    return _SHAPES + "\n\n".join(_shape(name, schemas[name]) for name in sorted(wanted - {"Problem"}))


def _gather(plain: Any, schemas: Mapping[str, Schema], found: set[str]) -> None:
    """Every shape that is named in there, and those that these name."""
    if isinstance(plain, list | tuple):
        for each in plain:
            _gather(each, schemas, found)
    elif isinstance(plain, dict):
        name = str(plain.get("$ref", "")).rpartition("/")[2]
        if name and name not in found:
            found.add(name)
            _gather(schemas[name], schemas, found)
        _gather(list(plain.values()), schemas, found)


def _shape(name: str, schema: Schema) -> str:
    said = textwrap.fill(" ".join(schema["description"].split()), 110, subsequent_indent="    ")
    lines = [f"class {name}(TypedDict):", f'    """{said}"""', ""]
    for field, about in schema.get("properties", {}).items():
        type_ = kind(about)
        lines.append(f"    {field}: {type_ if field in schema.get('required', ()) else f'NotRequired[{type_}]'}")
    return "\n".join(lines) + "\n"


def _each(paths: Paths) -> Iterator[Schema]:
    for methods in paths.values():
        yield from methods.values()


def _body(about: Schema, schemas: Mapping[str, Schema]) -> Schema:
    """The shape of the call's body, or nothing."""
    if "requestBody" not in about:
        return {}
    return schemas[kind(about["requestBody"]["content"]["application/json"]["schema"])]


def calls(paths: Paths, schemas: Mapping[str, Schema]) -> str:
    """The module of functions, and the table they stand on."""
    found = [(path, method, about) for path, methods in paths.items() for method, about in methods.items()]
    rows = "".join(_row(path, method, about) for path, method, about in found)
    table = f"OPERATIONS: dict[str, Operation] = {{\n{rows}}}\n\n\n"
    return _CALLS + table + "\n\n".join(_function(about, schemas) for _, _, about in found)


def _row(path: str, method: str, about: Schema) -> str:
    names = {each["name"] for each in about["parameters"]}
    query = tuple(each["name"] for each in about["parameters"] if each["in"] == "query")
    flags = {"has_body": "requestBody" in about, "matches": "If-Match" in names, "once": "Idempotency-Key" in names}
    given = [repr(method.upper()), repr(path), *([repr(query)] if query else [])]
    given += [f"{name}=True" for name, holds in flags.items() if holds]
    return f"    {about['operationId']!r}: Operation({', '.join(given)}),\n"


def _function(about: Schema, schemas: Mapping[str, Schema]) -> str:
    intent = about["operationId"]
    status = "201" if "201" in about["responses"] else "200"
    reply = kind(about["responses"][status]["content"]["application/json"]["schema"], "shapes.")
    lines = [f"def {re.sub('[^a-z0-9]', '_', intent)}("]
    lines += [f"    {given}," for given in _given(about, schemas)]
    values = ", ".join(f"{name!r}: {_safe(name)}" for name, _ in _names(about, schemas))
    version = ", version" if any(each["name"] == "If-Match" for each in about["parameters"]) else ""
    lines += [
        f") -> Call[{reply}]:",
        f'    """{about["summary"]}."""',
        f"    return Call({intent!r}, {{{values}}}{version})",
    ]
    return "\n".join(lines) + "\n"


def _given(about: Schema, schemas: Mapping[str, Schema]) -> Iterator[str]:
    path = [each["name"] for each in about["parameters"] if each["in"] == "path"]
    yield from (f"{_safe(name)}: str" for name in path)
    rest = [(name, schema) for name, schema in _names(about, schemas) if name not in path]
    if rest or any(each["name"] == "If-Match" for each in about["parameters"]):
        yield "*"
    if any(each["name"] == "If-Match" for each in about["parameters"]):
        yield "version: int"
    for name, (type_, required) in rest:
        yield f"{_safe(name)}: {type_}" if required else f"{_safe(name)}: {type_.removesuffix(' | None')} | None = None"


def _names(about: Schema, schemas: Mapping[str, Schema]) -> Iterator[tuple[str, tuple[str, bool]]]:
    """Path, query and body by name: the type, and whether it has to be given. What has to be, first."""
    for each in about["parameters"]:
        if each["in"] == "path":
            yield each["name"], ("str", True)
    found = [
        (each["name"], (kind(each["schema"], "shapes."), bool(each["required"])))
        for each in about["parameters"]
        if each["in"] == "query"
    ]
    body = _body(about, schemas)
    for name, schema in body.get("properties", {}).items():
        found.append((name, (kind(schema, "shapes."), name in body.get("required", ()))))
    yield from sorted(found, key=lambda each: not each[1][1])


def _safe(name: str) -> str:
    """A name that Python can have for a parameter."""
    return f"{name}_" if keyword.iskeyword(name) else name


def formatted(text: str) -> str:
    """As the project's formatter writes it."""
    for command in (["check", "--fix", "--quiet", "--select", "F401,I"], ["format"]):
        done = subprocess.run(
            [Path(sys.executable).with_name("ruff"), *command, "-"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        )
        text = done.stdout
    return text


def main() -> int:
    """Write the files, or with --check say whether they are as they have to be."""
    made = document(ROUTES, "1")
    schemas = made["components"]["schemas"]
    files = {"shapes.py": shapes(made["paths"], schemas), "calls.py": calls(made["paths"], schemas)}
    stale = []
    for name, text in files.items():
        path, wanted = CLIENT / name, formatted(text)
        if "--check" not in sys.argv:
            path.write_text(wanted, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != wanted:
            stale.append(name)
    if stale:
        print(f"{', '.join(stale)}: run python scripts/generate-client.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
