"""What brings each refusal about, in every dialect, as a holder or a bot may come by it; and what ccxt makes of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from tests.end_to_end.clients import CANCEL, SYMBOLS, Bot, Clients, Said
from tests.end_to_end.house import DIALECTS, House
from tests.end_to_end.signing import Key, bitfinex
from tests.end_to_end.wire import tell

T = TypeVar("T")

ADDRESS: Final = "0x52908400098527886E0F7030069857D2E4169EE7"  # waits
OLD_ADDRESS: Final = "0x" + "cd" * 20  # from before addresses had to
OTHERS: Final = {"bitfinex": "ETH/USD", "binance": "ETH/USDT", "bithumb": "ETH/KRW", "bithumb-v1": "ETH/KRW"}
NETWORKS: Final = {"bitfinex": "ERC20", "binance": "ETH", "bithumb": "ETH"}
# ccxt's class by family of refusals; one that has another class in one dialect stands below.
STALE: Final = "InvalidNonce"
DEAD = NOT_PROVEN = "AuthenticationError"
NETWORK = PERMISSION = LIMIT = HELD = "PermissionDenied"
MALFORMED: Final = "BadRequest"
RATE: Final = "RateLimitExceeded"
OTHERWISE: Final = {("binance", RATE): "DDoSProtection"}


class Scene:
    """A house, a dialect, and what a holder may do there to bring a refusal about."""

    def __init__(self, house: House, clients: Clients, dialect: str, client: str) -> None:
        self.house, self.dialect = house, dialect
        self.symbol, self.other = SYMBOLS[dialect], OTHERS[dialect]
        self.quote = self.symbol.split("/")[1]
        self._clients, self._client = clients, client

    def key(self, *permissions: str, **more: Any) -> Key:
        return self.house.issue(self.dialect, *permissions or ["trade"], **more)

    def bot(self, key: Key, **config: Any) -> Bot:
        return self._clients.bot(self.house, key, self._client, **config)

    def order(self, key: Key, symbol: str = "", amount: float = 0.001, price: float = 40_000) -> Said:
        return self.bot(key).try_("create_order", symbol or self.symbol, "limit", "buy", amount, price)

    def limited(self, **limits: Any) -> Key:
        return self.key(limits=limits)

    def withdraw(self, key: Key, address: str = ADDRESS, amount: float = 10) -> Said:
        if self.dialect == "bithumb-v1":  # where ccxt's own withdraw() knows only what is traded for won
            form = {"currency": "USDT", "net_type": "ETH", "address": address, "units": str(amount)}
            return self.bot(key).try_("privatePostTradeBtcWithdrawal", form)
        where = {"network": NETWORKS[self.dialect]}
        return self.bot(key).try_("withdraw", "USDT", amount, address, params=where)

    def with_rules(self, do: Callable[[], T], **rules: Any) -> T:
        """Do it under other house rules, and put the old ones back."""
        before = self.house.ask("house.show")
        self.house.ask("house.edit", rules=rules)
        try:
            return do()
        finally:
            self.house.ask("house.edit", rules={name: before[name] for name in rules})


def wrong_secret(scene: Scene) -> Said:
    return scene.bot(scene.key()._replace(secret="x" * 43)).try_("fetch_balance")


def unknown_key(scene: Scene) -> Said:
    return scene.bot(scene.key()._replace(key_id="bk_live_" + "a" * 32)).try_("fetch_balance")


UNREADABLE: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "binance": (
        "privatePostOrder",
        {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "price": "1", "quantity": "1e400"},
    ),
    "bitfinex": (
        "privatePostAuthWOrderSubmit",
        {"type": "EXCHANGE LIMIT", "symbol": "tBTCUSD", "amount": "NaN", "price": "1"},
    ),
    "bithumb": (
        "privatePostV2Orders",
        {"market": "KRW-BTC", "side": "bid", "order_type": "limit", "volume": "1e400", "price": "1"},
    ),
    "bithumb-v1": (
        "privatePostTradePlace",
        {"order_currency": "BTC", "payment_currency": "KRW", "type": "bid", "units": "1e400", "price": "1"},
    ),
}


def unreadable(scene: Scene) -> Said:
    return scene.bot(scene.key()).try_(*UNREADABLE[scene.dialect])


def nonce_that_fell_back(scene: Scene) -> Said:
    key = scene.key()
    in_an_hour = (time.time_ns() + 3600 * 10**9) // 1_000
    assert tell(scene.house.address, bitfinex(key, "/v2/auth/r/wallets", {}, nonce=in_an_hour)).status == 200
    return scene.bot(key).try_("fetch_balance")


def clock_behind(scene: Scene) -> Said:
    return scene.bot(scene.key(), options={"timeDifference": 60_000}).try_("fetch_balance")


def clock_ahead(scene: Scene) -> Said:
    return scene.bot(scene.key(), options={"timeDifference": -60_000}).try_("fetch_balance")


def revoked(scene: Scene) -> Said:
    key = scene.key()
    scene.house.ask("key.revoke", key=key.id)
    return scene.order(key)


def expired(scene: Scene) -> Said:
    bot = scene.bot(scene.key(expires="1s"))
    return bot.until_refused("fetch_balance")


def paused(scene: Scene) -> Said:
    key = scene.key()
    scene.house.ask("key.pause", key=key.id)
    return scene.order(key)


def locked(scene: Scene) -> Said:
    key = scene.key()
    scene.house.ask("freeze", key=key.id)
    return scene.order(key)


def account_frozen(scene: Scene) -> Said:
    key = scene.key()
    scene.house.ask("freeze", account="alice")
    try:
        return scene.order(key)
    finally:
        scene.house.ask("thaw", account="alice")


def everything_frozen(scene: Scene) -> Said:
    key = scene.key()
    scene.house.ask("freeze", everything=True)
    try:
        return scene.order(key)
    finally:
        scene.house.ask("thaw", everything=True)


def from_outside(scene: Scene) -> Said:
    return scene.order(scene.key(network="203.0.113.0/24"))


def from_nowhere(scene: Scene) -> Said:
    key = scene.key()
    scene.house.ask("key.edit", key=key.id, network=[])
    return scene.order(key)


def may_only_read(scene: Scene) -> Said:
    return scene.order(scene.key("read-only"))


def may_not_withdraw(scene: Scene) -> Said:
    return scene.withdraw(scene.key("trade"))


def right_switched_off(scene: Scene) -> Said:
    key = scene.key("trade")
    scene.house.ask("key.edit", key=key.id, deny=["orders.write"])
    return scene.order(key)


def forbidden_by_the_house(scene: Scene) -> Said:
    key = scene.key("trade")
    return scene.with_rules(lambda: scene.order(key), forbidden=["orders.write"])


ANOTHER_KEY: Final[dict[str, tuple[Any, ...]]] = {
    "binance": ("sapiPostBrokerSubAccountApi", {"subAccountId": "1", "canTrade": "true"}),
    "bitfinex": ("privatePostAuthWToken", {"scope": "api"}),
    "bithumb": ("request", "v1/api_keys", ["private"], "POST", {"scope": "all"}),
    "bithumb-v1": ("request", "info/api_keys", ["private"], "POST", {"scope": "all"}),
}


def a_key_asks_for_another(scene: Scene) -> Said:
    return scene.bot(scene.key()).try_(*ANOTHER_KEY[scene.dialect])


def another_pair(scene: Scene) -> Said:
    return scene.order(scene.limited(pairs=[scene.symbol]), scene.other, 0.01, 2_000)


def to_a_stranger(scene: Scene) -> Said:
    return scene.with_rules(
        lambda: scene.withdraw(scene.key("trade", "withdraw"), "0x" + "ab" * 20), hmac_withdraw=True
    )


def to_an_address_that_waits(scene: Scene) -> Said:
    return scene.with_rules(lambda: scene.withdraw(scene.key("trade", "withdraw")), hmac_withdraw=True)


def with_a_shared_secret(scene: Scene) -> Said:
    scene.house.ask("house.edit", rules={"hmac_withdraw": True})
    key = scene.key("trade", "withdraw")
    scene.house.ask("house.edit", rules={"hmac_withdraw": False})
    return scene.withdraw(key)


def more_than_a_days_withdrawals(scene: Scene) -> Said:
    key = scene.with_rules(
        lambda: scene.key("trade", "withdraw", limits={"daily_withdrawals": {"USDT": "15"}}), hmac_withdraw=True
    )
    return scene.with_rules(lambda: scene.withdraw(key, OLD_ADDRESS, 16), hmac_withdraw=True)


def too_large(scene: Scene) -> Said:
    return scene.order(scene.limited(largest_order={scene.quote: "39.99"}))


UNKNOWN_VALUE: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "binance": ("privatePostOrder", {"symbol": "XRPUSDT", "side": "SELL", "type": "MARKET", "quantity": "1"}),
    "bitfinex": ("privatePostAuthWOrderSubmit", {"type": "EXCHANGE MARKET", "symbol": "tXRPUSD", "amount": "-1"}),
    "bithumb": ("privatePostV2Orders", {"market": "KRW-XRP", "side": "ask", "order_type": "market", "volume": "1"}),
    "bithumb-v1": (
        "privatePostTradeMarketSell",
        {"order_currency": "XRP", "payment_currency": "KRW", "units": "1"},
    ),
}


def of_unknown_value(scene: Scene) -> Said:
    bot = scene.bot(scene.limited(largest_order={scene.quote: "1000000"}))
    return bot.try_(*UNKNOWN_VALUE[scene.dialect])


def far_from_the_market(scene: Scene) -> Said:
    return scene.order(scene.limited(collar_bp=1000))


def too_many_resting(scene: Scene) -> Said:
    key = scene.limited(open_orders=1)
    assert not scene.order(key).exception
    return scene.order(key)


def more_than_a_days_orders(scene: Scene) -> Said:
    key = scene.limited(daily_orders={scene.quote: "79"})
    assert not scene.order(key).exception
    return scene.order(key)


def orders_too_fast(scene: Scene) -> Said:
    key = scene.limited(order_rate="1/3600")
    assert not scene.order(key).exception
    return scene.order(key)


def refused_too_often(scene: Scene) -> Said:
    bot = scene.bot(scene.key("read-only"))
    for number in range(1, 21):  # never twice in one millisecond the same bytes
        said = bot.try_("cancel_order", str(number), scene.symbol, params=CANCEL.get(scene.dialect, {}))
        if said.exception != PERMISSION:
            return said
    raise AssertionError("the budget for refusals has no end")


class Case(NamedTuple):
    reason: str
    family: str
    bring_about: Callable[[Scene], Said]
    dialects: tuple[str, ...] = DIALECTS

    def exception(self, dialect: str) -> str:
        """The class that ccxt raises."""
        return OTHERWISE.get((dialect, self.family), self.family)


CASES = [
    Case("request.malformed", MALFORMED, unreadable),
    Case("key.not_proven", NOT_PROVEN, wrong_secret),
    Case("key.not_proven", NOT_PROVEN, unknown_key),
    Case("time.stale", STALE, clock_behind, ("binance",)),
    Case("time.ahead", STALE, clock_ahead, ("binance",)),
    Case("nonce.low", STALE, nonce_that_fell_back, ("bitfinex",)),
    Case("key.revoked", DEAD, revoked),
    Case("key.expired", DEAD, expired),
    Case("key.held", HELD, paused),
    Case("key.held", HELD, locked),
    Case("account.held", HELD, account_frozen),
    Case("house.held", HELD, everything_frozen),
    Case("network.outside", NETWORK, from_outside),
    Case("network.outside", NETWORK, from_nowhere),
    Case("permission.missing", PERMISSION, may_only_read),
    Case("permission.missing", PERMISSION, may_not_withdraw),
    Case("permission.missing", PERMISSION, right_switched_off),
    Case("house.forbids", PERMISSION, forbidden_by_the_house),
    Case("action.unmapped", PERMISSION, a_key_asks_for_another),
    Case("pair.outside", PERMISSION, another_pair),
    Case("withdrawal.address", PERMISSION, to_a_stranger),
    Case("withdrawal.waiting", PERMISSION, to_an_address_that_waits),
    Case("withdrawal.hmac", PERMISSION, with_a_shared_secret),
    Case("total.withdrawals", LIMIT, more_than_a_days_withdrawals),
    Case("order.size", LIMIT, too_large),
    Case("order.value", LIMIT, of_unknown_value),
    Case("order.price", LIMIT, far_from_the_market),
    Case("orders.open", LIMIT, too_many_resting),
    Case("total.orders", LIMIT, more_than_a_days_orders),
    Case("rate.orders", RATE, orders_too_fast),
    Case("rate.denials", RATE, refused_too_often),
]
