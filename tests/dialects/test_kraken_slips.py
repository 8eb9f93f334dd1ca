"""What Kraken clients sign by mistake is told to the key's owner."""

import hashlib
from base64 import b64encode
from typing import Final

import pytest

from bitting.dialects.kraken_slips import slips

PATH: Final = b"/0/private/AddOrder"
NONCE: Final = b"1795265494041"
BODY: Final = b"nonce=1795265494041&price=%2B5%25&pair=XBTUSD"
LATER: Final = b"1795265494043"


def sha(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


MADE: Final = [
    (PATH + sha(NONCE + BODY).hex().encode(), "the hash was signed in hexadecimal, not as its bytes"),
    (PATH + b64encode(sha(NONCE + BODY)), "the hash was signed in base64, not as its bytes"),
    (PATH + NONCE + BODY, "nonce and body were signed as they are, not hashed"),
    (PATH + sha(BODY), "the nonce is missing before the body in the hash"),
    (PATH + sha(BODY + NONCE), "the nonce stands behind the body in the hash"),
    (PATH + sha(NONCE), "the body is missing in the hash"),
    (sha(NONCE + BODY), "the path is missing"),
    (sha(NONCE + BODY) + PATH, "the path stands behind the hash"),
    (b"/private/AddOrder" + sha(NONCE + BODY), "`/0` is missing before the path"),
    (b"0/private/AddOrder" + sha(NONCE + BODY), "a slash is missing before the path"),
    (b"AddOrder" + sha(NONCE + BODY), "only the last part of the path was signed"),
    (PATH + b"/" + sha(NONCE + BODY), "the path was signed with a slash at its end"),
    (b"https://api.kraken.com" + PATH + sha(NONCE + BODY), "the host stands before the path"),
    (
        PATH + sha(NONCE + b"nonce=1795265494041&pair=XBTUSD&price=%2B5%25"),
        "the body was signed with its parameters sorted",
    ),
    (
        PATH + sha(NONCE + b"nonce=1795265494041&price=+5%&pair=XBTUSD"),
        "the body was signed before it was percent-encoded",
    ),
    (PATH + sha(LATER + BODY), "the nonce was made twice: a later one was hashed"),
    (
        PATH + sha(LATER + BODY.replace(NONCE, LATER)),
        "the request was made twice: one with a later nonce was signed",
    ),
    (PATH + sha(b"1795265494039" + BODY), "the nonce was made twice: an earlier one was hashed"),
]


@pytest.mark.parametrize(("signed", "mistake"), MADE, ids=[mistake for _, mistake in MADE])
def test_a_slip_is_known_by_what_it_signed(signed: bytes, mistake: str) -> None:
    """The first that signs these bytes is the one that is told."""
    assert next(slip.mistake for slip in slips(PATH, NONCE, BODY) if slip.signing_input == signed) == mistake


def test_json_is_respelled_too() -> None:
    """A client that signs one dump of its object and sends another."""
    sent = b'{"nonce": "1795265494041", "pair": "XBTUSD"}'
    signed = PATH + sha(NONCE + sent.replace(b" ", b""))
    assert "the body was signed without white space" in [
        slip.mistake for slip in slips(PATH, NONCE, sent) if slip.signing_input == signed
    ]
