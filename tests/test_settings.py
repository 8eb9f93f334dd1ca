"""Settings are read strictly, once, and what is wrong is said with the file, the name and what it should be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting import settings as module
from bitting.activity.ports import Retention
from bitting.domain.errors import Malformed, MalformedValue, Misconfigured
from bitting.domain.ids import Environment
from bitting.domain.network import Network
from bitting.gate.admission import Rates
from bitting.gate.rates import Rate
from bitting.settings import DEFAULT_PORT, DecisionSettings, MailSettings, ManageSettings, MountSettings, Settings
from bitting.web.http import TlsFiles
from tests.desk.test_form import JSON

MOUNT = '[[mount]]\nprefix = "/binance"\ndialect = "binance"\nupstream = "http://127.0.0.1:9000"\n'


def read(folder: Path, text: str) -> Settings:
    path = folder / "bitting.toml"
    path.write_text(text)
    return Settings.from_file(path)


def test_everything_but_the_mounts_has_a_default(tmp_path: Path) -> None:
    """One mount is enough; a mount is live, at its prefix, without facts and without a port of its own."""
    settings = read(tmp_path, MOUNT)
    assert settings == Settings(
        mounts=(MountSettings("/binance", "binance", Environment.LIVE, "http://127.0.0.1:9000"),)
    )
    assert (settings.host, settings.port, settings.trusted_proxies.rules) == ("127.0.0.1", DEFAULT_PORT, ())
    assert settings.rates == Rates()
    assert not settings.mounts[0].observes
    assert read(tmp_path, "") == Settings()


def test_everything_that_can_be_set(tmp_path: Path) -> None:
    """Each name, read into its place."""
    settings = read(
        tmp_path,
        f"""[listen]
        host = "0.0.0.0"
        port = 0
        connections_per_address = 7
        trusted_proxies = ["10.0.0.5", "10.1.0.0/24", "unix"]
        proxy_protocol = true
        tls_certificate = "/tls/crt"
        tls_key = "/tls/key"
        tls_client_ca = "/tls/ca"
        [rates]
        key = [1, 2]
        strangers = [3, 4]
        [activity]
        records = 30
        {MOUNT}
        environment = "test"
        facts = "/house/facts?a=b"
        port = 8701
        url = "https://api.example.com/own"
        mode = "observe"
        """,
    )
    assert (settings.host, settings.port, settings.connections_per_address) == ("0.0.0.0", 0, 7)
    assert settings.trusted_proxies == Network.from_text(["10.0.0.5", "10.1.0.0/24", "::"])
    assert settings.proxy_protocol
    assert settings.tls == TlsFiles(Path("/tls/crt"), Path("/tls/key"), Path("/tls/ca"))
    assert settings.rates == Rates(key=Rate.per_second(1, 2), strangers=Rate.per_second(3, 4))
    assert settings.activity == Retention(30, 2, 90, 2557)
    [mount] = settings.mounts
    assert (mount.environment, mount.facts, mount.port) == (Environment.TEST, "/house/facts?a=b", 8701)
    assert mount.url == "https://api.example.com/own"
    assert mount.observes


def test_several_addresses_of_one_upstream(tmp_path: Path) -> None:
    """In one list, with a path by which they are checked."""
    mount = '[[mount]]\ndialect = "binance"\nupstream = ["http://a:1", "http://b:2"]\nhealth = "/ping"\n'
    [read_] = read(tmp_path, mount).mounts
    assert (read_.upstream, read_.health) == (("http://a:1", "http://b:2"), "/ping")
    [one] = read(tmp_path, MOUNT).mounts
    assert (one.upstream, one.health) == ("http://127.0.0.1:9000", None)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("upstream = []", "one address or a list of different ones"),
        ('upstream = ["http://a", "http://a"]', "one address or a list of different ones"),
        ('upstream = ["http://a", 1]', "one address or a list of different ones"),
        ("upstream = 1", "upstream is a text"),
        ('upstream = ["https://a", "http://b"]\nupstream_ca = "/ca"', "for an upstream that is called with https://"),
        ('upstream = "http://a"\nhealth = "ping"', "health is a path of the upstream, like /house/health"),
        ('upstream = "http://a"\nhealth = 1', "health is a text"),
    ],
)
def test_what_is_no_upstream(tmp_path: Path, lines: str, words: str) -> None:
    """It is said which name is wrong, and what it should be."""
    with pytest.raises(Misconfigured, match=words):
        read(tmp_path, f'[[mount]]\ndialect = "binance"\n{lines}\n')


def test_a_socket_instead_of_a_port(tmp_path: Path) -> None:
    """And an upstream with a CA and a certificate of its own."""
    mount = '[[mount]]\ndialect = "binance"\nupstream = "https://x"\nupstream_ca = "/a"\n'
    settings = read(tmp_path, f'[listen]\nunix = "/run/gate"\n{mount}upstream_certificate = "/b"\nupstream_key = "/c"')
    assert settings.unix == Path("/run/gate")
    assert settings.mounts[0].tls == TlsFiles(Path("/b"), Path("/c"), Path("/a"))


def test_where_proxies_ask(tmp_path: Path) -> None:
    """At a port, with the proxy's addresses, or at a Unix socket."""
    settings = read(
        tmp_path,
        """[[decision]]
        proxy = "envoy"
        port = 8790
        askers = ["10.0.0.5"]
        [[decision]]
        proxy = "nginx"
        unix = "/run/bitting/decision.sock"
        secret_file = "/etc/decision.key"
        """,
    )
    assert settings.decisions == (
        DecisionSettings("envoy", "127.0.0.1", 8790, Network.from_text(["10.0.0.5"])),
        DecisionSettings(
            "nginx",
            port=DEFAULT_PORT,
            unix=Path("/run/bitting/decision.sock"),
            secret_file=Path("/etc/decision.key"),
        ),
    )


def test_a_mount_has_a_name() -> None:
    """Its prefix, and where it has none what it is."""
    assert MountSettings("/a", "binance", Environment.LIVE, "http://x").name == "/a"
    assert MountSettings("", "binance", Environment.TEST, "http://x").name == "binance@test"


def test_the_example_in_the_module_is_one(tmp_path: Path) -> None:
    """What stands above the code can be copied."""
    _, _, example = (module.__doc__ or "").partition("\n\n")
    assert len(read(tmp_path, example).mounts) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[listen]\nport 8700", "Expected '=' after a key in a key/value pair (at line 2, column 6)"),
        ('a = "b"', "the file has no 'a'; there are: listen, mount, decision, witness"),
        ("listen = 8700", "listen is a table, written [listen]"),
        ("[listen]\nprot = 1", "[listen] has no 'prot'; there are: host, port, unix, trusted_proxies"),
        ('[listen]\nport = "8700"', "port is a whole number, not '8700'"),
        ("[listen]\nport = true", "port is a whole number, not True"),
        ("[listen]\nport = 65536", "port is a number from 0 to 65535"),
        ("[listen]\nconnections_per_address = 0", "connections_per_address is a number from 1 to 4096"),
        ("[listen]\nhost = 1", "host is a text, not 1"),
        ('[listen]\nunix = "/a"\nport = 1', "[listen] has either unix, or host and port"),
        ('[listen]\nunix = "a"', "unix is a whole path, beginning with /, not 'a'"),
        ("[listen]\nproxy_protocol = 1", "proxy_protocol is true or false, not 1"),
        ("[listen]\nproxy_protocol = true", "proxy_protocol needs trusted_proxies: nobody else is heard"),
        ('[listen]\ntls_key = "/a"', "tls_certificate and tls_key belong together"),
        ('[listen]\ntls_client_ca = "/a"', "tls_client_ca needs tls_certificate and tls_key"),
        (f'{MOUNT}upstream_certificate = "/a"', "upstream_certificate and upstream_key belong together"),
        (
            f'{MOUNT}upstream_ca = "/a"',
            "a certificate is for an upstream that is called with https://, not for 'http://",
        ),
        ('[listen]\ntrusted_proxies = "10.0.0.5"', "trusted_proxies is a list, not '10.0.0.5'"),
        ('[listen]\ntrusted_proxies = ["proxy"]', "not an IP address: 'proxy'"),
        ("[listen]\ntrusted_proxies = [1]", "an address rule is text"),
        ('[listen]\ntrusted_proxies = ["anywhere"]', "every client could choose its address"),
        ("[mount]\n", "a mount is written [[mount]], with two brackets"),
        ("mount = [1]", "a mount is written [[mount]], with two brackets"),
        ('[[mount]]\nupstream = "http://x"', "dialect is missing"),
        (f'{MOUNT}mode = "watch"', "mode is enforce or observe, not 'watch'"),
        (f"{MOUNT}mode = true", "mode is a text, not True"),
        (f'{MOUNT}enviroment = "test"', "[[mount]] has no 'enviroment'; there are: prefix, dialect"),
        (f'{MOUNT}environment = "prod"', "environment is live or test, not 'prod'"),
        (f'{MOUNT}facts = "house/facts"', "facts is a path of the upstream, like /house/facts, not 'house/facts'"),
        (f'{MOUNT}facts = "/a b"', "facts is a path of the upstream"),
        (f"{MOUNT}port = -1", "port is a number from 0 to 65535"),
        ("[decision]\n", "a decision is written [[decision]], with two brackets"),
        ('[[decision]]\nproxy = "nginx"', "a [[decision]] has either unix, or port and askers"),
        ('[[decision]]\nport = 1\nunix = "/a"', "a [[decision]] has either unix, or port and askers"),
        ('[[decision]]\nunix = "/a"\naskers = ["10.0.0.5"]', "a [[decision]] has either unix, or port and askers"),
        ("[[decision]]\nport = 1", "askers names the addresses at which the proxy stands"),
        ('[[decision]]\nport = 1\naskers = ["anywhere"]', "askers names the addresses at which the proxy stands"),
        ('[[decision]]\nport = 1\naskers = ["10.0.0.5"]', "proxy is missing"),
        ('[[decision]]\nproxy = "nginx"\nunix = "a"', "unix is a whole path, beginning with /, not 'a'"),
        ('[[decision]]\nsocket = "/a"', "[[decision]] has no 'socket'; there are: proxy, host, port, unix"),
        ("[rates]\nkeys = [1, 2]", "[rates] has no 'keys'; there are: key, account, denials, strangers, public"),
        ("[activity]\nyears = 7", "[activity] has no 'years'; there are: records, minutes, hours, days"),
        ("[activity]\nrecords = 0", "activity.records is a number of days, 1 to 36525, not 0"),
        ("[activity]\ndays = 36526", "activity.days is a number of days"),
        ("[activity]\nhours = true", "activity.hours is a number of days"),
        ("[activity]\nminutes = 1.5", "activity.minutes is a number of days"),
        ("[rates]\nkey = 50", "rates.key is [units a second, units at once], like [50, 200]"),
        ("[rates]\nkey = [50]", "rates.key is"),
        ("[rates]\nkey = [0, 1]", "rates.key is"),
        ("[rates]\nkey = [1, 1.5]", "rates.key is"),
        ("[rates]\nkey = [true, 1]", "rates.key is"),
        ("[rates]\nkey = [1, 1000001]", "rates.key is"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, words: str) -> None:
    """With the file's name before it, in one line."""
    with pytest.raises(Misconfigured, match=re.escape(words)) as raised:
        read(tmp_path, text)
    assert str(raised.value).startswith(str(tmp_path / "bitting.toml"))
    assert "\n" not in str(raised.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """One that is not there says how to make one; a folder, and bytes that are no text, say what they are."""
    with pytest.raises(Misconfigured, match=r"there is no .*bitting\.toml: write one with at least one \[\[mount\]\]"):
        Settings.from_file(tmp_path / "bitting.toml")
    with pytest.raises(Misconfigured, match="Is a directory"):
        Settings.from_file(tmp_path)
    (tmp_path / "bitting.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(Misconfigured, match="can't decode byte"):
        Settings.from_file(tmp_path / "bitting.toml")


@given(
    st.dictionaries(
        st.sampled_from(["listen", "mount", "decision", "rates"]),
        JSON
        | st.lists(st.dictionaries(st.sampled_from(["prefix", "dialect", "upstream", "facts", "port"]), JSON))
        | st.dictionaries(st.sampled_from(["host", "port", "trusted_proxies", "key", "account"]), JSON),
    )
)
def test_any_tables_are_read_or_refused(plain: dict[str, Any]) -> None:
    """Nothing but Misconfigured and Malformed comes of any file."""
    try:
        settings = Settings.from_plain(plain)
    except (Misconfigured, Malformed):
        return
    assert isinstance(settings, Settings)


VKEY = "witness.example+7195d29e+BAoQFhwiKC40OkBGTFJYXmRqcHZ8goiOlJqgpqyyuL7E"


def test_a_witness_is_named_by_url_and_key() -> None:
    """A path may stand behind the address; required is the default, and a CA is for https."""
    plain = {"witness": [{"url": "https://w.example:8790/one/", "vkey": VKEY, "ca": "/ca.pem"}]}
    [witness] = Settings.from_plain(plain).witnesses
    assert (witness.witness.name, witness.url, witness.prefix) == ("witness.example", "https://w.example:8790", "/one")
    assert witness.required
    assert witness.tls.ca == Path("/ca.pem")
    [away] = Settings.from_plain({"witness": [{"url": "http://[::1]:8790", "vkey": VKEY, "required": False}]}).witnesses
    assert (away.url, away.prefix, away.required) == ("http://[::1]:8790", "", False)


@pytest.mark.parametrize(
    ("witness", "words"),
    [
        ({"vkey": VKEY}, "url is missing"),
        ({"url": "http://w:1"}, "vkey is missing"),
        ({"url": "w:1", "vkey": VKEY}, "the url of a witness is written"),
        ({"url": "http://w:1/a?b", "vkey": VKEY}, "the url of a witness is written"),
        ({"url": "http://w:1", "vkey": VKEY.replace("BAo", "AQo")}, "type 4"),
        ({"url": "http://w:1", "vkey": VKEY, "ca": "/ca.pem"}, "asked with https"),
        ({"url": "http://w:1", "vkey": VKEY, "required": "no"}, "required is true or false"),
        ({"url": "http://w:1", "vkey": VKEY, "quorum": 2}, "has no 'quorum'"),
    ],
)
def test_a_witness_that_cannot_be_asked_is_refused(witness: dict[str, Any], words: str) -> None:
    """When the settings are read, and not when the house starts."""
    with pytest.raises((Malformed, Misconfigured), match=words):
        Settings.from_plain({"witness": [witness]})


def test_two_witnesses_have_two_names() -> None:
    """Else one's word would stand for the other's."""
    witness = {"url": "http://w:1", "vkey": VKEY}
    with pytest.raises(Misconfigured, match="have one name"):
        Settings.from_plain({"witness": [witness, witness]})


def test_where_people_come_in() -> None:
    """Nowhere, unless the table is there; and who may name their addresses is named one by one."""
    assert Settings.from_plain({}).manage is None
    assert Settings.from_plain({"manage": {}}).manage == ManageSettings()
    read = Settings.from_plain({"manage": {"host": "::1", "port": 1, "trusted_proxies": ["10.0.0.5"]}}).manage
    assert read == ManageSettings("::1", 1, trusted_proxies=Network.from_text(["10.0.0.5"]))
    for plain, why in (
        ({"unix": "/run/x"}, "has no 'unix'"),
        ({"trusted_proxies": ["anywhere"]}, "every client could choose its address"),
        ({"tls_key": "/etc/bitting/tls.key"}, "belong together"),
        ({"port": 65536}, "from 0 to 65535"),
    ):
        with pytest.raises(Misconfigured, match=why):
            Settings.from_plain({"manage": plain})


def test_where_people_sign_in_and_how_they_are_told() -> None:
    read = Settings.from_plain(
        {
            "people": {"url": "https://keys.example.com"},
            "mail": {
                "sender": "Bitting@Example.com",
                "server": "smtp.example.com",
                "port": 465,
                "tls": "tls",
                "user": "bitting",
                "password_file": "/etc/bitting/mail.password",
            },
        }
    ).people
    assert read.site.origin == "https://keys.example.com"
    assert read.mail == MailSettings(
        "bitting@example.com", "smtp.example.com", 465, "tls", "bitting", Path("/etc/bitting/mail.password")
    )
    least = Settings.from_plain({"mail": {"sender": "b@example.com", "server": "smtp.example.com"}}).people
    assert (least.site.origin, least.mail) == (
        "http://localhost:8701",
        MailSettings("b@example.com", "smtp.example.com", 587, "starttls", "", None),
    )
    assert Settings.from_plain({}).people.mail is None


@pytest.mark.parametrize(
    ("plain", "why"),
    [
        ({"people": {"url": "http://keys.example.com"}}, "not an origin"),
        ({"people": {"site": "x"}}, "has no 'site'"),
        ({"mail": {"sender": "bitting", "server": "s"}}, "e-mail address"),
        ({"mail": {"sender": "a@example.com\r\nBcc: b@example.com", "server": "s"}}, "e-mail address"),
        ({"mail": {"sender": "a@example.com"}}, "server is missing"),
        ({"mail": {"sender": "a@example.com", "server": "s", "tls": "ssl"}}, "starttls, tls or none"),
        ({"mail": {"sender": "a@example.com", "server": "smtp.example.com", "tls": "none"}}, "in clear"),
        ({"mail": {"sender": "a@example.com", "server": "s", "user": "u"}}, "belong together"),
        ({"mail": {"sender": "a@example.com", "server": "s", "port": 70_000}}, "port is a number"),
    ],
)
def test_what_people_could_not_be_told_by_is_refused(plain: dict[str, Any], why: str) -> None:
    with pytest.raises((Misconfigured, MalformedValue), match=why):
        Settings.from_plain(plain)
