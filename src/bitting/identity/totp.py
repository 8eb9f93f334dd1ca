"""Six digits from an app: RFC 6238 with SHA-1 and steps of 30 seconds, which is what every app knows.

A code is accepted in its own step and in the one on either side, for clocks that drift, and once: whoever is given a
code that was used is given nothing. Digits are those of ASCII, six of them, and there is no other spelling: a reader
that is kinder than the table of used codes accepts one code twice (CVE-2025-55000).
"""

from __future__ import annotations

import base64
import hmac
import io
import re
from typing import Final
from urllib.parse import quote, urlencode

import segno

from bitting.domain.secret import Secret

SEED_BYTES: Final = 20  # RFC 4226 section 4, R6: 160 bits
STEP_MS: Final = 30_000
DRIFT: Final = 1
_CODE: Final = re.compile(r"[0-9]{6}", re.ASCII)
_ISSUER: Final = "Bitting"


def code_at(seed: Secret, step: int) -> str:
    """RFC 4226 section 5.3 over the number of the step."""
    mac = hmac.digest(seed.reveal(), step.to_bytes(8, "big"), "sha1")
    start = mac[-1] & 0x0F
    return f"{int.from_bytes(mac[start : start + 4], 'big') % 2**31 % 10**6:06}"


def step_of(seed: Secret, code: str, used: int, now_ms: int) -> int | None:
    """The step that the code is of, if it is of one that is not used yet. Every step is compared, whichever fits."""
    if _CODE.fullmatch(code) is None:
        return None
    now = now_ms // STEP_MS
    fitting = [step for step in range(now - DRIFT, now + DRIFT + 1) if hmac.compare_digest(code_at(seed, step), code)]
    return next((step for step in fitting if step > used), None)


def uri(seed: Secret, name: str) -> Secret:
    """What an app reads from a QR code (the Key URI format of Google Authenticator)."""
    secret = base64.b32encode(seed.reveal()).decode()
    query = urlencode({"secret": secret, "issuer": _ISSUER})
    return Secret(f"otpauth://totp/{quote(_ISSUER)}:{quote(name, safe='@')}?{query}".encode())


def qr_svg(uri: Secret) -> Secret:
    """The QR code, as SVG to be put into a page; nothing in it is loaded from anywhere."""
    picture = io.BytesIO()
    segno.make(uri.reveal().decode(), error="m").save(picture, kind="svg", xmldecl=False, svgns=True, scale=4)
    return Secret(picture.getvalue())
