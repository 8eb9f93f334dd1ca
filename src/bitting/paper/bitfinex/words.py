"""How Bitfinex refuses: `["error", code, text]` with status 500, the only status in which ccxt looks for it.

To ccxt a code of 10001 means PermissionDenied unless the text is one it knows, so a parameter that is not
allowed is 10020 here, "NAME: invalid", as Bitfinex says of many. Texts as its users report them:
https://github.com/bitfinexcom/bitfinex-api-node/issues/539 (balance) and
https://github.com/DigitalRuby/ExchangeSharp/issues/460 (symbol); or as ccxt 4.5.90 looks for them.
"""

from __future__ import annotations

from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.errors import Refused
from bitting.paper.rejection import Rejected, Why

GENERIC, PARAMETERS, UNAUTHENTIC = 10001, 10020, 10100

WORDS: Final = {
    Why.INSUFFICIENT_FUNDS: (GENERIC, "Invalid order: not enough exchange balance"),
    Why.UNKNOWN_ORDER: (GENERIC, "Order not found."),
    Why.UNKNOWN_PAIR: (PARAMETERS, "symbol: invalid"),
    Why.UNKNOWN_CURRENCY: (PARAMETERS, "currency: invalid"),
    Why.UNKNOWN_NETWORK: (PARAMETERS, "method: invalid"),
    Why.DUPLICATE_CLIENT_ID: (PARAMETERS, "cid: invalid"),
    Why.BAD_PRICE: (PARAMETERS, "price: invalid"),
    Why.BAD_AMOUNT: (PARAMETERS, "amount: invalid"),
    Why.BAD_PARAMETER: (PARAMETERS, "{about}: invalid"),
    Why.NOT_SIGNED_IN: (UNAUTHENTIC, "apikey: invalid"),
    Why.NO_SUCH_CALL: (PARAMETERS, "path: invalid"),
}


class BitfinexError(Refused):
    """A refusal in Bitfinex's own words."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code

    @classmethod
    def of(cls, no: Rejected) -> BitfinexError:
        """The exchange's refusal, put into words."""
        code, words = WORDS[no.why]
        return cls(code, words.format(about=no.about))

    def to_wire(self) -> Json:
        """The array."""
        return ["error", self.code, str(self)]
