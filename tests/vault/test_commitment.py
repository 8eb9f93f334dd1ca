"""The attack that the commitment in a box is there for, carried out.

AES-GCM does not commit to its key: for any two keys a ciphertext can be computed that opens under both, to
two plaintexts (Dodis, Grubbs, Ristenpart, Woodage: "Fast Message Franking", CRYPTO 2018). Here an insider who
knows two account keys makes one, so as to show one secret to one account and another to the other.
"""

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from bitting.domain.canonical import framed
from bitting.domain.errors import Tampered
from bitting.domain.secret import Secret
from bitting.vault.aead import Aead
from bitting.vault.boxes import SealedSecret
from bitting.vault.kdf import derive

CONTEXT = b"the same row, as both accounts see it"
SALT, NONCE = bytes(16), bytes(12)
ASSOCIATED = framed(b"\x01", CONTEXT)


def times(a: int, b: int) -> int:
    """Multiplication in GF(2^128) with the bit order of GCM (SP 800-38D section 6.3)."""
    product = 0
    for bit in range(127, -1, -1):
        if a >> bit & 1:
            product ^= b
        b = b >> 1 ^ (0xE1 << 120 if b & 1 else 0)
    return product


def inverse(a: int) -> int:
    """a^(2^128 - 2)."""
    result = 1 << 127
    for _ in range(127):
        a = times(a, a)
        result = times(result, a)
    return result


def encrypt_block(key: bytes, block: bytes) -> int:
    return int.from_bytes(Cipher(AES256(key), ECB()).encryptor().update(block), "big")  # GCM's own parts


def collide(first: bytes, second: bytes) -> bytes:
    """One block of ciphertext and its tag, valid under both keys for NONCE and ASSOCIATED."""
    blocks = [ASSOCIATED[at : at + 16].ljust(16, b"\x00") for at in range(0, len(ASSOCIATED), 16)]
    lengths = (8 * len(ASSOCIATED)).to_bytes(8, "big") + (8 * 16).to_bytes(8, "big")
    rest, squares = [], []
    for key in (first, second):
        hash_key = encrypt_block(key, bytes(16))
        known = 0
        for block in [*blocks, bytes(16), lengths]:  # the free block stands as zeros
            known = times(known ^ int.from_bytes(block, "big"), hash_key)
        rest.append(known ^ encrypt_block(key, NONCE + b"\x00\x00\x00\x01"))
        squares.append(times(hash_key, hash_key))
    # tag = rest + free * square has to be the same under both keys: one linear equation.
    free = times(rest[0] ^ rest[1], inverse(squares[0] ^ squares[1]))
    return free.to_bytes(16, "big") + (rest[0] ^ times(free, squares[0])).to_bytes(16, "big")


def test_a_ciphertext_made_for_two_keys_opens_under_one_at_most() -> None:
    """Bare GCM opens it twice, to two plaintexts; in a box, one key is refused, whichever it commits to."""
    accounts = [Secret(bytes([n]) * 32) for n in (1, 2)]
    derived = [derive(key.reveal(), SALT, framed(b"bitting box", b"\x01", CONTEXT), 64) for key in accounts]
    sealed = collide(derived[0][:32], derived[1][:32])
    first, second = (Aead(both[:32]).open(NONCE, sealed, ASSOCIATED) for both in derived)
    assert first != second

    for one, other in ((0, 1), (1, 0)):
        box = b"\x01" + SALT + derived[one][32:] + NONCE + sealed
        assert SealedSecret.from_bytes(box, accounts[one], CONTEXT).open() == (first, second)[one]
        with pytest.raises(Tampered):
            SealedSecret.from_bytes(box, accounts[other], CONTEXT)
