"""What goes on in a house when it dies: bots that trade and look, clerks that change keys, all at once.

Each keeps what it has sent and what it was told. These notes are made outside of the house, and outlive it.
"""

from __future__ import annotations

import threading
import time
from random import Random
from typing import Any, Final, NamedTuple

from bitting.domain.errors import Refused, Unavailable
from bitting.wiring import reach
from tests.end_to_end.house import House
from tests.end_to_end.signing import Key, balances, order
from tests.end_to_end.wire import Cut, Line

View = dict[str, Any]  # a key as the desk shows it

MOST_AT_HAND: Final = 6  # keys of one clerk
READS: Final = 0.2  # of what a bot sends
REFUSED_S: Final = 0.05  # a bot's pause
_WEIGHTS: Final = {"key.edit": 6, "key.rotate": 3, "key.pause": 2, "key.resume": 2, "key.revoke": 1}


class Bot(threading.Thread):
    """Of one key: orders, and now and then its balances, until they are over or the gate is gone."""

    def __init__(self, house: House, key: Key, chance: Random) -> None:
        super().__init__()
        self.key = key
        self.sent: list[bytes] = []  # orders, noted before they leave
        self.placed: list[str] = []  # request ids of those that came back from the exchange
        self.over = threading.Event()
        self._address = house.address
        self._chance = chance

    def run(self) -> None:
        try:
            with Line(self._address) as line:
                while not self.over.is_set():
                    if self._chance.random() < READS:
                        line.ask(balances(self.key).raw)
                        continue
                    self.sent.append(order(self.key).raw)
                    answer = line.ask(self.sent[-1])
                    if answer.status == 200:
                        self.placed.append(answer.request_id)
                    else:  # signed before the floor of time, which a house that has just started has to pass
                        time.sleep(REFUSED_S)
        except (Cut, OSError):
            return


class Clerk(threading.Thread):
    """At the operator's socket, with an account's keys: one change after another until it is over or the house is gone.

    `keys` are those it has from before. `asked` is the key of a change that was not answered, "" for a new one, and
    None where nothing is open.
    """

    def __init__(self, house: House, account: str, keys: dict[str, View], chance: Random) -> None:
        super().__init__()
        self.account = account
        self.told: list[View] = []  # every reply
        self.asked: str | None = None
        self.over = threading.Event()
        self._data = house.data
        self._keys = dict(keys)
        self._chance = chance

    def run(self) -> None:
        while not self.over.is_set():
            intent, values = self._next()
            self.asked = values.get("key", "")
            try:
                said = reach.ask_server(self._data, intent, values)
            except Refused:  # pausing what is paused
                continue
            except Unavailable:
                return
            self.asked = None
            self.told.append(said)
            self._keys[said["id"]] = said

    def _next(self) -> tuple[str, dict[str, Any]]:
        label = f"{self.account} {self._chance.random()}"
        at_hand = [id for id, view in self._keys.items() if view["revoked_at"] is None]
        if len(at_hand) < 2 or (len(at_hand) < MOST_AT_HAND and self._chance.random() < 0.1):
            rights = {"permissions": ["trade"], "network": ["127.0.0.1"]}
            return "key.issue", {"account": self.account, "dialect": "bitfinex", "label": label, **rights}
        [intent] = self._chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))
        more = {"key.edit": {"label": label}, "key.rotate": {"overlap": "1h"}}.get(intent, {})
        return intent, {"key": self._chance.choice(at_hand), **more}


class Sure(NamedTuple):
    """How far everybody's notes had come at one moment: what the exchange saw, what bots and clerks were told."""

    came: int
    placed: list[int]
    told: list[int]


class Load:
    """All of them."""

    def __init__(self, bots: list[Bot], clerks: list[Clerk]) -> None:
        self.bots = bots
        self.clerks = clerks

    def start(self) -> None:
        """All begin."""
        for each in (*self.bots, *self.clerks):
            each.start()

    def end(self) -> None:
        """All finish what they are at."""
        for over in (*(each.over for each in self.bots), *(each.over for each in self.clerks)):
            over.set()
        self.join()

    def join(self) -> None:
        """All have ended, as they do when the gate is gone."""
        for each in (*self.bots, *self.clerks):
            each.join()

    def is_in_swing(self, *dialects: str) -> bool:
        """Whether each clerk, and a bot of each of these dialects, has been told of something done."""
        trading = {each.key.dialect for each in self.bots if each.placed}
        return trading >= set(dialects) and all(each.told for each in self.clerks)

    def sure(self, came: list[Any]) -> Sure:
        """How far it is now. `came` is what has reached the exchange."""
        return Sure(len(came), [len(each.placed) for each in self.bots], [len(each.told) for each in self.clerks])
