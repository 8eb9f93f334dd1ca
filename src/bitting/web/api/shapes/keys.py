"""Keys: what is asked for, and what is told of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from bitting.domain.credentials import Algorithm
from bitting.web.api.shapes.common import Asked, Given, Id, Page, Said, Text, Time, Version

AlgorithmName = Annotated[str, Field(json_schema_extra={"enum": [each.value for each in Algorithm]})]
Amounts = Annotated[
    dict[str, Annotated[str, Field(max_length=64)]],
    Field(description="decimals as texts, by currency", examples=[{"USDT": "500"}]),
]
Rights = Annotated[
    list[Annotated[str, Field(max_length=64)]],
    Field(max_length=200, description="rights or presets", examples=[["trade"]]),
]
Names = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=200)]
Network = Annotated[
    list[Annotated[str, Field(max_length=64)]],
    Field(
        max_length=100,
        description="addresses and networks, or `anywhere` alone; empty admits nobody",
        examples=[["203.0.113.7"]],
    ),
]
Expires = Annotated[
    str,
    Field(max_length=40, description="RFC 3339, or `never`; with a confirmation no duration, which would mean another"
          " moment by then"),
]  # fmt: skip


class LimitsGiven(Given):
    """Limits to be set; null takes one away."""

    pairs: Names | None = None
    largest_order: Amounts | None = None
    daily_orders: Amounts | None = None
    order_rate: Annotated[str, Field(max_length=20, description="orders/seconds", examples=["10/60"])] | None = None
    open_orders: int | None = None
    collar_bp: int | None = None
    addresses: Names | None = None
    daily_withdrawals: Amounts | None = None


class KeyAsked(Given):
    """What the holder wants of a new key."""

    dialect: Annotated[str, Field(max_length=32, examples=["binance"])]
    label: Annotated[str, Field(max_length=200, examples=["bot"])]
    permissions: Rights
    environment: Literal["live", "test"] | None = None
    network: Network | None = None
    expires: Expires | None = None
    limits: LimitsGiven | None = None
    algorithm: AlgorithmName | None = None
    public_key: Annotated[str, Field(max_length=4096, description="of a pair that the holder made")] | None = None
    nonce_mode: Literal["time", "counter"] | None = None


class KeyBrought(KeyAsked):
    """A key that clients use already."""

    key_id: Annotated[str, Field(max_length=128, examples=["theirOldKeyId"])]
    secret: Annotated[str, Field(max_length=512, examples=["their-old-secret-0123456789"])] | None = None


class KeyEdited(Given):
    """What is to be changed; the rest stays."""

    label: Annotated[str, Field(max_length=200)] | None = None
    permissions: Rights | None = None
    allow: Rights | None = None
    deny: Rights | None = None
    network: Network | None = None
    limits: LimitsGiven | None = None
    expires: Expires | None = None


class Rotated(Given):
    """How the secret is changed."""

    overlap: Annotated[str, Field(max_length=12, description="how long the old one works beside it")] | None = None
    algorithm: AlgorithmName | None = None
    public_key: Annotated[str, Field(max_length=4096)] | None = None
    nonce_mode: Literal["time", "counter"] | None = None


class Locked(Given):
    """Which of the house's holds."""

    hold: Literal["operator", "leak"] | None = None


class Credential(Said):
    """One of a key's credentials, without what it proves itself with."""

    id: Id
    algorithm: AlgorithmName
    state: str
    nonce_mode: str
    created_at: Time
    works_until: Time | None
    due_for_rotation: bool


class Key(Said):
    """A key."""

    id: Id
    key_id: Annotated[str, Field(description="what a client sends")]
    account: Id
    account_name: str
    label: str
    dialect: str
    environment: str
    state: Annotated[str, Field(description="`working`, or everything for which it does not work just now")]
    holds: list[str]
    grants: Annotated[dict[str, dict[str, Any]], Field(description="limits by permission")]
    network: list[str]
    expires_at: Time | None
    created_at: Time
    revoked_at: Time | None
    last_used_at: Time | None
    version: Version
    digest: Annotated[str, Field(description="of the policy; the same in the journal")]
    credentials: list[Credential]


class Seen(Said):
    """An address or a client that the key was used from."""

    text: str
    first_at: Time
    last_at: Time
    times: int


class LastUse(Said):
    """The last request that a credential proved; what is not known any more is empty."""

    credential: Id
    at: Time
    address: str
    client: str
    method: str
    path: str


class Used(Said):
    """What the key was used for, the latest first; `permissions` are those it has, and when each was last used."""

    credentials: list[LastUse]
    addresses: list[Seen]
    clients: list[Seen]
    permissions: dict[str, Time | None]


class KeyShown(Key):
    """A key with its use; where that cannot be believed, why."""

    used: Used | None
    used_why_not: str


class KeyWithSecret(Key):
    """A key just made or rotated. The secret is here once: a repeated call has null and `secret_shown`."""

    secret: str | None = None
    secret_shown: bool = False


class KeysAsked(Page):
    """Which keys."""

    account: Text | None = None


class Keys(Said):
    """Keys, oldest first. `damaged` are those that do not pass their checks, and why."""

    keys: list[Key]
    damaged: list[str]
    next: str | None = None


class UnusedAsked(Asked):
    """Since when permissions were not used."""

    account: Text | None = None
    after: Annotated[str | None, Field(max_length=64, description="`next` of the page before")] = None
    since: Annotated[Text | None, Field(description="RFC 3339, or how long ago; 90d where nothing is said")] = None


class UnusedKey(Said):
    """A key, and what it could do without."""

    id: Id
    key_id: str
    label: str
    account: Id
    last_used_at: Time | None
    unused: list[str]
    granted: Annotated[int, Field(description="how many permissions it has")]


class UnusedKeys(Said):
    """Keys, oldest first."""

    keys: list[UnusedKey]
    damaged: list[str]
    next: str | None = None


class CanAsked(Given):
    """What one would like to do with a key."""

    action: Annotated[str, Field(max_length=64, examples=["orders.write"])]
    pair: Text | None = None
    side: Literal["buy", "sell"] | None = None
    amount: Text | None = None
    price: Text | None = None
    quote: Text | None = None
    to: Text | None = None
    asset: Text | None = None
    tag: Text | None = None
    address: Annotated[Text | None, Field(alias="from")] = None
    at: Text | None = None


class Objection(Said):
    """One thing that stops it."""

    step: int | None
    reason: str
    said: str
    why: str
    would_pass: list[str]


class Can(Said):
    """Whether it could be done, and everything that stops it."""

    key: dict[str, Any]
    action: str
    judged_at: str
    can: bool
    objections: list[Objection]
    all_found: bool
    not_judged: list[str]
