"""Files that say what an API's routes mean: a table in TOML, or an OpenAPI document in JSON or YAML. And back: a table
as TOML that can be loaded again.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bitting.cli import given
from bitting.cli.openapi import Described, described
from bitting.cli.strict_yaml import read_yaml
from bitting.domain.action_table import ActionTable
from bitting.domain.errors import MalformedValue


def read_table(path: Path, scheme: str) -> Described:
    """The table in a file, which has been read once and is one. Raises Misconfigured, and MalformedValue with the name
    of the file and of the row."""
    text = given.read(path)
    try:
        said = _read(path.suffix.lower(), text, scheme)
        ActionTable.from_plain(said.table)
    except MalformedValue as problem:
        raise MalformedValue(f"{path}: {problem}") from None
    return said


def _read(kind: str, text: str, scheme: str) -> Described:
    try:
        match kind:
            case ".toml":
                return Described(tomllib.loads(text), [])
            case ".json":
                return described(json.loads(text, object_pairs_hook=_once), scheme)
            case ".yaml" | ".yml":
                return described(read_yaml(text), scheme)
    except (ValueError, RecursionError) as problem:
        raise MalformedValue(f"not {kind[1:].upper()}: {problem}") from None
    raise MalformedValue("a table is a .toml file, an OpenAPI document a .json or .yaml file")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        twice = next(name for name, _ in pairs if sum(name == other for other, _ in pairs) > 1)
        raise MalformedValue(f"{twice[:64]!r} stands twice in one object")
    return read


def to_toml(table: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a table's plain form. Texts and lists of texts are written in TOML as they are in JSON."""
    for name, value in table.items():
        if name != "action":
            yield f"{name} = {json.dumps(value, ensure_ascii=False)}"
    for row in table["action"]:
        yield ""
        yield "[[action]]"
        for name, value in row.items():
            yield f"{name} = {json.dumps(value, ensure_ascii=False)}"
