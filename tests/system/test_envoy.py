"""What only Envoy does: it shows bodies, and a configuration that lost the line must not let one pass unseen."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.signing import Key
from tests.system.proxies import Proxy, Stage
from tests.system.test_proxies import _in_body, _with_body, order

_SHOWS = "with_request_body: {max_request_bytes: 1048576, allow_partial_message: false, pack_as_bytes: false}"


def post(proxy: Proxy, key: Key, body: bytes) -> None:
    """Over HTTP/2, with a body whose length nobody announces."""
    target = order(key).split(b" ")[1].decode()
    words = ["curl", "-sS", "--http2-prior-knowledge", "-X", "POST", "-T", "-", "-H", f"X-MBX-APIKEY: {key.key_id}"]
    words += ["-H", "Content-Type: application/x-www-form-urlencoded", f"{proxy.url}{target}"]
    subprocess.run(words, input=body, capture_output=True, check=True, timeout=20)


def test_a_body_over_http2_is_seen(tmp_path: Path) -> None:
    """Though nothing announces it: what nobody signed does not pass."""
    with Stage("envoy", tmp_path) as stage:
        key = stage.issue("orders.write")
        post(stage.proxy, key, b"")
        post(stage.proxy, key, b"quantity=9")
        assert [each.body for each in stage.exchange.came] == [b""]


@pytest.mark.parametrize(
    "instead",
    [
        "with_request_body: {max_request_bytes: 8, allow_partial_message: true, pack_as_bytes: false}",
        "include_peer_certificate: false",
    ],
    ids=["a part", "none of it"],
)
def test_a_body_of_which_a_part_is_shown_does_not_pass(tmp_path: Path, instead: str) -> None:
    """Not one that is signed, and not one that stands beside a signed query."""
    with Stage("envoy", tmp_path, more={_SHOWS: instead}) as stage:
        key = stage.issue("orders.write")
        head, body = _in_body(key)
        for message in (_with_body(head, body), _with_body(order(key), b"quantity=9")):
            answer, came = stage.ask(message)
            assert (answer.reason, came) == ("body.unseen", [])
        answer, came = stage.ask(order(key))
        assert (answer.status, len(came)) == (200, 1)
