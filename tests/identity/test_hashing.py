"""argon2id: at the cost that was asked, and a few at a time."""

from __future__ import annotations

import asyncio
from threading import Event

import pytest

from bitting.domain.errors import Tampered, TooMany
from bitting.domain.secret import Secret
from bitting.identity.hashing import AT_ONCE, WAITING, Cost, Hasher
from tests.identity.hall import SMALL, CountingHasher

PASSWORD = Secret(b"nine horses of mine")


def test_the_cost_is_that_of_rfc_9106() -> None:
    assert Cost() == (64 * 1024, 3, 4)
    assert Hasher().decoy.startswith(b"$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_hash_matches_its_password_and_no_other() -> None:
    async def both() -> tuple[bool, bool]:
        hasher = Hasher(SMALL)
        hashed = await hasher.hash(PASSWORD, lambda size: b"s" * size)
        assert hashed.reveal().startswith(b"$argon2id$v=19$m=8,t=1,p=1$")
        right = await hasher.matches(hashed.reveal(), PASSWORD)
        wrong = await hasher.matches(hashed.reveal(), Secret(b"nine horses of mine\0"))
        hasher.close()
        return right, wrong

    assert asyncio.run(both()) == (True, False)


def test_the_decoy_is_hashed_at_the_same_cost_and_is_nobodys() -> None:
    async def tried() -> bool:
        hasher = Hasher(SMALL)
        assert not hasher.outdated(hasher.decoy)
        assert Hasher(Cost(16, 1, 1)).outdated(hasher.decoy)
        found = await hasher.matches(hasher.decoy, PASSWORD)
        hasher.close()
        return found

    assert asyncio.run(tried()) is False


def test_m16_of_a_thousand_who_come_at_once_two_are_hashed_and_twenty_wait() -> None:
    """M-16: the others are told to come again at once, and their passwords are not hashed."""

    async def crowd() -> tuple[list[object], CountingHasher]:
        hasher = CountingHasher()
        steps = (hasher.matches(hasher.decoy, PASSWORD) for _ in range(1_000))
        answers = await asyncio.gather(*steps, return_exceptions=True)
        assert await hasher.matches(hasher.decoy, PASSWORD) is False  # whoever comes later is served
        hasher.close()
        return list(answers), hasher

    answers, hasher = asyncio.run(crowd())
    assert answers.count(False) == AT_ONCE + WAITING == hasher.made - 1
    sent_away = [each for each in answers if isinstance(each, TooMany)]
    assert len(sent_away) == 1_000 - AT_ONCE - WAITING
    assert all(each.retry_after_s > 0 for each in sent_away)
    assert hasher.most_at_once <= AT_ONCE


def test_m16_who_goes_away_frees_no_place_before_the_hash_is_done() -> None:
    """M-16: or a client that hangs up and comes again would have as many hashes at once as it likes."""

    async def leave() -> None:
        hasher, done = Hasher(SMALL), Event()
        impatient = [asyncio.create_task(hasher._in(done.wait)) for _ in range(AT_ONCE + WAITING)]
        await asyncio.sleep(0)
        for each in impatient:
            each.cancel()
        await asyncio.gather(*impatient, return_exceptions=True)
        with pytest.raises(TooMany):
            await hasher.matches(hasher.decoy, PASSWORD)
        done.set()
        hasher.close()

    asyncio.run(leave())


def test_what_is_no_hash_is_said_to_be_tampered_with() -> None:
    async def tried() -> None:
        hasher = Hasher(SMALL)
        try:
            await hasher.matches(b"no hash", PASSWORD)
        finally:
            hasher.close()

    with pytest.raises(Tampered):
        asyncio.run(tried())
