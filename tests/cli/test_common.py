"""What every command shares."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bitting.cli.common import Common
from bitting.desk import accounts
from tests.cli.server import found


def test_a_long_list_is_printed_page_by_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of it in the end, however long it is, and never all of it in memory; a line of JSON is a page."""
    common = Common(data=tmp_path / "data")
    found(common.folder)
    names = [f"account {number}" for number in range(5)]
    for name in names:
        common.ask("account.open", name=name)
    monkeypatch.setattr(accounts, "PAGE", 2)
    common.show_pages("account.list", lambda said: [each["name"] for each in said["accounts"]])
    assert capsys.readouterr().out.splitlines() == names
    Common(data=common.data, json=True).show_pages("account.list", lambda said: [])
    pages = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [len(page["accounts"]) for page in pages] == [2, 2, 1]
    assert all(list(page) == ["accounts"] for page in pages)
