"""What docs/api.md says: its program runs against a real server, and its codes are those there are."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from bitting.web.api import problems
from tests.end_to_end.house import House
from tests.end_to_end.people import PASSWORD, Person, seed_of
from tests.end_to_end.test_manage import MANAGE

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()


def test_the_codes_are_those_there_are() -> None:
    """Each with its status and its title."""
    rows = re.findall(r"^\| (\d+) \| `([a-z._]+)` \| ([^|]+) \|", PAGE, re.MULTILINE)
    assert {(code, int(status), title) for status, code, title in rows} == set(problems.EVERY)
    assert len(rows) == len(problems.EVERY)


def test_from_a_link_to_a_key_with_curl(tmp_path: Path) -> None:
    """As it stands there, with the address, the link and the codes of an app; it ends with a key and its secret."""
    [program] = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    with House(tmp_path, settings=MANAGE) as house:
        link = house.ask("user.add", name="ada@example.com")["link"].partition("#")[2]
        house.ask("user.role", user="ada@example.com", account="alice", role="owner")
        first, *rest = program.splitlines()
        assert first == "api=https://keys.example.com link=… password=…"
        script = "\n".join(["set -u", f"api={house.console} link={link} password='{PASSWORD}'", *rest])
        with subprocess.Popen(["bash", "-c", script], stdin=-1, stdout=-1, text=True) as bash:
            assert bash.stdin is not None
            assert bash.stdout is not None
            ada = Person(house, "ada@example.com", seed_of(bash.stdout.readline()))
            print(ada.code(), file=bash.stdin, flush=True)
            ada.paper = spoken(bash.stdout)["recovery_codes"]
            print(ada.code(), ada.code(), sep="\n", file=bash.stdin, flush=True)
            says = spoken(bash.stdout)
            key = spoken(bash.stdout)
        assert bash.returncode == 0
        assert any("bot" in each for each in says)
        assert key["secret"]
        assert house.ask("key.show", key=key["id"])["label"] == "bot"


def spoken(lines: Any) -> Any:
    """The next whole JSON value."""
    text = ""
    for line in lines:
        text += line
        try:
            return json.loads(text)
        except ValueError:
            continue
    raise AssertionError(f"there is no more than {text!r}")
