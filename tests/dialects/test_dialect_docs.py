"""The pages in docs/dialects/ are what the dialects say of themselves, and the check that says so can say no."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bitting.wiring.dialects import DIALECTS

ROOT = Path(__file__).parents[2]
PAGES = sorted(f"{name}.md" for name in (*DIALECTS, "index"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The scripts and the pages, to be spoilt."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copytree(ROOT / "docs" / "dialects", tmp_path / "docs" / "dialects")
    return tmp_path


def generate(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, root / "scripts" / "generate-dialect-pages.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_pages_are_current() -> None:
    """Nothing differs from what is generated now."""
    checked = generate(ROOT, "--check")
    assert (checked.returncode, checked.stdout) == (0, "")
    assert sorted(path.name for path in (ROOT / "docs" / "dialects").iterdir()) == PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_is_not_current_is_named(copy: Path, name: str) -> None:
    """One edited by hand, and one that is gone; generating mends both."""
    page = copy / "docs" / "dialects" / name
    written = page.read_text()
    for spoil in (lambda: page.write_text(written.replace("yes", "no")), page.unlink):
        spoil()
        checked = generate(copy, "--check")
        assert checked.returncode == 1
        assert f"docs/dialects/{name} is not current" in checked.stdout
        assert generate(copy).returncode == 0
        assert page.read_text() == written


@pytest.mark.parametrize("name", [f"{name}.md" for name in DIALECTS])
def test_a_page_says_how_to_sign_what_is_allowed_and_what_is_refused(name: str) -> None:
    """Each part that a bot's developer looks for is there."""
    page = (ROOT / "docs" / "dialects" / name).read_text()
    for part in ("## How a request is signed", "## What needs no key", "## What a key may ask for", "## Refusals"):
        assert part in page
    for row in DIALECTS[name.removesuffix(".md")].routes:
        assert f"| {row.method} | `{row.path}` | {row.action.name} |" in page
    assert "`permission.missing`" in page
