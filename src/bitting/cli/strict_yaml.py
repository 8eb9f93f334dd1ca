"""YAML read as strictly as JSON: one value a key, no aliases, and of plain words only `true`, `false`, `null` and whole
numbers are anything but text. `no` is not false, `010` is not eight, and nothing grows while it is read.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from bitting.domain.errors import MalformedValue

DEEPEST: Final = 64
_BASE: Final[type[yaml.SafeLoader]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, where it was built in


class _Loader(_BASE):  # type: ignore[valid-type, misc]  # whichever of the two there is
    """A loader of text, with the few other scalars that are added below."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # those of YAML 1.1 are not inherited

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:
        """By keys as they are written: 200 is "200" here, as it is in JSON. Raises MalformedValue for one that stands
        twice, of which YAML would take the last."""
        read: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise MalformedValue(f"{_line(key)}: a key is a word")
            if key.value in read:
                raise MalformedValue(f"{_line(key)}: {key.value[:64]!r} stands twice")
            read[key.value] = self.construct_object(value, deep=deep)
        return read


for _name, _pattern, _first in (
    ("bool", r"(?:true|false)\Z", ["t", "f"]),
    ("null", r"(?:null|~|)\Z", ["n", "~", ""]),
    ("int", r"-?(?:0|[1-9][0-9]{0,17})\Z", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(_pattern, re.ASCII), _first)


def read_yaml(text: str) -> Any:
    """The one document in the text. Raises MalformedValue."""
    try:
        depth = 0
        for event in yaml.parse(text, Loader=_BASE):  # before anything is built of it
            if isinstance(event, yaml.AliasEvent):
                raise MalformedValue(f"{_line(event)}: an alias; write out what it stands for")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise MalformedValue(f"{_line(event)}: nested more than {DEEPEST} deep")
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # a SafeLoader, and less
    except yaml.YAMLError as problem:
        raise MalformedValue(" ".join(str(problem).split())) from None


def _line(where: yaml.Event | yaml.Node) -> str:
    mark = where.start_mark
    return f"line {mark.line + 1}" if mark is not None else "somewhere"
