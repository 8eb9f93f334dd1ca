"""What the operator sets: one TOML file, read strictly once, with a default for everything but the mounts.

[listen]
host = "127.0.0.1"
port = 8700
trusted_proxies = ["10.0.0.5"]        # who may name a client's address, or "unix"; nobody by default
proxy_protocol = false                # true: they name it in the PROXY protocol, not in X-Forwarded-For
tls_certificate = "/etc/bitting/tls.crt"  # optional, with tls_key: PEM; the ports speak TLS
tls_key = "/etc/bitting/tls.key"      # mode 0600, or 0640
tls_client_ca = "/etc/bitting/clients.pem"  # optional: whoever connects needs a certificate of these
connections_per_address = 64          # at one time; a client keeps one or more

[[mount]]
prefix = "/bitfinex"                  # where clients find the dialect
dialect = "bitfinex"
environment = "live"                  # or "test": keys of the two never meet
upstream = "https://10.0.0.7:9000"    # where admitted requests go; or several: ["http://a:1", "http://b:2"]
health = "/ping"                      # optional: each of them is asked for this every second
facts = "/house/facts"                # optional: last prices and resting orders, for limits that need them
port = 8701                           # optional: a port of its own
upstream_ca = "/etc/bitting/exchange.pem"  # optional, for an https upstream: instead of the machine's CAs
upstream_certificate = "/etc/bitting/gate.crt"  # optional, with upstream_key: what the upstream knows us by
upstream_key = "/etc/bitting/gate.key"
mode = "enforce"                      # or "observe": refusals are written down and not enforced (docs/observe.md)
url = "https://api.example.com/bitfinex"  # optional: what clients call, if not http, their Host header and the prefix

[[decision]]                          # optional: a proxy asks, and forwards by itself (docs/proxies.md)
proxy = "nginx"                       # nginx, caddy, envoy or traefik
host = "127.0.0.1"
port = 8790                           # or unix = "/run/bitting/decision.sock" instead of host, port and askers
askers = ["127.0.0.1"]                # the proxy's addresses
secret_file = "/etc/bitting/decision.key"  # optional: what the proxy has to send in Decision-Secret

[[witness]]                           # optional: remembers how far the journal had come (docs/witness.md)
url = "https://witness.example:8790"  # a path may follow, in front of its own
vkey = "witness.example+7195d29e+BAoQFhwiKC40OkBGTFJYXmRqcHZ8goiOlJqgpqyyuL7E"  # as `bitting witness` prints it
required = true                       # false: the house starts without it when it cannot be asked
ca = "/etc/bitting/witness.pem"       # optional, for https: instead of the machine's CAs

[people]                              # optional: where people sign in (docs/people.md)
url = "https://keys.example.com"      # what browsers show: passkeys are bound to it, and links begin with it

[manage]                              # optional: people sign in here, over the management API (docs/api.md)
host = "127.0.0.1"
port = 8701
tls_certificate = "/etc/bitting/tls.crt"  # optional, with tls_key
tls_key = "/etc/bitting/tls.key"
trusted_proxies = ["10.0.0.5"]        # who may name a caller's address in X-Forwarded-For; nobody by default

[mail]                                # optional: notices go to a mail server, not into the data folder's mail/
sender = "bitting@example.com"
server = "smtp.example.com"
port = 587
tls = "starttls"                      # or "tls" from the first byte; "none" for localhost only
user = "bitting"                      # optional, with password_file
password_file = "/etc/bitting/mail.password"  # mode 0600

[rates]                               # units a second, and at once
key = [50, 200]
account = [200, 800]
denials = [2, 60]
strangers = [20, 100]
public = [50, 300]

[activity]                            # for how many days it is kept (docs/activity.md)
records = 90
minutes = 2                           # counts of each minute, of each hour and of each day
hours = 90
days = 2557
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bitting.activity.ports import USUAL_RETENTION, Retention
from bitting.domain.errors import Malformed, Misconfigured
from bitting.domain.ids import Environment
from bitting.domain.network import NOBODY, Network
from bitting.domain.user import name_from_text
from bitting.gate.admission import Rates
from bitting.gate.rates import Rate
from bitting.identity.identity import DEFAULT_SITE, Site
from bitting.journal.cosignature import Witness
from bitting.web.http import NO_TLS, TlsFiles

DEFAULT_PORT: Final = 8700
DEFAULT_MANAGE_PORT: Final = 8701
MOST_PER_SECOND: Final = 1_000_000
MOST_DAYS: Final = 36_525
TABLES: Final = ("listen", "mount", "decision", "witness", "people", "mail", "manage", "rates", "activity")
_KINDS: Final = {str: "a text", int: "a whole number", list: "a list", bool: "true or false"}
LISTEN: Final = (
    *("host", "port", "unix", "trusted_proxies", "proxy_protocol", "connections_per_address"),
    *("tls_certificate", "tls_key", "tls_client_ca"),
)
MOUNT: Final = (
    *("prefix", "dialect", "environment", "upstream", "health", "facts", "port", "url", "mode"),
    *("upstream_certificate", "upstream_key", "upstream_ca"),
)
WITNESS: Final = ("url", "vkey", "required", "ca")
MANAGE: Final = ("host", "port", "tls_certificate", "tls_key", "trusted_proxies")
_URL: Final = re.compile(r"(?P<origin>https?://[^/?#\s]+)(?P<prefix>(?:/[^?#\s]*)?)", re.ASCII)
_TARGET: Final = re.compile(r"/[!-~]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class MountSettings:
    """One dialect's place and upstream, at one address or several. In mode `observe` what would be refused is written
    down and goes on."""

    prefix: str
    dialect: str
    environment: Environment
    upstream: str | tuple[str, ...] = ""  # "" inside an application, which is its own
    facts: str | None = None
    port: int | None = None  # a port of its own; without it the one of [listen]
    url: str = ""  # as clients call it; without it http, their Host header and the prefix
    mode: str = "enforce"
    tls: TlsFiles = NO_TLS  # with which the upstream is called
    health: str | None = None  # a path of the upstream, by which each address is checked

    @property
    def observes(self) -> bool:
        """Whether refusals are only written down."""
        return self.mode == "observe"

    @property
    def name(self) -> str:
        """What its identity file is called after: the prefix, or dialect and environment where there is none."""
        return self.prefix or f"{self.dialect}@{self.environment.value}"


@dataclass(frozen=True, slots=True)
class DecisionSettings:
    """Where one proxy asks about requests: a port and its addresses, or a Unix socket."""

    proxy: str
    host: str = "127.0.0.1"
    port: int = 0
    askers: Network = NOBODY
    unix: Path | None = None
    secret_file: Path | None = None


@dataclass(frozen=True, slots=True)
class WitnessSettings:
    """A witness of the journal. `url` is its origin, and `prefix` what stands in front of its paths."""

    witness: Witness
    url: str
    prefix: str = ""
    required: bool = True
    tls: TlsFiles = NO_TLS


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The mail server that notices are given to."""

    sender: str
    server: str
    port: int = 587
    tls: str = "starttls"
    user: str = ""
    password_file: Path | None = None


@dataclass(frozen=True, slots=True)
class PeopleSettings:
    """Where people sign in, and how they are told things; without `mail` what is told lies in the data folder."""

    site: Site = DEFAULT_SITE
    mail: MailSettings | None = None


NO_PEOPLE: Final = PeopleSettings()


@dataclass(frozen=True, slots=True)
class ManageSettings:
    """Where people come in: the management API and the console."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_MANAGE_PORT
    tls: TlsFiles = NO_TLS
    trusted_proxies: Network = NOBODY


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator can set."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    trusted_proxies: Network = NOBODY
    mounts: tuple[MountSettings, ...] = ()
    rates: Rates = field(default_factory=Rates)
    connections_per_address: int = 64
    decisions: tuple[DecisionSettings, ...] = ()
    unix: Path | None = None  # instead of host and port
    proxy_protocol: bool = False
    tls: TlsFiles = NO_TLS  # with which the ports are listened at; without a certificate they speak plain HTTP
    witnesses: tuple[WitnessSettings, ...] = ()
    people: PeopleSettings = NO_PEOPLE
    manage: ManageSettings | None = None  # None: people cannot come in, but for the operator on the machine
    activity: Retention = USUAL_RETENTION

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
        _only("the file", plain, *TABLES)
        listen, rates = _table(plain, "listen"), _table(plain, "rates")
        _only("[listen]", listen, *LISTEN)
        if "unix" in listen and ("host" in listen or "port" in listen):
            raise Misconfigured("[listen] has either unix, or host and port")
        _only("[rates]", rates, *Rates._fields)
        return cls(
            _value(listen, "host", str, "127.0.0.1"),
            _port(listen),
            _proxies(listen),
            tuple(_mount(each) for each in _tables(plain, "mount")),
            Rates(**{name: _rate(name, rates[name]) for name in rates}),
            _connections(listen),
            tuple(_decision(each) for each in _tables(plain, "decision")),
            _path(listen, "unix"),
            _introduced(listen),
            _tls(listen, "tls_certificate", "tls_key", "tls_client_ca"),
            witnesses=_witnesses(plain),
            people=_people(plain),
            manage=_manage(_table(plain, "manage")) if "manage" in plain else None,
            activity=_retention(_table(plain, "activity")),
        )


def _mount(plain: Mapping[str, Any]) -> MountSettings:
    _only("[[mount]]", plain, *MOUNT)
    environment = _value(plain, "environment", str, "live")
    if environment not in ("live", "test"):
        raise Misconfigured(f"environment is live or test, not {environment!r}")
    mode = _value(plain, "mode", str, "enforce")
    if mode not in ("enforce", "observe"):
        raise Misconfigured(f"mode is enforce or observe, not {mode!r}")
    upstream = _upstream(plain)
    tls = _tls(plain, "upstream_certificate", "upstream_key", "upstream_ca")
    https = [each.startswith("https://") for each in ((upstream,) if isinstance(upstream, str) else upstream)]
    if tls != NO_TLS and not all(https):
        raise Misconfigured(f"a certificate is for an upstream that is called with https://, not for {upstream!r}")
    return MountSettings(
        _value(plain, "prefix", str, ""),
        _value(plain, "dialect", str, None),
        Environment(environment),
        upstream,
        _target(plain, "facts"),
        _port(plain) if "port" in plain else None,
        url=_value(plain, "url", str, ""),
        mode=mode,
        tls=tls,
        health=_target(plain, "health"),
    )


def _upstream(plain: Mapping[str, Any]) -> str | tuple[str, ...]:
    several = plain.get("upstream")
    if not isinstance(several, list):
        one: str = _value(plain, "upstream", str, "")
        return one
    if not several or len(set(map(str, several))) != len(several) or not all(isinstance(each, str) for each in several):
        raise Misconfigured(f"upstream is one address or a list of different ones, not {several!r}")
    return tuple(several)


def _decision(plain: Mapping[str, Any]) -> DecisionSettings:
    _only("[[decision]]", plain, "proxy", "host", "port", "unix", "askers", "secret_file")
    if ("unix" in plain) == ("port" in plain or "host" in plain or "askers" in plain):
        raise Misconfigured("a [[decision]] has either unix, or port and askers")
    askers = Network.from_text(_value(plain, "askers", list, []))
    if "port" in plain and not askers.rules:
        raise Misconfigured("askers names the addresses at which the proxy stands; nobody else is answered")
    return DecisionSettings(
        _value(plain, "proxy", str, None),
        _value(plain, "host", str, "127.0.0.1"),
        _port(plain),
        askers,
        _path(plain, "unix"),
        _path(plain, "secret_file"),
    )


def _witnesses(plain: Mapping[str, Any]) -> tuple[WitnessSettings, ...]:
    witnesses = tuple(_witness(each) for each in _tables(plain, "witness"))
    names = [each.witness.name for each in witnesses]
    if len(set(names)) < len(names):
        raise Misconfigured("two [[witness]] have one name: start each `bitting witness` with a --name of its own")
    return witnesses


def _witness(plain: Mapping[str, Any]) -> WitnessSettings:
    _only("[[witness]]", plain, *WITNESS)
    url: str = _value(plain, "url", str, None)
    found = _URL.fullmatch(url)
    if found is None:
        raise Misconfigured(f"the url of a witness is written https://host:port, or with a path behind it, not {url!r}")
    tls = TlsFiles(ca=_path(plain, "ca"))
    if tls != NO_TLS and found["origin"].startswith("http:"):
        raise Misconfigured(f"a ca is for a witness that is asked with https://, not for {url!r}")
    return WitnessSettings(
        Witness.from_vkey(_value(plain, "vkey", str, None)),
        found["origin"],
        found["prefix"].rstrip("/"),
        _value(plain, "required", bool, True),
        tls,
    )


def _path(plain: Mapping[str, Any], name: str) -> Path | None:
    path = Path(_value(plain, name, str, "/"))
    if not path.is_absolute():
        raise Misconfigured(f"{name} is a whole path, beginning with /, not {str(path)!r}")
    return path if name in plain else None


def _people(plain: Mapping[str, Any]) -> PeopleSettings:
    people = _table(plain, "people")
    _only("[people]", people, "url")
    site = Site.from_text(_value(people, "url", str, None)) if people else DEFAULT_SITE
    return PeopleSettings(site, _mail(_table(plain, "mail")) if "mail" in plain else None)


def _manage(plain: Mapping[str, Any]) -> ManageSettings:
    _only("[manage]", plain, *MANAGE)
    return ManageSettings(
        _value(plain, "host", str, "127.0.0.1"),
        _port(plain, DEFAULT_MANAGE_PORT),
        _tls(plain, "tls_certificate", "tls_key", ""),
        _proxies(plain),
    )


def _mail(plain: Mapping[str, Any]) -> MailSettings:
    _only("[mail]", plain, "sender", "server", "port", "tls", "user", "password_file")
    server: str = _value(plain, "server", str, None)
    tls: str = _value(plain, "tls", str, "starttls")
    if tls not in ("starttls", "tls", "none"):
        raise Misconfigured(f"tls is starttls, tls or none, not {tls!r}")
    if tls == "none" and server not in ("localhost", "127.0.0.1", "::1"):
        raise Misconfigured(f"mail goes to {server} in clear with tls = 'none': that is for localhost only")
    if ("user" in plain) != ("password_file" in plain):
        raise Misconfigured("user and password_file belong together")
    return MailSettings(
        name_from_text(_value(plain, "sender", str, None)),
        server,
        _port(plain) if "port" in plain else 587,
        tls,
        _value(plain, "user", str, ""),
        _path(plain, "password_file"),
    )


def _target(plain: Mapping[str, Any], name: str) -> str | None:
    if name not in plain:
        return None
    target: str = _value(plain, name, str, None)
    if _TARGET.fullmatch(target) is None:
        raise Misconfigured(f"{name} is a path of the upstream, like /house/{name}, not {target!r}")
    return target


def _port(table: Mapping[str, Any], default: int = DEFAULT_PORT) -> int:
    port: int = _value(table, "port", int, default)
    if not 0 <= port <= 65535:
        raise Misconfigured("port is a number from 0 to 65535")
    return port


def _connections(listen: Mapping[str, Any]) -> int:
    most: int = _value(listen, "connections_per_address", int, 64)
    if not 1 <= most <= 4096:
        raise Misconfigured("connections_per_address is a number from 1 to 4096")
    return most


def _proxies(table: Mapping[str, Any]) -> Network:
    named = _value(table, "trusted_proxies", list, [])
    # Who comes through a Unix socket has the address `::` (see web/http/peer).
    proxies = Network.from_text("::" if each == "unix" else each for each in named)
    if proxies.anywhere:
        raise Misconfigured("trusted_proxies names proxies: with 'anywhere' every client could choose its address")
    return proxies


def _introduced(listen: Mapping[str, Any]) -> bool:
    introduced: bool = _value(listen, "proxy_protocol", bool, False)
    if introduced and not listen.get("trusted_proxies"):
        raise Misconfigured("proxy_protocol needs trusted_proxies: nobody else is heard")
    return introduced


def _tls(plain: Mapping[str, Any], certificate: str, key: str, ca: str) -> TlsFiles:
    if (certificate in plain) != (key in plain):
        raise Misconfigured(f"{certificate} and {key} belong together")
    if ca == "tls_client_ca" and ca in plain and key not in plain:
        raise Misconfigured(f"{ca} needs {certificate} and {key}: without TLS nobody shows a certificate")
    return TlsFiles(_path(plain, certificate), _path(plain, key), _path(plain, ca))


def _rate(name: str, value: Any) -> Rate:
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(type(each) is int and 0 < each <= MOST_PER_SECOND for each in value)
    ):
        raise Misconfigured(f"rates.{name} is [units a second, units at once], like [50, 200]")
    return Rate.per_second(value[0], value[1])


def _retention(table: Mapping[str, Any]) -> Retention:
    _only("[activity]", table, *Retention._fields)
    for name, value in table.items():
        if type(value) is not int or not 0 < value <= MOST_DAYS:
            raise Misconfigured(f"activity.{name} is a number of days, 1 to {MOST_DAYS}, not {value!r}")
    return Retention(**table)


def _table(plain: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = plain.get(name, {})
    if not isinstance(table, dict):
        raise Misconfigured(f"{name} is a table, written [{name}]")
    return table


def _tables(plain: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    tables = plain.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise Misconfigured(f"a {name} is written [[{name}]], with two brackets")
    return tables


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
