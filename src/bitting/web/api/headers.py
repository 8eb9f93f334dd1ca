"""Headers of the API, as they have to be written: read strictly, and told in its document."""

from __future__ import annotations

import re
from typing import Final

from starlette.datastructures import Headers

from bitting.web.api import problems
from bitting.web.api.problems import Problem

ONCE: Final = re.compile(r'"([ !#-~]{1,128})"', re.ASCII)
CONFIRMATION: Final = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
ETAG: Final = re.compile(r'"([0-9]{1,15})(\.[0-9a-f]{64})?"', re.ASCII)


def one(headers: Headers, name: str, form: re.Pattern[str]) -> str:
    """The only value of a header, "" where it is not there. Raises Problem."""
    values = headers.getlist(name)
    if not values:
        return ""
    if len(values) > 1 or form.fullmatch(values[0]) is None:
        raise Problem(problems.BAD_HEADER, f"{name} stands twice, or is not written as it has to be")
    return values[0]
