"""What the process asks of the system before it holds keys and serves many."""

from __future__ import annotations

import gc
import resource
from typing import Final

_COLLECTED: Final = (10_000, 5, 1_000)


def prepare() -> None:
    """No core dump may hold a key, and a socket needs a descriptor: as many as the system lets this user have."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def spare_collector() -> None:
    """Once everything stands, let the collector of cycles stop requests for milliseconds, and seldom for more.

    What is here by now (modules, settings) stays, and is not looked through again. A cached row is some forty objects
    and no cycle; so the two young generations, which are looked through whole, are kept small, and the old one, which
    takes half a second when the cache is full, has to wait. `collect_young` belongs to it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTED)


def collect_young(_: int) -> None:
    """To be called every second. By itself the collector begins when more has been made than freed; of a full cache, in
    which each row pushes another one out, it would begin when all of it had become young."""
    gc.collect(1)
