"""Plays real, unmodified exchange clients on demand: one JSON line in, one JSON line out.

It runs in the clients' own environment (.venv-clients) and imports nothing of Bitting, so tests and the tour drive
ccxt, bitfinex-api-py, binance-connector and pybithumb from outside, exactly as a bot would. Only the HTTP libraries
beneath them are tapped, to show the last signed request as it went over the wire.

    player.py [HOST=ADDRESS:PORT …]

An argument says where a host is to be found, as a line in /etc/hosts does: for a client that knows its exchange's
own host and no other. Whom it trusts there is REQUESTS_CA_BUNDLE's to say.

A call:

    {"id": 1, "client": "ccxt" | "ccxt-async" | "bitfinex-api-py" | "binance-connector" | "pybithumb",
     "exchange": "binance", "name": "bot", "config": {"apiKey": …, "secret": …, …}, "call": "fetch_balance",
     "args": [], "kwargs": {}, "raw": false}

`name` keeps the instance for later calls, until another `config` is given for it. `exchange` is the dialect; ccxt has
both of Bithumb's in one class. `config` is the client's own, but all clients take `apiKey` and `secret` in it. `call`
may have dots ("rest.auth.get_wallets"); what is not a function is read. The answer:

    {"id": 1, "ok": true, "result": …} or {"id": 1, "ok": false, "exception": …, "bases": […], "message": …}

and in both `headers` of the last reply, `request` {method, url, headers, body}: the call's last signed request or
null, its body a character a byte; with `raw` also `reply` {status, body}. A line that cannot be played is answered
with the exception BadLine. And, to point a client at a gate:

    {"id": 2, "command": "config_base", "client": "ccxt", "exchange": "binance", "base": "http://127.0.0.1:8080/binance"}
"""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import functools
import importlib
import json
import math
import re
import socket
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

SIGNATURE_HEADERS = frozenset(
    {
        *("authorization", "bfx-signature", "api-sign", "ok-access-sign", "x-bapi-sign", "cb-access-sign"),
        *("kc-api-sign", "sign", "x-auth-signature"),
    }
)


Kind = TypeVar("Kind", list[Any], dict[str, Any])


class BadLine(Exception):
    """A line that cannot be played; the text says why."""


class Exchanged(NamedTuple):
    """One request as it went over the wire, and what came back."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    status: int
    reply_headers: dict[str, str]
    reply: bytes

    @property
    def is_signed(self) -> bool:
        """By a header of any dialect, or, as Binance has it, by a parameter of query or body."""
        parameters = f"{urlsplit(self.url).query}&{self.body.decode('latin-1')}"
        return not SIGNATURE_HEADERS.isdisjoint(map(str.lower, self.headers)) or "&signature=" in f"&{parameters}"


class Wire:
    """What went over the wire during one call."""

    def __init__(self) -> None:
        self.seen: list[Exchanged] = []

    def tap_requests(self) -> None:
        """See what every client built on `requests` sends: the adapter has the bytes as they leave."""
        adapter = importlib.import_module("requests.adapters").HTTPAdapter
        send = adapter.send

        def tapped(self_: Any, request: Any, **options: Any) -> Any:
            response = send(self_, request, **options)
            body = request.body or b""
            sent = body.encode() if isinstance(body, str) else body
            self._saw(request.method, request.url, request.headers, sent, response, response.content)
            return response

        adapter.send = tapped

    def tap_aiohttp(self) -> None:
        """See what every client built on `aiohttp` sends, through its own tracing."""
        aiohttp: Any = importlib.import_module("aiohttp")
        trace = aiohttp.TraceConfig()

        async def chunk(_: Any, context: Any, sent: Any) -> None:
            context.body = getattr(context, "body", b"") + sent.chunk

        async def headers(_: Any, context: Any, sent: Any) -> None:
            context.headers = sent.headers

        async def end(_: Any, context: Any, done: Any) -> None:
            body, reply = getattr(context, "body", b""), await done.response.read()
            self._saw(done.method, str(done.url), context.headers, body, done.response, reply)

        trace.on_request_chunk_sent.append(chunk)
        trace.on_request_headers_sent.append(headers)
        trace.on_request_end.append(end)
        aiohttp.ClientSession = functools.partial(aiohttp.ClientSession, trace_configs=[trace])

    def _saw(self, method: str, url: str, headers: Any, body: bytes, response: Any, reply: bytes) -> None:
        status = getattr(response, "status_code", None) or response.status
        sent = {name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in headers.items()}
        self.seen.append(Exchanged(method, url, sent, body, status, dict(response.headers), reply))

    def shown(self, *, raw: bool) -> dict[str, Any]:
        """The fields of an answer that come from here."""
        last = self.seen[-1] if self.seen else None
        signed = next((one for one in reversed(self.seen) if one.is_signed), None)
        shown: dict[str, Any] = {"headers": last.reply_headers if last else {}, "request": None}
        if signed is not None:
            body = signed.body.decode("latin-1")
            shown["request"] = {"method": signed.method, "url": signed.url, "headers": signed.headers, "body": body}
        if raw:
            shown["reply"] = last and {"status": last.status, "body": last.reply.decode(errors="replace")}
        return shown


def urls(exchange: str, base: str) -> Any:
    """ccxt's own map of addresses, each with `base` in the place of scheme and host; paths stay."""

    def moved(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: moved(item) for name, item in value.items() if isinstance(item, dict | str)}
        return re.sub(r"^https?://[^/]+", base.rstrip("/"), value)

    return moved(_ccxt_class("ccxt", exchange)().urls["api"])


def config_base(client: str, exchange: str, base: str) -> dict[str, Any]:
    """The configuration, but for the credentials, that points a client at a gate's `base` address and mount.

    For ccxt these are ordinary options: no waiting between requests, for the gate counts them itself; of Binance only
    the spot markets, without margin, which is what the demonstration exchange has; and for Bithumb's API 1.0 the
    generation of calls. pybithumb cannot be pointed anywhere.
    """
    if client == "pybithumb":
        return {}
    if client == "bitfinex-api-py":
        return {"rest_host": f"{base}/v2"}
    if client == "binance-connector":
        return {"base_url": base}
    config: dict[str, Any] = {"urls": {"api": urls(exchange, base)}, "enableRateLimit": False}
    if exchange == "binance":
        config["options"] = {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}, "fetchMargins": False}
    if exchange == "bithumb-v1":
        config["options"] = {"generation": 1}
    return config


def _ccxt_class(module: str, exchange: str) -> Any:
    ccxt = importlib.import_module(module)
    name = "bithumb" if exchange == "bithumb-v1" else exchange
    if name not in ccxt.exchanges:
        raise BadLine(f"ccxt knows no exchange {exchange!r}")
    return getattr(ccxt, name)


def _official(module: str, name: str, config: dict[str, Any]) -> Any:
    rest = {key: value for key, value in config.items() if key not in ("apiKey", "secret")}
    client = getattr(importlib.import_module(module), name)
    return client(api_key=config.get("apiKey"), api_secret=config.get("secret"), **rest)


MAKERS: dict[str, Callable[[str, dict[str, Any]], Any]] = {
    "ccxt": lambda exchange, config: _ccxt_class("ccxt", exchange)(config),
    "ccxt-async": lambda exchange, config: _ccxt_class("ccxt.async_support", exchange)(config),
    "bitfinex-api-py": lambda _, config: _official("bfxapi", "Client", config),
    "binance-connector": lambda _, config: _official("binance.spot", "Spot", config),
    "pybithumb": lambda _, config: importlib.import_module("pybithumb").Bithumb(config["apiKey"], config["secret"]),
}


class Player:
    """Keeps the clients by name and plays one line at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._wire = Wire()
        self._wire.tap_requests()
        self._wire.tap_aiohttp()
        self._clients: dict[tuple[str, str, str], tuple[Any, dict[str, Any]]] = {}

    def play(self, line: str) -> dict[str, Any]:
        """The answer to one line. Never raises but for what ends the process."""
        self._wire.seen.clear()
        message: dict[str, Any] = {}
        try:
            message = _message(line)
            answer = {"ok": True, "result": plain(self._result(message))}
        except Exception as error:  # noqa: BLE001 - whatever a client raises is its answer
            bases = [base.__name__ for base in type(error).__mro__[1:] if issubclass(base, Exception)]
            # binance-connector keeps its message in an attribute, and has none of its own in str().
            text = getattr(error, "error_message", None) or str(error)
            answer = {"ok": False, "exception": type(error).__name__, "bases": bases, "message": str(text)}
        return {"id": message.get("id"), **answer, **self._wire.shown(raw=message.get("raw") is True)}

    async def close(self) -> None:
        """Let go of the connections that asynchronous clients keep."""
        for (client, _, _), (instance, _) in self._clients.items():
            if client == "ccxt-async":
                await instance.close()

    def _result(self, message: dict[str, Any]) -> Any:
        if "command" in message:
            if message["command"] != "config_base":
                raise BadLine(f"no such command: {message['command']!r}")
            return config_base(message.get("client", "ccxt"), _text(message, "exchange"), _text(message, "base"))
        target = self._client(message)
        for part in _text(message, "call").split("."):
            if part.startswith("_") or not hasattr(target, part):
                raise BadLine(f"the client has no {message['call']!r}")
            target = getattr(target, part)
        if not callable(target):
            return target
        result = target(*_given(message, "args", list), **_given(message, "kwargs", dict))
        return self._loop.run_until_complete(result) if asyncio.iscoroutine(result) else result

    def _client(self, message: dict[str, Any]) -> Any:
        client, exchange, name = (_text(message, field) for field in ("client", "exchange", "name"))
        if client not in MAKERS:
            raise BadLine(f"no such client: {client!r}; there are {', '.join(MAKERS)}")
        key = client, exchange, name
        instance, made_with = self._clients.get(key, (None, {}))
        config = _given(message, "config", dict) if "config" in message else made_with
        if instance is None or config != made_with:
            if instance is not None and client == "ccxt-async":
                self._loop.run_until_complete(instance.close())
            instance = MAKERS[client](exchange, copy.deepcopy(config))  # ccxt writes into what it is given
            self._clients[key] = instance, config
        return instance


def _message(line: str) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError as problem:
        raise BadLine(f"not JSON: {problem}") from None
    if not isinstance(message, dict):
        raise BadLine("a line is one JSON object")
    return message


def _given(message: dict[str, Any], name: str, kind: type[Kind]) -> Kind:
    value = message.get(name, kind())
    if not isinstance(value, kind):
        raise BadLine(f"{name!r} is not a JSON {'list' if kind is list else 'object'}")
    return value


def _text(message: dict[str, Any], name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str) or not value:
        raise BadLine(f"{name!r} is missing, or not text")
    return value


def plain(value: Any) -> Any:
    """The value as JSON has it: what JSON cannot say becomes text, and a number that is none becomes null."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return format(value, "f")
        case Mapping():
            return {str(name): plain(item) for name, item in value.items()}
        case list() | tuple() | set():
            return [plain(item) for item in value]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        case _:
            return str(value)


def find_hosts(arguments: list[str]) -> None:
    """Let `HOST=ADDRESS:PORT` be where this process finds the host, whatever port it asks for."""
    places = {host: place.rpartition(":") for host, _, place in (each.partition("=") for each in arguments)}
    usual = socket.getaddrinfo

    def found(host: Any, port: Any, *options: Any, **more: Any) -> Any:
        if host in places:
            host, _, port = places[host]
        return usual(host, port, *options, **more)

    socket.getaddrinfo = found


def main() -> None:
    """Play standard input until it ends. What clients print goes to standard error."""
    find_hosts(sys.argv[1:])
    out, sys.stdout = sys.stdout, sys.stderr
    loop = asyncio.new_event_loop()
    player = Player(loop)
    for line in sys.stdin:
        if line.strip():
            out.write(json.dumps(player.play(line)) + "\n")
            out.flush()
    loop.run_until_complete(player.close())
    loop.close()


if __name__ == "__main__":
    main()
