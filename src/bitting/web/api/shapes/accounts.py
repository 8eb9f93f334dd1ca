"""Accounts and their address books."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from bitting.web.api.shapes.common import Given, Id, Said, Text, Time, Version
from bitting.web.api.shapes.keys import LimitsGiven


class AccountAsked(Given):
    """A new account, or a sub-account of `parent`."""

    name: Annotated[Text, Field(examples=["second desk"])]
    parent: Text | None = None


class AccountLimits(Given):
    """Limits over all keys of the account."""

    limits: LimitsGiven


class AddressAsked(Given):
    """A new entry of the address book; it waits before it can be used."""

    asset: Annotated[str, Field(max_length=32, examples=["USDT"])]
    network: Annotated[str, Field(max_length=32, examples=["ETH"])]
    address: Annotated[str, Field(max_length=128, examples=["0x52908400098527886E0F7030069857D2E4169EE7"])]
    label: Annotated[Text, Field(examples=["cold wallet"])]
    tag: Annotated[str, Field(max_length=128)] | None = None


class Address(Said):
    """An entry of the address book."""

    id: Id
    asset: str
    network: str
    address: str
    tag: str
    label: str
    usable_from: Time
    usable: bool


class Account(Said):
    """An account, with its address book."""

    id: Id
    name: str
    parent: Id | None
    tenant: str
    state: str
    holds: list[str]
    limits: dict[str, Any]
    addresses: list[Address]
    withdrawals_from: Annotated[Time | None, Field(description="until then its keys withdraw nothing")]
    created_at: Time
    version: Version


class Accounts(Said):
    """Accounts, oldest first."""

    accounts: list[Account]
    next: str | None = None
