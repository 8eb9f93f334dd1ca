"""Rows in memory are never older than the last change that was acknowledged."""

import asyncio
import weakref
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.account import Account
from bitting.domain.credentials import Algorithm, Credential, State
from bitting.domain.grants import NO_LIMITS
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.network import ANYWHERE
from bitting.domain.policy import Policy
from bitting.domain.request import Reply
from bitting.gate.cache import ABSENT_NS, GOING_AT_ONCE, MOST_ABSENT, Name, Snapshots
from bitting.gate.snapshot import LONGEST_LIFE_NS, Proof, Snapshot
from tests.gate.world import NOW, NOW_MS, World


def named(number: int) -> Name:
    return (Environment.LIVE, "stamped", f"key-{number}")


def row(number: int = 1, version: int = 1, accounts: tuple[str, ...] = ("acc-1",)) -> Snapshot:
    """A loaded key; only its version and its accounts matter here."""
    policy = Policy("bot", {}, ANYWHERE, None)
    key = Key(
        f"key-{number}", "t", accounts[0], *named(number), False, policy, frozenset(), None, (), NOW_MS, version
    )  # fmt: skip
    family = tuple(Account(each, "t", None, each, frozenset(), NO_LIMITS, (), NOW_MS, 1) for each in accounts)
    return Snapshot(key, family, (), HousePolicy(), NOW + LONGEST_LIFE_NS)


@given(
    st.lists(st.tuples(st.sampled_from(["load", "put", "forget", "account", "clear"]), st.integers(1, 2)), max_size=40)
)
def test_a_load_that_began_before_a_change_is_never_kept(steps: list[tuple[str, int]]) -> None:
    """Any interleaving of loads and changes of two keys: what the cache holds is at least as new as the last change."""
    cache, versions = Snapshots(), {1: 1, 2: 1}
    under_way: list[tuple[int, Snapshot, int]] = []
    for step, number in steps:
        if step == "load":
            under_way.append((number, row(number, versions[number]), cache.epoch))
        elif step == "put" and under_way:
            loaded, snapshot, epoch = under_way.pop(0)
            kept = cache.put(named(loaded), snapshot, epoch, NOW)
            assert not kept or snapshot.key.version == versions[loaded]
        elif step == "forget":
            versions[number] += 1
            cache.forget(named(number))
        elif step == "account":
            versions = {each: version + 1 for each, version in versions.items()}
            cache.forget_account("acc-1")
        elif step == "clear":
            versions = {each: version + 1 for each, version in versions.items()}
            cache.clear()
        for each, version in versions.items():
            held = cache.get(named(each), NOW)
            assert held is None or held.key.version == version


def test_a_row_that_changes_while_it_is_loaded_is_loaded_again() -> None:
    """The request waits for the new row and is judged by it: promise 3 holds for a load that was slow, too."""
    world = World()
    holder = world.issue()
    world.store.slow = asyncio.Event()

    async def revoke_meanwhile() -> Reply:
        asking = asyncio.create_task(world.answering(holder.order()))
        await asyncio.sleep(0)
        world.change(holder, lambda key: key.revoked(NOW_MS))
        assert world.store.slow is not None
        world.store.slow.set()
        return await asking

    assert asyncio.run(revoke_meanwhile()).body.startswith(b"key.revoked")
    assert len(world.store.loads) == 2
    assert world.venue.arrived == []


def test_a_request_is_judged_by_the_time_after_its_row_was_loaded() -> None:
    """Others have gone on meanwhile: by its time of arrival their use of the rate would seem to lie ahead, and a key
    that expired while it waited would still be in force."""
    world = World()
    holder = world.issue()
    world.edit(holder, expires_at_ms=NOW_MS + 1_000)
    world.store.slow = asyncio.Event()

    async def expire_meanwhile() -> Reply:
        asking = asyncio.create_task(world.answering(holder.order()))
        await asyncio.sleep(0)
        world.clock.pass_ns(1_000_000_000)
        assert world.store.slow is not None
        world.store.slow.set()
        return await asking

    assert asyncio.run(expire_meanwhile()).body.startswith(b"key.expired")
    assert world.venue.arrived == []


def test_a_row_is_believed_until_its_time_and_then_loaded_anew() -> None:
    """Its derived keys leave memory as account keys do, after five minutes."""
    cache, loaded = Snapshots(), row()
    assert cache.put(named(1), loaded, cache.epoch, NOW)
    assert cache.get(named(1), loaded.until_ns - 1) == loaded
    assert cache.get(named(1), loaded.until_ns) is None


def test_a_clock_set_back_does_not_lengthen_the_stay_of_a_row() -> None:
    """N-14: a row that would be believed for more than its five minutes from now is loaded anew."""
    cache, loaded = Snapshots(), row()
    assert cache.put(named(1), loaded, cache.epoch, NOW)
    assert cache.get(named(1), NOW) == loaded
    assert cache.get(named(1), NOW - 1) is None


def test_a_changed_account_drops_its_keys_and_those_of_its_sub_accounts() -> None:
    """A hold or a limit of any of them counts, so all of them have to be read again."""
    cache = Snapshots()
    for number, accounts in ((1, ("fund",)), (2, ("desk", "fund")), (3, ("other",))):
        cache.put(named(number), row(number, 1, accounts), cache.epoch, NOW)
    cache.forget_account("fund")
    assert [cache.get(named(number), NOW) is not None for number in (1, 2, 3)] == [False, False, True]
    cache.forget_account("unheard-of")
    assert len(cache) == 1


def test_a_row_that_moved_to_another_parent_is_dropped_by_that_parent() -> None:
    """And by its former one no more."""
    cache = Snapshots()
    for accounts in (("desk", "fund"), ("desk", "pool")):
        cache.put(named(1), row(1, 1, accounts), cache.epoch, NOW)
    cache.forget_account("fund")
    assert cache.get(named(1), NOW) is not None
    cache.forget_account("pool")
    assert cache.get(named(1), NOW) is None


def test_rows_are_bounded() -> None:
    """The oldest gives way; loading one of them anew costs none of the others."""
    cache = Snapshots(most=2)
    for number in (1, 2, 2, 3):
        cache.put(named(number), row(number), cache.epoch, NOW)
    assert len(cache) == 2
    assert [cache.get(named(number), NOW) is not None for number in (1, 2, 3)] == [False, True, True]


def test_that_there_is_no_such_key_is_believed_for_five_seconds() -> None:
    """Or until one is made."""
    cache = Snapshots()
    assert not cache.is_absent(named(1), NOW)
    assert cache.put(named(1), None, cache.epoch, NOW)
    assert cache.is_absent(named(1), NOW + ABSENT_NS - 1)
    assert not cache.is_absent(named(1), NOW + ABSENT_NS)
    cache.forget(named(1))
    assert not cache.is_absent(named(1), NOW)


def test_the_whole_cache_is_dropped_when_the_house_changes() -> None:
    """What was absent is asked for again, too."""
    cache = Snapshots()
    cache.put(named(1), row(), cache.epoch, NOW)
    cache.put(named(2), None, cache.epoch, NOW)
    cache.clear()
    assert len(cache) == 0
    assert not cache.is_absent(named(2), NOW)


def test_what_is_remembered_as_absent_is_bounded() -> None:
    """R-08: a flood of foreign ids takes a bounded place, and none from the rows."""
    cache = Snapshots()
    cache.put(named(0), row(0), cache.epoch, NOW)
    for number in range(1, 2 * MOST_ABSENT):
        cache.put(named(number), None, cache.epoch, NOW)
    assert sum(cache.is_absent(named(number), NOW) for number in range(1, 2 * MOST_ABSENT)) <= MOST_ABSENT
    assert cache.get(named(0), NOW) is not None


class Opener:
    """What a row holds to open its secret."""

    def __call__(self) -> bytes:
        return b""


def test_a_cache_that_was_cleared_is_freed_bit_by_bit() -> None:
    """When a house with many keys is edited, no request waits until all their rows are gone; and there is never more
    in memory than before."""
    cache = Snapshots(most=100)
    credential = Credential("cred-1", Algorithm.HMAC_SHA256, State.PRIMARY, 1, b"", NOW_MS)
    alive: set[Opener] = weakref.WeakSet()  # type: ignore[assignment]
    in_memory = [100]

    def put(number: int) -> None:
        opener = Opener()
        alive.add(opener)
        cache.put(named(number), replace(row(number), proofs=(Proof(credential, opener),)), cache.epoch, NOW)

    for number in range(100):
        put(number)
    cache.clear()
    assert len(alive) == 100
    for number in range(50):
        put(number)
        if number == 10:
            cache.clear()
        in_memory.append(len(alive))
    assert all(0 <= before - after < GOING_AT_ONCE for before, after in pairwise(in_memory) if before > 60)
    assert max(in_memory) == 100
    assert len(alive) == len(cache) == 39


def test_old_rows_leave_memory_though_nobody_asks_for_them() -> None:
    """So that what is derived from a secret does not outlive its five minutes by much."""
    cache = Snapshots()
    for number in range(10):
        cache.put(named(number), row(number), cache.epoch, NOW)
    cache.age(NOW + LONGEST_LIFE_NS - 1)
    assert len(cache) == 10
    cache.age(NOW + LONGEST_LIFE_NS, most=4)
    assert len(cache) == 6
    cache.put(named(11), replace(row(11), until_ns=NOW + 2 * LONGEST_LIFE_NS), cache.epoch, NOW + LONGEST_LIFE_NS)
    assert len(cache) == 6 - GOING_AT_ONCE + 1
    cache.age(NOW + LONGEST_LIFE_NS)
    assert len(cache) == 1
