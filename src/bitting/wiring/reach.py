"""How a command finds the desk: through the socket of a running server, or, when none runs, by opening the
folder itself for the moment."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from bitting.domain.errors import Misconfigured, Unavailable
from bitting.stores.folder import DataFolder
from bitting.web.local import read_reply
from bitting.wiring.house import open_house

PATIENCE_S: Final = 60.0
# These read everything there is, which takes as long as it takes.
_SLOW: Final = frozenset(
    {"backup", "journal.check", "journal.export", "journal.prune", "root.rotate", "rows.check", "shards.next"}
)


def ask(data: Path, name: str, values: Mapping[str, Any]) -> Any:
    """Carry out one intent, wherever the desk is. Raises BittingError."""
    connected = _connect(DataFolder(data))
    if connected is not None:
        return _ask_server(connected, name, values)
    _must_be_there(data)
    return asyncio.run(_ask_here(data, name, values))


@contextmanager
def asking(data: Path) -> Iterator[Callable[[str, Mapping[str, Any]], Any]]:
    """What carries out one intent after the other, for who reads page after page: the folder stays open meanwhile.
    Raises BittingError."""
    connected = _connect(DataFolder(data))
    if connected is not None:
        connected.close()
        yield lambda name, values: ask_server(data, name, values)
        return
    _must_be_there(data)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        house = runner.run(stack.enter_async_context(open_house(data)))

        async def answer(name: str, values: Mapping[str, Any]) -> Any:
            return await house.ask(name, values)

        try:
            yield lambda name, values: runner.run(answer(name, values))
        finally:
            runner.run(stack.aclose())


def ask_server(data: Path, name: str, values: Mapping[str, Any]) -> Any:
    """The same, of a running server only. Raises Unavailable where none runs."""
    connected = _connect(DataFolder(data))
    if connected is None:
        raise Unavailable(f"no server runs on {data}, so nothing happens there")
    return _ask_server(connected, name, values)


def _must_be_there(data: Path) -> None:
    if not DataFolder(data).database.exists():
        raise Misconfigured(f"there is no house in {data}: start one with `bitting serve`, or name it with --data")


async def _ask_here(data: Path, name: str, values: Mapping[str, Any]) -> Any:
    async with open_house(data) as house:
        said = await house.ask(name, values)
        await house.journal.sign_when_due()
        return said


def _connect(folder: DataFolder) -> socket.socket | None:
    """The socket of a running server, or None when nobody listens."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(PATIENCE_S)
    try:
        line.connect(str(folder.socket))
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        line.close()
        return None
    except OSError as problem:
        line.close()
        raise Misconfigured(f"{folder.socket} cannot be reached: {problem.strerror or problem}") from None
    return line


def _ask_server(line: socket.socket, name: str, values: Mapping[str, Any]) -> Any:
    line.settimeout(None if name in _SLOW else PATIENCE_S)
    connection = http.client.HTTPConnection("bitting.sock")
    connection.sock = line
    try:
        connection.request("POST", f"/{name}", json.dumps(values), {"content-type": "application/json"})
        reply = connection.getresponse()
        return read_reply(reply.status, reply.read())
    except (OSError, http.client.HTTPException) as problem:
        raise Unavailable(f"the server did not answer ({problem or 'closed'}); `bitting doctor` looks closer") from None
    finally:
        connection.close()
