"""A running house with its management API, and somebody who is signed in there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bitting_client.manage import client
from tests.client.manage.ways import WAYS, Way
from tests.end_to_end.house import House
from tests.end_to_end.people import Person


@pytest.fixture(scope="session")
def managed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A real server in a process of its own."""
    settings = '[manage]\nport = 0\n[people]\nurl = "https://console.example"\n'
    with House(tmp_path_factory.mktemp("house"), settings=settings, upstream="http://127.0.0.1:9") as house:
        yield house


@pytest.fixture(scope="module")
def ada(managed: House, request: pytest.FixtureRequest) -> Person:
    """The owner of an account; another one for each file of tests."""
    return Person.added(managed, f"{request.module.__name__.rpartition('.')[2]}@example.com", owns="alice")


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[Way]:
    """Each client; neither waits long before it tries again."""
    monkeypatch.setattr(client, "PAUSES_S", (0.01, 0.01, 0.01))
    kind: type[Way] = request.param
    return kind
