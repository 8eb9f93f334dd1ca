"""What a serving process has asked of the system."""

import subprocess
import sys

_SHOW = """
import resource
from bitting.wiring.process import prepare
prepare()
print(resource.getrlimit(resource.RLIMIT_CORE)[0], *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def test_no_core_is_dumped_and_every_descriptor_may_be_used() -> None:
    """A core file would hold the shard keys; a soft limit of 1024 descriptors would refuse clients first."""
    done = subprocess.run([sys.executable, "-c", _SHOW], capture_output=True, text=True, check=True)
    core, soft, hard = done.stdout.split()
    assert core == "0"
    assert soft == hard
