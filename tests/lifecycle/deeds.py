"""All that can be done to a house: what gives power, what takes it away, and what an attacker puts in their place."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bitting.domain.canonical import digest
from bitting.domain.consent import change_digest
from bitting.domain.credentials import Algorithm, NonceMode
from bitting.domain.grants import NO_LIMITS, Limits
from bitting.domain.holds import Hold
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment
from bitting.domain.network import ANYWHERE
from bitting.domain.secret import Secret
from bitting.lifecycle.accounts import add_address, freeze_account, limit_account, open_account, thaw_account
from bitting.lifecycle.act import Act
from bitting.lifecycle.edit import edit
from bitting.lifecycle.hold import lock, pause, resume, unlock
from bitting.lifecycle.house import edit_house, freeze_house, thaw_house
from bitting.lifecycle.issue import Proofs, import_key, issue
from bitting.lifecycle.nonces import reset_nonce
from bitting.lifecycle.revoke import revoke
from bitting.lifecycle.rotate import roll_back, rotate
from tests.lifecycle.requests import BINANCE, BITFINEX, BROUGHT, ED25519, HMAC, issued, policy, rotated
from tests.lifecycle.work import TAG_KEY, House

Make = Callable[[Act], Any]
WALLET = "0x52908400098527886e0f7030069857d2e4169ee7"
TERMS = ["hmac-sha256", None, None, "time"]  # of an HMAC that is made here


@dataclass
class Scene:
    """A house in which every deed below is possible: a held key, one in rotation, limits, everything frozen."""

    house: House
    held: str
    turning: str

    @classmethod
    def set(cls) -> "Scene":
        house = House()
        held, turning = issued(house).key.id, issued(house).key.id
        for hold in (Hold.OPERATOR, Hold.LEAK):
            house.do(lambda act, hold=hold: lock(act, held, hold))  # type: ignore[misc]
        house.do(lambda act: pause(act, held))
        rotated(house, turning)
        house.do(lambda act: limit_account(act, house.account, Limits(open_orders=1)))
        house.do(lambda act: freeze_account(act, house.account))
        house.do(freeze_house)
        return cls(house, held, turning)

    @property
    def account(self) -> Any:
        return self.house.rows.accounts[self.house.account]

    def of_key(self, deed: str, key_id: str, after: bytes | None = None, terms: Any = ()) -> bytes:
        key = self.house.key(key_id)
        return change_digest(deed, key_id, key.version, after or key.policy.digest(), terms)

    def of_account(self, deed: str, after: bytes, terms: Any = ()) -> bytes:
        return change_digest(deed, self.account.id, self.account.version, after, terms)


def _issue(scene: Scene, proofs: Proofs = HMAC, environment: Environment = Environment.LIVE) -> Make:
    return lambda act: issue(act, scene.house.account, BINANCE, environment, policy(), proofs, TAG_KEY)


def _import(scene: Scene, wire_id: str = "their-key-id", proofs: Proofs = BROUGHT) -> Make:
    return lambda act: import_key(act, scene.house.account, BINANCE, Environment.LIVE, policy(), proofs, wire_id)


# Every deed that gives power: how it is done, and the digest that a second factor has to be given for.
DEEDS: dict[str, tuple[Callable[[Scene], Make], Callable[[Scene], bytes]]] = {
    "open an account": (
        lambda scene: lambda act: open_account(act, "tenant-1", "desk two"),
        lambda scene: change_digest(
            "account.open",
            "tenant-1",
            0,
            digest({"name": "desk two", "parent": None, "holds": [], "limits": {}, "book": []}),
        ),
    ),
    "widen an account": (
        lambda scene: lambda act: limit_account(act, scene.house.account, NO_LIMITS),
        lambda scene: scene.of_account("account.limit", replace(scene.account, limits=NO_LIMITS).digest()),
    ),
    "add an address": (
        lambda scene: lambda act: add_address(act, scene.house.account, "USDT", "ETH", WALLET, "", "cold"),
        lambda scene: scene.of_account("account.add_address", digest(["USDT", "ETH", WALLET, "", "cold"])),
    ),
    "thaw an account": (
        lambda scene: lambda act: thaw_account(act, scene.house.account),
        lambda scene: scene.of_account("account.thaw", replace(scene.account, holds=frozenset()).digest()),
    ),
    "edit the rules": (
        lambda scene: lambda act: edit_house(act, HousePolicy(hmac_withdraw=True)),
        lambda scene: change_digest("house.edit", "house", 1, HousePolicy(hmac_withdraw=True, frozen=True).digest()),
    ),
    "thaw the house": (
        lambda scene: thaw_house,
        lambda scene: change_digest("house.thaw", "house", 1, HousePolicy().digest()),
    ),
    "issue": (
        _issue,
        lambda scene: scene.of_account("key.issue", policy().digest(), ["binance", "live", None, *TERMS]),
    ),
    "import": (
        _import,
        lambda scene: scene.of_account(
            "key.import", policy().digest(), ["binance", "live", "their-key-id", *BROUGHT.terms()]
        ),
    ),
    "widen a key": (
        lambda scene: lambda act: edit(act, scene.held, policy(network=ANYWHERE)),
        lambda scene: scene.of_key("key.edit", scene.held, policy(network=ANYWHERE).digest()),
    ),
    "rotate": (
        lambda scene: lambda act: rotate(act, scene.held, BINANCE, HMAC, 60),
        lambda scene: scene.of_key("key.rotate", scene.held, None, [*TERMS, 60]),
    ),
    "roll back": (
        lambda scene: lambda act: roll_back(act, scene.turning),
        lambda scene: scene.of_key("key.roll_back", scene.turning),
    ),
    "resume": (
        lambda scene: lambda act: resume(act, scene.held),
        lambda scene: scene.of_key("key.resume", scene.held, None, ["holder"]),
    ),
    "unlock": (
        lambda scene: lambda act: unlock(act, scene.held),
        lambda scene: scene.of_key("key.unlock", scene.held, None, ["operator"]),
    ),
    "reset the nonces": (
        lambda scene: lambda act: reset_nonce(act, scene.held),
        lambda scene: scene.of_key("key.reset_nonce", scene.held),
    ),
}


NARROWING: dict[str, Callable[[Scene], Make]] = {
    "narrow a key": lambda scene: lambda act: edit(act, scene.turning, policy(grants={})),
    "pause": lambda scene: lambda act: pause(act, scene.turning),
    "lock": lambda scene: lambda act: lock(act, scene.turning),
    "revoke": lambda scene: lambda act: revoke(act, scene.turning),
    "freeze an account": lambda scene: lambda act: freeze_account(act, scene.house.account, Hold.LEAK),
}


# Consent to one thing, done with another: what an attacker in the owner's page, or in a second tab, would try.
SWAPS: dict[str, tuple[str, Callable[[Scene], Make]]] = {
    "issue to a public key": ("issue", lambda scene: _issue(scene, ED25519)),
    "issue with a counter": ("issue", lambda scene: _issue(scene, HMAC._replace(nonce_mode=NonceMode.COUNTER))),
    "issue for the other environment": ("issue", lambda scene: _issue(scene, environment=Environment.TEST)),
    "issue for another dialect": (
        "issue",
        lambda scene: (
            lambda act: issue(
                act,
                scene.house.account,
                BITFINEX,
                Environment.LIVE,
                policy(),
                Proofs(Algorithm.HMAC_SHA384),
                TAG_KEY,
            )
        ),
    ),
    "import another name": ("import", lambda scene: _import(scene, "attackers-key-id")),
    "import another secret": (
        "import",
        lambda scene: _import(scene, proofs=HMAC._replace(secret=Secret(b"a secret the attacker knows"))),
    ),
    "rotate to a public key": ("rotate", lambda scene: lambda act: rotate(act, scene.held, BINANCE, ED25519, 60)),
    "rotate with a longer overlap": (
        "rotate",
        lambda scene: lambda act: rotate(act, scene.held, BINANCE, HMAC, 86_400),
    ),
    "reset another key": ("reset the nonces", lambda scene: lambda act: reset_nonce(act, scene.turning)),
    "rotate another key": ("rotate", lambda scene: lambda act: rotate(act, scene.turning, BINANCE, HMAC, 60)),
    "lift the leak": ("unlock", lambda scene: lambda act: unlock(act, scene.held, Hold.LEAK)),
    "lift the pause": ("unlock", lambda scene: lambda act: unlock(act, scene.held, Hold.HOLDER)),
    "another tenant": ("open an account", lambda scene: lambda act: open_account(act, "tenant-2", "desk two")),
    "under a parent": (
        "open an account",
        lambda scene: lambda act: open_account(act, "tenant-1", "desk two", scene.house.account),
    ),
}
