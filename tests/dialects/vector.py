"""A vector: one request as it goes over the wire, and what each stage has to make of it.

One folder a case: `request.http` (the bytes, CRLF and all), `case.json` and, where the request gets so far,
`signing_input.bin` (the bytes that are signed) and `signature.txt` (their genuine signature, as text).
`case.json` says where the case is from, what it shows, the secret or the public key, and what to expect:

    "no credential"   read gives None
    "malformed"       read raises MalformedRequest
    "bad signature"   check raises BadSignature
    "proven"          check returns; `actions` is then what the request wants, or "malformed", or "unmapped"
"""

import hmac
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bitting.dialects.dialect import Dialect
from bitting.domain.action import Action
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedRequest
from tests.dialects.raw_http import parse

FOLDER = Path(__file__).parent / "vectors"


def cases(dialect: str) -> list[Any]:
    """The folders of a dialect, each a parameter named after itself."""
    return [pytest.param(each, id=each.name) for each in sorted((FOLDER / dialect).iterdir())]


def walk(dialect: Dialect, folder: Path) -> None:
    """Take the case through every stage; the assertion that fails is the stage that is wrong."""
    case = json.loads((folder / "case.json").read_text())
    request = parse((folder / "request.http").read_bytes())

    if case["expect"] == "malformed":
        with pytest.raises(MalformedRequest):
            dialect.read(request)
        return
    claim = dialect.read(request)
    if case["expect"] == "no credential":
        assert claim is None
        return

    assert claim is not None
    assert claim.signing_input == (folder / "signing_input.bin").read_bytes()
    assert claim.wire_id == case["wire_id"]
    assert {"stamp_ns": claim.stamp_ns, "window_ns": claim.window_ns, "nonce": claim.nonce} == {
        name: case.get(name, 0) for name in ("stamp_ns", "window_ns", "nonce")
    }

    algorithm, genuine = Algorithm(case["algorithm"]), (folder / "signature.txt").read_text()
    if algorithm.shared:
        material = case["secret"].encode()
        assert genuine == hmac.digest(material, claim.signing_input, algorithm.value.removeprefix("hmac-")).hex()
    else:
        material = b64decode(case["public_key"])
        Ed25519PublicKey.from_public_bytes(material).verify(b64decode(genuine), claim.signing_input)
    if case["expect"] == "bad signature":
        with pytest.raises(BadSignature):
            dialect.check(claim, algorithm, material)
        return
    assert case["expect"] == "proven"
    dialect.check(claim, algorithm, material)

    if case["actions"] == "malformed":
        with pytest.raises(MalformedRequest):
            dialect.actions(request)
    elif case["actions"] == "unmapped":
        assert dialect.actions(request) is None
    else:
        assert [plain(each) for each in dialect.actions(request) or ()] == case["actions"]


def plain(action: Action) -> dict[str, Any]:
    """The action in JSON, without what it does not say."""
    said: dict[str, Any] = {
        "name": action.name,
        "kind": action.kind.value,
        "permission": action.permission and action.permission.value,
        "pair": action.pair and action.pair.to_text(),
    }
    if action.order is not None:
        said["order"] = {
            "pair": action.order.pair and action.order.pair.to_text(),
            "side": action.order.side.value,
            "amount": action.order.amount and str(action.order.amount),
            "price": action.order.price and str(action.order.price),
            "quote_amount": action.order.quote_amount and str(action.order.quote_amount),
            "reduce_only": action.order.reduce_only,
            "capped": action.order.capped,
        }
        if action.order.lowest is not None:
            said["order"]["lowest"] = str(action.order.lowest)
        if action.order.lowest is not None:
            said["order"]["lowest"] = str(action.order.lowest)
    if action.withdrawal is not None:
        amount = action.withdrawal.amount
        said["withdrawal"] = action.withdrawal._asdict() | {"amount": amount and str(amount)}
    return said
