"""The second factor on a page: a change is asked for, and where it gives power it is shown once more with the question.

The form of the change goes along in the page, hidden, and comes back with the answer; so nothing is kept between the
two, and what was confirmed is compared with what is done by the desk, digest with digest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.responses import Response

from bitting.desk.confirmations import confirmation_view
from bitting.domain.errors import ConsentMissing, IllegalStep, MalformedValue, NotFound, NotSignedIn
from bitting.web.console.visit import Visit

_OWN: Final = ("token", "go", "confirmation", "code", "response")


class Asked(Exception):
    """Nothing was done: the page has to ask for the second factor."""

    def __init__(self, confirmation: Mapping[str, Any], problem: str) -> None:
        super().__init__(problem)
        self.confirmation = confirmation
        self.problem = problem


async def carry_out(visit: Visit, intent: str, /, **values: Any) -> dict[str, Any]:
    """Do it, with the second factor where the form has brought one. Raises Asked, Repeated, BittingError."""
    confirmed, problem = "", ""
    named = visit.one("confirmation")
    if named:
        try:
            await visit.ask("confirmation.answer", confirmation=named, answer=_answer(visit))
            confirmed = named
        except (NotSignedIn, IllegalStep, ConsentMissing, NotFound, MalformedValue) as wrong:
            problem = str(wrong)  # it was the confirmation's one answer: the desk is asked for another
    try:
        return await visit.ask(intent, confirmed, True, **values)
    except ConsentMissing as missing:
        if missing.confirmation is None:
            raise
        raise Asked(confirmation_view(missing.confirmation), problem) from None


def ask_factor(visit: Visit, asked: Asked, title: str, **values: Any) -> Response:
    """The page that asks; `values` are what it shows of the change."""
    options = {
        "challenge": asked.confirmation["challenge"],
        "rpId": urlsplit(visit.console.origin).hostname,
        "userVerification": "required",
        "timeout": 300_000,
    }
    given = {"differences": [], "review": [], **values}
    return visit.page(
        "confirm.html",
        403 if asked.problem else 200,
        title=title,
        confirmation=asked.confirmation,
        problem=asked.problem,
        carried=visit.carried(*_OWN),
        options=options,
        action=visit.path,
        **given,
    )


def _answer(visit: Visit) -> dict[str, Any]:
    return {"response": response_of(visit)} if visit.one("response") else {"code": visit.one("code").replace(" ", "")}


def response_of(visit: Visit) -> dict[str, Any]:
    """What the passkey has said, as the page's script puts it into the form. Raises MalformedValue."""
    try:
        response = json.loads(visit.one("response"))
    except (ValueError, RecursionError):
        response = None
    if not isinstance(response, dict):
        raise MalformedValue("no passkey has answered: try again, or use a code")
    return response
