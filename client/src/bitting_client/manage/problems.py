"""What can go wrong with a call: one class a kind, by the code in the problem (RFC 9457).

Problem
├── SignIn        no session, or it is over
├── Confirm       the second factor first
├── Waits         a second person first
├── Refused       understood, and not allowed
├── NotFound
├── Conflict      changed since you looked
├── Invalid       a value cannot be used
├── Busy          too much at once, or a part of the house is down
└── ProblemReply  no reply of the house
    └── Undelivered   a proxy says that it does not reach the house
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Problem(Exception):
    """The house refused, or failed. `code` does not change from version to version; the text is for people."""

    def __init__(self, status: int, said: Mapping[str, Any], retry_after_s: int = 0) -> None:
        self.status = status
        self.code = str(said.get("code", ""))
        self.request_id = str(said.get("request_id", ""))
        self.errors = _errors(said.get("errors"))
        self.said = dict(said)
        self.retry_after_s = retry_after_s
        text = str(said.get("detail") or said.get("title") or "the house gave no reason")
        where = "; ".join(f"{each.get('pointer')}: {each.get('detail')}" for each in self.errors)
        super().__init__(f"{text}: {where}" if where else text)


class SignIn(Problem):
    """There is no session, or it is over."""


class Confirm(Problem):
    """The change gives power: confirm it with the second factor, and call again. `confirmation` is the id to answer, ""
    where the house began none; `says` tells what would be done, in words."""

    def __init__(self, status: int, said: Mapping[str, Any], retry_after_s: int = 0) -> None:
        super().__init__(status, said, retry_after_s)
        begun = said.get("confirmation")
        begun = begun if isinstance(begun, dict) else {}
        self.confirmation = str(begun.get("confirmation", ""))
        self.challenge = str(begun.get("challenge", ""))
        self.says = [str(each) for each in begun.get("says", ())]


class Waits(Problem):
    """Nothing was done yet: a second person has to approve it. `approval` is what waits."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        super().__init__(202, {"detail": "nothing was done yet: a second person has to approve it"})
        self.approval: Mapping[str, Any] = said.get("waits_for_approval", {})


class Refused(Problem):
    """Understood, and not allowed."""


class NotFound(Problem):
    """There is nothing like that, or nothing that you may know of."""


class Conflict(Problem):
    """It was changed since you looked at it."""


class Invalid(Problem):
    """A value cannot be used; `errors` point at it."""


class Busy(Problem):
    """Too much at once, or a part of the house is down; the call may be sent again, `retry_after_s` from now."""


class ProblemReply(Problem):
    """What came is no reply of the house: something between here and there answered."""

    def __init__(self, status: int) -> None:
        super().__init__(status, {"detail": f"no reply of Bitting's (status {status})"})


class Undelivered(ProblemReply):
    """Something between here and there says that it does not reach the house."""


_KINDS: dict[str, type[Problem]] = {
    "session.missing": SignIn,
    "session.cross_site": SignIn,
    "confirmation.required": Confirm,
    "refused": Refused,
    "not_found": NotFound,
    "method.not_allowed": NotFound,
    "conflict": Conflict,
    "version.stale": Conflict,
    "version.required": Conflict,
    "idempotency.reused": Conflict,
    "rate": Busy,
    "unavailable": Busy,
}
_PREFIXES: dict[str, type[Problem]] = {"body": Invalid, "value": Invalid, "header": Invalid}


def problem_from(status: int, said: Mapping[str, Any], retry_after_s: int = 0) -> Problem:
    """The problem, by its code; an unknown one is a plain Problem."""
    code = said.get("code")
    if not isinstance(code, str):
        return ProblemReply(status)
    return _KINDS.get(code, _PREFIXES.get(code.partition(".")[0], Problem))(status, said, retry_after_s)


def _errors(said: Any) -> list[Mapping[str, Any]]:
    return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []
