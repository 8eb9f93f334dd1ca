"""Where people sign in."""

from __future__ import annotations

import pytest

from bitting.domain.errors import MalformedValue
from bitting.identity.identity import Site


@pytest.mark.parametrize(
    ("text", "rp_id"),
    [
        ("https://keys.example.com", "keys.example.com"),
        ("https://keys.example.com:8443", "keys.example.com"),
        ("http://localhost:8701", "localhost"),
        ("http://localhost", "localhost"),
    ],
)
def test_a_site_is_an_origin(text: str, rp_id: str) -> None:
    assert Site.from_text(text).origin == text
    assert Site.from_text(text).rp_id == rp_id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "keys.example.com",
        "http://keys.example.com",
        "http://127.0.0.1:8701",
        "https://127.0.0.1",
        "https://[::1]",
        "https://keys.example.com/",
        "https://keys.example.com/console",
        "https://ada@keys.example.com",
        "https://KEYS.example.com",
        "https://keys.example.com:port",
        "https://k\N{LATIN SMALL LETTER E WITH ACUTE}ys.example.com",
        "ftp://keys.example.com",
        "https://",
        "https://keys.example.com?",
    ],
)
def test_what_browsers_would_not_call_a_secure_origin_is_none(text: str) -> None:
    with pytest.raises(MalformedValue, match="not an origin"):
        Site.from_text(text)
