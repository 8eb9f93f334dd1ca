"""A vector: one request as it goes over the wire, and what each stage has to make of it.

One folder a case: `request.http` (the bytes, CRLF and all), `case.json` and, where the request gets so far,
`signing_input.bin` (the bytes that are signed) and `signature.txt` (their genuine signature, as text).
`case.json` says where the case is from, what it shows, the secret (with `"mac_key": "base64"` where the MAC key is what
that decodes to, and else its text) or the public key, and what to expect:

    "no credential"   read gives None
    "malformed"       read raises MalformedRequest
    "bad signature"   check raises BadSignature
    "proven"          check returns; `actions` is then what the request wants, or "malformed", or "unmapped"
"""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode, urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from http_message_signatures.algorithms import ECDSA_P256_SHA256

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
        mac_key = b64decode(material) if case.get("mac_key") == "base64" else material
        made = hmac.digest(mac_key, claim.signing_input, algorithm.value.removeprefix("hmac-"))
        assert genuine in spellings(made)
    else:
        material = b64decode(case["public_key"])
        assert holds(algorithm, material, claim.signing_input, b64decode(genuine))
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


def spellings(made: bytes) -> tuple[str, ...]:
    """How dialects write a MAC: in hex, in base64, in base64url without padding, and its hex in base64."""
    written = (
        made.hex().encode(),
        b64encode(made),
        urlsafe_b64encode(made).rstrip(b"="),
        b64encode(made.hex().encode()),
    )
    return tuple(each.decode() for each in written)


def holds(algorithm: Algorithm, public_key: bytes, signed: bytes, signature: bytes) -> bool:
    """Whether a signature is genuine, by other code than the dialects'."""
    if algorithm is Algorithm.RSA_SHA256:
        key = load_der_public_key(public_key)
        assert isinstance(key, RSAPublicKey)
        # RFC 8017 section 9.2: 0, 1, as many 255 as there is room for, 0, and the digest with the name of its hash.
        ending = bytes.fromhex("003031300d060960864801650304020105000420") + hashlib.sha256(signed).digest()
        opened = pow(int.from_bytes(signature), key.public_numbers().e, key.public_numbers().n)
        return opened.to_bytes(key.key_size // 8) == b"\0\1".ljust(key.key_size // 8 - len(ending), b"\xff") + ending
    if algorithm is Algorithm.ECDSA_P256:
        point = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key)
        try:
            ECDSA_P256_SHA256(public_key=point).verify(signature, signed)  # type: ignore[no-untyped-call]
        except InvalidSignature:
            return False
        return True
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, signed)
    except InvalidSignature:
        return False
    return True


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
