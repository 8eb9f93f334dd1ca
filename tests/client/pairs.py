"""A key of each kind as its holder has it, and what the gate checks it with."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bitting.domain.credentials import Algorithm
from bitting_client import Key, SharedSecret, load_pem

KEY: Final = "bk_live_4mfjcpvbdfo6lrmiuyq2vqfyxu5qh2zd"
ED25519: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
P256: Final = ec.derive_private_key(7, ec.SECP256R1())
SECRET: Final = "6b" * 32
PEM: Final = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

PROOFS: Final[dict[Algorithm, tuple[Key, bytes]]] = {
    Algorithm.ED25519: (load_pem(ED25519.private_bytes(*PEM)), ED25519.public_key().public_bytes_raw()),
    Algorithm.ECDSA_P256: (
        load_pem(P256.private_bytes(*PEM)),
        P256.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
    ),
    Algorithm.HMAC_SHA256: (SharedSecret(SECRET), SECRET.encode()),
}
