"""What waits for somebody's word: a second factor, or a second person."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from bitting.web.api.shapes.common import Asked, Given, Id, Said, Text, Time, Version

WAITS: Final = "waits_for_approval"


class Confirmation(Said):
    """A change that waits for its person's second factor."""

    confirmation: Id
    says: Annotated[list[str], Field(description="what would be done, in words")]
    change: Annotated[str, Field(description="digest of the change")]
    challenge: Annotated[str, Field(description="for a passkey, base64url")]
    expires_at: Time
    state: str
    factor: str


class Answer(Given):
    """A code of an app, or a passkey's response to the challenge."""

    code: Annotated[str, Field(max_length=64)] | None = None
    response: dict[str, Any] | None = None


class Answered(Given):
    """The second factor for one confirmation."""

    answer: Answer


class Approval(Said):
    """A change that waits for a second person, or what became of it."""

    approval: Id
    state: str
    intent: str
    values: dict[str, Any]
    says: list[str]
    change: str
    asked_by: str
    asked_at: Time
    expires_at: Time
    decided_by: str
    version: Version


class Waiting(Said):
    """Nothing was done yet: a second person has to approve it."""

    waits_for_approval: Approval


class ApprovalsAsked(Asked):
    """A page, the newest first."""

    before: Annotated[str | None, Field(max_length=64)] = None
    most: Annotated[int | None, Field(ge=1, le=1000)] = None


class Approvals(Said):
    """The newest first."""

    approvals: list[Approval]
    next: str | None = None


class Reason(Given):
    """Why it cannot wait."""

    reason: Text


class Outcome(BaseModel):
    """What the change itself says, now that it is carried out."""

    model_config = ConfigDict(extra="allow", frozen=True)
