"""A house with a console, and somebody who signs in to it with a password and an app."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.console.holder import MANAGE, Holder
from tests.end_to_end.house import House


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house"), settings=MANAGE) as opened:
        yield opened


@pytest.fixture(scope="module")
def ada(house: House) -> Iterator[Holder]:
    holder = Holder.set_up(house, "ada@example.com", owns="alice")
    yield holder
    holder.browser.close()
