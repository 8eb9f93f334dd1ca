"""Where the gate is, in ccxt's own options; the only thing that an unmodified client has to be told."""

import os

import ccxt


def connect(exchange: str) -> ccxt.Exchange:
    """A ccxt client behind the gate.

    Read from the environment: BITTING_URL (http://127.0.0.1:8700 when not set), and for private calls BITTING_KEY and
    BITTING_SECRET, with the exchange's name in front where a program has several (BINANCE_BITTING_KEY). Never in the
    program's source, nor in a file beside it.
    """
    base = f"{os.environ.get('BITTING_URL', 'http://127.0.0.1:8700')}/{exchange}"
    if exchange == "binance":
        addresses = {"public": f"{base}/api/v3", "private": f"{base}/api/v3", "sapi": f"{base}/sapi/v1"}
    else:
        addresses = {"public": base, "private": base, "v1": base}
    return getattr(ccxt, exchange)(
        {
            "apiKey": _named(exchange, "BITTING_KEY"),
            "secret": _named(exchange, "BITTING_SECRET"),
            "urls": {"api": addresses},
            "has": {"fetchCurrencies": False},  # ccxt would ask for them with the key, whatever its program is for
            "options": {"fetchMarkets": {"types": ["spot"]}, "fetchMargins": False},  # what the gate stands before
        }
    )


def _named(exchange: str, name: str) -> str:
    return os.environ.get(f"{exchange.upper()}_{name}") or os.environ.get(name, "")
