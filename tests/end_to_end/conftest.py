"""What the tests of the whole have in common: a house for each file of them, and the clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.clients import Clients
from tests.end_to_end.house import DIALECTS, House


@pytest.fixture(scope="session")
def clients() -> Iterator[Clients]:
    """One process for all tests: importing an exchange's client takes a while."""
    clients = Clients()
    yield clients
    clients.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An exchange and a gate, with the settings that an operator starts with."""
    with House(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    """Each dialect."""
    return str(request.param)
