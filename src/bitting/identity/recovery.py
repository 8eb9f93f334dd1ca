"""Codes on paper, for whoever has lost the app: ten, each good once, shown once.

A code has 80 bits of chance, so SHA-256 of it is enough to keep. All hashes are one sealed value in the user's row: a
code is used by writing the user anew without it, so of two who use it at the same moment one comes too late.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

from bitting.domain.ids import Entropy
from bitting.domain.secret import Secret

CODES: Final = 10
_BYTES: Final = 10
_HASH: Final = 32
_CODE: Final = re.compile(r"[a-z2-7]{4}(?:-?[a-z2-7]{4}){3}", re.ASCII)


def new_codes(entropy: Entropy) -> list[Secret]:
    """Ten codes, as people write them down: `abcd-efgh-ijkl-mnop`."""
    return [_spelled(base64.b32encode(entropy(_BYTES)).decode().lower()) for _ in range(CODES)]


def hashes(codes: list[Secret]) -> Secret:
    """What is kept of them."""
    return Secret(b"".join(map(_hash, codes)))


def is_shaped(text: str) -> bool:
    """Whether it is written as a code is."""
    return _CODE.fullmatch(text) is not None


def left(kept: Secret) -> int:
    """How many have not been used."""
    return len(kept.reveal()) // _HASH


def without(kept: Secret, text: str) -> Secret | None:
    """What is kept once this code is used; None when it is none of them."""
    if not is_shaped(text):
        return None
    wanted = _hash(_spelled(text.replace("-", "")))
    every = [kept.reveal()[at : at + _HASH] for at in range(0, len(kept.reveal()), _HASH)]
    others = [each for each in every if not hmac.compare_digest(each, wanted)]
    return Secret(b"".join(others)) if len(others) < len(every) else None


def _spelled(text: str) -> Secret:
    return Secret("-".join(text[at : at + 4] for at in range(0, len(text), 4)).encode())


def _hash(code: Secret) -> bytes:
    return hashlib.sha256(code.reveal()).digest()
