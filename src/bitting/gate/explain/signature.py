"""Which known mistake in signing explains a signature that does not match.

Rule: this is no signing oracle. A signature that somebody made is held against a fixed list of mistakes, and only the
names of those that fit come out: never a signature, a MAC, a secret, or whether bytes of somebody's choice would fit
with another one. Nothing found here proves anything: what was signed wrongly stays refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

from bitting.dialects.dialect import Claim, Dialect
from bitting.dialects.signatures import mac
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BittingError, Tampered
from bitting.domain.request import Request

MOST_NAMED: Final = 3  # explanations; more than one fits only where two mistakes give the same bytes


class Suspect(NamedTuple):
    """A credential that may have made the signature: `name` is "" for the one that should have. `material` opens the
    secret, or gives the public key; it raises Tampered."""

    name: str
    algorithm: Algorithm
    material: Callable[[], bytes]


class Slips(NamedTuple):
    """What fits, each a few mistakes made together; and how many spellings were tried."""

    found: tuple[tuple[str, ...], ...]
    tried: int


def find(request: Request, claim: Claim, dialect: Dialect, suspects: Sequence[Suspect], prefix: bytes) -> Slips:
    """The mistakes that explain the signature: one if any does, else two together; none where nothing fits.

    `prefix` is the path that the operator chose for the mount, which clients must not sign.
    """
    signed = list(_distinct(_inputs(request, claim, dialect, prefix)))
    raw = _raw(claim.signature)
    written = list(_distinct(_spellings(claim.signature, raw)))
    tried = 0
    for depth in (1, 2):
        found: list[tuple[str, ...]] = []
        for attempt in _attempts(claim, dialect, suspects, signed, written, raw, depth):
            tried += 1
            if attempt.fits():
                found.append(attempt.mistakes)
        if found:
            return Slips(tuple(dict.fromkeys(found))[:MOST_NAMED], tried)
    return Slips((), tried)


class _Attempt(NamedTuple):
    mistakes: tuple[str, ...]
    fits: Callable[[], bool]


_Named = tuple[str, bytes]


def _attempts(
    claim: Claim,
    dialect: Dialect,
    suspects: Sequence[Suspect],
    signed: Sequence[_Named],
    written: Sequence[_Named],
    raw: Sequence[bytes],
    depth: int,
) -> Iterator[_Attempt]:
    """Everything that `depth` mistakes together could have made of it."""
    for suspect in suspects:
        for secret_slip, material in _distinct(_secrets(suspect, claim.wire_id)):
            base = tuple(filter(None, (suspect.name, secret_slip)))
            if len(base) > depth:
                continue
            for signed_slip, signing_input in signed:
                more = (*base, *filter(None, (signed_slip,)))
                if len(more) > depth:
                    continue
                for written_slip, signature in written:
                    mistakes = (*more, *filter(None, (written_slip,)))
                    if len(mistakes) == depth:
                        sent = claim._replace(signing_input=signing_input, signature=signature)
                        yield _Attempt(mistakes, _checks(dialect, sent, suspect.algorithm, material))
                if len(more) == depth - 1 and suspect.algorithm.shared:
                    yield from _other_hashes(more, raw, suspect.algorithm, material, signing_input)


def _checks(dialect: Dialect, claim: Claim, algorithm: Algorithm, material: bytes) -> Callable[[], bool]:
    def fits() -> bool:
        try:
            dialect.check(claim, algorithm, material)
        except BittingError:
            return False
        return True

    return fits


def _other_hashes(
    mistakes: tuple[str, ...], given: Sequence[bytes], right: Algorithm, material: bytes, signing_input: bytes
) -> Iterator[_Attempt]:
    for algorithm in Algorithm:
        if algorithm.shared and algorithm is not right:

            def fits(algorithm: Algorithm = algorithm) -> bool:
                made = mac(algorithm, material, signing_input)
                return any(hmac.compare_digest(made, each) for each in given)

            yield _Attempt((*mistakes, f"signed with {algorithm.value} in place of {right.value}"), fits)


def _inputs(request: Request, claim: Claim, dialect: Dialect, prefix: bytes) -> Iterator[_Named]:
    """The right bytes, and everything that may have been signed instead."""
    right = claim.signing_input
    yield "", right
    if prefix:
        try:
            whole = dialect.read(request._replace(target=prefix + request.target))
        except BittingError:
            whole = None
        if whole is not None:
            yield f"the path was signed with the gate's own prefix {prefix.decode()}", whole.signing_input
    for slip in dialect.slips(request, claim):
        yield slip.mistake, slip.signing_input
    yield "a line end was signed behind the bytes (`echo` adds one, `printf` does not)", right + b"\n"
    yield "a line end of Windows was signed behind the bytes", right + b"\r\n"
    for name in ("sha256", "sha384", "sha512"):
        digest = hashlib.new(name, right).digest()
        yield f"a {name} hash of the bytes was signed in place of the bytes", digest
        yield f"a {name} hash of the bytes, in hex, was signed in place of the bytes", digest.hex().encode()
    yield "the bytes were signed in base64", base64.b64encode(right)


def _secrets(suspect: Suspect, wire_id: str) -> Iterator[_Named]:
    """What checks the signature; and of a secret, what it may become on its way into a program."""
    try:
        secret = suspect.material()
    except Tampered:
        return
    yield "", secret
    if not suspect.algorithm.shared:
        return
    for name, other in (
        ("with a line end behind it (from a file, most likely)", secret + b"\n"),
        ("with a line end of Windows behind it", secret + b"\r\n"),
        ("with a space behind it", secret + b" "),
        ("with a space before it", b" " + secret),
        ("with quotation marks round it", b'"%b"' % secret),
        ("with single quotation marks round it", b"'%b'" % secret),
        ("in lower case", secret.lower()),
        ("in upper case", secret.upper()),
        ("without its last character", secret[:-1]),
        ("encoded in base64", base64.b64encode(secret)),
        ("encoded in hex", secret.hex().encode()),
    ):
        yield f"the secret was used {name}", other
    for name, read in (("base64", base64.b64decode), ("base64", base64.urlsafe_b64decode), ("hex", bytes.fromhex)):
        try:
            yield f"the secret was decoded from {name} before use", read(secret.decode())
        except (ValueError, binascii.Error):
            continue
    yield "the key id was used in place of the secret", wire_id.encode()
    yield "the secret was empty", b""
    for word in ("None", "null", "undefined"):
        yield f"the secret was the word {word}: a variable that was not set", word.encode()


def _spellings(given: bytes, raw: Sequence[bytes]) -> Iterator[_Named]:
    """The signature, in other encodings than it was sent in."""
    yield "", given
    for each in raw:
        plain, url = base64.b64encode(each), base64.urlsafe_b64encode(each)
        escaped = quote_from_bytes(plain, safe="").encode()
        for text in (each.hex().encode(), each.hex().upper().encode(), plain, escaped, url, url.rstrip(b"=")):
            yield "the signature is right, and in another encoding than this dialect's", text


def _raw(given: bytes) -> list[bytes]:
    """The bytes that the signature may stand for: from hex, from base64 of either alphabet, and from hex in base64."""
    found: list[bytes] = []
    for text in (given, unquote_to_bytes(given)):
        found += _decoded(text)
    for inner in list(found):
        found += _decoded(inner)
    return list(dict.fromkeys(found))


def _decoded(text: bytes) -> list[bytes]:
    found = []
    padded = text + b"=" * (-len(text) % 4)
    for read in (bytes.fromhex, base64.b64decode, base64.urlsafe_b64decode):
        try:
            found.append(read(text.decode("ascii") if read is bytes.fromhex else padded.decode("ascii")))
        except (ValueError, binascii.Error):
            continue
    return [each for each in found if each]


def _distinct(named: Iterable[_Named]) -> Iterator[_Named]:
    """Each value once, under its first name."""
    seen: set[bytes] = set()
    for name, value in named:
        if value not in seen:
            seen.add(value)
            yield name, value
