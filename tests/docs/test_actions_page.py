"""The page about an operator's own routes: its examples are tables, and what it says of kinds is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from bitting.cli.openapi import described
from bitting.cli.strict_yaml import read_yaml
from bitting.dialects import native
from bitting.dialects.house_table import check_fits
from bitting.domain.action_row import FITTING, PARAMETERS
from bitting.domain.action_table import ActionTable

PAGE = (Path(__file__).parents[2] / "docs" / "actions.md").read_text()


def block(language: str) -> str:
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert isinstance(found, str)
    return found


def test_the_table_can_be_loaded() -> None:
    """It fits the native dialect, and has a row of each kind but the plainest."""
    table = ActionTable.from_plain(tomllib.loads(block("toml")))
    check_fits(table, native.DIALECT)
    assert {row.kind.value for row in table.rows} == {"read", "order", "cancel", "withdrawal"}


def test_the_document_can_be_loaded() -> None:
    """And leaves out what it says is left out."""
    said = described(read_yaml(block("yaml")), "bitting")
    table = ActionTable.from_plain(said.table)
    check_fits(table, native.DIALECT)
    assert [row.route for row in table.rows] == ["POST /exchange/v1/orders", "GET /exchange/v1/ticker"]
    assert said.unmapped == ["GET /reports: says nothing of security"]


def test_every_kind_is_explained() -> None:
    """With the parameters it can read."""
    explained = {
        kind: set(re.findall(r"`(\w+)`", reads)) for kind, reads in re.findall(r"^\| `(\w+)` .*\|(.*)\|$", PAGE, re.M)
    }
    assert explained == {kind.value: set(PARAMETERS[kind]) for kind in FITTING}
