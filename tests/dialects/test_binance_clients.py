"""Unmodified ccxt 4.5.90 and binance-connector 3.13.0, live: what they sign holds; refusals end in the right error."""

from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bitting.dialects.binance import DIALECT
from bitting.domain.action import Kind
from bitting.domain.credentials import Algorithm
from bitting.domain.request import Reply, Request
from bitting.domain.verdict import Denied, Reason
from tests.dialects.loopback import run_client, serving

KEY = "bk_live_4mfjcpvbdfo6lrmiuyq2vqfyxu5qh2zd"
SECRET = "ab" * 32
# RFC 8032 section 7.1, TEST 1
PAIR = Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
PEM = PAIR.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
RSA = {bits: rsa.generate_private_key(65537, bits) for bits in (2048, 4096)}


def rsa_proof(pair: rsa.RSAPrivateKey) -> tuple[Algorithm, str, bytes]:
    pem = pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    material = pair.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Algorithm.RSA_SHA256, pem, material


# What a client is given for a secret, and what its signatures are checked with.
PROOFS: Final = {
    "hmac": (Algorithm.HMAC_SHA256, SECRET, SECRET.encode()),
    "ed25519": (Algorithm.ED25519, PEM, PAIR.public_key().public_bytes_raw()),
    "rsa 2048": rsa_proof(RSA[2048]),
    "rsa 4096": rsa_proof(RSA[4096]),
}

# The kinds of action that each call of clients/binance_*.py wants, in order.
CALLS: Final = {
    "binance_ccxt": {
        "balance": [Kind.READ],
        "limit": [Kind.ORDER],
        "market": [Kind.ORDER],
        "cost": [Kind.ORDER],
        "stop limit": [Kind.ORDER],
        "stop market": [Kind.ORDER],
        "test": [Kind.READ],
        "edit": [Kind.ORDER],
        "list": [Kind.ORDER, Kind.ORDER],
        "margin": [Kind.ORDER, Kind.CHANGE],
        "cancel": [Kind.CANCEL],
        "cancel all": [Kind.CANCEL],
        "open orders": [Kind.READ],
        "own trades": [Kind.READ],
        "swap": [Kind.ORDER],
        "swap stop": [Kind.ORDER],
        "swap batch": [Kind.ORDER, Kind.ORDER],  # signed and sent unencoded, as the next but one
        "swap edit": [Kind.ORDER],
        "swap cancel batch": [Kind.CANCEL],
        "positions": [Kind.READ],
        "leverage": [Kind.CHANGE],
        "swap balance": [Kind.READ, Kind.READ],
        "transfer": [Kind.CHANGE],
        "withdraw": [Kind.WITHDRAWAL],  # unencoded, too, and so are sub-accounts and earn
        "gift": [Kind.WITHDRAWAL],
        "sub-accounts": [Kind.READ],
        "to sub-account": [Kind.WITHDRAWAL],
        "earn": [Kind.CHANGE],
        "permissions": [Kind.SELF_READ],
        "revoke": [Kind.SELF_REVOKE],
    },
    "binance_connector": {
        "balance": [Kind.READ],
        "limit": [Kind.ORDER],
        "market": [Kind.ORDER],
        "test": [Kind.READ],
        "replace": [Kind.ORDER],
        "oco": [Kind.ORDER, Kind.ORDER],
        "oto": [Kind.ORDER, Kind.ORDER],
        "otoco": [Kind.ORDER, Kind.ORDER],
        "cancel": [Kind.CANCEL],
        "cancel all": [Kind.CANCEL],
        "open orders": [Kind.READ],
        "own trades": [Kind.READ],
        "margin oco": [Kind.ORDER, Kind.ORDER],
        "dust": [Kind.CHANGE],
        "transfer": [Kind.CHANGE],
        "withdraw": [Kind.WITHDRAWAL],
        "sub-accounts": [Kind.READ],
        "permissions": [Kind.SELF_READ],
    },
}

# The ccxt error that each reason ends in, the same whether the client has had a success or not.
ERRORS: Final = {
    Reason.MALFORMED: "BadRequest",
    Reason.BODY_UNSEEN: "BadRequest",
    Reason.STRANGER_RATE: "DDoSProtection",
    Reason.NOT_PROVEN: "AuthenticationError",
    Reason.TIME_STALE: "InvalidNonce",
    Reason.TIME_AHEAD: "InvalidNonce",
    Reason.TIME_FLOOR: "InvalidNonce",
    Reason.REPLAYED: "InvalidNonce",
    Reason.NONCE_LOW: "InvalidNonce",
    Reason.NONCE_AHEAD: "InvalidNonce",
    Reason.REVOKED: "AuthenticationError",
    Reason.EXPIRED: "AuthenticationError",
    Reason.HELD: "PermissionDenied",
    Reason.ACCOUNT_HELD: "PermissionDenied",
    Reason.HOUSE_HELD: "PermissionDenied",
    Reason.NETWORK: "PermissionDenied",
    Reason.UNMAPPED: "PermissionDenied",
    Reason.PERMISSION: "PermissionDenied",
    Reason.HOUSE_FORBIDS: "PermissionDenied",
    Reason.PAIR: "PermissionDenied",
    Reason.WITHDRAWAL_NETWORK: "PermissionDenied",
    Reason.WITHDRAWAL_HMAC: "PermissionDenied",
    Reason.WITHDRAWAL_ADDRESS: "PermissionDenied",
    Reason.WITHDRAWALS_WAIT: "PermissionDenied",
    Reason.WITHDRAWAL_WAITING: "PermissionDenied",
    Reason.ORDER_SIZE: "PermissionDenied",
    Reason.ORDER_VALUE: "PermissionDenied",
    Reason.ORDER_PRICE: "PermissionDenied",
    Reason.ORDERS_OPEN: "PermissionDenied",
    Reason.DAILY_TOTAL: "PermissionDenied",
    Reason.WITHDRAWAL_TOTAL: "PermissionDenied",
    Reason.ORDER_RATE: "DDoSProtection",
    Reason.KEY_RATE: "DDoSProtection",
    Reason.ACCOUNT_RATE: "DDoSProtection",
    Reason.DENIAL_RATE: "DDoSProtection",
    Reason.UPSTREAM_DOWN: "ExchangeNotAvailable",
    Reason.UPSTREAM_UNKNOWN: "RequestTimeout",
    Reason.UNAVAILABLE: "ExchangeNotAvailable",
}
RETRIED: Final = {"InvalidNonce", "DDoSProtection", "ExchangeNotAvailable", "RequestTimeout"}


@pytest.mark.parametrize("kind", PROOFS)
@pytest.mark.parametrize("client", CALLS)
def test_what_a_client_signs_is_proven_and_understood(client: str, kind: str) -> None:
    """Each call arrives as one request, which holds under the client's key and wants what was called for."""
    came: list[Request] = []
    algorithm, secret, proof = PROOFS[kind]

    def take(request: Request) -> Reply:
        came.append(request)
        return Reply(200, ((b"content-type", b"application/json"),), b"{}")

    with serving(take) as url:
        made = run_client(client, "calls", url, KEY, secret)

    calls = dict(CALLS[client])
    assert list(made) == list(calls)
    if client == "binance_connector" and not algorithm.shared:
        del calls["sub-accounts"]  # where it joins the signature to the address itself, it takes bytes for text
    assert len(came) == len(calls)
    for request, wanted in zip(came, calls.values(), strict=True):
        claim = DIALECT.read(request)
        assert claim is not None
        assert claim.wire_id == KEY
        DIALECT.check(claim, algorithm, proof)
        actions = DIALECT.actions(request)
        assert actions is not None
        assert [each.kind for each in actions] == wanted


def refused(client: str) -> Any:
    """By the name of each reason: what the client ends in when a gate refuses for it."""

    def refuse(asked: Request) -> Reply:
        name = asked.target.split(b"/")[1].decode()
        if name == "success":
            return Reply(200, ((b"content-type", b"application/json"),), b"{}")
        return DIALECT.refuse(Denied(Reason[name], "0.5 BTC", retry_after_ms=1500), "req-7")

    with serving(refuse) as url:
        return run_client(client, "errors", url, *(each.name for each in Reason))


def test_each_reason_ends_in_the_right_error_of_ccxt() -> None:
    """Every reason of the gate has a row. Callers of ccxt retry a NetworkError and stop at an ExchangeError: limits
    and rights are of the second kind. The text names the request, also where ccxt cuts the body down to `msg`."""
    errors = refused("binance_ccxt")
    assert {name: [fresh[1], later[1]] for name, (fresh, later) in errors.items()} == {
        reason.name: [name, name] for reason, name in ERRORS.items()
    }
    for text, name, *ancestors in (each for both in errors.values() for each in both):
        assert ("NetworkError" in ancestors) is (name in RETRIED)
        assert ("ExchangeError" in ancestors) is (name not in RETRIED)
        assert "req-7" in text


def test_each_reason_ends_in_an_error_of_binance_connector() -> None:
    """It has two classes, by the status, and shows code, text and wait."""
    for name, (text, kind, *_) in refused("binance_connector").items():
        assert kind == ("ServerError" if Reason[name].answer.value == "unavailable" else "ClientError")
        assert "req-7" in text
        assert Reason[name].code in text
