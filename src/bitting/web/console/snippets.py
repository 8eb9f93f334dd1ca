"""Beginnings of programs for a new key. They read it from the environment, and never have it in themselves.

They are for the clients as they are, unmodified (docs/dialects); `{gate}` is where the gate is.
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

_CCXT: Final = """\
import os
import ccxt

exchange = ccxt.{client}({{
    "apiKey": os.environ["BITTING_KEY"],
    "secret": os.environ["BITTING_SECRET"],
    "urls": {{"api": {urls}}},
    "has": {{"fetchCurrencies": False}},
    "options": {{"fetchMarkets": {{"types": ["spot"]}}, "fetchMargins": False}},
}})
print(exchange.fetch_balance())
"""
_FREQTRADE: Final = """\
{{
  "exchange": {{
    "name": "{client}",
    "ccxt_config": {{"urls": {{"api": {urls}}}, "has": {{"fetchCurrencies": false}}}}
  }}
}}
# and, in the environment: FREQTRADE__EXCHANGE__KEY="$BITTING_KEY" FREQTRADE__EXCHANGE__SECRET="$BITTING_SECRET"
"""
_CURL: Final = {
    "binance": """\
set -a; . ./bitting.env; set +a
query="timestamp=$(date +%s%3N)"
signature=$(printf %s "$query" | openssl dgst -sha256 -hmac "$BITTING_SECRET" -r | cut -d' ' -f1)
curl -sS -H "X-MBX-APIKEY: $BITTING_KEY" "{gate}/api/v3/account?$query&signature=$signature"
""",
    "bitfinex": """\
set -a; . ./bitting.env; set +a
nonce=$(date +%s%6N) path=v2/auth/r/wallets body='{{}}'
signature=$(printf %s "/api/$path$nonce$body" | openssl dgst -sha384 -hmac "$BITTING_SECRET" -r | cut -d' ' -f1)
curl -sS "{gate}/$path" -d "$body" -H "Content-Type: application/json" \\
  -H "bfx-nonce: $nonce" -H "bfx-apikey: $BITTING_KEY" -H "bfx-signature: $signature"
""",
}
_PLACES: Final = {
    "binance": {"public": "/api/v3", "private": "/api/v3", "sapi": "/sapi/v1"},
    "bitfinex": {"public": "", "private": "", "v1": ""},
    "kraken": {"public": "", "private": ""},
}  # by the name that ccxt has for the exchange, which is the dialect's


class Snippet(NamedTuple):
    """The client's name, and the beginning of its program."""

    client: str
    text: str


def snippets(dialect: str, gate: str) -> list[Snippet]:
    """Those there are for an exchange."""
    made = []
    if dialect in _PLACES:
        urls = json.dumps({name: gate + path for name, path in _PLACES[dialect].items()})
        made.append(Snippet("ccxt", _CCXT.format(client=dialect, urls=urls)))
        made.append(Snippet("freqtrade", _FREQTRADE.format(client=dialect, urls=urls)))
    if dialect in _CURL:
        made.append(Snippet("curl", _CURL[dialect].format(gate=gate)))
    return made
