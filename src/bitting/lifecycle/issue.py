"""Issue a key, or import one that clients already use."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from bitting.dialects.dialect import Dialect
from bitting.dialects.public_keys import check_public_key
from bitting.domain.account import Account
from bitting.domain.canonical import Plain
from bitting.domain.credentials import Algorithm, Credential, NonceMode, State
from bitting.domain.errors import Conflict, MalformedValue, Refused
from bitting.domain.gains import gains
from bitting.domain.ids import Environment, foreign_wire_id, new_id, new_wire_id
from bitting.domain.keys import Key
from bitting.domain.permissions import WITHDRAWING
from bitting.domain.policy import Policy
from bitting.domain.secret import Secret
from bitting.lifecycle.accounts import hold_withdrawals
from bitting.lifecycle.act import Act
from bitting.vault.envelope import Binding, seal

LATEST_MS = 253_402_300_799_999  # the end of the year 9999
SHORTEST_SECRET = 16
LONGEST_SECRET = 256


class Issued(NamedTuple):
    """The key, and its secret where we made one: shown in this reply and never again."""

    key: Key
    secret: Secret | None


class Proofs(NamedTuple):
    """What a holder brings, or what is to be made: an algorithm, with the material of a public key or, for
    an import, an existing shared secret."""

    algorithm: Algorithm
    public_key: bytes | None = None
    secret: Secret | None = None
    nonce_mode: NonceMode = NonceMode.TIME

    def terms(self) -> list[Plain]:
        """What a consent to these proofs is bound to; a secret stands as its SHA-256."""
        secret = None if self.secret is None else hashlib.sha256(self.secret.reveal()).digest()
        return [self.algorithm.value, self.public_key, secret, self.nonce_mode.value]


def issue(
    act: Act,
    account_id: str,
    dialect: Dialect,
    environment: Environment,
    policy: Policy,
    proofs: Proofs,
    tag_key: Secret,
) -> Issued:
    """A new key with a key id of ours. Raises Refused (house policy, number of keys), MalformedValue,
    ConsentMissing."""
    if proofs.secret is not None:
        raise MalformedValue("secrets of new keys are made here; to bring an existing one, import the key")
    wire_id = new_wire_id(environment, tag_key, act.entropy)
    return _make("key.issue", act, account_id, dialect, environment, policy, proofs, wire_id, imported=False)


def import_key(
    act: Act,
    account_id: str,
    dialect: Dialect,
    environment: Environment,
    policy: Policy,
    proofs: Proofs,
    wire_id: str,
) -> Issued:
    """An existing key, with its foreign key id and its secret or public key. Raises as `issue`, and Conflict
    when the key id is taken."""
    if proofs.algorithm.shared and proofs.secret is None:
        raise MalformedValue("an imported HMAC key comes with its secret")
    foreign = foreign_wire_id(wire_id)
    if act.work.has_wire_id(environment, dialect.description.name, foreign):
        raise Conflict("a key with this key id is here already")
    return _make("key.import", act, account_id, dialect, environment, policy, proofs, foreign, imported=True)


def _make(
    deed: str,
    act: Act,
    account_id: str,
    dialect: Dialect,
    environment: Environment,
    policy: Policy,
    proofs: Proofs,
    wire_id: str,
    *,
    imported: bool,
) -> Issued:
    account = act.work.account(account_id)
    house, _ = act.work.house()
    check_algorithm(dialect, proofs.algorithm)
    check_policy(act, policy)
    if objection := house.objection(policy, proofs.algorithm, dialect.description.name, act.now_ms):
        raise Refused(objection)
    if act.work.unrevoked_keys(account_id) >= house.keys_per_account:
        raise Refused(f"the account has {house.keys_per_account} keys, as many as the house allows; revoke one first")
    key_id = new_id(act.now_ns, act.entropy)
    # The key id of a key made here is chance, and named in the reply; that of an import is its holder's word.
    named = wire_id if imported else None
    terms = [dialect.description.name, environment.value, named, *proofs.terms()]
    what = f"import the key {wire_id}" if imported else "a new key"
    where = f"{environment.value} {dialect.description.name}, {proofs.algorithm.value}"
    says = (f"{what} for {account.name} ({where}): {policy.label}", *gains(None, policy))
    act.allow(deed, account_id, account.version, policy.digest(), terms, widens=True, says=says)
    credential, secret = make_credential(act, account, dialect, environment, proofs, version=1)
    key = Key(
        key_id,
        account.tenant,
        account.id,
        environment,
        dialect.description.name,
        wire_id,
        imported,
        policy,
        frozenset(),
        None,
        (credential,),
        act.now_ms,
        1,
    )
    if WITHDRAWING in policy.grants:
        hold_withdrawals(act, account.id, deed)
    facts = {"dialect": key.dialect, "algorithm": proofs.algorithm.value, "wire_id": wire_id}
    return Issued(act.keep_key(deed, None, key, facts), None if imported else secret)


def check_algorithm(dialect: Dialect, algorithm: Algorithm) -> None:
    """No credential is made that its dialect could not verify. Raises Refused."""
    if algorithm not in dialect.description.algorithms:
        names = ", ".join(each.value for each in dialect.description.algorithms)
        raise Refused(f"the dialect {dialect.description.name} has no {algorithm.value}; it has {names}")


def check_policy(act: Act, policy: Policy) -> None:
    """What no key may have, whatever the house says. Raises MalformedValue."""
    expires_at_ms = policy.expires_at_ms
    if expires_at_ms is not None and not act.now_ms < expires_at_ms <= LATEST_MS:
        raise MalformedValue("a key expires in the future, before the year 10000, or never")


def make_credential(
    act: Act, account: Account, dialect: Dialect, environment: Environment, proofs: Proofs, version: int
) -> tuple[Credential, Secret | None]:
    """A fresh primary credential, its secret sealed. Raises MalformedValue."""
    algorithm = proofs.algorithm
    credential_id = new_id(act.now_ns, act.entropy)
    if not algorithm.shared:
        if proofs.public_key is None or proofs.secret is not None:
            raise MalformedValue(f"{algorithm.value} wants the holder's public key, and no secret")
        check_public_key(algorithm, proofs.public_key)
        material, secret = proofs.public_key, None
    else:
        if proofs.public_key is not None:
            raise MalformedValue(f"{algorithm.value} has no public key")
        secret = proofs.secret or dialect.mint(act.entropy)
        if not SHORTEST_SECRET <= len(secret.reveal()) <= LONGEST_SECRET:
            raise MalformedValue(f"a shared secret has {SHORTEST_SECRET} to {LONGEST_SECRET} bytes")
        binding = Binding(environment.value, account.tenant, account.id, credential_id, version, algorithm.value)
        material = seal(act.work.account_key(account.id), secret, binding, act.entropy)
    return (
        Credential(
            credential_id, algorithm, State.PRIMARY, version, material, act.now_ms, nonce_mode=proofs.nonce_mode
        ),
        secret,
    )
