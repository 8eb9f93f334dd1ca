"""How things are written in the API. Written by `scripts/generate-client.py` from the API's document."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class Account(TypedDict):
    """An account, with its address book."""

    id: str
    name: str
    parent: str | None
    tenant: str
    state: str
    holds: list[str]
    limits: dict[str, Any]
    addresses: list[Address]
    withdrawals_from: str | None
    created_at: str
    version: int


class Accounts(TypedDict):
    """Accounts, oldest first."""

    accounts: list[Account]
    next: NotRequired[str | None]


class Activity(TypedDict):
    """Records, oldest first."""

    records: list[Record]
    on: int | None
    newest: int


class Address(TypedDict):
    """An entry of the address book."""

    id: str
    asset: str
    network: str
    address: str
    tag: str
    label: str
    usable_from: str
    usable: bool


class Answer(TypedDict):
    """A code of an app, or a passkey's response to the challenge."""

    code: NotRequired[str | None]
    response: NotRequired[dict[str, Any] | None]


class Approval(TypedDict):
    """A change that waits for a second person, or what became of it."""

    approval: str
    state: str
    intent: str
    values: dict[str, Any]
    says: list[str]
    change: str
    asked_by: str
    asked_at: str
    expires_at: str
    decided_by: str
    version: int


class Approvals(TypedDict):
    """The newest first."""

    approvals: list[Approval]
    next: NotRequired[str | None]


class Bulk(TypedDict):
    """The keys that the step takes, or has taken."""

    step: str
    dry_run: bool
    digest: str
    keys: list[dict[str, Any]]
    damaged: list[str]


class Can(TypedDict):
    """Whether it could be done, and everything that stops it."""

    key: dict[str, Any]
    action: str
    judged_at: str
    can: bool
    objections: list[Objection]
    all_found: bool
    not_judged: list[str]


class Challenge(TypedDict):
    """What a passkey is asked."""

    ticket: str
    options: dict[str, Any]


class Chart(TypedDict):
    """How many decisions there were in each period. Each series has `verdict`, what is told apart by its name, and
    `counts` in the order of the periods."""

    step: str
    by: str
    periods: list[str]
    series: list[dict[str, Any]]


class Confirmation(TypedDict):
    """A change that waits for its person's second factor."""

    confirmation: str
    says: list[str]
    change: str
    challenge: str
    expires_at: str
    state: str
    factor: str


class Credential(TypedDict):
    """One of a key's credentials, without what it proves itself with."""

    id: str
    algorithm: Literal["hmac-sha256", "hmac-sha384", "hmac-sha512", "ed25519", "ecdsa-p256-sha256", "rsa-pkcs1-sha256"]
    state: str
    nonce_mode: str
    created_at: str
    works_until: str | None
    due_for_rotation: bool


class Devices(TypedDict):
    """A person's devices."""

    user: str
    name: str
    sessions: list[Session]


class Done(TypedDict):
    """It is done."""

    done: bool


class Ended(TypedDict):
    """What has ended."""

    signed_out: str


class Entries(TypedDict):
    """Entries of the journal, oldest first, with what is sealed opened for those who may know."""

    entries: list[dict[str, Any]]


class Explained(TypedDict):
    """A decision of the past, and what would pass today."""

    record: Record
    step: int | None
    would_pass: list[str]
    changed_since: bool
    key: NotRequired[dict[str, Any] | None]


class Factor(TypedDict):
    """Something that proves a person, by name."""

    id: str
    factor: str
    label: str
    created_at: str


class Frozen(TypedDict):
    """What stands still now, and whether that survives a restart already."""

    frozen: str
    durable: bool
    why: NotRequired[str | None]


class House(TypedDict):
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
    version: int


class Key(TypedDict):
    """A key."""

    id: str
    key_id: str
    account: str
    account_name: str
    label: str
    dialect: str
    environment: str
    state: str
    holds: list[str]
    grants: dict[str, dict[str, Any]]
    network: list[str]
    expires_at: str | None
    created_at: str
    revoked_at: str | None
    last_used_at: str | None
    version: int
    digest: str
    credentials: list[Credential]


class KeyShown(TypedDict):
    """A key with its use; where that cannot be believed, why."""

    id: str
    key_id: str
    account: str
    account_name: str
    label: str
    dialect: str
    environment: str
    state: str
    holds: list[str]
    grants: dict[str, dict[str, Any]]
    network: list[str]
    expires_at: str | None
    created_at: str
    revoked_at: str | None
    last_used_at: str | None
    version: int
    digest: str
    credentials: list[Credential]
    used: Used | None
    used_why_not: str


class KeyWithSecret(TypedDict):
    """A key just made or rotated. The secret is here once: a repeated call has null and `secret_shown`."""

    id: str
    key_id: str
    account: str
    account_name: str
    label: str
    dialect: str
    environment: str
    state: str
    holds: list[str]
    grants: dict[str, dict[str, Any]]
    network: list[str]
    expires_at: str | None
    created_at: str
    revoked_at: str | None
    last_used_at: str | None
    version: int
    digest: str
    credentials: list[Credential]
    secret: NotRequired[str | None]
    secret_shown: NotRequired[bool]


class Keys(TypedDict):
    """Keys, oldest first. `damaged` are those that do not pass their checks, and why."""

    keys: list[Key]
    damaged: list[str]
    next: NotRequired[str | None]


class LastUse(TypedDict):
    """The last request that a credential proved; what is not known any more is empty."""

    credential: str
    at: str
    address: str
    client: str
    method: str
    path: str


class LimitsGiven(TypedDict):
    """Limits to be set; null takes one away."""

    pairs: NotRequired[list[str] | None]
    largest_order: NotRequired[dict[str, str] | None]
    daily_orders: NotRequired[dict[str, str] | None]
    order_rate: NotRequired[str | None]
    open_orders: NotRequired[int | None]
    collar_bp: NotRequired[int | None]
    addresses: NotRequired[list[str] | None]
    daily_withdrawals: NotRequired[dict[str, str] | None]


class Me(TypedDict):
    """You, and the session you ask in."""

    id: str
    name: str
    state: str
    house: list[Literal["operator", "security", "auditor", "support"]]
    accounts: dict[str, Literal["none", "owner", "manager", "viewer"]]
    ready: bool
    factors: list[Factor]
    created_at: str
    version: int
    session: Session


class MySessions(TypedDict):
    """Your devices, oldest first."""

    sessions: list[Session]


class NewCodes(TypedDict):
    """A new session, and codes for paper; the former codes are void."""

    token: str | None
    user: str
    until: str
    recovery_codes: list[str]


class Nonces(TypedDict):
    """Where a key's nonces or its clients' clocks stand, and what helps."""

    label: str
    key_id: str
    dialect: str
    now: str
    clients: list[dict[str, Any]]
    credentials: list[dict[str, Any]]
    advice: list[str]


class Objection(TypedDict):
    """One thing that stops it."""

    step: int | None
    reason: str
    said: str
    why: str
    would_pass: list[str]


class Outcome(TypedDict):
    """What the change itself says, now that it is carried out."""


class PersonEnded(TypedDict):
    """Whose sessions have ended."""

    user: str
    name: str
    signed_out: str


class Preview(TypedDict):
    """What other rules would change: keys, and how often each did what it could not do any more."""

    changes: Any
    since: str
    looked_at: int
    keys: list[dict[str, Any]]
    accounts: list[dict[str, Any]]
    damaged: list[str]
    next: NotRequired[str | None]


class Proof(TypedDict):
    """Your second factor: a code, or a passkey's response with its ticket."""

    code: NotRequired[str | None]
    ticket: NotRequired[str | None]
    response: NotRequired[dict[str, Any] | None]


class Record(TypedDict):
    """One decision of the gate."""

    row: int
    at: str
    request_id: str
    account: str
    key: str
    key_id: str
    label: str
    dialect: str
    method: str
    path: str
    action: str
    pair: str
    verdict: str
    reason: str
    why: str
    shown: str
    detail: str
    address: str
    client: str
    value: str
    status: int
    outcome: str


class RecoveryCodes(TypedDict):
    """Codes for paper, each good once; shown once."""

    recovery_codes: list[str]


class ResetShown(TypedDict):
    """Whom the link is for, and a challenge for their passkey."""

    name: str
    ticket: str
    options: dict[str, Any]


class RulesGiven(TypedDict):
    """Rules to be set; those that are left out stay. Null means no limit of that kind."""

    longest_life_days: NotRequired[int | None]
    network_required: NotRequired[bool | None]
    forbidden: NotRequired[list[str] | None]
    algorithms: NotRequired[list[str] | None]
    dialects: NotRequired[list[str] | None]
    keys_per_account: NotRequired[int | None]
    rotation_age_days: NotRequired[int | None]
    hmac_withdraw: NotRequired[bool | None]
    address_wait_hours: NotRequired[int | None]
    withdrawal_wait_hours: NotRequired[int | None]
    rotation_required: NotRequired[bool | None]


class Seed(TypedDict):
    """A seed for an app that shows codes; shown once."""

    ticket: str
    uri: str
    svg: str


class Seen(TypedDict):
    """An address or a client that the key was used from."""

    text: str
    first_at: str
    last_at: str
    times: int


class Session(TypedDict):
    """A device that is signed in."""

    id: str
    how: str
    address: str
    client: str
    signed_in_at: str
    seen_at: str
    until: str
    this: NotRequired[bool]


class SetUpShown(TypedDict):
    """What somebody new can choose from."""

    name: str
    app: Seed
    passkey: Challenge


class Thawed(TypedDict):
    """What works again."""

    thawed: str


class Ticket(TypedDict):
    """To be brought back with the answer. It is the same whether there is anybody of that name or not."""

    ticket: str


class UnusedKey(TypedDict):
    """A key, and what it could do without."""

    id: str
    key_id: str
    label: str
    account: str
    last_used_at: str | None
    unused: list[str]
    granted: int


class UnusedKeys(TypedDict):
    """Keys, oldest first."""

    keys: list[UnusedKey]
    damaged: list[str]
    next: NotRequired[str | None]


class Used(TypedDict):
    """What the key was used for, the latest first; `permissions` are those it has, and when each was last used."""

    credentials: list[LastUse]
    addresses: list[Seen]
    clients: list[Seen]
    permissions: dict[str, str | None]


class User(TypedDict):
    """A person."""

    id: str
    name: str
    state: str
    house: list[Literal["operator", "security", "auditor", "support"]]
    accounts: dict[str, Literal["none", "owner", "manager", "viewer"]]
    ready: bool
    factors: list[Factor]
    created_at: str
    version: int


class Users(TypedDict):
    """People, oldest first."""

    users: list[User]
    next: NotRequired[str | None]


class Waiting(TypedDict):
    """Nothing was done yet: a second person has to approve it."""

    waits_for_approval: Approval


class Welcome(TypedDict):
    """A session. Its token is shown once."""

    token: str | None
    user: str
    until: str
