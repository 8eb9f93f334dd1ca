"""What the desk needs of the running house; `wiring` brings the adapters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

from bitting.activity.ports import Entry, Observed, Query
from bitting.domain.account import Account
from bitting.domain.action_table import ActionTable
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.gate.admission import MemoryAdmission
from bitting.gate.limits import Market
from bitting.gate.pipeline import Door
from bitting.gate.ports import Loaded
from bitting.gate.times import Floor
from bitting.journal.ports import Storage
from bitting.lifecycle.ports import Work

T = TypeVar("T")


class Listed(NamedTuple):
    """Keys that pass their checks; of those that do not, the id and why; and the id behind which there are more, or
    None."""

    keys: list[Key]
    damaged: list[str]
    last: str | None


class Shelf(Protocol):
    """The store as the desk reads it, outside of any change. Sync; called off the event loop."""

    def listed(self, account: str | None, after: str = "", most: int = -1) -> Listed:
        """All keys, or those of one account, oldest first; with `most`, so many behind the one with the id `after`."""

    def find_key(self, text: str) -> Key:
        """By id, key id or unique label. Raises NotFound, Refused when several have the label."""

    def usage(self, key_id: str) -> int | None:
        """When the key last proved itself, nanoseconds since 1970; None where the log knows of no use."""

    def accounts(self, after: str = "", most: int = -1) -> list[Account]:
        """All accounts, oldest first; with `most`, so many behind the one with the id `after`."""

    def find_account(self, text: str) -> Account:
        """By id or unique name. Raises NotFound, Refused."""

    def house(self) -> tuple[HousePolicy, int]:
        """The house's rules and their version."""

    def actions(self, dialect: str) -> tuple[ActionTable, int]:
        """The house's table of actions for a dialect and its version."""

    def activity(self, query: Query, now_ns: int) -> list[Entry]:
        """Records of the activity log."""

    def unmapped(self) -> list[Mapping[str, Any]]:
        """Refused routes that no table of actions names: dialect, method, path, count, last_at_ns."""

    def observed(self, since_ns: int) -> list[Observed]:
        """What doors that observe would have refused since then, and what they admitted and the exchange refused."""

    def strangers(self, since_ns: int) -> Mapping[tuple[int, str, str], int]:
        """Refusals that were counted and not kept one by one: by minute since 1970, dialect and reason."""

    def scrub_on(self, since: tuple[str, str], most: int) -> tuple[list[str], tuple[str, str] | None]:
        """What is wrong with the next `most` rows and boxes from a place on (`("", "")` is the first), a line each; and
        the place to go on from, None at the end."""

    def journal_storage(self) -> Storage:
        """The journal's rows."""

    def backup(self, path: str, progress: Callable[[int, int], None]) -> None:
        """An online copy in a new file, verified. Raises Refused when the file exists, Unavailable."""


class Book(Protocol):
    """The store, from the event loop."""

    async def load(self, environment: Environment, dialect: str, wire_id: str) -> Loaded | None:
        """A key as the gate sees it, with what it has counted on disk; None where there is none. Raises Tampered,
        Unavailable."""

    async def change(self, now_ns: int, make: Callable[[Work], T]) -> T:
        """Run `make` in one durable transaction; caches are told before this returns. Raises what `make` raises,
        Conflict, Unavailable."""

    async def read(self, look: Callable[[Shelf], T]) -> T:
        """Run `look` over the store."""


class Journal(Protocol):
    """The journal's signer."""

    @property
    def vkey(self) -> str:
        """The public key, as verifiers want it."""

    async def sign(self) -> None:
        """Sign everything that has been written until now. Raises Tampered, Unavailable."""


class Vault(Protocol):
    """What everything is sealed under, and how it is changed. Each change is one durable transaction, in which
    `record` is called to write it down. Raises what `record` raises, Misconfigured, Unavailable."""

    async def root(self) -> Mapping[str, str]:
        """The root's id, and the place where it is."""

    def shard_keys(self) -> Mapping[int, bytes]:
        """The check of each shard's key, by which it is named."""

    async def split(self, needed: int, shares: int) -> list[str]:
        """The root as shares. Raises MalformedValue, Refused where it cannot be taken out of its place."""

    async def change_root(
        self, now_ns: int, to: str, record: Callable[[Work, str, str, Mapping[str, Mapping[int, bytes]]], None]
    ) -> Mapping[str, str]:
        """Put everything under the root in the place `to`, which is made if there is none. `record` is given the ids
        before and after, and what the new root has wrapped. Returns ids and places, before and after. Raises Refused
        when it is the same root, MalformedValue."""

    async def turn_shard(
        self, now_ns: int, number: int, record: Callable[[Work, bytes, bytes], None]
    ) -> tuple[int, Mapping[str, str]]:
        """Give a shard a new key. `record` is given the checks before and after. How many rows were sealed anew, and
        which were not, since they are not what was written, and why."""


class Save(Protocol):
    """Makes a file that a person takes away. Sync; called off the event loop."""

    def __call__(self, path: str, lines: Iterable[str]) -> int:
        """Write lines into a new file, durably; how many they were. Raises Refused when there is something at
        `path` or nothing can be made there, Unavailable when the disk is full."""


class Window(NamedTuple):
    """One mount, by which its requests are judged: where it is, and the market it asks."""

    prefix: str
    door: Door
    market: Market


class GateMemory(NamedTuple):
    """What a gate that runs in this process keeps in memory."""

    admission: MemoryAdmission
    floor: Callable[[], Floor]
    windows: list[Window]
