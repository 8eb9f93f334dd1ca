"""The Ed25519 key that signs the journal's checkpoints, in a secret file of its own.

It stands apart from the root: who can sign the journal need not be able to open secrets, nor the reverse. The
32 bytes in the file are the private key of RFC 8032 section 5.1.5.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.kms.secret_file import SecretFile


def load_or_create_signing_key(
    path: Path, entropy: Callable[[int], bytes], kind: str = "checkpoint"
) -> Ed25519PrivateKey:
    """The key in the file, or a new one where there is none: verifiers then have to be given its public half. A
    witness's key is of kind `witness`, so that neither is ever taken for the other.

    Raises Misconfigured or Unavailable, as `SecretFile` does.
    """
    seed = SecretFile(path, kind).load_or_create(entropy)
    return Ed25519PrivateKey.from_private_bytes(seed.reveal())


def load_signing_key(path: Path) -> Ed25519PrivateKey:
    """The key in the file. Raises Misconfigured, as `SecretFile` does: a house that has a journal does not get a
    new key behind its verifiers' backs."""
    return Ed25519PrivateKey.from_private_bytes(SecretFile(path, "checkpoint").load().reveal())
