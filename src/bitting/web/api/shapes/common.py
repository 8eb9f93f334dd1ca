"""What the shapes of every noun have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(description="UUIDv7", max_length=36)]
Time = Annotated[str, Field(description="RFC 3339, UTC", json_schema_extra={"format": "date-time"})]
Version = Annotated[int, Field(ge=0, description="grows with each change; also in the ETag")]
Text = Annotated[str, Field(max_length=200)]


class Given(BaseModel):
    """What a caller sends: strictly typed, and nothing that is not known here."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Said(BaseModel):
    """What a caller is sent. It is checked before it goes, so nothing goes that the document does not name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Asked(BaseModel):
    """What stands behind the question mark: texts that are read as what they have to be."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Asked):
    """A page of a list."""

    after: Annotated[str | None, Field(max_length=64, description="`next` of the page before")] = None
    most: Annotated[int | None, Field(ge=1, le=1000, description="how many at most; 1000 where nothing is said")] = None


class Nothing(Said):
    """There is nothing to say."""
