"""The house's rules, and what stops everything."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from bitting.web.api.shapes.common import Given, Said, Text, Version


class RulesGiven(Given):
    """Rules to be set; those that are left out stay. Null means no limit of that kind."""

    longest_life_days: int | None = None
    network_required: bool | None = None
    forbidden: list[str] | None = None
    algorithms: list[str] | None = None
    dialects: list[str] | None = None
    keys_per_account: int | None = None
    rotation_age_days: int | None = None
    hmac_withdraw: bool | None = None
    address_wait_hours: int | None = None
    withdrawal_wait_hours: int | None = None
    rotation_required: bool | None = None


class HouseEdited(Given):
    """A change of the rules."""

    rules: RulesGiven


class House(Said):
    """The rules."""

    longest_life_days: int | None
    network_required: bool
    forbidden: list[str]
    algorithms: list[str] | None
    dialects: list[str] | None
    keys_per_account: int
    rotation_age_days: int
    hmac_withdraw: bool
    address_wait_hours: int
    withdrawal_wait_hours: int
    rotation_required: bool
    frozen: bool
    version: Version


class Stopped(Given):
    """What is to be stopped, or let go again: exactly one of them."""

    key: Text | None = None
    account: Text | None = None
    everything: bool | None = None


class Frozen(Said):
    """What stands still now, and whether that survives a restart already."""

    frozen: str
    durable: Annotated[bool, Field(description="false: it lasts as long as this process, which tries again")]
    why: str | None = None


class Thawed(Said):
    """What works again."""

    thawed: str


class Preview(Said):
    """What other rules would change: keys, and how often each did what it could not do any more."""

    changes: Any
    since: str
    looked_at: int
    keys: list[dict[str, Any]]
    accounts: list[dict[str, Any]]
    damaged: list[str]
    next: str | None = None


class PreviewAsked(Given):
    """Rules that might be set."""

    rules: RulesGiven
    after: Annotated[str, Field(max_length=64)] | None = None
    most: Annotated[int, Field(ge=1, le=1000)] | None = None


class BulkAsked(Given):
    """One step over all keys that are so: first with `dry_run`, then with the digest that it gave."""

    step: Annotated[str, Field(json_schema_extra={"enum": ["pause", "lock", "revoke"]})]
    dry_run: bool | None = None
    digest: Annotated[str, Field(max_length=64)] | None = None
    account: Text | None = None
    label: Annotated[str, Field(max_length=64, description="with * and ?")] | None = None
    dialect: Text | None = None
    permission: Text | None = None
    unused_for: Annotated[str, Field(max_length=12, examples=["90d"])] | None = None
    never_expires: bool | None = None
    anywhere: bool | None = None


class Bulk(Said):
    """The keys that the step takes, or has taken."""

    step: str
    dry_run: bool
    digest: str
    keys: list[dict[str, Any]]
    damaged: list[str]
