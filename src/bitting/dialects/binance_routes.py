"""Which of Binance's routes mean what, and which are open market data.

The rule it keeps: a route that stands in no table is closed. Here are spot and USDⓈ-M futures; everything under
`/sapi` stands in `binance_sapi`. Methods and paths are those of the exchange's pages (2026-07), of ccxt 4.5.90
and of binance-connector 3.13.0.

Closed on purpose, though clients ask for them:

 - `userDataStream`, `userListenToken`, `listenKey`: they hand out tokens that outlive the key.
 - `sub-account/subAccountApi`, `broker/subAccountApi`, `margin/apiKey`, `account/apiRestrictions/ipRestriction`:
   no key makes, widens or reads other keys.
 - `broker`, `apiReferral`, `equity`, `stock`, `papi`, `dapi`, `eapi`: other products, with orders
   that nobody here can read.
 - `blvt`, `bswap`, `staking`, the older `lending`: products that have ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from bitting.dialects import binance_actions as act
from bitting.dialects import binance_sapi
from bitting.dialects.binance_actions import Meaning
from bitting.domain.action import Action

_SPOT: Final = {
    act.BALANCES: "GET account",
    act.SETTINGS: "GET account/commission myFilters rateLimit/order",
    act.ORDERS: "GET order openOrders allOrders orderList allOrderList openOrderList order/amendments",
    act.HISTORY: "GET myTrades myPreventedMatches myAllocations",
    act.ORDER: "POST order sor/order",
    act.REPLACE: "POST order/cancelReplace",
    act.AMEND: "PUT order/amend/keepPriority",
    act.TEST: "POST order/test sor/order/test",
    act.OCO: "POST order/oco",
    act.LIST_OCO: "POST orderList/oco",
    act.LIST_OTO: "POST orderList/oto orderList/opo",
    act.LIST_OTOCO: "POST orderList/otoco orderList/opoco",
    act.CANCEL: "DELETE order orderList",
    act.CANCEL_ALL: "DELETE openOrders",
}

_FUTURES: Final = {
    act.BALANCES: "GET balance pmAccountInfo",
    act.BALANCES_AND_POSITIONS: "GET account",
    act.POSITIONS: "GET positionRisk adlQuantile",
    act.SETTINGS: """
        GET accountConfig apiTradingStatus commissionRate feeBurn leverageBracket multiAssetsMargin
            positionSide/dual rateLimit/order symbolConfig
    """,
    act.ORDERS: """
        GET order openOrder openOrders allOrders orderAmendment algoOrder openAlgoOrders allAlgoOrders
    """,
    act.HISTORY: """
        GET userTrades forceOrders income income/asyn income/asyn/id order/asyn order/asyn/id trade/asyn
            trade/asyn/id positionMargin/history convert/orderStatus
    """,
    act.FUTURE: "POST order algoOrder",
    act.FUTURE_BATCH: "POST batchOrders",
    act.FUTURE_CHANGE: "PUT order",
    act.FUTURE_CHANGES: "PUT batchOrders",
    act.FUTURE_TEST: "POST order/test",
    act.CANCEL: "DELETE order batchOrders algoOrder",
    act.CANCEL_ALL: "DELETE allOpenOrders algoOpenOrders POST countdownCancelAll",
    act.POSITION: "POST leverage marginType positionMargin positionSide/dual multiAssetsMargin",
    act.SETTING: "POST feeBurn",
    act.CONVERT: "POST convert/getQuote convert/acceptQuote",
}

# Later versions of routes above.
_FUTURES_AGAIN: Final = {
    act.BALANCES: "GET balance",
    act.BALANCES_AND_POSITIONS: "GET account",
    act.POSITIONS: "GET positionRisk",
}

_MARKET_DATA: Final = {
    "/api/v3/": """
        ping time exchangeInfo executionRules depth trades historicalTrades historicalBlockTrades aggTrades
        klines uiKlines avgPrice referencePrice referencePrice/calculation
        ticker ticker/24hr ticker/tradingDay ticker/price ticker/bookTicker
    """,
    "/sapi/v1/": "system/status",
    "/fapi/v1/": """
        ping time exchangeInfo tradingSchedule depth rpiDepth trades historicalTrades aggTrades klines
        continuousKlines indexPriceKlines markPriceKlines premiumIndexKlines lvtKlines premiumIndex fundingRate
        fundingInfo ticker/24hr ticker/price ticker/bookTicker openInterest indexInfo assetIndex constituents
        insuranceBalance symbolAdlRisk convert/exchangeInfo
    """,
    "/fapi/v2/": "ticker/price",
    "/futures/data/": """
        basis delivery-price globalLongShortAccountRatio openInterestHist takerlongshortRatio
        topLongShortAccountRatio topLongShortPositionRatio
    """,
}


class Route(NamedTuple):
    """One endpoint and what it wants; one that wants two things stands here twice."""

    method: str
    path: str
    action: Action


def _under(prefix: str, meanings: Mapping[Meaning, str]) -> Iterator[tuple[str, str, Meaning]]:
    """Method, path and meaning of every route in a table. A method holds for all the paths behind it."""
    for meaning, words in meanings.items():
        method = ""
        for word in words.split():
            if word.isupper():
                method = word
            else:
                yield method, prefix + word, meaning


_ROWS: Final = tuple(
    row
    for prefix, meanings in (
        ("/api/v3/", _SPOT),
        ("/fapi/v1/", _FUTURES),
        ("/fapi/v2/", _FUTURES_AGAIN),
        ("/fapi/v3/", _FUTURES_AGAIN),
        *binance_sapi.TABLES,
    )
    for row in _under(prefix, meanings)
)

ROUTES: Final = tuple(Route(method, path, action) for method, path, meaning in _ROWS for action in meaning.actions)
MEANINGS: Final = {(method.encode(), path.encode()): meaning for method, path, meaning in _ROWS}
OPEN_GETS: Final = frozenset(
    f"{prefix}{word}".encode() for prefix, words in _MARKET_DATA.items() for word in words.split()
)
