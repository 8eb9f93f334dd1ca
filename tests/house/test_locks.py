"""What is installed is what was locked: exact versions, a hash for every file, no trace of a machine."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCKS = ["build", "run", "dev", "clients"]

# Written so that this file does not match itself.
PLACES = re.compile(
    rb"-index-ur[l]|--find-link[s]|--trusted-hos[t]|pypi\.or[g]|pythonhoste[d]|/roo[t]/|/wor[k]/|/hom[e]/"
)


def options(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("--")]


def entries(text: str) -> Iterator[tuple[Requirement, list[str]]]:
    """Yield each requirement of a .in or .txt file with its hashes."""
    for entry in text.replace("\\\n", " ").splitlines():
        if entry and not entry.startswith(("#", "-")):
            requirement, *hashes = entry.split(" --hash=")
            yield Requirement(requirement), [each.strip() for each in hashes]


def pins(file: Path) -> dict[str, Version]:
    """Return the exact version of every package that `file` names, by name."""
    found = {}
    for requirement, _ in entries(file.read_text()):
        (exact,) = requirement.specifier
        assert exact.operator == "==", requirement
        found[requirement.name] = Version(exact.version)
    return found


def of_the_project() -> Iterator[Path]:
    """Yield every file that belongs to the project, and none that was made from it."""
    tops = [path for path in ROOT.iterdir() if not path.name.startswith(".")]
    for top in [*tops, ROOT / ".ci", ROOT / ".gitignore"]:
        for path in [top, *top.rglob("*")]:
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_has_a_hash(name: str) -> None:
    """A lock names one version of each package, and the SHA-256 of every file it may come in."""
    found = list(entries((ROOT / f"locks/{name}.txt").read_text()))
    assert found
    for requirement, hashes in found:
        assert hashes, requirement
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", each) for each in hashes), requirement


@pytest.mark.parametrize("name", LOCKS)
def test_what_was_asked_for_is_what_is_locked(name: str) -> None:
    """Each direct pin is exact and stands in the lock as it was asked for."""
    asked, locked = pins(ROOT / f"locks/{name}.in"), pins(ROOT / f"locks/{name}.txt")
    assert asked.items() <= locked.items()


def test_one_package_alone_is_built_from_source() -> None:
    """Locks carry no options, save the one for the client that is published as source only."""
    assert {name: options((ROOT / f"locks/{name}.txt").read_text()) for name in LOCKS} == {
        "build": [],
        "run": [],
        "dev": [],
        "clients": ["--no-binary bitfinex-api-py"],
    }


def test_tests_run_with_what_runs() -> None:
    """The environment of the tests holds every package that bitting runs with, in the same version."""
    assert pins(ROOT / "locks/run.txt").items() <= pins(ROOT / "locks/dev.txt").items()


def test_floors_admit_the_pins() -> None:
    """pyproject.toml and locks/run.in name the same packages, and each pin stands on its floor."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    floors = {each.name: each.specifier for each in map(Requirement, project["dependencies"])}
    pinned = pins(ROOT / "locks/run.in")
    assert floors.keys() == pinned.keys()
    assert all(version in floors[name] for name, version in pinned.items())
    tested = pins(ROOT / "locks/dev.in")
    extras = [Requirement(each) for extra in project["optional-dependencies"].values() for each in extra]
    assert all(tested[each.name] in each.specifier for each in extras)


def test_no_file_names_a_registry_or_a_machine() -> None:
    """The project installs from wherever pip is told to install from, on any machine."""
    assert {str(path.relative_to(ROOT)) for path in of_the_project() if PLACES.search(path.read_bytes())} == set()
