"""Account keys are unwrapped for one account, held for minutes, and rows are MACed in their place."""

import dataclasses
import os

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedStored, Misconfigured, Tampered
from bitting.domain.secret import Secret
from bitting.vault import keyring as module
from bitting.vault.envelope import Binding, seal, sealed
from bitting.vault.keyring import ACCOUNT_KEY_LIFE_NS, SHARDS, Keyring, WrappedKey, shard_of
from bitting.vault.shard import open_shard, wrap_shard
from tests.vault.roots import LyingRoot, new_root, new_shards

ROOT = new_root()
STORED = new_shards(ROOT)
NOW = 1_795_000_000_000_000_000

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@pytest.fixture
def keyring() -> Keyring:
    """A keyring just started, with nothing held."""
    return Keyring(ROOT, "live", STORED)


def with_known_shards(environment: str) -> Keyring:
    """A keyring all of whose shard keys are the bytes 0 to 31."""
    key = bytes(range(32))
    root = LyingRoot("kms-1", key)
    shards = {n: wrap_shard(root, environment, n, Secret(key)) for n in range(SHARDS)}
    return Keyring(root, environment, shards)


@given(tenant=names, account=names)
def test_an_account_key_is_the_same_in_every_process(tenant: str, account: str) -> None:
    """What one process wrapped, another with the same root and shards unwraps to the same key."""
    wrapped = Keyring(ROOT, "live", STORED).new_account_key(tenant, account, os.urandom)
    first, second = (Keyring(ROOT, "live", STORED).account_key(tenant, account, wrapped, NOW) for _ in range(2))
    assert first == second


def test_accounts_are_spread_over_all_shards(keyring: Keyring) -> None:
    """The shard follows from the account id alone, and every shard has its share."""
    homes = [keyring.new_account_key("t", f"account-{n}", os.urandom).shard for n in range(100)]
    assert homes == [keyring.new_account_key("u", f"account-{n}", os.urandom).shard for n in range(100)]
    assert set(homes) == set(range(SHARDS))


def test_the_shard_of_an_account_is_pinned(keyring: Keyring) -> None:
    """Row MACs stand under these shards for ever."""
    accounts = ["", "account-1", "0193b5a0-0000-7000-8000-000000000001"]
    assert [keyring.new_account_key("t", account, os.urandom).shard for account in accounts] == [0, 2, 2]


@pytest.mark.parametrize("numbers", [[], [0], [0, 1, 2], [1, 2, 3, 4], [0, 1, 2, 3, 4]])
def test_a_missing_shard_stops_the_start(numbers: list[int]) -> None:
    """K-14: no partial service; all shards are there or nothing starts."""
    shards = {n: Keyring.new_shard(ROOT, "live", n, os.urandom) for n in numbers}
    with pytest.raises(Misconfigured, match="needs shard keys 0 to 3"):
        Keyring(ROOT, "live", shards)


def test_another_root_stops_the_start() -> None:
    """K-14: a root that did not wrap the shards is refused before anything is served."""
    with pytest.raises(Misconfigured, match=ROOT.root_id):
        Keyring(new_root(), "live", STORED)


def test_changing_the_root_changes_nothing_else(keyring: Keyring) -> None:
    """Under a new root the same account keys open and the same row MACs hold; the old root is out."""
    new = new_root()
    wrapped, mac = keyring.new_account_key("t", "a", os.urandom), keyring.row_mac("t", "a", "keys", b"row")
    after = Keyring(new, "live", keyring.rewrap(new))
    assert after.account_key("t", "a", wrapped, NOW) == keyring.account_key("t", "a", wrapped, NOW)
    after.check_row_mac("t", "a", "keys", b"row", mac)
    with pytest.raises(Misconfigured):
        Keyring(ROOT, "live", keyring.rewrap(new))


def test_a_root_that_does_not_give_back(keyring: Keyring) -> None:
    """One that swallows what it is given is found while there still is the other."""
    with pytest.raises(Misconfigured, match="does not open shard 0"):
        keyring.rewrap(LyingRoot("5f2b9c01d4e8a673", b"x" * 32))


# -- one shard gets another key ------------------------------------------------------------------------


def turned(keyring: Keyring, number: int) -> Keyring:
    """With a new key for one shard."""
    return keyring.turned(open_shard(ROOT, "live", number, Keyring.new_shard(ROOT, "live", number, os.urandom)))


def test_a_turned_shard_has_another_key(keyring: Keyring) -> None:
    """Its MACs are other ones, and those of before do not hold; the other shards are as they were."""
    home = shard_of("a")
    after = turned(keyring, home)
    before = {n: keyring.check(n) for n in range(SHARDS)}
    assert [n for n in range(SHARDS) if after.check(n) != before[n]] == [home]
    assert keyring.check(home) == before[home]
    with pytest.raises(Tampered):
        after.check_row_mac("t", "a", "keys", b"row", keyring.row_mac("t", "a", "keys", b"row"))
    other = next(str(n) for n in range(99) if shard_of(str(n)) != home)
    assert after.row_mac("t", other, "keys", b"row") == keyring.row_mac("t", other, "keys", b"row")


def test_an_account_key_moves_to_the_new_key(keyring: Keyring) -> None:
    """It is the same key, so whatever it has sealed stays; under the key of before it does not open, nor the reverse,
    also where it is held in memory."""
    wrapped = keyring.new_account_key("t", "a", os.urandom)
    key = keyring.account_key("t", "a", wrapped, NOW)
    after = turned(keyring, shard_of("a"))
    moved = keyring.moved("t", "a", wrapped, after, os.urandom)
    assert after.account_key("t", "a", moved, NOW) == key
    for ring, box in ((after, wrapped), (keyring, moved)):
        with pytest.raises(Tampered):
            ring.account_key("t", "a", box, NOW)


def test_what_is_not_the_account_s_does_not_move(keyring: Keyring) -> None:
    """Nothing is made genuine by moving it."""
    wrapped = keyring.new_account_key("t", "a", os.urandom)
    with pytest.raises(Tampered):
        keyring.moved("t", _same_shard(keyring, "a"), wrapped, turned(keyring, shard_of("a")), os.urandom)


# -- the account key belongs to one account ------------------------------------------------------------


def _same_shard(keyring: Keyring, account: str) -> str:
    """Another account in the same shard, so that only its name keeps it out."""
    home = keyring.new_account_key("t", account, os.urandom).shard
    others = (f"other-{n}" for n in range(1000))
    return next(o for o in others if keyring.new_account_key("t", o, os.urandom).shard == home)


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_wrapped_keys_of_two_accounts_cannot_be_swapped(keyring: Keyring, warm: bool) -> None:
    """K-02: a swapped wrapped key is Tampered, also while the right key is in memory."""
    other = _same_shard(keyring, "a")
    mine, theirs = (keyring.new_account_key("t", account, os.urandom) for account in ("a", other))
    if warm:
        keyring.account_key("t", "a", mine, NOW)
        keyring.account_key("t", other, theirs, NOW)
    with pytest.raises(Tampered):
        keyring.account_key("t", "a", theirs, NOW)
    with pytest.raises(Tampered):
        keyring.account_key("t", other, mine, NOW)


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_a_wrapped_key_does_not_open_for_another_tenant(keyring: Keyring, warm: bool) -> None:
    """K-02: neither unwrapping nor the memory of it crosses tenants."""
    wrapped = keyring.new_account_key("t", "a", os.urandom)
    if warm:
        keyring.account_key("t", "a", wrapped, NOW)
    with pytest.raises(Tampered):
        keyring.account_key("u", "a", wrapped, NOW)


@pytest.mark.parametrize("change", [{"version": 2}, {"version": -1}, {"shard": 9}, {"shard": -1}])
def test_the_columns_beside_a_wrapped_key_are_bound(keyring: Keyring, change: dict[str, int]) -> None:
    """K-01: shard and version edited in the database do not open, nor fail in another way."""
    wrapped = keyring.new_account_key("t", "a", os.urandom)
    edited = WrappedKey(change.get("shard", wrapped.shard), change.get("version", wrapped.version), wrapped.box)
    with pytest.raises(Tampered):
        keyring.account_key("t", "a", edited, NOW)


def test_a_wrapped_key_of_another_environment_does_not_open() -> None:
    """A test key's account key is nothing to the live environment, even under the very same shard keys."""
    wrapped = with_known_shards("test").new_account_key("t", "a", os.urandom)
    with_known_shards("test").account_key("t", "a", wrapped, NOW)
    with pytest.raises(Tampered):
        with_known_shards("live").account_key("t", "a", wrapped, NOW)


def test_no_bit_of_a_wrapped_key_can_be_flipped(keyring: Keyring) -> None:
    """K-04: every single bit of a wrapped account key is guarded."""
    wrapped = keyring.new_account_key("t", "a", os.urandom)
    for bit in range(8 * len(wrapped.box)):
        flipped = bytearray(wrapped.box)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises((Tampered, MalformedStored)):
            keyring.account_key("t", "a", dataclasses.replace(wrapped, box=bytes(flipped)), NOW)


def test_an_account_key_is_replaced_by_its_next_version(keyring: Keyring) -> None:
    """Two versions are two keys; a secret sealed under one does not open under the other."""
    first = keyring.new_account_key("t", "a", os.urandom)
    second = keyring.new_account_key("t", "a", os.urandom, version=first.version + 1)
    assert (first.version, second.version) == (1, 2)
    old, new = (keyring.account_key("t", "a", wrapped, NOW) for wrapped in (first, second))
    binding = Binding("live", "t", "a", "c", 1, "hmac-sha256")
    box = seal(old, Secret(b"secret"), binding, os.urandom)
    assert sealed(old, box, binding).open() == b"secret"
    with pytest.raises(Tampered):
        sealed(new, box, binding)


# -- how long it is held -------------------------------------------------------------------------------


def test_a_key_is_held_for_five_minutes_and_no_longer(keyring: Keyring) -> None:
    """Asking again does not lengthen its stay: five minutes after it was unwrapped it is unwrapped anew."""
    wrapped = keyring.new_account_key("t", "a", os.urandom)
    first = keyring.account_key("t", "a", wrapped, NOW)
    assert keyring.account_key("t", "a", wrapped, NOW + ACCOUNT_KEY_LIFE_NS // 2) is first
    assert keyring.account_key("t", "a", wrapped, NOW + ACCOUNT_KEY_LIFE_NS - 1) is first
    assert keyring.account_key("t", "a", wrapped, NOW + ACCOUNT_KEY_LIFE_NS) is not first


def test_five_minutes_are_five_minutes() -> None:
    """The life of an account key is the one the design pins."""
    assert ACCOUNT_KEY_LIFE_NS == 300 * 10**9


def test_a_clock_set_back_does_not_lengthen_its_stay(keyring: Keyring) -> None:
    """A key that seems to be from the future is unwrapped anew."""
    wrapped = keyring.new_account_key("t", "a", os.urandom)
    first = keyring.account_key("t", "a", wrapped, NOW)
    assert keyring.account_key("t", "a", wrapped, NOW - 1) is not first


def test_a_forgotten_key_is_unwrapped_anew(keyring: Keyring) -> None:
    """`forget` drops one account's key at once; what is not held may be forgotten too."""
    wrapped, others = (keyring.new_account_key("t", account, os.urandom) for account in ("a", "b"))
    first, other = keyring.account_key("t", "a", wrapped, NOW), keyring.account_key("t", "b", others, NOW)
    keyring.forget("a")
    keyring.forget("nobody")
    assert keyring.account_key("t", "a", wrapped, NOW) is not first
    assert keyring.account_key("t", "b", others, NOW) is other


def test_expired_keys_leave_memory(keyring: Keyring) -> None:
    """The sweep takes out what is past its time and leaves what is not."""
    old, young = (keyring.new_account_key("t", account, os.urandom) for account in ("old", "young"))
    keyring.account_key("t", "old", old, NOW)
    kept = keyring.account_key("t", "young", young, NOW + ACCOUNT_KEY_LIFE_NS - 1)
    keyring.forget_expired(NOW + ACCOUNT_KEY_LIFE_NS)
    assert list(keyring._held) == ["young"]
    assert keyring.account_key("t", "young", young, NOW + ACCOUNT_KEY_LIFE_NS) is kept


def test_a_key_that_fails_to_unwrap_is_not_held(keyring: Keyring) -> None:
    """After a swap was seen, the key held before is gone too."""
    wrapped = keyring.new_account_key("t", "a", os.urandom)
    first = keyring.account_key("t", "a", wrapped, NOW)
    with pytest.raises(Tampered):
        keyring.account_key("t", "a", dataclasses.replace(wrapped, version=2), NOW)
    assert keyring.account_key("t", "a", wrapped, NOW) is not first


def test_the_keys_held_are_bounded(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand accounts do not fill memory: the key least recently used makes room."""
    monkeypatch.setattr(module, "ACCOUNT_KEYS_HELD", 2)
    wrapped = {account: keyring.new_account_key("t", account, os.urandom) for account in "abc"}
    a, b = (keyring.account_key("t", account, wrapped[account], NOW) for account in "ab")
    assert keyring.account_key("t", "a", wrapped["a"], NOW) is a
    keyring.account_key("t", "c", wrapped["c"], NOW)
    assert keyring.account_key("t", "a", wrapped["a"], NOW) is a
    assert keyring.account_key("t", "b", wrapped["b"], NOW) is not b


# -- row MACs ------------------------------------------------------------------------------------------


@given(tenant=names, account=names, table=names, row=st.binary(max_size=100))
def test_a_row_bears_its_own_mac(tenant: str, account: str, table: str, row: bytes) -> None:
    """The MAC of a row is 32 bytes, the same in every process, and accepted."""
    mac = Keyring(ROOT, "live", STORED).row_mac(tenant, account, table, row)
    assert len(mac) == 32
    Keyring(ROOT, "live", STORED).check_row_mac(tenant, account, table, row, mac)


@given(
    place=st.tuples(names, names, names, st.binary(max_size=30)),
    other=st.tuples(names, names, names, st.binary(max_size=30)),
)
def test_the_mac_of_one_row_is_not_that_of_another(
    place: tuple[str, str, str, bytes], other: tuple[str, str, str, bytes]
) -> None:
    """K-05: a row edited, or moved to another tenant, account or table, does not match."""
    assume(place != other)
    keyring = Keyring(ROOT, "live", STORED)
    with pytest.raises(Tampered):
        keyring.check_row_mac(*other, keyring.row_mac(*place))


@given(bit=st.integers(0, 255))
def test_no_bit_of_a_row_mac_can_be_flipped(bit: int) -> None:
    """K-04: a MAC that differs in one bit is not the MAC."""
    keyring = Keyring(ROOT, "live", STORED)
    mac = bytearray(keyring.row_mac("t", "a", "keys", b"row"))
    mac[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Tampered, match="row of keys"):
        keyring.check_row_mac("t", "a", "keys", b"row", bytes(mac))


@pytest.mark.parametrize("length", [0, 1, 16, 31, 33])
def test_a_mac_of_another_length_is_refused(keyring: Keyring, length: int) -> None:
    """Neither an emptied column nor the beginning of a MAC will do."""
    mac = (keyring.row_mac("t", "a", "keys", b"row") + b"\x00")[:length]
    with pytest.raises(Tampered):
        keyring.check_row_mac("t", "a", "keys", b"row", mac)


def test_the_mac_of_a_row_is_pinned() -> None:
    """Rows MACed today are checked after every upgrade."""
    # From a second composition, with HKDF written out on hmac alone.
    assert with_known_shards("live").row_mac("t", "a", "keys", b"row").hex() == (
        "02d321fb1ae379c4e9c6e0cdebcad4a3ba6a56cbdfc6a7a65b75431aa7632d9e"
    )


def test_the_house_has_rows_too(keyring: Keyring) -> None:
    """A row of no account is MACed under account "", and is no account's row."""
    mac = keyring.row_mac("t", "", "house", b"row")
    keyring.check_row_mac("t", "", "house", b"row", mac)
    with pytest.raises(Tampered):
        keyring.check_row_mac("t", "a", "house", b"row", mac)


def test_the_environments_rows_are_apart() -> None:
    """A row copied from the test environment does not match in the live one, even under the same shard keys."""
    mac = with_known_shards("test").row_mac("t", "a", "keys", b"row")
    with pytest.raises(Tampered):
        with_known_shards("live").check_row_mac("t", "a", "keys", b"row", mac)
