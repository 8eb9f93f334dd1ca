"""A house with one account, and a key issued in it."""

import pytest

from bitting.domain.keys import Key
from tests.lifecycle.requests import issued
from tests.lifecycle.work import House


@pytest.fixture
def house() -> House:
    """A house just opened, with one account."""
    return House()


@pytest.fixture
def key(house: House) -> Key:
    """A key of the house's account, with a shared secret, version 1."""
    return issued(house).key
