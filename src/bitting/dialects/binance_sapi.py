"""Binance's `/sapi` routes: wallet, convert, gifts, mining, margin, loans, earn, sub-accounts, portfolio, algorithms.

Read as `binance_routes`, which holds what stays closed and why: what a route means, then a method and the paths
it holds for. Several routes read more than their name says; the meaning follows what the reply reveals
(`capital/config/getall` tells balances, an account snapshot positions too).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bitting.dialects import binance_actions as act
from bitting.dialects.binance_actions import Meaning

_WALLET: Final = {
    act.SELF: "GET account/apiRestrictions",
    act.REVOKE: "DELETE bitting/key",  # ours: the exchange has no such route
    act.MARKET: "GET spot/delist-schedule asset/assetDetail capital/contract/convertible-coins futures/histDataLink",
    act.BALANCES: "GET capital/config/getall asset/wallet/balance POST asset/get-funding-asset",
    act.BALANCES_AND_POSITIONS: "GET accountSnapshot",
    act.SETTINGS: """
        GET account/info account/status account/apiTradingStatus asset/tradeFee bnbBurn
            copyTrading/futures/userStatus copyTrading/futures/leadSymbol
    """,
    act.SETTING: """
        POST account/disableFastWithdrawSwitch account/enableFastWithdrawSwitch bnbBurn
             capital/contract/convertible-coins
    """,
    act.HISTORY: """
        GET asset/assetDividend asset/dribblet asset/transfer asset/convert-transfer/queryByPage
            asset/custody/transfer-history asset/ledger-transfer/cloud-mining/queryByPage futures/transfer
            c2c/orderMatch/listUserOrderHistory pay/transactions fiat/orders fiat/payments rebate/taxQuery
    """,
    act.DEPOSITS: """
        GET capital/deposit/address capital/deposit/address/list capital/deposit/hisrec
            localentity/deposit/history
    """,
    act.CREDIT: "POST capital/deposit/credit-apply fiat/deposit PUT localentity/deposit/provide-info",
    act.WITHDRAWALS: "GET capital/withdraw/history capital/withdraw/address/list localentity/withdraw/history",
    act.WITHDRAW: "POST capital/withdraw/apply localentity/withdraw/apply",
    act.TRANSFER: "POST asset/transfer futures/transfer",
}

_CONVERT_GIFTS_MINING: Final = {
    act.MARKET: """
        GET convert/exchangeInfo convert/assetInfo giftcard/buyCode/token-limit
            giftcard/cryptography/rsa-public-key mining/pub/algoList mining/pub/coinList
    """,
    act.CONVERT: """
        POST convert/getQuote convert/acceptQuote convert/limit/placeOrder convert/limit/cancelOrder
             asset/dust asset/dust-btc asset/convert-transfer margin/dust
    """,
    act.ORDERS: "GET convert/limit/queryOpenOrders",
    act.BALANCES: "GET nft/user/getAsset margin/dust",
    act.HISTORY: """
        GET convert/tradeFlow convert/orderStatus nft/history/transactions nft/history/deposit
            nft/history/withdraw mining/payment/list mining/payment/other mining/payment/uid mining/worker/list
            mining/worker/detail mining/statistics/user/list mining/statistics/user/status
            mining/hash-transfer/config/details/list mining/hash-transfer/profit/details
    """,
    act.DEPOSITS: "GET giftcard/verify",
    act.CREDIT: "POST giftcard/redeemCode",
    act.GIFT: "POST giftcard/createCode giftcard/buyCode",
    act.HASH_RATE: "POST mining/hash-transfer/config",
    act.SETTING: "POST mining/hash-transfer/config/cancel",
}

_MARGIN_LOANS: Final = {
    act.MARKET: """
        GET margin/allAssets margin/allPairs margin/asset margin/pair margin/priceIndex margin/delist-schedule
            margin/isolated/allPairs margin/isolated/pair margin/isolatedMarginTier margin/leverageBracket
            margin/crossMarginCollateralRatio margin/available-inventory margin/interestRateHistory
            margin/next-hourly-interest-rate loan/loanable/data loan/collateral/data loan/repay/collateral/rate
            loan/vip/loanable/data loan/vip/collateral/data loan/vip/request/interestRate
    """,
    act.BALANCES: """
        GET margin/account margin/isolated/account margin/maxBorrowable margin/maxTransferable
            margin/exchange-small-liability loan/ongoing/orders loan/flexible/ongoing/orders
            loan/vip/ongoing/orders loan/vip/collateral/account
    """,
    act.SETTINGS: """
        GET margin/isolated/accountLimit margin/crossMarginData margin/isolatedMarginData
            margin/rateLimit/order margin/tradeCoeff loan/vip/request/data
    """,
    act.SETTING: "POST margin/isolated/account margin/max-leverage DELETE margin/isolated/account",
    act.ORDERS: """
        GET margin/order margin/openOrders margin/allOrders
            margin/orderList margin/allOrderList margin/openOrderList
    """,
    act.HISTORY: """
        GET margin/myTrades margin/transfer margin/isolated/transfer margin/borrow-repay margin/loan margin/repay
            margin/interestHistory margin/forceLiquidationRec margin/capital-flow margin/dribblet
            margin/exchange-small-liability-history loan/income loan/borrow/history loan/repay/history
            loan/ltv/adjustment/history loan/flexible/borrow/history loan/flexible/repay/history
            loan/flexible/ltv/adjustment/history loan/vip/repay/history
    """,
    act.MARGIN_ORDER: "POST margin/order",
    act.MARGIN_OCO: "POST margin/order/oco",
    act.MARGIN_OTO: "POST margin/order/oto",
    act.MARGIN_OTOCO: "POST margin/order/otoco",
    act.CANCEL: "DELETE margin/order margin/orderList",
    act.CANCEL_ALL: "DELETE margin/openOrders",
    act.BORROW: """
        POST margin/borrow-repay margin/loan margin/repay margin/exchange-small-liability
             margin/manual-liquidation loan/borrow loan/repay loan/adjust/ltv loan/customize/margin_call
             loan/flexible/repay loan/flexible/adjust/ltv loan/vip/borrow loan/vip/repay loan/vip/renew
    """,
    act.TRANSFER: "POST margin/transfer margin/isolated/transfer",
}

_EARN: Final = {
    act.EARN: """
        GET simple-earn/account simple-earn/flexible/list simple-earn/flexible/position
            simple-earn/flexible/personalLeftQuota simple-earn/flexible/subscriptionPreview
            simple-earn/flexible/history/subscriptionRecord simple-earn/flexible/history/redemptionRecord
            simple-earn/flexible/history/rewardsRecord simple-earn/flexible/history/collateralRecord
            simple-earn/flexible/history/rateHistory simple-earn/locked/list simple-earn/locked/position
            simple-earn/locked/personalLeftQuota simple-earn/locked/subscriptionPreview
            simple-earn/locked/history/subscriptionRecord simple-earn/locked/history/redemptionRecord
            simple-earn/locked/history/rewardsRecord
            eth-staking/account eth-staking/eth/quota eth-staking/eth/history/stakingHistory
            eth-staking/eth/history/redemptionHistory eth-staking/eth/history/rewardsHistory
            eth-staking/eth/history/rateHistory eth-staking/eth/history/wbethRewardsHistory
            eth-staking/wbeth/history/wrapHistory eth-staking/wbeth/history/unwrapHistory
            sol-staking/account sol-staking/sol/quota sol-staking/sol/history/stakingHistory
            sol-staking/sol/history/redemptionHistory sol-staking/sol/history/rateHistory
            sol-staking/sol/history/bnsolRewardsHistory
            dci/product/list dci/product/positions dci/product/accounts accumulator/product/list
            accumulator/product/position/list accumulator/product/sum-holding
            lending/auto-invest/plan/list lending/auto-invest/plan/id lending/auto-invest/history/list
            lending/auto-invest/all/asset lending/auto-invest/source-asset/list
            lending/auto-invest/target-asset/list lending/auto-invest/target-asset/roi/list
            lending/auto-invest/index/info lending/auto-invest/index/user-summary
            lending/auto-invest/one-off/status lending/auto-invest/redeem/history
            lending/auto-invest/rebalance/history
    """,
    act.INVEST: """
        POST simple-earn/flexible/subscribe simple-earn/flexible/redeem simple-earn/flexible/setAutoSubscribe
             simple-earn/locked/subscribe simple-earn/locked/redeem simple-earn/locked/setAutoSubscribe
             simple-earn/locked/setRedeemOption eth-staking/eth/stake eth-staking/eth/redeem
             eth-staking/wbeth/wrap sol-staking/sol/stake sol-staking/sol/redeem dci/product/subscribe
             dci/product/auto_compound/edit accumulator/product/subscribe lending/auto-invest/plan/add
             lending/auto-invest/plan/edit lending/auto-invest/plan/edit-status lending/auto-invest/one-off
             lending/auto-invest/redeem
    """,
}

_SUB_ACCOUNTS: Final = {
    act.SETTINGS: "GET sub-account/list sub-account/status sub-account/transaction-statistics managed-subaccount/info",
    act.SETTING: """
        POST sub-account/virtualSubAccount sub-account/margin/enable sub-account/futures/enable
             sub-account/options/enable sub-account/eoptions/enable
    """,
    act.BALANCES: """
        GET sub-account/spotSummary sub-account/margin/account sub-account/margin/accountSummary
            managed-subaccount/asset managed-subaccount/marginAsset managed-subaccount/accountSnapshot
    """,
    act.BALANCES_AND_POSITIONS: """
        GET sub-account/futures/account sub-account/futures/accountSummary managed-subaccount/fetch-future-asset
    """,
    act.POSITIONS: "GET sub-account/futures/positionRisk",
    act.HISTORY: """
        GET sub-account/sub/transfer/history sub-account/transfer/subUserHistory sub-account/universalTransfer
            sub-account/futures/internalTransfer managed-subaccount/queryTransLogForInvestor
            managed-subaccount/queryTransLogForTradeParent managed-subaccount/query-trans-log
    """,
    act.DEPOSITS: "GET capital/deposit/subAddress capital/deposit/subHisrec managed-subaccount/deposit/address",
    act.TRANSFER: "POST sub-account/futures/transfer sub-account/margin/transfer",  # inside one sub-account
    act.TO_ANOTHER: """
        POST sub-account/universalTransfer sub-account/transfer/subToSub sub-account/transfer/subToMaster
             sub-account/futures/internalTransfer managed-subaccount/deposit managed-subaccount/withdraw
    """,
}

_PORTFOLIO_ALGO: Final = {
    act.BALANCES: "GET portfolio/account portfolio/balance portfolio/pmLoan portfolio/earn-asset-balance",
    act.SETTINGS: """
        GET portfolio/collateralRate portfolio/asset-index-price portfolio/margin-asset-leverage
            portfolio/repay-futures-switch portfolio/delta-mode portfolio/margin-call-level
    """,
    act.SETTING: """
        POST portfolio/repay-futures-switch portfolio/delta-mode portfolio/margin-call-level
        DELETE portfolio/margin-call-level
    """,
    act.TRANSFER: """
        POST portfolio/bnb-transfer portfolio/asset-collection portfolio/auto-collection
             portfolio/earn-asset-transfer
    """,
    act.CONVERT: "POST portfolio/mint portfolio/redeem",
    act.BORROW: "POST portfolio/repay portfolio/repay-futures-negative-balance",
    act.ORDERS: "GET algo/spot/openOrders algo/futures/openOrders",
    act.HISTORY: """
        GET algo/spot/historicalOrders algo/spot/subOrders algo/futures/historicalOrders algo/futures/subOrders
            portfolio/interest-history portfolio/pmloan-history portfolio/negative-balance-exchange-record
    """,
    act.ALGO: "POST algo/spot/newOrderTwap algo/futures/newOrderTwap algo/futures/newOrderVp",
    act.CANCEL: "DELETE algo/spot/order algo/futures/order",
}

_LATER_VERSIONS: Final = {
    act.MARKET: "GET loan/flexible/loanable/data loan/flexible/collateral/data",
    act.BALANCES: "GET portfolio/account loan/flexible/ongoing/orders",
    act.BALANCES_AND_POSITIONS: "GET sub-account/futures/account sub-account/futures/accountSummary",
    act.POSITIONS: "GET sub-account/futures/positionRisk",
    act.SETTINGS: "GET portfolio/collateralRate",
    act.EARN: "GET eth-staking/account",
    act.INVEST: "POST eth-staking/eth/stake",
    act.HISTORY: "GET loan/flexible/borrow/history loan/flexible/repay/history loan/flexible/ltv/adjustment/history",
    act.BORROW: "POST loan/flexible/borrow loan/flexible/repay loan/flexible/adjust/ltv",
    act.FIAT: "POST fiat/withdraw",
}

TABLES: Final[tuple[tuple[str, Mapping[Meaning, str]], ...]] = (
    ("/sapi/v1/", _WALLET),
    ("/sapi/v1/", _CONVERT_GIFTS_MINING),
    ("/sapi/v1/", _MARGIN_LOANS),
    ("/sapi/v1/", _EARN),
    ("/sapi/v1/", _SUB_ACCOUNTS),
    ("/sapi/v1/", _PORTFOLIO_ALGO),
    ("/sapi/v2/", _LATER_VERSIONS),
    ("/sapi/v3/", {act.BALANCES: "GET sub-account/assets POST asset/getUserAsset"}),
    ("/sapi/v4/", {act.BALANCES: "GET sub-account/assets"}),
)
