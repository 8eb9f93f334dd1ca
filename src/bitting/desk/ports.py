"""What the desk needs of the running house; `wiring` brings the adapters."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from bitting.activity.ports import Counted, CountQuery, Found, Observed, Query, Uses
from bitting.domain.account import Account
from bitting.domain.action_table import ActionTable
from bitting.domain.approval import Approval
from bitting.domain.change import Personal
from bitting.domain.consent import Confirmation, Consent
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.user import User
from bitting.gate.admission import MemoryAdmission
from bitting.gate.limits import Market
from bitting.gate.pipeline import Door
from bitting.gate.ports import Loaded
from bitting.gate.times import Floor
from bitting.journal.checkpoint import Checkpoint
from bitting.journal.leaf import Leaf
from bitting.journal.note import Verifier
from bitting.journal.ports import Storage
from bitting.lifecycle.ports import Work

T = TypeVar("T")
Seal = Callable[[Path, Path], None]  # from a plain file to an empty one


class Listed(NamedTuple):
    """Keys that pass their checks; of those that do not, the id and why; and the id behind which there are more, or
    None."""

    keys: list[Key]
    damaged: list[str]
    last: str | None


class Told(NamedTuple):
    """A record of the journal, and the person behind it as far as that can be told; else why not."""

    leaf: Leaf
    personal: Personal
    why_not: str


class Shelf(Protocol):
    """The store as the desk reads it, outside of any change. Sync; called off the event loop."""

    def listed(self, account: str | None, after: str = "", most: int = -1) -> Listed:
        """All keys, or those of one account, oldest first; with `most`, so many behind the one with the id `after`."""

    def find_key(self, text: str, within: Collection[str] | None = None) -> Key:
        """By id, key id or unique label; `within` are the accounts it may belong to, None for any. Raises NotFound,
        Refused when several have the label."""

    def usage(self, key_id: str) -> int | None:
        """When the key last proved itself, nanoseconds since 1970; None where the log knows of no use."""

    def accounts(self, after: str = "", most: int = -1) -> list[Account]:
        """All accounts, oldest first; with `most`, so many behind the one with the id `after`."""

    def find_account(self, text: str, within: Collection[str] | None = None) -> Account:
        """By id or unique name; `within` are those it may be one of. Raises NotFound, Refused."""

    def chain(self, account_id: str) -> tuple[Account, ...]:
        """The account, then its parents."""

    def house(self) -> tuple[HousePolicy, int]:
        """The house's rules and their version."""

    def find_user(self, text: str) -> User:
        """By id or name. Raises NotFound."""

    def users(self, after: str = "", most: int = -1) -> list[User]:
        """All people, oldest first; with `most`, so many behind the one with the id `after`."""

    def actions(self, dialect: str) -> tuple[ActionTable, int]:
        """The house's table of actions for a dialect and its version."""

    def approval(self, approval_id: str) -> Approval:
        """Raises NotFound."""

    def approvals(self, before: str, most: int) -> list[Approval]:
        """The next `most` older than the one with the id `before`, newest first."""

    def confirmation(self, confirmation_id: str) -> Confirmation:
        """Raises NotFound."""

    def activity(self, query: Query, now_ns: int) -> Found:
        """Records of the activity log."""

    def counted(self, query: CountQuery, now_ns: int) -> list[Counted]:
        """How many decisions there were in each minute, hour or day, in the order of time. Raises MalformedValue,
        Tampered."""

    def uses(self, key_id: str, now_ns: int) -> Uses:
        """Last use of each credential, addresses and clients, and when each action was last admitted. Raises
        Tampered."""

    def unmapped(self) -> list[Mapping[str, Any]]:
        """Refused routes that no table of actions names: dialect, method, path, count, last_at_ns."""

    def observed(self, since_ns: int) -> list[Observed]:
        """What doors that observe would have refused since then, and what they admitted and the exchange refused."""

    def scrub_on(self, since: tuple[str, str], most: int) -> tuple[list[str], tuple[str, str] | None]:
        """What is wrong with the next `most` rows and boxes from a place on (`("", "")` is the first), a line each; and
        the place to go on from, None at the end."""

    def journal_storage(self) -> Storage:
        """The journal's rows."""

    def check_head(self) -> None:
        """Raises Tampered unless the journal ends where it was left."""

    def told(self, account: str | None, before: int | None, most: int, *, to_house: bool = True) -> list[Told]:
        """The newest records of the journal before an index, oldest first; all, or those of one account. What the
        house's people have left of themselves is for the house. Raises Tampered, MalformedStored."""

    def excerpt(self, account: str, trusted: Sequence[Verifier], cosigned: Sequence[Checkpoint]) -> Iterator[str]:
        """One account's records as a file; see `journal.excerpt`."""

    def backup(self, path: str, progress: Callable[[int, int], None], seal: Seal | None = None) -> None:
        """An online copy in a new file, verified, and sealed if there is what seals it. Raises Refused when the file
        exists, Misconfigured, Unavailable."""


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


class People(Protocol):
    """Who the people are that ask, and whether it is still them."""

    async def confirm(self, consent: Consent, challenge: bytes, answer: Mapping[str, Any]) -> str:
        """Check the second factor of the person whose session this is: a code, which is used up by it, or a passkey's
        response to the challenge; by which factor. Raises NotSignedIn, TooMany, MalformedValue."""


class Journal(Protocol):
    """The journal's signer."""

    @property
    def vkey(self) -> str:
        """The public key, as verifiers want it."""

    @property
    def trusted(self) -> Sequence[Verifier]:
        """The keys of every epoch, the present one first."""

    @property
    def cosigned(self) -> Sequence[Checkpoint]:
        """The newest checkpoint that each witness has cosigned."""

    async def sign(self) -> None:
        """Sign everything that has been written until now, and ask the witnesses. Raises Tampered, Unavailable."""


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


class SealFor(Protocol):
    """Seals files for the owners of public keys."""

    def __call__(self, recipients: Sequence[str]) -> Seal:
        """What seals for these. Raises MalformedValue."""


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
