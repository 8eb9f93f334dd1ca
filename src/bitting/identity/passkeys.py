"""Passkeys and hardware keys: WebAuthn Level 3, checked by Duo's library, with what it leaves open decided here.

User verification is required, whatever a client asks for: a passkey is two factors because its holder was asked for a
PIN or a finger. Credentials are discoverable, so signing in begins without a name and there is no list of somebody's
credentials to be shown to a stranger. Attestation is neither asked for nor believed. Whatever is wrong with a response
is one answer to its sender.
"""

from __future__ import annotations

import base64
import hmac
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from bitting.domain.secret import Secret
from bitting.domain.user import User
from bitting.identity.identity import Site

CHALLENGE_BYTES: Final = 32
MOST_ID_BYTES: Final = 1_023  # WebAuthn section 5.1
_MOST_RESPONSE: Final = 64 * 1024
_REQUIRED: Final = UserVerificationRequirement.REQUIRED
_NAME: Final = "Bitting"

Response = Mapping[str, Any]


class NotVerified(Exception):
    """The response proves nothing."""


class Passkey(NamedTuple):
    """What is kept of one: its id and its public key, in COSE."""

    id: bytes
    public_key: bytes

    def to_secret(self) -> Secret:
        """To be sealed."""
        return Secret(len(self.id).to_bytes(2, "big") + self.id + self.public_key)

    @classmethod
    def from_secret(cls, kept: Secret) -> Passkey:
        """As it was sealed."""
        raw = kept.reveal()
        key_at = 2 + int.from_bytes(raw[:2], "big")
        return cls(raw[2:key_at], raw[key_at:])


class Claim(NamedTuple):
    """Who a response says it is from; proven by `verify` only."""

    passkey: bytes
    user_id: str


def options_to_make(site: Site, user: User, challenge: bytes, others: Sequence[Passkey]) -> dict[str, Any]:
    """What `navigator.credentials.create` is given. A key that has one of the person's passkeys makes no other."""
    options = generate_registration_options(
        rp_id=site.rp_id,
        rp_name=_NAME,
        user_id=uuid.UUID(user.id).bytes,
        user_name=user.name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(each.id) for each in others],
    )
    made: dict[str, Any] = json.loads(options_to_json(options))
    return made


def options_to_prove(site: Site, challenge: bytes) -> dict[str, Any]:
    """What `navigator.credentials.get` is given; the same for everybody."""
    options = generate_authentication_options(rp_id=site.rp_id, challenge=challenge, user_verification=_REQUIRED)
    made: dict[str, Any] = json.loads(options_to_json(options))
    return made


def make(site: Site, response: Response, challenge: bytes) -> tuple[Passkey, int]:
    """A new passkey, and how often it says it was used. Raises NotVerified."""
    _same_origin(response)
    try:
        made = verify_registration_response(
            credential=_copied(response),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception as problem:
        raise NotVerified from problem
    if len(made.credential_id) > MOST_ID_BYTES:
        raise NotVerified
    return Passkey(made.credential_id, made.credential_public_key), made.sign_count


def claimed(response: Response) -> Claim:
    """Whom to look for. Raises NotVerified."""
    try:
        handle = _decoded(response["response"]["userHandle"])
        return Claim(_decoded(response["id"]), str(uuid.UUID(bytes=handle)))
    except (LookupError, TypeError, ValueError, AttributeError) as problem:
        raise NotVerified from problem


def verify(site: Site, response: Response, challenge: bytes, passkey: Passkey, used: int) -> int:
    """Check a response against a passkey that was used `used` times; how often it says it was used now. A count that
    does not grow is a copy of the key. Raises NotVerified."""
    _same_origin(response)
    try:
        proven = verify_authentication_response(
            credential=_copied(response),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=max(used, 0),
            require_user_verification=True,
        )
    except Exception as problem:
        raise NotVerified from problem
    if not hmac.compare_digest(proven.credential_id, passkey.id):
        raise NotVerified
    return proven.new_sign_count


def _same_origin(response: Response) -> None:
    """Refuse what was asked for from inside of another site's page, which the library lets pass, and JSON that can be
    read in two ways."""
    try:
        raw = _decoded(response["response"]["clientDataJSON"])
        if len(raw) > _MOST_RESPONSE:
            raise NotVerified
        client = json.loads(raw, object_pairs_hook=_once)
        if client.get("crossOrigin", False) is not False or "topOrigin" in client:
            raise NotVerified
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as problem:
        raise NotVerified from problem


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a name stands twice")
    return read


def _copied(response: Response) -> dict[str, Any]:
    return {**response, "response": dict(response["response"])}


def _decoded(text: str) -> bytes:
    """base64url without padding, in the one spelling there is. Raises ValueError, TypeError."""
    raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != text.encode("ascii"):
        raise ValueError("another spelling")
    return raw
