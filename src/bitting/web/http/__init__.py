"""The gate's HTTP/1.1 face: a small, strict server, and a client for what stands behind the gate."""

from bitting.web.http.certificates import NO_TLS, Reloading, TlsFiles
from bitting.web.http.errors import OutcomeUnknown, UpstreamDown
from bitting.web.http.face import Handler
from bitting.web.http.hop import forward_headers
from bitting.web.http.limits import Limits, UpstreamLimits
from bitting.web.http.peer import NO_ADDRESS
from bitting.web.http.server import Server, serve, serve_unix
from bitting.web.http.upstream import Upstream

__all__ = [
    "NO_ADDRESS",
    "NO_TLS",
    "Handler",
    "Limits",
    "OutcomeUnknown",
    "Reloading",
    "Server",
    "TlsFiles",
    "Upstream",
    "UpstreamDown",
    "UpstreamLimits",
    "forward_headers",
    "serve",
    "serve_unix",
]
