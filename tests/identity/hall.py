"""The hall where people sign in, over a real store: clock, chance and devices are in our hands."""

from __future__ import annotations

import asyncio
import base64
import os
import random
from collections.abc import Callable, Coroutine
from dataclasses import replace
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from bitting.domain.account import Account
from bitting.domain.change import Change
from bitting.domain.errors import BittingError
from bitting.domain.roles import AccountRole, HouseRole
from bitting.domain.secret import Secret
from bitting.domain.user import User
from bitting.identity import factors, sign_in, totp
from bitting.identity.factors import Answer
from bitting.identity.hashing import Cost, Hasher
from bitting.identity.identity import Identity, Site
from bitting.identity.passkeys import Response
from bitting.identity.ports import Place, Purpose
from bitting.identity.proving import Proof
from bitting.identity.session import SignedIn, signed_in
from bitting.journal import log
from bitting.lifecycle import accounts, people
from bitting.lifecycle.act import Act
from bitting.stores.ports import Engine
from bitting.stores.store import Store
from bitting.stores.threaded import Threaded
from bitting.stores.work import UnitOfWork
from tests.identity.device import ORIGIN, Device
from tests.stores.trial import OPERATOR, Trial, new_keyring

T = TypeVar("T")

SMALL = Cost(memory_kib=8, passes=1, lanes=1)  # the least argon2 knows: what is tested here is not how long it takes
NAME = "ada@example.com"
PASSWORD = "a horse in nine batteries"
HOME = Place((0xFFFF << 32) + 0xCB007107, "Firefox")
CAFE = Place((0xFFFF << 32) + 0xC6336401, "Firefox")
SECOND_MS = 1_000


def from_address(number: int) -> Place:
    """Some other place in the world."""
    return Place((0xFFFF << 32) + 0x0A000000 + number, "curl")


class CountingHasher(Hasher):
    """Counts what is compared, and with what cost."""

    def __init__(self, cost: Cost = SMALL) -> None:
        super().__init__(cost)
        self.compared: list[bytes] = []
        self.made = 0
        self.most_at_once = 0
        self._running = 0
        self._lock = Lock()

    async def matches(self, hashed: bytes, password: Secret) -> bool:
        self.compared.append(hashed.rpartition(b"$")[0].rpartition(b"$")[0])
        return await super().matches(hashed, password)

    async def _in(self, work: Callable[[], T]) -> T:
        def counted() -> T:
            with self._lock:
                self.made += 1
                self._running += 1
                self.most_at_once = max(self.most_at_once, self._running)
            try:
                return work()
            finally:
                with self._lock:
                    self._running -= 1

        return await super()._in(counted)


class Hall:
    """Sync over the hall's own loop. `app` is the seed in the person's app, `codes` are on their paper."""

    def __init__(self, engine: Engine) -> None:
        self.trial = Trial(engine, random.Random(11).randbytes)
        self.clock = self.trial
        self.runner = asyncio.Runner()
        self.hasher = CountingHasher()
        self.book = self.runner.run(self._open())
        self.identity = Identity(self.book, self.hasher, Site.from_text(ORIGIN), _Clock(self.trial), os.urandom)
        self.app = Secret(b"")
        self.codes: list[Secret] = []

    async def _open(self) -> Threaded:
        return Threaded(self.trial.store, lambda touched: None, _Clock(self.trial))

    def run(self, step: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(step)

    def together(self, *steps: Coroutine[Any, Any, T]) -> list[T | BaseException]:
        """All at the same moment; what each gave or raised."""

        async def gather() -> list[T | BaseException]:
            return await asyncio.gather(*steps, return_exceptions=True)

        return self.run(gather())

    def later(self, ms: int) -> None:
        self.trial.now_ns += ms * 1_000_000

    @property
    def now_ms(self) -> int:
        return self.trial.now_ns // 1_000_000

    # ---- people

    def add(self, name: str = NAME, *roles: HouseRole) -> User:
        return self.trial.do(lambda act: people.add_user(act, "tenant", name, frozenset(roles)))

    def user(self, user_id: str) -> User:
        return self.trial.look(lambda shelf: shelf.user(user_id))

    def link(self, user: User, purpose: Purpose = Purpose.SET_UP) -> Secret:
        def within(work: UnitOfWork) -> Secret:
            act = Act(work, OPERATOR, self.trial.now_ns, os.urandom)
            return factors.link(act, work, work.user(user.id), purpose)

        self.trial.now_ns += 1
        return self.trial.store.change(self.trial.now_ns, within)[0]

    def ada(self, *roles: HouseRole) -> User:
        """Somebody with a password, an app and codes."""
        user = self.add(NAME, *roles)
        token = self.link(user)
        self.codes = self.run(
            factors.set_up(self.identity, token, PASSWORD, self.app_answer(user.id), "request-set-up")
        )
        self.later(totp.STEP_MS)
        return self.user(user.id)

    def with_passkey(self, name: str = "bob@example.com") -> tuple[User, Device]:
        """Somebody with a passkey and nothing else."""
        user, device = self.add(name), Device()
        token = self.link(user)
        shown = self.run(factors.show_passkey(self.identity, user.id))
        assert shown.options is not None
        answer = Answer(shown.token, response=device.create(dict(shown.options)))
        self.run(factors.set_up(self.identity, token, None, answer, "request-set-up"))
        return self.user(user.id), device

    def app_answer(self, user_id: str) -> Answer:
        """An app takes a picture of the seed and shows its first code."""
        shown = self.run(factors.show_app(self.identity, user_id))
        assert shown.uri is not None
        self.app = seed_of(shown.uri)
        return Answer(shown.token, self.code())

    def owner(self, user: User, role: AccountRole = AccountRole.OWNER) -> Account:
        account = self.trial.do(lambda act: accounts.open_account(act, "tenant", "desk"))
        self.trial.do(lambda act: people.set_account_role(act, user.id, account.id, role))
        return account

    # ---- signing in

    def code(self, steps: int = 0) -> str:
        """What the app shows now, or so many steps from now."""
        return totp.code_at(self.app, self.now_ms // totp.STEP_MS + steps)

    def fresh_code(self) -> str:
        """A code that was not used yet: of the next step, to which time goes on."""
        self.later(totp.STEP_MS)
        return self.code()

    def begin(self, name: str = NAME, password: str = PASSWORD, place: Place = HOME) -> Secret:
        return self.run(sign_in.begin(self.identity, name, password, place, "request-begin")).token

    def finish(self, token: Secret, code: str, place: Place = HOME) -> SignedIn:
        return self.run(sign_in.finish(self.identity, token, code, place, "request-finish"))

    def sign_in(self, place: Place = HOME, password: str = PASSWORD) -> SignedIn:
        return self.finish(self.begin(password=password, place=place), self.fresh_code(), place)

    def by_passkey(self, device: Device, place: Place = HOME, **options: Any) -> SignedIn:
        begun = self.run(sign_in.challenge(self.identity))
        return self.answer(begun.token, device.get({**begun.options, **options}), place)

    def answer(self, token: Secret, response: Response, place: Place = HOME) -> SignedIn:
        return self.run(sign_in.finish_by_passkey(self.identity, token, response, place, "request-passkey"))

    def signed_in(self, session: SignedIn) -> SignedIn:
        """Whether the session still is one. Raises NotSignedIn."""
        assert session.token is not None
        return self.run(signed_in(self.identity, session.token))

    def is_signed_in(self, session: SignedIn) -> bool:
        try:
            self.signed_in(session)
        except BittingError:
            return False
        return True

    def proof(self) -> Proof:
        """A code that was not used yet."""
        return Proof(self.fresh_code())

    def deeds(self) -> list[str]:
        return [each.deed for each in self.changes()]

    def changes(self) -> list[Change]:
        """The journal from its beginning."""

        def look(shelf: Any) -> list[Change]:
            storage = shelf.journal_storage()
            return [leaf.change for leaf in log.read(storage, 0, storage.journal_size())]

        return self.trial.look(look)

    def restart(self) -> None:
        """Another process opens the same store: nothing that was only remembered is there."""
        self.trial.store = Store(self.trial.engine, new_keyring(), self.trial.entropy)
        self.book = self.runner.run(self._open())
        self.identity = replace(self.identity, book=self.book)

    def close(self) -> None:
        self.runner.run(self.book.close())
        self.runner.close()
        self.hasher.close()


class _Clock:
    """The trial's, which goes on with each deed."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    def now_ns(self) -> int:
        return self._trial.now_ns

    def monotonic_ns(self) -> int:
        return self._trial.now_ns


def seed_of(uri: Secret) -> Secret:
    """As an app reads it."""
    secret = parse_qs(urlsplit(uri.reveal().decode()).query)["secret"][0]
    return Secret(base64.b32decode(secret))
