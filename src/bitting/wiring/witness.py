"""A witness: a small process, best on a machine that is not the house's, which has seen how far journals had come."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from bitting.domain.errors import BittingError, Misconfigured
from bitting.journal.cosignature import Cosigner
from bitting.journal.note import Verifier
from bitting.kms.signing_key import load_or_create_signing_key
from bitting.stores.folder import DataFolder
from bitting.stores.notes import NoteFolder
from bitting.web.http import Limits, serve
from bitting.web.witness import WitnessFace
from bitting.wiring.listening import origin
from bitting.wiring.process import prepare

# A submission is a note and at most 63 hashes.
_LIMITS: Final = Limits(body_bytes=64 * 1024)
_GRACE_S: Final = 1.0


class Running(NamedTuple):
    """Where it listens, its public key, and the size it has cosigned of each log; None where there was nothing yet."""

    url: str
    vkey: str
    logs: dict[str, int | None]


@asynccontextmanager
async def witnessing(
    data: Path, name: str, logs: Sequence[str], host: str, port: int, on_error: Callable[[BaseException], None]
) -> AsyncIterator[Running]:
    """Run a witness of these logs, named by their vkeys. Raises Misconfigured, MalformedValue."""
    prepare()
    folder = DataFolder(data)
    folder.make()
    with folder.locked():
        if folder.database.exists():
            raise Misconfigured(f"{data} is a house: a witness that dies with it has seen nothing; give another --data")
        cosigner = Cosigner(name, load_or_create_signing_key(folder.witness, os.urandom, "witness"))
        keys = _keys(logs)
        try:
            face = WitnessFace(cosigner, keys, NoteFolder(folder.witnessed), lambda: time.time_ns() // 1_000_000_000)
        except BittingError as problem:
            raise Misconfigured(
                f"what lies in {folder.witnessed} is not what this witness wrote ({problem}): restore it; "
                "a witness that forgets is none"
            ) from None
        server = await serve(face, host=host, port=port, limits=_LIMITS, on_error=on_error)
        try:
            sizes = {each: face.cosigned[each].size if each in face.cosigned else None for each in keys}
            yield Running(origin(server), cosigner.witness.to_vkey(), sizes)
        finally:
            await server.close(_GRACE_S)


def _keys(logs: Sequence[str]) -> dict[str, list[Verifier]]:
    """The keys of each log by its origin."""
    keys: dict[str, list[Verifier]] = {}
    for vkey in logs:
        verifier = Verifier.from_vkey(vkey)
        keys.setdefault(verifier.name, []).append(verifier)
    return keys
