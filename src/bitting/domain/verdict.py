"""The gate's answer, and the closed list of reasons it may give.

Each reason has a stable code, the text the caller may see, and the text for the owner. What a caller
sees names the check that failed and the request's own value, never the allowed set, a remaining limit
or the cause of a lock. `docs/reasons.md` is written from this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import NamedTuple


class Answer(Enum):
    """The families a dialect has words for; several reasons share one."""

    MALFORMED = "malformed"
    NOT_PROVEN = "not proven"
    STALE = "stale or replayed"
    DEAD = "revoked or expired"
    HELD = "held"
    NETWORK = "address not allowed"
    PERMISSION = "not permitted"
    LIMIT = "over a limit"
    RATE = "too many requests"
    UNAVAILABLE = "unavailable"

    __hash__ = object.__hash__


class Reason(Enum):
    """Why a request is refused: (code, family, text for the caller, text for the owner)."""

    MALFORMED = (
        "request.malformed",
        Answer.MALFORMED,
        "the request cannot be read",
        "The bytes are not a request of this dialect; the detail says at which part reading stopped.",
    )
    BODY_UNSEEN = (
        "body.unseen",
        Answer.MALFORMED,
        "the gate is not shown the body; send the request without one, or elsewhere",
        "The proxy in front asks about requests without showing their bodies, or showed only a part: docs/proxies.md.",
    )
    STRANGER_RATE = (
        "address.rate",
        Answer.RATE,
        "too many requests from this address",
        "Requests without a proven key from this address come faster than the house allows.",
    )
    NOT_PROVEN = (
        "key.not_proven",
        Answer.NOT_PROVEN,
        "the key and signature are not proven",
        "No live key has this id in this dialect, or the signature is not over these bytes. The detail says which.",
    )
    TIME_STALE = (
        "time.stale",
        Answer.STALE,
        "the request's time is too old",
        "The request's own time lies further back than its window. Check the client's clock and the network delay.",
    )
    TIME_AHEAD = (
        "time.ahead",
        Answer.STALE,
        "the request's time is in the future",
        "The request's own time lies ahead of the server's clock. Synchronise the client's clock.",
    )
    TIME_FLOOR = (
        "time.floor",
        Answer.STALE,
        "the request's time lies before the gate's last start; sign it again",
        "The gate was restarted or restored, and admits nothing stamped before. Signing again is enough.",
    )
    REPLAYED = (
        "replay.seen",
        Answer.STALE,
        "these signed bytes were used before",
        "The same signed bytes came before. An honest client signs each request anew; use client order ids to retry.",
    )
    NONCE_LOW = (
        "nonce.low",
        Answer.STALE,
        "nonce: small",
        "The nonce is not above the last one of this credential. Give each client process a key of its own.",
    )
    NONCE_AHEAD = (
        "nonce.ahead",
        Answer.STALE,
        "nonce: too far ahead of the time",
        "The nonce looks like a time more than a day ahead; admitting it would lock the key's own client out.",
    )
    REVOKED = (
        "key.revoked",
        Answer.DEAD,
        "the key is revoked",
        "The key was revoked. This is final; issue a new one.",
    )
    EXPIRED = (
        "key.expired",
        Answer.DEAD,
        "the key has expired",
        "The key's lifetime is over. Edit its expiry, or issue a new one.",
    )
    HELD = (
        "key.held",
        Answer.HELD,
        "the key is paused or locked",
        "The key has a hold; the detail names it. Whoever set it can lift it.",
    )
    ACCOUNT_HELD = (
        "account.held",
        Answer.HELD,
        "the account is frozen",
        "All keys of the account are held.",
    )
    HOUSE_HELD = (
        "house.held",
        Answer.HELD,
        "the service is frozen",
        "The operator has frozen every key.",
    )
    NETWORK = (
        "network.outside",
        Answer.NETWORK,
        "the address is not in the key's network",
        "The request came from an address outside the key's allowlist. Add it if it is yours.",
    )
    UNMAPPED = (
        "action.unmapped",
        Answer.PERMISSION,
        "this endpoint is not open to keys",
        "No action is mapped to this method and path, so it is denied. The operator's report lists it.",
    )
    PERMISSION = (
        "permission.missing",
        Answer.PERMISSION,
        "the key does not have this permission",
        "The key lacks the permission that the action needs; the detail names it.",
    )
    HOUSE_FORBIDS = (
        "house.forbids",
        Answer.PERMISSION,
        "the house does not allow this to keys",
        "House policy forbids it, whatever the key was granted; the detail names the rule.",
    )
    PAIR = (
        "pair.outside",
        Answer.PERMISSION,
        "the key is not for this pair",
        "The grant is limited to pairs, and this is not one of them.",
    )
    WITHDRAWAL_NETWORK = (
        "withdrawal.network",
        Answer.PERMISSION,
        "withdrawals need a key bound to addresses",
        "The key may be used from anywhere; a key that withdraws needs an allowlist.",
    )
    WITHDRAWAL_HMAC = (
        "withdrawal.hmac",
        Answer.PERMISSION,
        "withdrawals need a key pair, not a shared secret",
        "The house does not allow withdrawals signed with a shared secret (house policy hmac_withdraw).",
    )
    WITHDRAWAL_ADDRESS = (
        "withdrawal.address",
        Answer.PERMISSION,
        "the withdrawal address is not in the address book",
        "No entry of the account's address book has this asset, network, address and tag, or the key may not use it.",
    )
    WITHDRAWAL_WAITING = (
        "withdrawal.waiting",
        Answer.PERMISSION,
        "the withdrawal address is still waiting",
        "The address-book entry is younger than its waiting period.",
    )
    WITHDRAWALS_WAIT = (
        "hold.withdrawals_wait",
        Answer.PERMISSION,
        "withdrawals of this account are waiting",
        "A password, a factor or a grant of withdrawals was changed not long ago (house rule withdrawal_wait_hours).",
    )
    ORDER_SIZE = (
        "order.size",
        Answer.LIMIT,
        "the order is larger than the key may place",
        "The order's value is above the largest order allowed.",
    )
    ORDER_VALUE = (
        "order.value",
        Answer.LIMIT,
        "the value of the order is not known",
        "A money limit applies and nobody can say what the order may turn over: no price, no last price, or no pair.",
    )
    ORDER_PRICE = (
        "order.price",
        Answer.LIMIT,
        "the order's price is too far from the market",
        "The price lies outside the collar round the last price, or there is none to compare.",
    )
    ORDERS_OPEN = (
        "orders.open",
        Answer.LIMIT,
        "too many open orders",
        "As many orders rest as the limit allows, or their number is not known.",
    )
    DAILY_TOTAL = (
        "total.orders",
        Answer.LIMIT,
        "the day's total of orders is used up",
        "The value of the day's orders (UTC) would pass the daily total.",
    )
    WITHDRAWAL_TOTAL = (
        "total.withdrawals",
        Answer.LIMIT,
        "the day's total of withdrawals is used up",
        "The day's withdrawals of this asset (UTC) would pass the daily total, or the amount is not known.",
    )
    ORDER_RATE = (
        "rate.orders",
        Answer.RATE,
        "orders come too fast",
        "More orders than the order rate allows.",
    )
    KEY_RATE = (
        "rate.key",
        Answer.RATE,
        "too many requests with this key",
        "The key's own rate limit is used up.",
    )
    ACCOUNT_RATE = (
        "rate.account",
        Answer.RATE,
        "too many requests for this account",
        "All keys of the account together are over the account's rate limit.",
    )
    DENIAL_RATE = (
        "rate.denials",
        Answer.RATE,
        "too many refused requests with this key",
        "The key's requests were refused so often that its budget for refusals is used up; mend the first reason.",
    )
    UPSTREAM_DOWN = (
        "upstream.down",
        Answer.UNAVAILABLE,
        "the exchange cannot be reached; nothing was sent",
        "The connection to the upstream failed before the request left. Signing again is safe.",
    )
    UPSTREAM_UNKNOWN = (
        "upstream.unknown",
        Answer.UNAVAILABLE,
        "the exchange gave no answer; whether it acted is not known",
        "The request was sent and no whole answer came. Look at open orders before sending another.",
    )
    UNAVAILABLE = (
        "gate.unavailable",
        Answer.UNAVAILABLE,
        "the gate cannot decide just now; try again",
        "A part the gate depends on is down or slow, so it refused. Nothing was forwarded.",
    )

    def __init__(self, code: str, answer: Answer, caller: str, owner: str) -> None:
        self.code = code
        self.answer = answer
        self.caller = caller
        self.owner = owner

    __hash__ = object.__hash__


class Denied(NamedTuple):
    """A refusal. `shown` is the request's own value and may go on the wire; `detail` is for the owner only."""

    reason: Reason
    shown: str = ""
    detail: str = ""
    retry_after_ms: int = 0

    @property
    def text(self) -> str:
        """What the caller is told."""
        return f"{self.reason.caller}: {self.shown}" if self.shown else self.reason.caller


class Admitted(NamedTuple):
    """The request may go on, once what it counted is durable: `sums` are the new daily totals of the slots (scope,
    kind, currency, day) it reserved in. Of the key's rate limit `used` of `limit` units are taken, whole again
    after `reset_ms`."""

    used: int
    limit: int
    reset_ms: int
    sums: Mapping[tuple[str, str, str, int], Decimal]
