"""An exchange's own API behind the gate, as a ccxt class: signed natively, refusals as ccxt's exceptions.

    exchange = NativeExchange({"apiKey": "…", "secret": Path("bot.pem").read_text()})
    exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)

The API is that of the demonstration exchange, with the routes of examples/api/actions.toml loaded. `secret` is a
private key in PEM, or a shared secret. It needs bitting-client (client/) beside ccxt.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc"

import ccxt

from bitting_client import SharedSecret, Signer, load_pem

BY_STATUS = {
    "400": ccxt.BadRequest,
    "401": ccxt.AuthenticationError,
    "403": ccxt.PermissionDenied,
    "504": ccxt.RequestTimeout,
}
BY_CODE = {
    **dict.fromkeys(("time.stale", "time.ahead", "time.floor", "replay.seen"), ccxt.InvalidNonce),
    "insufficient_funds": ccxt.InsufficientFunds,
    "order_not_found": ccxt.OrderNotFound,
    "unknown_symbol": ccxt.BadSymbol,
}
API = {"rest": "http://127.0.0.1:8700/native/exchange/v1"}


class NativeExchange(ccxt.Exchange):
    def describe(self):
        own = {"id": "native", "urls": {"api": API}, "httpExceptions": BY_STATUS, "exceptions": BY_CODE}
        return self.deep_extend(super().describe(), own)

    def sign(self, path, api="public", method="GET", params=None, headers=None, body=None):
        """Reads and cancels have their parameters in the URL, everything else in JSON."""
        base, headers = self.urls["api"]["rest"], {}
        url, rest = f"{base}/{self.implode_params(path, params)}", self.omit(params, self.extract_params(path))
        if method == "POST":
            body, headers["Content-Type"] = self.json(rest), "application/json"
        elif rest:
            url += f"?{self.urlencode(rest)}"
        if api == "private":
            key = load_pem(self.secret.encode()) if "PRIVATE KEY" in self.secret else SharedSecret(self.secret)
            headers |= Signer(base, self.apiKey, key).headers(method, url, (body or "").encode())
        return {"url": url, "method": method, "body": body, "headers": headers}

    def handle_errors(self, status, reason, url, method, headers, body, response, sent, said):
        """By the `code` of the gate's refusal (RFC 9457) or the exchange's error, else by the status."""
        if status >= 400 and isinstance(response, dict):
            code = (response.get("error") or response).get("code")
            self.throw_exactly_matched_exception(self.exceptions, code, f"{self.id} {body}")

    def fetch_markets(self, params=None):
        return [self.read_market(each) for each in self.request("markets")]

    def read_market(self, market):
        base, quote = market["base"], market["quote"]
        names = {"id": market["symbol"], "symbol": f"{base}/{quote}", "base": base, "quote": quote}
        steps = {"price": float(market["tick"]), "amount": float(market["lot"])}
        return self.safe_market_structure({**names, "type": "spot", "spot": True, "precision": steps})

    def fetch_balance(self, params=None):
        told = self.request("balances", "private")["balances"]
        return self.safe_balance({each["asset"]: {"free": each["free"], "used": each["used"]} for each in told})

    def create_order(self, symbol, type, side, amount, price=None, params=None):
        self.load_markets()
        order = {"symbol": self.market_id(symbol), "side": side, "type": type, **(params or {})}
        order["amount"] = self.number_to_string(amount)
        if price is not None:
            order["price"] = self.number_to_string(price)
        return self.parse_order(self.request("orders", "private", "POST", order))

    def cancel_order(self, id, symbol=None, params=None):
        return self.parse_order(self.request("orders/{id}", "private", "DELETE", {"id": id}))

    def fetch_open_orders(self, symbol=None, since=None, limit=None, params=None):
        self.load_markets()
        asked = {} if symbol is None else {"symbol": self.market_id(symbol)}
        return [self.parse_order(each) for each in self.request("orders", "private", "GET", asked)]

    def withdraw(self, code, amount, address, tag=None, params=None):
        asked = {"asset": code, "address": address, "tag": tag or "", **(params or {})}
        asked["amount"] = self.number_to_string(amount)
        return self.request("withdrawals", "private", "POST", asked)

    def parse_order(self, order, market=None):
        symbol = order["symbol"].replace("-", "/")
        return self.safe_order({**order, "symbol": symbol, "timestamp": order["time"]})
