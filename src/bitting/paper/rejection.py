"""Why the demonstration exchange refuses: a closed list, which each face says in its exchange's own words."""

from __future__ import annotations

from enum import StrEnum

from bitting.domain.errors import Refused


class Why(StrEnum):
    """The reasons; every face has words for each of them, and a test says so."""

    INSUFFICIENT_FUNDS = "insufficient funds"
    UNKNOWN_ORDER = "unknown order"
    UNKNOWN_PAIR = "unknown pair"
    UNKNOWN_CURRENCY = "unknown currency"
    UNKNOWN_NETWORK = "unknown network"
    DUPLICATE_CLIENT_ID = "client order id in use"
    BAD_PRICE = "bad price"
    BAD_AMOUNT = "bad amount"
    BAD_PARAMETER = "bad parameter"
    NOT_SIGNED_IN = "not signed in"
    NO_SUCH_CALL = "no such call"


class Rejected(Refused):
    """The exchange understood and refuses; `about` names the parameter, or gives the exchange's own sentence."""

    def __init__(self, why: Why, about: str = "") -> None:
        super().__init__(f"{why}: {about}" if about else str(why))
        self.why = why
        self.about = about
