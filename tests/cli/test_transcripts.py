"""Every command, as it was typed and answered, by both ways to the desk: a running server, and the folder opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import commands
from tests.cli.server import Server, found, lively
from tests.cli.transcript import Player, steps

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))
# What runs until it is stopped, or takes the whole stage, is tried in test_run.py; restoring, in test_restore.py;
# witnesses, in tests/end_to_end/test_witness.py; what follows, in test_tail.py.
ELSEWHERE = {
    *("serve", "paper", "demo", "tour", "root backup", "root restore", "witness", "recover", "activity tail"),
    *("sign-in", "sign-out", "sessions"),  # on a terminal, at another house: test_remote
}


def _ways(path: Path) -> list[str]:
    text = path.read_text()
    return ["folder"] if text.startswith(("# Ways: folder", "# House: none")) else ["folder", "server"]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BITTING_DATA", str(tmp_path / "data"))
    (tmp_path / "api").symlink_to(Path(__file__).parents[2] / "examples" / "api")
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("path", "way"), [pytest.param(path, way, id=f"{path.stem}-{way}") for path in TRANSCRIPTS for way in _ways(path)]
)
def test_what_was_typed_is_answered_as_it_stands_there(path: Path, way: str, data: Path) -> None:
    """Word for word, with the exit code; and the two ways cannot be told from each other."""
    text = path.read_text()
    if not text.startswith("# House: none"):
        found(data)
    if text.startswith("# House: lively"):
        lively(data)
    player = Player(data.parent)
    if way == "folder":
        for step in steps(text):
            player.play(step)
        return
    with Server(data):
        for step in steps(text):
            player.play(step)


def test_every_command_has_its_transcript() -> None:
    """Answered in text, and answered in JSON."""
    typed = [step for path in TRANSCRIPTS for step in steps(path.read_text())]
    answered = [step.typed.split() for step in typed if step.answer and not step.answer[-1].startswith("[")]
    for words in commands():
        if " ".join(words) not in ELSEWHERE:
            found = [each for each in answered if each[1 : len(words) + 1] == words]
            assert any("--json" not in each for each in found), words
            assert any("--json" in each for each in found), words
