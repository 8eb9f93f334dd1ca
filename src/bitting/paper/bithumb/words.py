"""How Bithumb's API 2.0 refuses: `{"error": {"name": …, "message": …}}` with status 400, 401 or 404.

Names as listed at https://apidocs.bithumb.com/docs/api-주요-에러-코드, or 400 where ccxt 4.5.90 has to see a
BadRequest: it knows none of the names, and takes everything else for an ExchangeError.
"""

from __future__ import annotations

from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.errors import Refused
from bitting.paper.rejection import Rejected, Why

WORDS: Final[dict[Why, tuple[int, str | int, str]]] = {
    Why.INSUFFICIENT_FUNDS: (400, "insufficient_funds", "Not enough {about} for this."),
    Why.UNKNOWN_ORDER: (404, "order_not_found", "There is no such order."),
    Why.UNKNOWN_PAIR: (400, 400, "market: invalid"),
    Why.UNKNOWN_CURRENCY: (400, "currency does not have a valid value", "The currency is not traded here."),
    Why.UNKNOWN_NETWORK: (400, 400, "net_type: invalid"),
    Why.DUPLICATE_CLIENT_ID: (400, 400, "client_order_id: in use"),
    Why.BAD_PRICE: (400, "invalid_price", "The price is not in units of this market."),
    Why.BAD_AMOUNT: (400, 400, "amount: invalid"),
    Why.BAD_PARAMETER: (400, 400, "{about}: invalid"),
    Why.NOT_SIGNED_IN: (401, "jwt_verification", "Invalid Apikey"),
    Why.NO_SUCH_CALL: (404, 404, "There is no such call."),
}


class BithumbError(Refused):
    """A refusal in Bithumb's own words."""

    def __init__(self, status: int, name: str | int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.name = name

    @classmethod
    def of(cls, no: Rejected) -> BithumbError:
        """The exchange's refusal, put into words."""
        status, name, words = WORDS[no.why]
        return cls(status, name, words.format(about=no.about))

    def to_wire(self) -> Json:
        """The object."""
        return {"error": {"name": self.name, "message": str(self)}}
