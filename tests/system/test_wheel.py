"""What is published works where nothing of this repository is: a wheel, and the packages of locks/run.txt."""

import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]


def pip(python: str | Path, *arguments: str | Path) -> None:
    command = [python, "-m", "pip", "-qq", "--disable-pip-version-check", *arguments]
    subprocess.run(command, cwd=ROOT, check=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with the tools of locks/build.txt."""
    folder = tmp_path_factory.mktemp("wheel")
    pip(sys.executable, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    """Pages, type markers and data travel with the code, and nothing else travels."""
    package = ROOT / "src/bitting"
    sources = {path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    carried = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert carried == {str(path.relative_to(ROOT / "src")) for path in sources}


def test_the_wheel_runs_with_the_run_lock_alone(wheel: Path, tmp_path: Path) -> None:
    """A fresh environment with the packages of locks/run.txt is all that the command needs."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    pip(python, "install", "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", "locks/run.txt")
    pip(python, "install", "--no-deps", wheel)
    pip(python, "check")

    answer = subprocess.check_output([python.with_name("bitting"), "--help"], cwd=tmp_path, text=True)
    assert "Usage: bitting" in answer
