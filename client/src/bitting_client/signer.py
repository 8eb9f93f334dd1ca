"""The signature of one request: method, whole URL, digest of the body (RFC 9530), time and nonce (RFC 9421)."""

from __future__ import annotations

import re
import secrets
import time
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from bitting_client.keys import Key

MOST_VALID_S: Final = 60
_URL: Final = re.compile(
    r"(https?)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[1-9][0-9]{0,4})?([/?][!-\"$-~]*)?(?:#.*)?", re.S
)
_KEY_ID: Final = re.compile(r"[A-Za-z0-9._~+/=:@-]{1,128}")
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


class NotSignable(ValueError):
    """The request cannot be signed; the text says what to change."""


class Signer:
    """Signs for one gate and one key.

    `base_url` is the gate as it is called: no other place is signed for, so that no redirect can have a request
    signed for itself. A signature is good for `valid_s` seconds from `clock` (seconds since 1970), which has to
    agree with the server's, and `nonce` makes 16 to 64 letters and digits, others each time.
    """

    def __init__(
        self,
        base_url: str,
        key_id: str,
        key: Key,
        *,
        valid_s: int = 30,
        clock: Callable[[], float] = time.time,
        nonce: Callable[[], str] = lambda: secrets.token_urlsafe(16),
    ) -> None:
        """Raises NotSignable for a URL, key id or time that is none."""
        if not 1 <= valid_s <= MOST_VALID_S:
            raise NotSignable(f"a signature is good for 1 to {MOST_VALID_S} seconds")
        if _KEY_ID.fullmatch(key_id) is None:
            raise NotSignable("a key id has 1 to 128 letters, digits or ._~+/=:@-")
        scheme, authority, path = _parts(base_url)
        if "?" in path:
            raise NotSignable("the gate's own URL has no query")
        self._below = f"{scheme}{authority}{path.rstrip('/')}/"
        self._key_id = key_id
        self._key = key
        self._valid_s = valid_s
        self._clock = clock
        self._nonce = nonce

    def __repr__(self) -> str:
        return f"Signer({self._below!r}, {self._key_id!r}, {self._key.algorithm})"

    def headers(self, method: str, url: str, body: bytes = b"") -> dict[str, str]:
        """The headers to add to a request that is sent exactly so. Raises NotSignable."""
        scheme, authority, target = _parts(url)
        uri = f"{scheme}{authority}{target}"
        if not uri.startswith(self._below):
            raise NotSignable(f"{uri.partition('?')[0]} does not lie below {self._below}: this signer is for that gate")
        if not (method.isascii() and method.isalpha() and method.isupper()):
            raise NotSignable(f"a method is in upper case, not {method!r}")
        covered = {"@method": method, "@authority": authority, "@target-uri": uri}
        headers = {}
        if body:
            headers["Content-Digest"] = covered["content-digest"] = f"sha-256=:{_base64(sha256(body).digest())}:"
        created = int(self._clock())
        names = " ".join(f'"{name}"' for name in covered)
        parameters = (
            f'({names});created={created};expires={created + self._valid_s};nonce="{self._nonce()}"'
            f';keyid="{self._key_id}";alg="{self._key.algorithm}"'
        )
        lines = [f'"{name}": {value}' for name, value in covered.items()]
        signed = "\n".join([*lines, f'"@signature-params": {parameters}']).encode("ascii")
        headers["Signature-Input"] = f"bitting={parameters}"
        headers["Signature"] = f"bitting=:{_base64(self._key.sign(signed))}:"
        return headers


def _parts(url: str) -> tuple[str, str, str]:
    """`https://`, the authority as it is signed (lower case, no default port), and path with query."""
    found = _URL.fullmatch(url)
    if found is None:
        raise NotSignable("a URL is http or https, a host, and a percent-encoded path; no user name stands in it")
    scheme, host, port, target = found[1], found[2].lower(), found[3] or "", found[4] or "/"
    if port == _DEFAULT_PORTS[scheme]:
        port = ""
    return f"{scheme}://", f"{host}{port}", target if target.startswith("/") else f"/{target}"


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")
