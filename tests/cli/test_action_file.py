"""Files that say what routes mean: read strictly, refused with file and row, and written back as they were."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bitting.cli.action_file import read_table, to_toml
from bitting.cli.openapi import Described
from bitting.dialects import native
from bitting.dialects.house_table import check_fits
from bitting.domain.action_table import ActionTable
from bitting.domain.errors import MalformedValue, Misconfigured

EXAMPLE = Path(__file__).parents[2] / "examples" / "api"
ROW = '[[action]]\nmethod = "GET"\npath = "/x"\nname = "x"\npermission = "orders.read"\n'
OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {"/x": {"get": {"operationId": "x", "security": [{"bitting": ["orders.read"]}]}}},
}


def read(folder: Path, name: str, text: str) -> Described:
    (folder / name).write_text(text, encoding="utf-8")
    return read_table(folder / name, "bitting")


def test_the_documents_of_the_example_say_the_same() -> None:
    """One API, a table in TOML and an OpenAPI document: one compiled table, which fits the native dialect."""
    toml, openapi = (read_table(EXAMPLE / name, "bitting") for name in ("actions.toml", "openapi.json"))
    assert toml.unmapped == openapi.unmapped == []
    table = ActionTable.from_plain(toml.table)
    assert table == ActionTable.from_plain(openapi.table)
    assert table.digest() == ActionTable.from_plain(openapi.table).digest()
    check_fits(table, native.DIALECT)


def test_three_notations_of_one_table(tmp_path: Path) -> None:
    said = [
        read(tmp_path, "a.toml", ROW),
        read(tmp_path, "a.json", json.dumps(OPENAPI)),
        read(tmp_path, "a.yaml", json.dumps(OPENAPI)),  # which is YAML, too
        read(tmp_path, "a.YML", "openapi: 3.0.3\npaths:\n  /x:\n    get:\n      operationId: x\n      security:\n"
             "        - bitting: [orders.read]\n"),
    ]  # fmt: skip
    assert len({ActionTable.from_plain(each.table).digest() for each in said}) == 1


def test_what_is_written_is_read_again() -> None:
    """TOML, with every kind of value there is, and a name that is not ASCII."""
    rows = [
        {"method": "GET", "path": "/a", "name": "a", "public": True},
        {
            "method": "POST",
            "path": "/b",
            "name": "b",
            "permission": "withdrawals.write",
            "kind": "withdrawal",
            "weight": 9,
            **{each: f"json:/{each}" for each in ("asset", "network", "address")},
            "amount": "json:/b\u00e9trag \U0001f600 \"'\\",
            "ignored": ["x", "y"],
        },
    ]
    table = ActionTable.from_plain({"pair_form": "BTCUSDT", "quotes": ["USDT"], "sides": ["b", "s"], "action": rows})
    assert ActionTable.from_plain(tomllib.loads("\n".join(to_toml(table.to_plain())))) == table


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.toml", ROW.replace("/x", "/x/"), r"a\.toml: row 1 \(GET /x/\): path is like"),
        ("a.toml", ROW + ROW, r"a\.toml: GET /x and GET /x are one route"),
        ("a.toml", ROW + "wieght = 1", r"a\.toml: row 1 \(GET /x\): there is no 'wieght'; there are: method"),
        ("a.toml", ROW + "name = 1\n", r"a\.toml: not TOML: .*line 6"),
        ("a.toml", "x = " + "[" * 9999, r"a\.toml: not TOML: "),
        ("a.json", "{", r"a\.json: not JSON: .*line 1"),
        ("a.json", "[" * 99999, r"a\.json: not JSON: "),
        ("a.json", '{"openapi": "3.1.0", "openapi": "3.1.0"}', r"a\.json: 'openapi' stands twice"),
        ("a.yaml", "a: [", r"a\.yaml: "),
        ("a.txt", "", r"a\.txt: a table is a \.toml file"),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(MalformedValue, match=said):
        read(tmp_path, name, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_table(tmp_path / "a.toml", "bitting")
