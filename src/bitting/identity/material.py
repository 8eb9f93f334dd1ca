"""What proves a person, sealed: each authenticator's material is a box under the house's own key, bound to the user,
the authenticator and its kind. Taken to another row, it does not open there.
"""

from __future__ import annotations

from dataclasses import replace

from bitting.domain.canonical import framed
from bitting.domain.ids import new_id
from bitting.domain.secret import Secret
from bitting.domain.user import Authenticator, Factor, User
from bitting.lifecycle.act import Act
from bitting.lifecycle.ports import Work
from bitting.vault import boxes


def new_authenticator(act: Act, user_id: str, factor: Factor, label: str, material: Secret) -> Authenticator:
    """A fresh one, sealed for this user."""
    blank = Authenticator(new_id(act.now_ns, act.entropy), factor, label, b"", act.now_ms)
    return sealed_anew(act, user_id, blank, material)


def sealed_anew(act: Act, user_id: str, authenticator: Authenticator, material: Secret) -> Authenticator:
    """The same one with other material."""
    box = boxes.seal(act.work.house_key().key, material, _context(user_id, authenticator), act.entropy)
    return replace(authenticator, material=box)


def opened(work: Work, user: User, authenticator: Authenticator) -> Secret:
    """What was sealed. Raises Tampered, MalformedStored."""
    context = _context(user.id, authenticator)
    return Secret(boxes.SealedSecret.from_bytes(authenticator.material, work.house_key().key, context).open())


def _context(user_id: str, authenticator: Authenticator) -> bytes:
    return framed(
        b"bitting authenticator", user_id.encode(), authenticator.id.encode(), authenticator.factor.value.encode()
    )
