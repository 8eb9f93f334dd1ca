"""What every generator of a page has in common: write it, or say that it is not current (`--check`)."""

from __future__ import annotations

import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


def keep(pages: dict[str, str]) -> None:
    """Write the pages, named below docs/; with --check compare them instead, and exit 1 where one differs."""
    stale = [name for name, text in pages.items() if not _is(DOCS / name, text)]
    if "--check" in sys.argv:
        for name in stale:
            print(f"docs/{name} is not current: run python {sys.argv[0]}")
        raise SystemExit(1 if stale else 0)
    for name in stale:
        (DOCS / name).parent.mkdir(parents=True, exist_ok=True)
        (DOCS / name).write_text(pages[name])
        print(f"docs/{name} written")


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text
