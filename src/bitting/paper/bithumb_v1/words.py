"""How Bithumb's API 1.0 refuses: `{"status": "5600", "message": …}` with HTTP status 200, as it answers everything.

Codes and messages as listed at https://apidocs.bithumb.com/v1.2.0/docs/api-주요-에러-코드, where there is one for it.
"""

from __future__ import annotations

from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.errors import Refused
from bitting.paper.rejection import Rejected, Why

PARAMETER, OTHER, UNAUTHENTIC, NO_METHOD = "5500", "5600", "5300", "5100"

WORDS: Final = {
    Why.INSUFFICIENT_FUNDS: (OTHER, "Not enough {about} for this."),
    Why.UNKNOWN_ORDER: (OTHER, "There is no such order."),
    Why.UNKNOWN_PAIR: (PARAMETER, "상장 코인이 아닙니다."),  # the currency is not listed
    Why.UNKNOWN_CURRENCY: (PARAMETER, "상장 코인이 아닙니다."),
    Why.UNKNOWN_NETWORK: (PARAMETER, "Invalid Parameter"),
    Why.DUPLICATE_CLIENT_ID: (PARAMETER, "Invalid Parameter"),
    Why.BAD_PRICE: (PARAMETER, "Invalid Parameter"),
    Why.BAD_AMOUNT: (PARAMETER, "Invalid Parameter"),
    Why.BAD_PARAMETER: (PARAMETER, "Invalid Parameter"),
    Why.NOT_SIGNED_IN: (UNAUTHENTIC, "Invalid Apikey"),
    Why.NO_SUCH_CALL: (NO_METHOD, "Bad Request(Bad Method)"),
}


class BithumbV1Error(Refused):
    """A refusal in Bithumb's own words."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code

    @classmethod
    def of(cls, no: Rejected) -> BithumbV1Error:
        """The exchange's refusal, put into words."""
        code, words = WORDS[no.why]
        return cls(code, words.format(about=no.about))

    def to_wire(self) -> Json:
        """The object."""
        return {"status": self.code, "message": str(self)}


NOTHING_OPEN: Final = BithumbV1Error(OTHER, "거래 진행중인 내역이 존재하지 않습니다.")
"""What a list of open orders is when it is empty; ccxt knows it by this text."""
