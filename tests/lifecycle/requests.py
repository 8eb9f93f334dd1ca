"""What people ask of the house, with everything that is not the point filled in."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bitting.dialects import binance, bitfinex
from bitting.dialects.dialect import Dialect
from bitting.domain.consent import Consent
from bitting.domain.credentials import Algorithm
from bitting.domain.grants import NO_LIMITS
from bitting.domain.ids import Environment
from bitting.domain.network import Network
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy
from bitting.domain.secret import Secret
from bitting.lifecycle.issue import Issued, Proofs, import_key, issue
from bitting.lifecycle.rotate import rotate
from tests.lifecycle.work import NOW_MS, OPERATOR, TAG_KEY, House

BINANCE: Dialect = binance.DIALECT
BITFINEX: Dialect = bitfinex.DIALECT
HMAC = Proofs(Algorithm.HMAC_SHA256)
EXISTING = Secret(b"a secret that clients have already")
BROUGHT = HMAC._replace(secret=EXISTING)
DAY_MS = 86_400_000


def public_key(seed: int) -> bytes:
    """The public half of an Ed25519 pair."""
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32).public_key().public_bytes_raw()


ED25519 = Proofs(Algorithm.ED25519, public_key(1))
RSA = Proofs(
    Algorithm.RSA_SHA256,
    rsa.generate_private_key(65537, 2048).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
)


def policy(**changes: Any) -> Policy:
    """May place orders and read balances from one block of addresses, for 30 days."""
    plain: dict[str, Any] = {
        "label": "grid bot",
        "grants": {Permission.ORDERS_WRITE: NO_LIMITS, Permission.BALANCES_READ: NO_LIMITS},
        "network": Network.from_text(["203.0.113.0/24"]),
        "expires_at_ms": NOW_MS + 30 * DAY_MS,
    }
    return Policy(**(plain | changes))


def issued(
    house: House,
    wanted: Policy | None = None,
    proofs: Proofs = HMAC,
    *,
    dialect: Dialect = BINANCE,
    environment: Environment = Environment.LIVE,
    consent: Consent = OPERATOR,
) -> Issued:
    """Issue a key in the house's account."""
    given = wanted or policy()
    return house.do(lambda act: issue(act, house.account, dialect, environment, given, proofs, TAG_KEY), consent)


def imported(
    house: House,
    wire_id: str = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
    proofs: Proofs = BROUGHT,
    *,
    dialect: Dialect = BINANCE,
    environment: Environment = Environment.LIVE,
    consent: Consent = OPERATOR,
) -> Issued:
    """Import a key into the house's account."""
    return house.do(
        lambda act: import_key(act, house.account, dialect, environment, policy(), proofs, wire_id), consent
    )


def rotated(
    house: House,
    key_id: str,
    proofs: Proofs = HMAC,
    overlap_s: int = 3600,
    *,
    dialect: Dialect = BINANCE,
    expected: int | None = None,
    consent: Consent = OPERATOR,
) -> Issued:
    """Rotate a key."""
    return house.do(lambda act: rotate(act, key_id, dialect, proofs, overlap_s, expected=expected), consent)
