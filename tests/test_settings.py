"""Settings are read strictly, once, and what is wrong is said with the file, the name and what it should be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting import settings as module
from bitting.domain.errors import Malformed, Misconfigured
from bitting.domain.ids import Environment
from bitting.domain.network import Network
from bitting.gate.admission import Rates
from bitting.gate.rates import Rate
from bitting.settings import DEFAULT_PORT, DecisionSettings, MountSettings, Settings
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
    [mount] = settings.mounts
    assert (mount.environment, mount.facts, mount.port) == (Environment.TEST, "/house/facts?a=b", 8701)
    assert mount.url == "https://api.example.com/own"
    assert mount.observes


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
        ('a = "b"', "the file has no 'a'; there are: listen, mount, decision, rates"),
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
