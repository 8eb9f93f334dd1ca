"""AES-256-GCM against Wycheproof, and the sizes it refuses."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import Tampered
from bitting.vault.aead import Aead
from tests.vault.wycheproof import vectors

SUITE = "aes_gcm_test.json"


def _bytes(vector: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(vector[name]) for name in names]


def test_every_wycheproof_vector_of_our_sizes_gives_its_result() -> None:
    """Valid vectors seal and open to the bytes given; invalid ones are Tampered, all of them."""
    ours = [v for v in vectors(SUITE) if (v["keySize"], v["ivSize"], v["tagSize"]) == (256, 96, 128)]
    assert {v["result"] for v in ours} == {"valid", "invalid"}
    for vector in ours:
        key, nonce, associated, plain, ciphertext, tag = _bytes(vector, "key", "iv", "aad", "msg", "ct", "tag")
        aead = Aead(key)
        if vector["result"] == "valid":
            assert aead.seal(nonce, plain, associated) == ciphertext + tag, vector["tcId"]
            assert aead.open(nonce, ciphertext + tag, associated) == plain, vector["tcId"]
        else:
            with pytest.raises(Tampered):
                aead.open(nonce, ciphertext + tag, associated)


def test_every_wycheproof_vector_of_another_size_is_refused() -> None:
    """Shorter keys and other nonces, valid elsewhere, cannot be used here at all."""
    for vector in vectors(SUITE):
        key, nonce, associated, plain, ciphertext, tag = _bytes(vector, "key", "iv", "aad", "msg", "ct", "tag")
        if vector["keySize"] != 256:
            with pytest.raises(ValueError, match="32 bytes"):
                Aead(key)
        elif vector["ivSize"] != 96:
            with pytest.raises(ValueError, match="12 bytes"):
                Aead(key).seal(nonce, plain, associated)
            with pytest.raises(ValueError, match="12 bytes"):
                Aead(key).open(nonce, ciphertext + tag, associated)


@given(length=st.integers(0, 15))
def test_a_tag_cut_short_does_not_open(length: int) -> None:
    """GCM allows shorter tags; each bit less is half the work for a forger."""
    aead = Aead(bytes(32))
    sealed = aead.seal(bytes(12), b"", b"")
    with pytest.raises(Tampered):
        aead.open(bytes(12), sealed[:length], b"")
