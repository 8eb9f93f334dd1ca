"""Requests as people have them: byte for byte where a signature depends on it, and never repeated in an error."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.cli.pasted import MOST, Pasted, read
from bitting.domain.errors import MalformedValue

SECRET = "correct-horse-battery-staple"


def test_a_raw_request_is_kept_as_it_is() -> None:
    """Target undecoded, headers in their order, body to the byte."""
    head = b"POST /binance/api/v3/order?a=%2C HTTP/1.1\r\nHost: x\r\nX-MBX-APIKEY:  k \r\nX-MBX-APIKEY: l\r\n"
    raw = head + b'\r\n{"a": 1}\r\n '
    assert read(raw + b"\x00\xff") == Pasted(
        "POST",
        "",
        "/binance/api/v3/order?a=%2C",
        ("Host: x", "X-MBX-APIKEY:  k ", "X-MBX-APIKEY: l"),
        b'{"a": 1}\r\n \x00\xff',
    )


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (b"POST /a HTTP/1.1\nHost: x\n\nbody\n", b"body"),  # an editor's line end
        (b"POST /a HTTP/1.1\nHost: x\n\nbody", b"body"),
        (b"POST /a HTTP/1.1\nHost: x\nContent-Length: 5\n\nbody\n", b"body\n"),
        (b"POST /a HTTP/1.1\nHost: x\nContent-Length: 4\n\nbody\n", b"body"),
        (b"GET /a HTTP/1.1\nHost: x\n", b""),
        (b"GET /a HTTP/1.1\nHost: x\n\n", b""),
        (b"GET /a", b""),
    ],
)
def test_where_the_body_ends(raw: bytes, body: bytes) -> None:
    """Where its length says so; without one, a single line end at the end is the editor's."""
    assert read(raw).body == body


def test_a_whole_url_is_split() -> None:
    """What stands before the path is part of what some dialects sign."""
    assert read(b"GET https://api.example:8443/v1/a?b=c#d HTTP/1.1\n\n")[:3] == (
        "GET",
        "https://api.example:8443",
        "/v1/a?b=c",
    )
    assert read(b"GET https://api.example HTTP/1.1\n\n").target == "/"


CURL = r"""curl -X POST 'https://gate.example/bitfinex/v2/auth/w/order/submit' \
  -H 'bfx-apikey: k' --header "bfx-nonce: 1" --compressed -sS --max-time 5 \
  --data-raw '{"amount": "0.5", "note": "it'\''s"}'"""


def test_a_curl_command_is_read_as_a_shell_reads_it() -> None:
    """Quotes, continued lines, options that change nothing."""
    assert read(CURL.encode()) == Pasted(
        "POST",
        "https://gate.example",
        "/bitfinex/v2/auth/w/order/submit",
        ("bfx-apikey: k", "bfx-nonce: 1", "content-type: application/x-www-form-urlencoded"),
        b'{"amount": "0.5", "note": "it\'s"}',
    )


@pytest.mark.parametrize(
    ("words", "method", "target", "body", "headers"),
    [
        ("gate.example/a", "GET", "/a", b"", ()),
        ("--url http://gate.example/a -XDELETE", "DELETE", "/a", b"", ()),
        ("http://x/a -d a=1 -d b=2", "POST", "/a", b"a=1&b=2", ("content-type: application/x-www-form-urlencoded",)),
        ("http://x/a -G -d a=1", "GET", "/a?a=1", b"", ()),
        ("'http://x/a?z=0' --get --data a=1", "GET", "/a?z=0&a=1", b"", ()),
        ("http://x/a -G", "GET", "/a", b"", ()),
        ("http://x/a --json '{}' -A me", "POST", "/a", b"{}", ("content-type: application/json", "user-agent: me")),
        ("http://x/a --json={} -H 'Content-Type: x/y'", "POST", "/a", b"{}", ("Content-Type: x/y",)),
        ("-I http://x/a", "HEAD", "/a", b"", ()),
        (r"http://x/a --data-raw $'\u00e9\n\x41\q' -H a:b", "POST", "/a", "é\nAq".encode(), None),
        ("http://x/a --data-raw @not-a-file", "POST", "/a", b"@not-a-file", None),
    ],
)
def test_options_of_curl(words: str, method: str, target: str, body: bytes, headers: tuple[str, ...] | None) -> None:
    """As curl's manual says of each."""
    pasted = read(f"curl {words}".encode())
    assert (pasted.method, pasted.target, pasted.body) == (method, target, body)
    assert headers is None or pasted.headers == headers


def entry(url: str = "https://gate.example/binance/api/v3/order?a=b", **more: Any) -> dict[str, Any]:
    request = {"method": "POST", "url": url, "headers": [{"name": ":path", "value": "/"}, {"name": "A", "value": "b"}]}
    return {"startedDateTime": "2026-11-18T11:06:40.123Z", "request": {**request, **more}}


def har(*entries: object) -> bytes:
    return json.dumps({"log": {"entries": entries}}).encode()


def test_an_entry_of_a_har_file() -> None:
    """With the moment at which it was captured; the names that are HTTP/2's own are not headers."""
    for octets in (har(entry()), json.dumps(entry()).encode()):
        assert read(octets) == Pasted(
            "POST", "https://gate.example", "/binance/api/v3/order?a=b", ("A: b",), b"", "2026-11-18T11:06:40.123Z"
        )
    assert read(json.dumps(entry()["request"]).encode()).at == ""


def test_the_body_in_a_har_file() -> None:
    """As text, or in base64 where it says so."""
    assert read(har(entry(postData={"text": "é"}))).body == "é".encode()
    raw = base64.b64encode(b"\x00\xff").decode()
    assert read(har(entry(postData={"text": raw, "encoding": "base64"}))).body == b"\x00\xff"
    broken: list[dict[str, Any]] = [
        {"params": []},
        {"text": "é!", "encoding": "base64"},
        {"text": "!", "encoding": "base64"},
    ]
    for wrong in broken:
        with pytest.raises(MalformedValue):
            read(har(entry(postData=wrong)))


def test_one_of_several_is_chosen() -> None:
    """By its number or a piece of its URL; where that does not tell, they are listed, without what may be secret."""
    several = har(entry(f"https://x/a?key={SECRET}"), entry("https://x/b"), entry("https://x/bb"))
    assert read(several, "2").target == "/b"
    assert read(several, "/a").target.startswith("/a")
    for wanted in (None, "/b", "/nowhere", "9"):
        with pytest.raises(MalformedValue) as told:
            read(several, wanted)
        assert "1 POST /a, 2 POST /b, 3 POST /bb" in str(told.value)
        assert SECRET not in str(told.value)
    with pytest.raises(MalformedValue, match="and 5 more"):
        read(har(*[entry()] * 25))


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"hello " + SECRET.encode(),
        b"POST",
        b"POST relative HTTP/1.1\n\n",
        b"GET http://[ HTTP/1.1\n\n",
        f"GET /a HTTP/1.1\n{SECRET}\n\n".encode(),
        f"curl -H 'a: {SECRET}".encode(),
        f"curl -H 'a: {SECRET}'".encode(),
        f"curl http://x/a http://x/{SECRET}".encode(),
        b"curl http://x/a --proxy-insecure",
        b"curl http://x/a -Z",
        b"curl http://x/a -H",
        b"curl http://x/a -d @secret.json",
        b"curl \xff",
        b"{" + SECRET.encode(),
        b'{"log": {}}',
        b'{"log": {"entries": [{}]}}',
        b'{"log": {"entries": [7]}}',
        b'{"log": {"entries": []}}',
        b'{"a":' * 100_000,
        b'{"\xff": 1}',
    ],
)
def test_what_is_no_request_is_refused_and_not_repeated(wrong: bytes) -> None:
    """The words say what is wanted; what was pasted may hold a secret."""
    with pytest.raises(MalformedValue) as told:
        read(wrong)
    assert SECRET not in str(told.value)


def test_only_a_har_file_has_entries_and_nothing_is_endless() -> None:
    """Two more things that are said at once."""
    with pytest.raises(MalformedValue, match="--entry"):
        read(b"GET /a HTTP/1.1\n\n", "1")
    with pytest.raises(MalformedValue, match="MB"):
        read(bytes(MOST + 1))


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.sampled_from([b"curl ", b"GET / HTTP/1.1\n", b"{"]).flatmap(
        lambda start: st.binary().map(lambda rest: start + rest)
    )
)
def test_any_bytes_are_a_request_or_refused(octets: bytes) -> None:
    """Nothing else is raised, and what comes out can be sent to the desk."""
    try:
        pasted = read(octets)
    except MalformedValue:
        return
    assert json.loads(json.dumps(pasted.form()))["target"].startswith("/")
