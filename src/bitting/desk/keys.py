"""The desk's intents about keys."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

from bitting.desk.desk import Desk, Intent
from bitting.desk.form import PAGE, Form, duration_ms
from bitting.desk.policies import edited_policy, new_policy
from bitting.desk.ports import Shelf
from bitting.desk.usage import usage_view
from bitting.desk.views import key_views
from bitting.dialects.dialect import Dialect
from bitting.dialects.public_keys import read_public_key
from bitting.domain.consent import Consent
from bitting.domain.credentials import Algorithm, NonceMode
from bitting.domain.errors import MalformedValue
from bitting.domain.holds import Hold
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.secret import Secret
from bitting.lifecycle import edit, hold, issue, revoke, rotate
from bitting.lifecycle.act import Act
from bitting.lifecycle.issue import Issued, Proofs

E = TypeVar("E", bound=Enum)


async def issue_key(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """A new key. The reply holds its secret, once."""
    account, dialect, environment, proofs = await _begin(desk, form)
    policy = new_policy(form, desk.counted_from_ms)
    form.end()
    issued = await desk.act(
        consent,
        lambda act: issue.issue(act, account, dialect, environment, policy, proofs, desk.tag_key),
    )
    return await _issued(desk, issued)


async def import_key(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """A key that clients use already, with its foreign key id."""
    account, dialect, environment, proofs = await _begin(desk, form)
    wire_id = form.text("key_id")
    if form.has("secret"):
        proofs = proofs._replace(secret=Secret(form.text("secret").encode()))
    policy = new_policy(form, desk.counted_from_ms)
    form.end()
    issued = await desk.act(
        consent,
        lambda act: issue.import_key(act, account, dialect, environment, policy, proofs, wire_id),
    )
    return await _issued(desk, issued)


async def list_keys(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """All keys, or an account's, oldest first: the next `most` behind the id `after`, and `next` where there are
    more."""
    name, after, most = form.maybe("account"), form.text("after", ""), form.number("most", PAGE, least=1, most=PAGE)
    form.end()

    def look(shelf: Shelf) -> dict[str, Any]:
        account = None if name is None else shelf.find_account(name).id
        keys, damaged, last = shelf.listed(account, after, most)
        said = {"keys": key_views(shelf, keys, desk.freeze, desk.now_ms), "damaged": damaged}
        return said if last is None else {**said, "next": last}

    return await desk.book.read(look)


async def show_key(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """One key, with what it was used for."""
    key = await _find(desk, form)
    form.end()
    now_ns = desk.clock.now_ns()
    return {**await _view(desk, key), **await desk.book.read(lambda shelf: usage_view(desk, shelf, key, now_ns))}


async def edit_key(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Change label, grants, network or expiry."""
    key = await _find(desk, form)
    policy = edited_policy(key.policy, form, desk.counted_from_ms)
    expected = form.number("if_version", key.version)
    form.end()
    after = await desk.act(consent, lambda act: edit.edit(act, key.id, policy, expected=expected))
    return await _view(desk, after)


async def rotate_key(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """A new secret or key pair under the same key id; the old one works until its overlap ends."""
    key = await _find(desk, form)
    overlap_s = duration_ms(form.text("overlap", "1h")) // 1000
    dialect = desk.dialect(key.dialect)
    proofs = _proofs(form, key.primary.algorithm, key.primary.nonce_mode)
    form.end()
    issued = await desk.act(consent, lambda act: rotate.rotate(act, key.id, dialect, proofs, overlap_s))
    return await _issued(desk, issued)


async def roll_back_key(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Back to the secret before the rotation, while its overlap lasts."""
    key = await _find(desk, form)
    form.end()
    return await _view(desk, await desk.act(consent, lambda act: rotate.roll_back(act, key.id)))


def _step(make: Callable[[Act, str], Key]) -> Intent:
    """An intent that only names a key."""

    async def intent(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
        key = await _find(desk, form)
        form.end()
        return await _view(desk, await desk.act(consent, lambda act: make(act, key.id)))

    return intent


def _locking(make: Callable[[Act, str, Hold], Key]) -> Intent:
    """An intent that names a key and one of the house's holds."""

    async def intent(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
        key = await _find(desk, form)
        name = form.choice("hold", (Hold.OPERATOR.value, Hold.LEAK.value), Hold.OPERATOR.value)
        form.end()
        return await _view(desk, await desk.act(consent, lambda act: make(act, key.id, Hold(name))))

    return intent


async def _begin(desk: Desk, form: Form) -> tuple[str, Dialect, Environment, Proofs]:
    """What a new and an imported key have in common."""
    name = form.text("account")
    dialect = desk.dialect(form.text("dialect"))
    environment = _member(Environment, form, "environment", Environment.LIVE)
    proofs = _proofs(form, dialect.description.algorithms[0], NonceMode.TIME)
    account = await desk.book.read(lambda shelf: shelf.find_account(name))
    return account.id, dialect, environment, proofs


def _proofs(form: Form, usual: Algorithm, nonce_mode: NonceMode) -> Proofs:
    """What the form says of the proof, and for the rest what is usual. A public key says itself what it is for."""
    public_key: bytes | None = None
    if form.has("public_key"):
        usual, public_key = read_public_key(form.text("public_key"))
    algorithm = _member(Algorithm, form, "algorithm", usual)
    if public_key is not None and algorithm is not usual:
        raise MalformedValue(
            f"the public key is for {usual.value}, not for {algorithm.value}: leave the algorithm out, or bring another"
        )
    return Proofs(algorithm, public_key, None, _member(NonceMode, form, "nonce_mode", nonce_mode))


def _member(kind: type[E], form: Form, name: str, default: E) -> E:
    """One of an enumeration, by its value."""
    return kind(form.choice(name, [each.value for each in kind], default.value))


async def _find(desk: Desk, form: Form) -> Key:
    name = form.text("key")
    return await desk.book.read(lambda shelf: shelf.find_key(name))


async def _view(desk: Desk, key: Key) -> dict[str, Any]:
    [view] = await desk.book.read(lambda shelf: key_views(shelf, [key], desk.freeze, desk.now_ms))
    return view


async def _issued(desk: Desk, issued: Issued) -> dict[str, Any]:
    secret = issued.secret
    return {**await _view(desk, issued.key), "secret": None if secret is None else secret.reveal().decode()}


INTENTS: dict[str, Intent] = {
    "key.issue": issue_key,
    "key.import": import_key,
    "key.list": list_keys,
    "key.show": show_key,
    "key.edit": edit_key,
    "key.rotate": rotate_key,
    "key.roll-back": roll_back_key,
    "key.pause": _step(hold.pause),
    "key.resume": _step(hold.resume),
    "key.lock": _locking(hold.lock),
    "key.unlock": _locking(hold.unlock),
    "key.revoke": _step(revoke.revoke),
}
