"""bitting doctor: is everything as it must be?"""

from __future__ import annotations

from bitting.cli.common import HERE, Common
from bitting.cli.page import columns
from bitting.doctor import examine


def doctor(*, common: Common = HERE) -> None:
    """Look whether everything is as it must be, and say what to do where it is not.

    For example:

        bitting doctor
    """
    findings = list(examine(common.folder))
    said = {"findings": [each._asdict() for each in findings]}
    common.show(said, lambda said: columns((), [list(each.values()) for each in said["findings"]]))
    if any(each.state == "wrong" for each in findings):
        raise SystemExit(1)
