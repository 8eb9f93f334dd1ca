"""What the operator sets: one TOML file, read strictly once, with a default for everything but the mounts.

[listen]
host = "127.0.0.1"
port = 8700
trusted_proxies = ["10.0.0.5"]        # who may name a client's address; nobody by default
connections_per_address = 64          # at one time; a client keeps one or more

[[mount]]
prefix = "/bitfinex"                  # where clients find the dialect
dialect = "bitfinex"
environment = "live"                  # or "test": keys of the two never meet
upstream = "http://127.0.0.1:9000"    # where admitted requests go
facts = "/house/facts"                # optional: last prices and resting orders, for limits that need them
port = 8701                           # optional: a port of its own

[rates]                               # units a second, and at once
key = [50, 200]
account = [200, 800]
denials = [2, 60]
strangers = [20, 100]
public = [50, 300]
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bitting.domain.errors import Malformed, Misconfigured
from bitting.domain.ids import Environment
from bitting.domain.network import NOBODY, Network
from bitting.gate.admission import Rates
from bitting.gate.rates import Rate

DEFAULT_PORT: Final = 8700
MOST_PER_SECOND: Final = 1_000_000
_KINDS: Final = {str: "a text", int: "a whole number", list: "a list"}
_TARGET: Final = re.compile(r"/[!-~]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class MountSettings:
    """One dialect's place and upstream."""

    prefix: str
    dialect: str
    environment: Environment
    upstream: str
    facts: str | None = None
    port: int | None = None  # a port of its own; without it the one of [listen]

    @property
    def name(self) -> str:
        """What its identity file is called after: the prefix, or dialect and environment where there is none."""
        return self.prefix or f"{self.dialect}@{self.environment.value}"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator can set."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    trusted_proxies: Network = NOBODY
    mounts: tuple[MountSettings, ...] = ()
    rates: Rates = field(default_factory=Rates)
    connections_per_address: int = 64

    @classmethod
    def from_file(cls, path: Path) -> Settings:
        """Raises Misconfigured: which file, which line or name, and what it should be."""
        try:
            return cls.from_plain(tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise Misconfigured(
                f"there is no {path}: write one with at least one [[mount]] (docs/settings.md), "
                "or name another with --config"
            ) from None
        except OSError as problem:
            raise Misconfigured(f"{path} cannot be read ({problem.strerror})") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, Malformed, Misconfigured) as problem:
            raise Misconfigured(f"{path}: {problem}") from None

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Settings:
        """Read the tables of a settings file. Raises Misconfigured, Malformed."""
        _only("the file", plain, "listen", "mount", "rates")
        listen, rates = _table(plain, "listen"), _table(plain, "rates")
        _only("[listen]", listen, "host", "port", "trusted_proxies", "connections_per_address")
        _only("[rates]", rates, *Rates._fields)
        mounts = plain.get("mount", [])
        if not isinstance(mounts, list) or not all(isinstance(each, dict) for each in mounts):
            raise Misconfigured("a mount is written [[mount]], with two brackets")
        return cls(
            _value(listen, "host", str, "127.0.0.1"),
            _port(listen),
            _proxies(listen),
            tuple(_mount(each) for each in mounts),
            Rates(**{name: _rate(name, rates[name]) for name in rates}),
            _connections(listen),
        )


def _mount(plain: Mapping[str, Any]) -> MountSettings:
    _only("[[mount]]", plain, "prefix", "dialect", "environment", "upstream", "facts", "port")
    environment = _value(plain, "environment", str, "live")
    if environment not in ("live", "test"):
        raise Misconfigured(f"environment is live or test, not {environment!r}")
    return MountSettings(
        _value(plain, "prefix", str, ""),
        _value(plain, "dialect", str, None),
        Environment(environment),
        _value(plain, "upstream", str, None),
        _facts(plain) if "facts" in plain else None,
        _port(plain) if "port" in plain else None,
    )


def _facts(plain: Mapping[str, Any]) -> str:
    facts: str = _value(plain, "facts", str, None)
    if _TARGET.fullmatch(facts) is None:
        raise Misconfigured(f"facts is a path of the upstream, like /house/facts, not {facts!r}")
    return facts


def _port(table: Mapping[str, Any]) -> int:
    port: int = _value(table, "port", int, DEFAULT_PORT)
    if not 0 <= port <= 65535:
        raise Misconfigured("port is a number from 0 to 65535")
    return port


def _connections(listen: Mapping[str, Any]) -> int:
    most: int = _value(listen, "connections_per_address", int, 64)
    if not 1 <= most <= 4096:
        raise Misconfigured("connections_per_address is a number from 1 to 4096")
    return most


def _proxies(listen: Mapping[str, Any]) -> Network:
    proxies = Network.from_text(_value(listen, "trusted_proxies", list, []))
    if proxies.anywhere:
        raise Misconfigured("trusted_proxies names proxies: with 'anywhere' every client could choose its address")
    return proxies


def _rate(name: str, value: Any) -> Rate:
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(type(each) is int and 0 < each <= MOST_PER_SECOND for each in value)
    ):
        raise Misconfigured(f"rates.{name} is [units a second, units at once], like [50, 200]")
    return Rate.per_second(value[0], value[1])


def _table(plain: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = plain.get(name, {})
    if not isinstance(table, dict):
        raise Misconfigured(f"{name} is a table, written [{name}]")
    return table


def _value(table: Mapping[str, Any], name: str, kind: type, default: Any) -> Any:
    value = table.get(name, default)
    if value is None:
        raise Misconfigured(f"{name} is missing")
    if type(value) is not kind:
        raise Misconfigured(f"{name} is {_KINDS[kind]}, not {value!r}")
    return value


def _only(where: str, table: Mapping[str, Any], *names: str) -> None:
    unknown = sorted(set(table) - set(names))
    if unknown:
        raise Misconfigured(f"{where} has no {unknown[0]!r}; there are: {', '.join(names)}")
