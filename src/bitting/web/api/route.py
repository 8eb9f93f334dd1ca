"""One call of the API: where it is, which of the desk's intents it asks, and the shapes of its ends."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Access(Enum):
    """Who may call: what the person may do there is for the desk to say."""

    SESSION = "session"
    PUBLIC = "public"  # before there is a session: signing in, and the document itself


class Route(NamedTuple):
    """One line of the table.

    intent    of the desk; the operation's id in the document as well
    path      names in braces are the intent's arguments
    body      what stands in the body; None: there is none
    query     what may stand behind the question mark
    fixed     arguments that the path means and no caller gives
    again     the intent that shows what a repeated call has made the first time
    matches   whether the caller has to say, by If-Match, which version it has seen
    """

    method: str
    path: str
    intent: str
    summary: str
    reply: type[BaseModel]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    status: int = 200
    fixed: Mapping[str, Any] = NOTHING
    again: str = ""
    matches: bool = False
    access: Access = Access.SESSION

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return self.method not in ("GET", "HEAD")
