"""HKDF-SHA256 against Wycheproof."""

import pytest

from bitting.vault.kdf import derive
from tests.vault.wycheproof import vectors


def test_every_wycheproof_vector_gives_its_result() -> None:
    """Valid vectors derive the bytes given; what RFC 5869 cannot give raises."""
    suite = vectors("hkdf_sha256_test.json")
    assert {v["result"] for v in suite} == {"valid", "invalid"}
    for vector in suite:
        key, salt, info, derived = (bytes.fromhex(vector[name]) for name in ("ikm", "salt", "info", "okm"))
        if vector["result"] == "valid":
            assert derive(key, salt, info, vector["size"]) == derived, vector["tcId"]
        else:
            with pytest.raises(ValueError, match="larger"):
                derive(key, salt, info, vector["size"])
