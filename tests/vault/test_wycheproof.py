"""The loader of the vectors itself."""

from pathlib import Path

import pytest

from tests.vault.wycheproof import vectors


def test_absent_vectors_fail_the_test_and_say_how_to_get_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the vectors a test fails in one line; it does not pass and does not skip."""
    monkeypatch.setenv("WYCHEPROOF_DIR", str(tmp_path))
    with pytest.raises(pytest.fail.Exception, match=r"git clone .* WYCHEPROOF_DIR") as failure:
        vectors("aes_gcm_test.json")
    assert "\n" not in str(failure.value)


def test_every_vector_carries_the_fields_of_its_group() -> None:
    """A vector can be judged alone: sizes of the group and bytes of the vector stand together."""
    assert all({"keySize", "ivSize", "tagSize", "key", "iv", "result"} <= set(v) for v in vectors("aes_gcm_test.json"))
