"""`bitting tour`, the first thing a newcomer runs."""

from __future__ import annotations

import subprocess
import sys


def test_every_scene_of_the_tour_goes_as_it_should() -> None:
    """The tour plays with processes and clients of its own, shows a table, and ends with exit code 0."""
    played = subprocess.run([sys.executable, "-m", "bitting", "tour"], capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stdout + played.stderr
    assert "✗" not in played.stdout
