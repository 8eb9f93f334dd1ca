"""bitting witness: the small process that remembers how far a journal had come."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bitting.cli.common import HERE, Common, Words
from bitting.cli.run import report, until_stopped
from bitting.domain.errors import MalformedValue
from bitting.wiring.witness import witnessing

_LISTEN: Final = re.compile(r"(?P<host>[^:\s]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})", re.ASCII)


def witness(*, log: Words, listen: str = "127.0.0.1:8790", name: str = "witness.local", common: Common = HERE) -> None:
    r"""Run a witness, which keeps the largest checkpoint it saw of a journal.

    Run it on another machine than the house, in a data folder of its own.
    It cosigns what continues the checkpoint before, and nothing else ever
    (C2SP tlog-witness; docs/witness.md).

    For example:

        bitting witness --data /srv/witness --listen 0.0.0.0:8790 \
            --log bitting.local/journal/5f2b9c01+1a2b3c4d+AQ...

    Parameters
    ----------
    log: list[str]
        The public key of a journal, as `bitting serve` and `bitting journal export` print it. Repeat for more.
    listen: str
        Host and port; port 0 takes a free one.
    name: str
        What the witness is called in its signatures.
    """
    place = _LISTEN.fullmatch(listen)
    if place is None or int(place["port"]) > 65535:
        raise MalformedValue(f"--listen is a host and a port, like 0.0.0.0:8790, not {listen!r}")
    host, port = place["host"].strip("[]"), int(place["port"])
    until_stopped(lambda stop: _witness(common, name, log, host, port, stop))


async def _witness(common: Common, name: str, logs: list[str], host: str, port: int, stop: asyncio.Event) -> None:
    async with witnessing(common.folder, name, logs, host, port, report) as running:
        common.show(running._asdict(), _text)
        await stop.wait()


def _text(said: Mapping[str, Any]) -> Iterator[str]:
    yield f"url       {said['url']}"
    yield f"vkey      {said['vkey']}"
    for origin, size in said["logs"].items():
        yield f"log       {origin}: {'nothing cosigned yet' if size is None else f'{size} leaves cosigned'}"
    yield "stop      Ctrl-C"
