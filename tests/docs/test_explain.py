"""What docs/explain.md shows is what the commands say: each line of it stands in a transcript that is played."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLAYED = sorted((ROOT / "tests" / "cli" / "transcripts").glob("explain*.txt"))


def _lines(text: str) -> list[str]:
    return [re.sub(r" {2,}", "  ", line).strip() for line in text.splitlines()]


def test_what_is_shown_is_what_is_said() -> None:
    """Word for word; a line of `…` stands for lines that are left out."""
    said = {line for path in PLAYED for line in _lines(path.read_text())}
    shown = re.findall(r"^```text\n(.*?)^```$", (ROOT / "docs" / "explain.md").read_text(), re.DOTALL | re.MULTILINE)
    assert len(shown) == 5
    assert [line for block in shown for line in _lines(block) if line not in said | {"", "…"}] == []
