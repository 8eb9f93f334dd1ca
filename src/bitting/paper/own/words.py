"""How the exchange's own API refuses: `{"error": {"code": …, "message": …}}`, with a status that says the same."""

from __future__ import annotations

from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.errors import Refused
from bitting.paper.rejection import Rejected, Why

WORDS: Final = {
    Why.INSUFFICIENT_FUNDS: (400, "insufficient_funds"),
    Why.UNKNOWN_ORDER: (404, "order_not_found"),
    Why.UNKNOWN_PAIR: (400, "unknown_symbol"),
    Why.UNKNOWN_CURRENCY: (400, "unknown_asset"),
    Why.UNKNOWN_NETWORK: (400, "unknown_network"),
    Why.DUPLICATE_CLIENT_ID: (409, "duplicate_client_order_id"),
    Why.BAD_PRICE: (400, "bad_price"),
    Why.BAD_AMOUNT: (400, "bad_amount"),
    Why.BAD_PARAMETER: (400, "bad_parameter"),
    Why.NOT_SIGNED_IN: (401, "not_signed_in"),
    Why.NO_SUCH_CALL: (404, "no_such_call"),
}


class OwnError(Refused):
    """A refusal in the API's words."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code

    @classmethod
    def of(cls, no: Rejected) -> OwnError:
        """The exchange's refusal, put into words; the message is the exchange's own."""
        return cls(*WORDS[no.why], str(no))

    def to_wire(self) -> Json:
        """The object."""
        return {"error": {"code": self.code, "message": str(self)}}
