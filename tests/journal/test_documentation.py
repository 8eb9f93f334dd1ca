"""The programs in docs/journal.md do what the page says of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bitting
from bitting.domain.change import Change
from bitting.journal.bundle import export
from bitting.journal.note import Signer

PAGE = Path(__file__).parents[2] / "docs" / "journal.md"
PROGRAMS = re.findall(r"```python\n# (\S+) <export> <vkey>\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize(("name", "program"), PROGRAMS, ids=[name for name, _ in PROGRAMS])
def test_the_programs_verify(
    journal_of: Callable[..., Any], signer: Signer, tmp_path: Path, name: str, program: str
) -> None:
    """Each accepts an export under its key, and refuses it with one leaf edited."""
    file = tmp_path / "journal.jsonl"
    text = "".join(export(journal_of(9, signed=(4, 8)), [signer.verifier]))

    def run() -> subprocess.CompletedProcess[str]:
        source = str(Path(bitting.__file__).parents[1])
        return subprocess.run(
            [sys.executable, "-c", program, str(file), signer.verifier.to_vkey()],
            env={**os.environ, "PYTHONPATH": source},
            capture_output=True,
            text=True,
            check=False,
        )

    file.write_text(text, "ascii")
    accepted = run()
    assert accepted.returncode == 0, accepted.stderr
    assert "8" in accepted.stdout
    at = text.rindex('{"leaf":"') + 60
    file.write_text(text[:at] + ("B" if text[at] == "A" else "A") + text[at + 1 :], "ascii")
    assert run().returncode != 0


def test_the_page_lists_every_field() -> None:
    """The table of fields is the schema, in its order."""
    listed = re.findall(r"^\| \d+ \| `(\w+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert listed == ["schema", "index", *Change.__dataclass_fields__]
    assert len(PROGRAMS) == 2
