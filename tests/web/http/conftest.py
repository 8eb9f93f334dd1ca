"""Every test of the face runs on both loops it may be given."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import uvloop

from tests.web.http.raw import Gate


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def gate(request: pytest.FixtureRequest) -> Iterator[Gate]:
    one = Gate(request.param)
    yield one
    one.close()
    assert one.complaints == []
