"""What a serving process has asked of the system."""

import subprocess
import sys
import weakref

from bitting.wiring.process import collect_young

_SHOW = """
import resource
from bitting.wiring.process import prepare
prepare()
print(resource.getrlimit(resource.RLIMIT_CORE)[0], *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


class Marked:
    """Something that is seen to go."""


_COLLECTOR = """
import gc
from bitting.wiring.process import spare_collector
spare_collector()
print(gc.get_freeze_count() > 1_000, *gc.get_threshold())
"""


def test_the_collector_does_not_look_through_what_stays() -> None:
    """And seldom through all that is cached: that would stop every request for half a second."""
    done = subprocess.run([sys.executable, "-c", _COLLECTOR], capture_output=True, text=True, check=True)
    frozen, _, _, oldest = done.stdout.split()
    assert frozen == "True"
    assert int(oldest) >= 1_000


def test_what_is_young_is_collected_when_it_is_asked_for() -> None:
    """However little has been made since, and freed."""
    ring: list[object] = []
    ring.append(ring)
    gone = weakref.finalize(marked := Marked(), lambda: None)
    ring.append(marked)
    del marked, ring
    collect_young(0)
    assert not gone.alive


def test_no_core_is_dumped_and_every_descriptor_may_be_used() -> None:
    """A core file would hold the shard keys; a soft limit of 1024 descriptors would refuse clients first."""
    done = subprocess.run([sys.executable, "-c", _SHOW], capture_output=True, text=True, check=True)
    core, soft, hard = done.stdout.split()
    assert core == "0"
    assert soft == hard
