"""Records of activity in a file, for other programs: CSV, JSON lines, Parquet.

Paths, clients and labels come from outside, and a spreadsheet calculates what begins like a formula. So in CSV (RFC
4180) every text is quoted; what begins with = + - @, a tab or a line's end has an apostrophe before it, as OWASP
advises (https://owasp.org/www-community/attacks/CSV_Injection), also behind a semicolon, at which spreadsheets of half
the world begin a cell; and what cannot be seen is escaped. JSON lines and Parquet have every text as it came.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO, Final, Protocol

from bitting.domain.errors import MalformedValue, Misconfigured

# What is a number is one in every format; 0 is a status that nobody knows, and no cell.
_NUMBERS: Final = ("row", "status")
COLUMNS: Final = (
    *("row", "at", "request_id", "account", "key", "key_id", "label", "dialect", "method", "path", "action", "pair"),
    *("verdict", "reason", "why", "shown", "detail", "address", "client", "value", "status", "outcome"),
)
# The last four are the first four in full width, which some programs take for the same.
_FORMULA: Final = re.compile(r"(?:^|;) *(?=[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")
_ROW_GROUP: Final = 50_000  # records of Parquet in memory

Record = Mapping[str, Any]


class Writer(Protocol):
    """Writes a file page by page."""

    def add(self, records: Sequence[Record]) -> None:
        """The next records."""

    def end(self) -> None:
        """There are no more."""


class CsvWriter:
    """A line of names, and a line a record."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._write([COLUMNS])

    def add(self, records: Sequence[Record]) -> None:
        self._write([[_cell(name, each[name]) for name in COLUMNS] for each in records])

    def end(self) -> None:
        """Every line has its end."""

    def _write(self, rows: Sequence[Sequence[Any]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
        self._file.write(text.getvalue().encode())


class JsonWriter:
    """A JSON object a line, as `bitting activity --json` has it; in ASCII."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def add(self, records: Sequence[Record]) -> None:
        self._file.write("".join(f"{json.dumps(each)}\n" for each in records).encode())

    def end(self) -> None:
        """Every line has its end."""


class ParquetWriter:
    """Groups of rows, with `at` as a moment; status is null where nobody knows it."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError:
            raise Misconfigured(
                "Parquet needs pyarrow, which is not there: `pip install 'bitting[parquet]'`, or choose csv or jsonl"
            ) from None
        self._arrow = pyarrow
        kinds = {"row": pyarrow.int64(), "status": pyarrow.int32(), "at": pyarrow.timestamp("ms", tz="UTC")}
        self._schema = pyarrow.schema([(name, kinds.get(name, pyarrow.string())) for name in COLUMNS])
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._waiting: list[Any] = []

    def add(self, records: Sequence[Record]) -> None:
        columns = [_column(name, records) for name in COLUMNS]
        arrays = [self._arrow.array(each, of.type) for each, of in zip(columns, self._schema, strict=True)]
        self._waiting.append(self._arrow.record_batch(arrays, schema=self._schema))
        if sum(map(len, self._waiting)) >= _ROW_GROUP:
            self._flush()

    def end(self) -> None:
        if self._waiting:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_table(self._arrow.Table.from_batches(self._waiting, self._schema))
        self._waiting = []


FORMATS: Final[Mapping[str, Callable[[BinaryIO], Writer]]] = {
    "csv": CsvWriter,
    "jsonl": JsonWriter,
    "parquet": ParquetWriter,
}


def format_from_text(text: str) -> Callable[[BinaryIO], Writer]:
    """By its name. Raises MalformedValue."""
    if text not in FORMATS:
        raise MalformedValue(f"no format {text[:16]!r}; there are: {', '.join(FORMATS)}")
    return FORMATS[text]


def _column(name: str, records: Sequence[Record]) -> list[Any]:
    if name == "status":
        return [each[name] or None for each in records]
    return [datetime.fromisoformat(each[name]) if name == "at" else each[name] for each in records]


def _cell(name: str, value: Any) -> Any:
    if name in _NUMBERS:
        return value or ""
    return safe(value)


def safe(text: str) -> str:
    """The text as a cell that no spreadsheet calculates, in one line, and without what hides or turns text round."""
    if _FORMULA.search(text):
        text = _FORMULA.sub(r"\g<0>'", text)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
