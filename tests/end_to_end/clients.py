"""Unmodified clients of the exchanges, in a process and an environment that know nothing of Bitting."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.end_to_end.house import House, until
from tests.end_to_end.signing import Key

ROOT: Final = Path(__file__).parents[2]
SYMBOLS: Final = {"bitfinex": "BTC/USD", "binance": "BTC/USDT", "bithumb": "BTC/KRW", "bithumb-v1": "BTC/KRW"}
# An order worth 400 as ccxt sends it without having seen the markets, by its own names for calls of the exchange.
ORDERS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "bitfinex": (
        "privatePostAuthWOrderSubmit",
        {"type": "EXCHANGE LIMIT", "symbol": "tBTCUSD", "amount": "0.01", "price": "40000"},
    ),
    "binance": (
        "privatePostOrder",
        {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "0.01",
            "price": "40000",
        },
    ),
    "bithumb": (
        "privatePostV2Orders",
        {"market": "KRW-BTC", "side": "bid", "order_type": "limit", "volume": "0.01", "price": "40000"},
    ),
    "bithumb-v1": (
        "privatePostTradePlace",
        {"order_currency": "BTC", "payment_currency": "KRW", "type": "bid", "units": "0.01", "price": "40000"},
    ),
}
# Bithumb's API 1.0 wants to hear once more on which side an order is that is to be cancelled.
CANCEL: Final[dict[str, dict[str, str]]] = {"bithumb-v1": {"side": "buy"}}


class Said(NamedTuple):
    """What a client made of a call: its result, or its exception's class; and the request id of the last reply."""

    exception: str
    message: str
    result: Any
    request_id: str
    request: Mapping[str, Any] | None


class Clients:
    """clients/player.py: a JSON line for each call."""

    def __init__(self, *hosts: str, trusting: Path | None = None) -> None:
        """`hosts` are found elsewhere than they are, by HOST=ADDRESS:PORT, and there a certificate file is trusted."""
        self._bots = 0
        self._process = subprocess.Popen(
            [ROOT / ".venv-clients/bin/python", ROOT / "clients/player.py", *hosts],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=None if trusting is None else {**os.environ, "REQUESTS_CA_BUNDLE": str(trusting)},
        )

    def play(self, **message: Any) -> dict[str, Any]:
        """The answer to one line."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"id": 1, **message}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def bot(self, house: House, key: Key, client: str = "ccxt", **config: Any) -> Bot:
        """A client with a key, pointed at the gate."""
        return self.bot_at(house.url, key, client, **config)

    def bot_at(self, url: str, key: Key, client: str = "ccxt", **config: Any) -> Bot:
        """The same, pointed at what is there. The last eight bots live; those before them are let go."""
        self._bots += 1
        return Bot(self, f"bot {self._bots % 8}", f"{url}/{key.dialect}", key, client, config)

    def close(self) -> None:
        """Without asking each client to close its connections, which takes the asynchronous ones a while."""
        with self._process:
            self._process.kill()


class Bot:
    """One instance of one client. `config` is the client's own, over what points it at the gate."""

    def __init__(
        self, clients: Clients, name: str, base: str, key: Key, client: str, config: Mapping[str, Any]
    ) -> None:
        self._clients = clients
        self._who = {"client": client, "exchange": key.dialect, "name": name}
        made = clients.play(command="config_base", client=client, exchange=key.dialect, base=base)["result"]
        options = {**made.get("options", {}), **config.get("options", {})}
        self._config = {**made, **config, "apiKey": key.key_id, "secret": key.secret}
        if options:
            self._config["options"] = options

    def try_(self, call: str, *args: Any, **kwargs: Any) -> Said:
        """The call, whatever comes of it."""
        answer = self._clients.play(**self._who, config=self._config, call=call, args=args, kwargs=kwargs)
        headers = {name.lower(): value for name, value in answer["headers"].items()}
        return Said(
            answer.get("exception", ""),
            answer.get("message", ""),
            answer.get("result"),
            headers.get("x-request-id", ""),
            answer["request"],
        )

    def __call__(self, call: str, *args: Any, **kwargs: Any) -> Any:
        """The result; a call that fails fails the test."""
        said = self.try_(call, *args, **kwargs)
        assert not said.exception, said
        return said.result

    def until_refused(self, call: str, *args: Any) -> Said:
        """The same call again and again, until it fails."""
        return until(lambda: [said for said in [self.try_(call, *args)] if said.exception])[0]
