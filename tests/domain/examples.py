"""One good value of each kind, to be varied field by field."""

from dataclasses import replace
from typing import Any

from bitting.domain.account import Account, BookEntry
from bitting.domain.credentials import Algorithm, Credential, State
from bitting.domain.grants import NO_LIMITS, Limits
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.network import Network
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy

NOW_MS = 1_795_000_000_000
DAY_MS = 86_400_000
WALLET = "0x52908400098527886e0f7030069857d2e4169ee7"


def policy(**changes: Any) -> Policy:
    """May place orders from one block of addresses for a day."""
    plain = Policy(
        "grid bot",
        {Permission.ORDERS_WRITE: NO_LIMITS, Permission.BALANCES_READ: NO_LIMITS},
        Network.from_text(["203.0.113.0/24"]),
        NOW_MS + DAY_MS,
    )
    return replace(plain, **changes)


def trading(limits: Limits) -> Policy:
    """May place orders within `limits`."""
    return policy(grants={Permission.ORDERS_WRITE: limits})


def credential(**changes: Any) -> Credential:
    """A primary HMAC credential."""
    plain = Credential("credential-1", Algorithm.HMAC_SHA256, State.PRIMARY, 1, b"sealed", NOW_MS)
    return replace(plain, **changes)


def key(**changes: Any) -> Key:
    """A key in force."""
    plain = Key(
        "key-1",
        "tenant-1",
        "account-1",
        Environment.LIVE,
        "binance",
        "bk_live_example",
        False,
        policy(),
        frozenset(),
        None,
        (credential(),),
        NOW_MS,
        1,
    )
    return replace(plain, **changes)


def entry(**changes: Any) -> BookEntry:
    """A mature address of the book."""
    plain = BookEntry("entry-1", "USDT", "ETH", WALLET, "", "cold wallet", NOW_MS - 1)
    return replace(plain, **changes)


def account(**changes: Any) -> Account:
    """An account with one address in its book."""
    plain = Account("account-1", "tenant-1", None, "desk one", frozenset(), NO_LIMITS, (entry(),), NOW_MS, 1)
    return replace(plain, **changes)
