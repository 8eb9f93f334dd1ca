"""Where clients come in: ports, with TLS or without, or a Unix socket; and certificates, which follow their files."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from bitting.domain.errors import Misconfigured
from bitting.settings import Settings
from bitting.web.http import Handler, Limits, Reloading, Server, TlsFiles, serve, serve_unix
from bitting.wiring.house import House

Place = int | Path  # a port, or a socket's path


class Certificates:
    """All that are in use, looked at every few seconds and whenever `refresh` is called. A bad file is trouble that
    `status` tells of, and what was good before stays."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._loaded: list[Reloading] = []
        house.chores.append(lambda _: self.refresh())

    def load(self, files: TlsFiles, make: Callable[[TlsFiles], ssl.SSLContext]) -> Reloading:
        """Raises Misconfigured, saying what to do."""
        loaded = Reloading(files, make)
        self._loaded.append(loaded)
        return loaded

    def refresh(self) -> None:
        """Take what has changed."""
        bad: list[str] = []
        for each in self._loaded:
            try:
                each.refresh()
            except Misconfigured as problem:
                bad.append(f"{problem}; what was there before is still used")
        self._house.troubles.pop("certificates", None)
        if bad:
            self._house.troubles["certificates"] = "; ".join(bad)

    def until(self) -> dict[str, str]:
        """When each of them ends, by its file."""
        return {str(each.files.certificate): each.until.isoformat() for each in self._loaded if each.until is not None}


async def listen(
    place: Place,
    handler: Handler,
    settings: Settings,
    tls: Reloading | None,
    on_error: Callable[[BaseException], None],
) -> tuple[Server, str]:
    """A face there, and its address as clients write it. Raises Misconfigured."""
    limits = Limits(connections_per_peer=settings.connections_per_address)
    trusted, introduced = settings.trusted_proxies, settings.proxy_protocol
    if isinstance(place, Path):  # mode 0660: a proxy is let in by the group of the socket's folder
        face = await serve_unix(
            handler,
            path=place,
            limits=limits,
            on_error=on_error,
            mode=0o660,
            trusted_proxies=trusted,
            proxy_protocol=introduced,
        )
        return face, f"unix:{place}"
    face = await serve(
        handler,
        host=settings.host,
        port=place,
        limits=limits,
        on_error=on_error,
        trusted_proxies=trusted,
        proxy_protocol=introduced,
        tls=tls,
    )
    return face, origin(face, "http" if tls is None else "https")


def origin(face: Server, scheme: str = "http") -> str:
    """Scheme, host and port of a face that listens at a port."""
    host, port = face.addresses[0]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
