"""A scene: one order or withdrawal that would pass, the world it is about to meet, and a fault put upon both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from bitting.domain.credentials import Algorithm
from bitting.domain.permissions import Permission
from bitting.domain.request import Request
from bitting.domain.verdict import Reason
from tests.gate.dialects import STAMPED, Counted, Stamped
from tests.gate.world import HOME, NOW, Holder, World

ORDERS, WITHDRAWALS = Permission.ORDERS_WRITE, Permission.WITHDRAWALS_WRITE


@dataclass
class Scene:
    """A request about to be sent, and the world it will meet. `before` runs when it is signed and not yet sent."""

    world: World
    holder: Holder
    withdraws: bool
    route: str = ""
    at_ns: int = NOW
    peer: int = HOME
    given: dict[str, str] = field(default_factory=dict)
    changes: list[Callable[[Request], Request]] = field(default_factory=list)
    before: list[Callable[[Request], object]] = field(default_factory=list)

    def request(self) -> Request:
        """With everything that is wrong with it, in a world with everything that is wrong there."""
        if self.route:
            made = self.holder.ask(self.route, at_ns=self.at_ns, peer=self.peer)
        else:
            make = self.holder.withdrawal if self.withdraws else self.holder.order
            made = make(at_ns=self.at_ns, peer=self.peer, **self.given)
        for change in self.changes:
            made = change(made)
        for happens in self.before:
            happens(made)
        return made

    def limit(self, **limits: object) -> None:
        """Set limits of the grant that the request needs, beside those it has."""
        permission = WITHDRAWALS if self.withdraws else ORDERS
        present = self.world.store.keys[self.holder.key].policy.grants[permission]
        self.world.limit(self.holder, permission, **{**present.to_plain(), **limits})


class Fault(NamedTuple):
    """What is wrong, and the reason that has to be given for it."""

    reason: Reason
    put: Callable[[Scene], object]
    dialect: Stamped | Counted = STAMPED
    withdraws: bool = False

    def scene(self) -> Scene:
        """A request that would pass, of the kind that can have this fault."""
        world = World(self.dialect)
        holder = world.issue(algorithm=Algorithm.ED25519 if self.withdraws else Algorithm.HMAC_SHA256)
        return Scene(world, holder, self.withdraws)

    def __str__(self) -> str:
        return f"{self.reason.code}: {self.put.__name__}"
