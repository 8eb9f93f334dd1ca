"""What a client signs with and what its signatures are checked with, for every algorithm there is."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bitting.dialects.dialect import Dialect
from bitting.domain.credentials import Algorithm
from bitting.domain.secret import Secret


def secret_pair(dialect: Dialect, algorithm: Algorithm, number: int = 0) -> tuple[Secret, bytes]:
    """What the client signs with, and what its signature is checked with: the same at every call, and another one for
    another number."""
    if algorithm.shared:
        secret = dialect.mint(lambda size: bytes(range(number, number + size)))
        return secret, secret.reveal()
    if algorithm is Algorithm.ED25519:
        seed = bytes(range(number, number + 32))
        return Secret(seed), Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    if algorithm is Algorithm.ECDSA_P256:
        point = ec.derive_private_key(7 + number, ec.SECP256R1()).public_key()
        return Secret((7 + number).to_bytes(32)), point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    pair = _rsa_pair(number)
    private = pair.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return Secret(private), pair.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@cache
def _rsa_pair(number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)
