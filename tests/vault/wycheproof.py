"""The test vectors of the Wycheproof project (C2SP/wycheproof, Apache-2.0), as data.

They are read from the folder that `WYCHEPROOF_DIR` names, by default `../shared/data/wycheproof` from the
project's root. Where they are absent the test that asks for them fails, and says how to get them: a check of
cryptography that skips itself is worse than none.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

_DEFAULT = Path(__file__).parents[3] / "shared" / "data" / "wycheproof"


def vectors(name: str) -> list[dict[str, Any]]:
    """Every vector of `name` ("aes_gcm_test.json"), each with the fields of its group beside its own.

    `result` is `valid`, `invalid` or `acceptable`; bytes are hexadecimal text.
    """
    folder = Path(os.environ.get("WYCHEPROOF_DIR", _DEFAULT))
    try:
        suite = json.loads((folder / name).read_bytes())
    except FileNotFoundError:
        pytest.fail(
            f"{folder / name} is not there: git clone https://github.com/C2SP/wycheproof "
            "and set WYCHEPROOF_DIR to its folder testvectors_v1",
            pytrace=False,
        )
    found = [group | vector for group in suite["testGroups"] for vector in group.pop("tests")]
    assert len(found) == suite["numberOfTests"], f"{name} is not whole"
    return found
