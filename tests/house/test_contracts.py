"""Imports point down, and the checks that say so can say no.

The floors are listed in pyproject.toml for import-linter. Two rules it has no words for are tests here: the ground
stands on the standard library, and dialects are strangers. Each plant below breaks one rule in a copy.
"""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
DIALECTS = {"binance", "bitfinex", "bithumb", "kraken", "native"}


def lint_imports(source: Path) -> subprocess.CompletedProcess[str]:
    """Judge the package `bitting` found in `source` by the contracts of this project."""
    return subprocess.run(
        [
            Path(sys.executable).with_name("lint-imports"),
            "--no-logo",
            "--no-cache",
            "--config",
            ROOT / "pyproject.toml",
        ],
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )


def acquaintances(graph: grimp.ImportGraph) -> set[tuple[str, str]]:
    """Return who imports a dialect or a part of one (binance, binance_routes) without being of that dialect."""

    def family(module: str) -> str:
        return module.removeprefix("bitting.dialects.").split(".")[0].split("_")[0]

    return {
        (importer, imported)
        for importer in graph.find_descendants("bitting.dialects")
        for imported in graph.find_modules_directly_imported_by(importer)
        if family(imported) in DIALECTS - {family(importer)}
    }


def foreign_imports(code: str) -> Iterator[str]:
    """Yield the modules that `code` imports from neither the standard library nor the ground floor."""
    for node in ast.walk(ast.parse(code)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        for name in names:
            at_home = name == "bitting.domain" or name.startswith("bitting.domain.")
            if not at_home and name.split(".")[0] not in sys.stdlib_module_names:
                yield name


def test_imports_point_down() -> None:
    """The code as it stands keeps the contract."""
    verdict = lint_imports(SOURCE)
    assert verdict.returncode == 0, verdict.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("domain/planted.py", "import bitting.gate"),
        ("gate/planted.py", "import bitting.stores"),
        ("vault/planted.py", "import bitting.dialects"),
        ("web/planted.py", "import bitting.kms"),
        ("paper/planted.py", "import bitting.cli"),
        ("helpers/__init__.py", ""),
    ],
)
def test_a_planted_import_is_caught(tmp_path: Path, file: str, line: str) -> None:
    """An import that points up or sideways, or a folder that was given no floor, breaks the contract."""
    copy = tmp_path / "bitting"
    shutil.copytree(SOURCE / "bitting", copy, ignore=shutil.ignore_patterns("__pycache__"))
    planted = copy / file
    planted.parent.mkdir(exist_ok=True)
    with planted.open("a") as code:
        code.write(f"\n{line}\n")

    verdict = lint_imports(tmp_path)

    assert verdict.returncode == 1
    assert "Imports point down BROKEN" in verdict.stdout


def test_the_ground_stands_on_the_standard_library() -> None:
    """Nothing in domain imports anything but the standard library and its own neighbours."""
    files = sorted((SOURCE / "bitting/domain").rglob("*.py"))
    assert files
    assert {file.name: list(foreign_imports(file.read_text())) for file in files} == {file.name: [] for file in files}


@pytest.mark.parametrize("line", ["import rich", "from cbor2 import dumps", "import bitting.domains", "import bitting"])
def test_a_planted_dependency_is_caught(line: str) -> None:
    """An import of a package, or of a floor above, is seen, also inside a function."""
    assert list(foreign_imports(f"import re\ndef f():\n    {line}\n")) == [line.split()[1]]


@pytest.fixture
def graph() -> grimp.ImportGraph:
    """Who imports whom, in the code as it stands."""
    return grimp.build_graph("bitting", cache_dir=None)


def test_dialects_are_strangers(graph: grimp.ImportGraph) -> None:
    """No dialect knows another, and what they share knows none of them."""
    assert {"bitting.dialects.binance", "bitting.dialects.bitfinex"} <= graph.modules
    assert acquaintances(graph) == set()


@pytest.mark.parametrize("importer", ["bitfinex", "bitfinex_routes", "strict"])
@pytest.mark.parametrize("imported", ["binance", "binance_routes"])
def test_a_planted_acquaintance_is_caught(graph: grimp.ImportGraph, importer: str, imported: str) -> None:
    """A dialect, a part of it, or a shared file that imports another dialect or a part of it is seen."""
    planted = f"bitting.dialects.{importer}", f"bitting.dialects.{imported}"
    graph.add_import(importer=planted[0], imported=planted[1])
    assert acquaintances(graph) == {planted}
