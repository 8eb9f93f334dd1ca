"""What clients are known to sign by mistake: each slip is the base that such a client would have signed."""

import re
from typing import Final

import pytest

from bitting.dialects.dialect import Claim, Draft
from bitting.dialects.native import DIALECT
from bitting.dialects.native_proof import content_digest
from bitting.domain.credentials import Algorithm
from bitting.domain.request import Request
from bitting.domain.secret import Secret

BODY: Final = b'{"symbol": "BTC-USDT", "amount": "0.01"}'

AS_SENT: Final = "host and URL are as sent, not in lower case and without the default port"


def asked(body: bytes = BODY) -> tuple[Request, Claim]:
    """A genuine request to http://api.example.com/native/orders?x=1."""
    draft = Draft(b"POST", b"/orders?x=1", body, b"http://api.example.com/native")
    signed = DIALECT.sign(draft, "bk_live_x", Algorithm.HMAC_SHA256, Secret(b"k" * 64), 1_795_000_000 * 10**9)
    request = signed._replace(headers=((b"host", b"API.example.com:80"), *signed.headers), base=b"/native")
    claim = DIALECT.read(request)
    assert claim is not None
    return request, claim


def slips(body: bytes = BODY) -> dict[str, bytes]:
    return {slip.mistake: slip.signing_input for slip in DIALECT.slips(*asked(body))}


@pytest.mark.parametrize(
    ("mistake", "right", "wrong"),
    [
        ("@target-uri begins with https", "http://api.example.com/native", "https://api.example.com/native"),
        ("@target-uri is without the query", "/orders?x=1", "/orders"),
        ("@target-uri ends in a question mark", "/orders?x=1", "/orders?x=1?"),
        ("@target-uri is only path and query", "http://api.example.com/native/orders", "/native/orders"),
        ("@target-uri is only the path", "http://api.example.com/native/orders?x=1", "/native/orders"),
        ("@target-uri is without the mount's path", "com/native/orders", "com/orders"),
        ("@target-uri is only path and query, without the mount's path", "http://api.example.com/native", ""),
        ("@target-uri is without scheme", "http://", ""),
        ("@target-uri has a slash at its end", "/orders?x=1", "/orders?x=1/"),
        ("@target-uri has the default port", "com/native", "com:80/native"),
        ("@authority has the default port", "api.example.com\n", "api.example.com:80\n"),
        ("@authority is the Host header as sent", "api.example.com\n", "API.example.com:80\n"),
        ("@authority has the scheme", '"@authority": ', '"@authority": http://'),
        (AS_SENT, "api.example.com", "API.example.com:80"),
        ("the URL has the host as sent, not in lower case", "//api.example.com", "//API.example.com:80"),
        ("@method is in lower case", "POST", "post"),
        ("the line of @authority is missing", '"@authority": api.example.com\n', ""),
        ("@signature-params has the label of Signature-Input", "-params\": (", "-params\": bitting=("),
        ("@signature-params has a space behind each semicolon", ";", "; "),
        ("a line end stands behind the last line", "$", "\n"),
        ("lines end in CR LF", "\n", "\r\n"),
        ("the body stands behind the last line", "$", "\n" + BODY.decode()),
        ("content-digest is without the name of its hash", "sha-256=:", ":"),
    ],
)  # fmt: skip
def test_a_slip_is_what_such_a_client_signs(mistake: str, right: str, wrong: str) -> None:
    """The genuine base with this one change."""
    _, claim = asked()
    base = claim.signing_input.decode()
    expected = base + wrong if right == "$" else base.replace(right, wrong)
    assert slips()[mistake].decode() == expected


def test_the_parameters_written_wrong() -> None:
    """Their last line alone differs."""
    found = {name: base.rpartition(b"\n")[2].decode() for name, base in slips().items() if "signature-params" in name}
    digest = '"content-digest"'
    assert found["@signature-params is without the covered parts"].startswith('"@signature-params": created=')
    assert found["@signature-params is without the parameters"].endswith(f"{digest})")
    assert re.search(r"nonce=\d+;keyid=bk_live_x;", found["@signature-params has its strings without quotes"])
    assert (
        "(@method @authority @target-uri content-digest);"
        in found["@signature-params has the covered parts without quotes"]
    )
    assert (
        '("@method", "@authority", "@target-uri", ' in found["@signature-params has commas between the covered parts"]
    )


def test_the_lines_in_every_other_order() -> None:
    """Twenty-three of them, each under its name."""
    orders = [name for name in slips() if name.startswith("the lines stand in another order")]
    assert len(orders) == 23
    assert "the lines stand in another order: @authority, @method, @target-uri, content-digest" in orders


def test_a_digest_of_the_body_in_another_spelling() -> None:
    """Signed before it was written in the form that was sent."""
    compact = content_digest(b'{"symbol":"BTC-USDT","amount":"0.01"}')
    assert compact in slips()["content-digest was made of the body without white space"]


def test_without_a_body_nothing_is_said_of_one() -> None:
    """Nor of anything that is not there: what is right is no slip."""
    _, claim = asked(b"")
    found = slips(b"")
    assert not any("digest" in name or "body" in name for name in found)
    assert claim.signing_input not in found.values()
    assert "@authority is without the port" not in found
