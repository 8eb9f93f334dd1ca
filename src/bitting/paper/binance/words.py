"""How Binance refuses: `{"code": …, "msg": …}` with status 400, 401, 404 or 409.

Codes and sentences as ccxt 4.5.90 knows them (`exceptions` in its binance.py); Binance lists them at
https://developers.binance.com/docs/binance-spot-api-docs/errors. ccxt looks at the sentence first, and calls it
InsufficientFunds only for the one below, so withdrawals and transfers use that too.
"""

from __future__ import annotations

from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.errors import Refused
from bitting.paper.rejection import Rejected, Why

WORDS: Final = {
    Why.INSUFFICIENT_FUNDS: (400, -2010, "Account has insufficient balance for requested action."),
    Why.UNKNOWN_ORDER: (400, -2011, "Unknown order sent."),
    Why.UNKNOWN_PAIR: (400, -1121, "Invalid symbol."),
    Why.UNKNOWN_CURRENCY: (400, -1108, "Invalid asset."),
    Why.UNKNOWN_NETWORK: (400, -1130, "Data sent for parameter 'network' is not valid."),
    Why.DUPLICATE_CLIENT_ID: (400, -2010, "Duplicate order sent."),
    Why.BAD_PRICE: (400, -1013, "Filter failure: PRICE_FILTER"),
    Why.BAD_AMOUNT: (400, -1013, "Filter failure: LOT_SIZE"),
    Why.BAD_PARAMETER: (
        400,
        -1102,
        "Mandatory parameter '{about}' was not sent, was empty/null, or malformed.",
    ),
    Why.NOT_SIGNED_IN: (401, -2014, "API-key format invalid."),
    Why.NO_SUCH_CALL: (404, -1020, "This operation is not supported."),
}


class BinanceError(Refused):
    """A refusal in Binance's own words; `data` only where a call promises it."""

    def __init__(self, status: int, code: int, text: str, data: Json = None) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.data = data

    @classmethod
    def of(cls, no: Rejected) -> BinanceError:
        """The exchange's refusal, put into words."""
        status, code, words = WORDS[no.why]
        return cls(status, code, words.format(about=no.about))

    def to_wire(self) -> dict[str, Json]:
        """The object."""
        said: dict[str, Json] = {"code": self.code, "msg": str(self)}
        return said if self.data is None else {**said, "data": self.data}
