"""bitting house actions: the house's own routes, and what they mean, as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from bitting.cli.action_file import read_table, to_toml
from bitting.cli.common import HERE, Common
from bitting.cli.page import columns, fields

app = App(name="actions", help="The house's own routes, and what they mean: as data, for a dialect.")

Dialect = Annotated[str, Parameter(help="The dialect in which keys ask for these routes.")]
Scheme = Annotated[str, Parameter(help="In an OpenAPI document, the security scheme whose scopes are permissions.")]
_MEANING: Final = ("method", "path", "name", "permission", "kind")


@app.command
def show(*, dialect: Dialect, common: Common = HERE) -> None:
    """The routes there are, and what is read of each.

    For example:

        bitting house actions show --dialect native
    """
    common.show(common.ask("actions.show", dialect=dialect), _shown)


@app.command
def check(file: Path, *, dialect: Dialect, scheme: Scheme = "bitting", common: Common = HERE) -> None:
    """What a file would change, and what it leaves out; nothing is changed.

    For example:

        bitting house actions check openapi.json --dialect native

    Parameters
    ----------
    file: Path
        A table (.toml), or an OpenAPI document (.json, .yaml).
    """
    said = read_table(file, scheme)
    answer = common.ask("actions.check", dialect=dialect, table=said.table)
    common.show({**answer, "unmapped": said.unmapped}, _changes)


@app.command
def load(
    file: Path,
    *,
    dialect: Dialect,
    scheme: Scheme = "bitting",
    expected: int | None = None,
    common: Common = HERE,
) -> None:
    """Put what stands in a file in the place of the routes there are, at once.

    For example:

        bitting house actions load actions.toml --dialect native

    Parameters
    ----------
    file: Path
        A table (.toml), or an OpenAPI document (.json, .yaml).
    expected: int
        The version that `check` showed; with another one nothing is changed.
    """
    said = read_table(file, scheme)
    answer = common.ask("actions.load", dialect=dialect, table=said.table, expected=expected)
    common.show({**answer, "unmapped": said.unmapped}, _changes)


@app.command
def export(*, dialect: Dialect, common: Common = HERE) -> None:
    """The routes as a table that can be loaded again.

    For example:

        bitting house actions export --dialect native
    """
    common.show(common.ask("actions.show", dialect=dialect), lambda said: to_toml(said["table"]))


@app.command
def clear(*, dialect: Dialect, expected: int | None = None, common: Common = HERE) -> None:
    """Take all routes away: what only the house maps is denied from then on.

    For example:

        bitting house actions clear --dialect native

    Parameters
    ----------
    expected: int
        The version that `show` showed; with another one nothing is changed.
    """
    common.show(common.ask("actions.load", dialect=dialect, table={}, expected=expected), _changes)


def _shown(said: Mapping[str, Any]) -> Iterator[str]:
    table = said["table"]
    notation = {name: value for name, value in table.items() if name != "action"}
    yield from fields({**{name: said[name] for name in ("dialect", "version", "digest")}, **notation})
    yield ""
    yield from columns((*_MEANING, "reads"), [_row(each) for each in table["action"]])


def _row(row: Mapping[str, Any]) -> list[str]:
    reads = [f"{name}={value}" for name, value in row.items() if name not in (*_MEANING, "public")]
    return [str(row.get(each, "everybody" if each == "permission" else "")) for each in _MEANING] + [" ".join(reads)]


def _changes(said: Mapping[str, Any]) -> Iterator[str]:
    lists = {name: tuple(said[name]) for name in ("added", "removed", "changed", "unmapped") if said.get(name)}
    return fields({**{name: said[name] for name in ("dialect", "version", "rows", "digest")}, **lists})
