"""The listeners at which proxies ask about requests, beside the gate's own face and over the same mounts."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Final

from bitting.domain.errors import Misconfigured
from bitting.domain.network import Network
from bitting.domain.secret import Secret
from bitting.kms.secret_file import SecretFile
from bitting.settings import DecisionSettings, Settings
from bitting.web.decision import Decisions
from bitting.web.decision_proxies import PROXIES
from bitting.web.http import Limits, Server, serve, serve_unix
from bitting.web.mounts import Mount, Mounts
from bitting.wiring.gates import OnError
from bitting.wiring.house import House

# What a client may send to a proxy, and what that adds. A proxy has one address and as many connections as it wants.
_LIMITS: Final = Limits(line_bytes=16 * 1024, head_bytes=64 * 1024, headers=200, connections_per_peer=4096)
_REFUSED: Final = 403
_GRACE_S: Final = 5.0
_HERE: Final = Network.from_text(["::"])  # the address of whoever comes through a Unix socket


async def listen_for_proxies(
    house: House, settings: Settings, mounts: Sequence[Mount], stack: AsyncExitStack, on_error: OnError
) -> list[Server]:
    """Listen wherever the settings say. Raises Misconfigured."""
    if not settings.decisions:
        return []
    for each in settings.mounts:
        if each.observes:
            raise Misconfigured(
                f"the mount {each.name} observes, and at a [[decision]] 200 means admitted: take one of the two out"
            )
    asked = Mounts(mounts)
    identities = {
        each.prefix: SecretFile(house.folder.identity(each.name), "identity").load() for each in settings.mounts
    }
    return [await _listen(house, each, asked, identities, stack, on_error) for each in settings.decisions]


async def _listen(
    house: House,
    settings: DecisionSettings,
    mounts: Mounts,
    identities: Mapping[str, Secret],
    stack: AsyncExitStack,
    on_error: OnError,
) -> Server:
    proxy = PROXIES.get(settings.proxy)
    if proxy is None:
        raise Misconfigured(f"no proxy {settings.proxy!r}; there are: {', '.join(sorted(PROXIES))}")
    secret = None
    if settings.secret_file is not None:
        secret = SecretFile(settings.secret_file, "decision").load_or_create(os.urandom)
    askers = settings.askers if settings.unix is None else _HERE
    handler = Decisions(mounts, identities, proxy, askers, secret, lambda: house.clock.now_ns() // 1_000_000)
    if settings.unix is not None:  # mode 0660: the proxy is let in by the group of the socket's folder
        server = await serve_unix(
            handler, path=settings.unix, limits=_LIMITS, on_error=on_error, mode=0o660, refuses=_REFUSED
        )
    else:
        server = await serve(
            handler, host=settings.host, port=settings.port, limits=_LIMITS, on_error=on_error, refuses=_REFUSED
        )
    stack.push_async_callback(server.close, _GRACE_S)
    return server
