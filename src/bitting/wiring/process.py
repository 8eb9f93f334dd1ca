"""What the process asks of the system before it holds keys and serves many."""

from __future__ import annotations

import resource


def prepare() -> None:
    """No core dump may hold a key, and a socket needs a descriptor: as many as the system lets this user have."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
