"""Promise 9: value leaves only by a key bound to addresses, to an entry of the book that has waited."""

from dataclasses import replace
from typing import Any

import pytest

from bitting.domain.account import BookEntry
from bitting.domain.credentials import Algorithm
from bitting.domain.grants import Limits
from bitting.domain.network import ANYWHERE
from bitting.domain.permissions import Permission
from bitting.domain.verdict import Denied, Reason
from bitting.gate.pipeline import Passed
from bitting.gate.totals import DAY_NS
from tests.gate.world import ETHER, NOW, NOW_MS, Holder, World

WITHDRAW = Permission.WITHDRAWALS_WRITE
OTHER = "0x" + "cd" * 20


def reason(verdict: Passed | Denied) -> Reason | None:
    return verdict.reason if isinstance(verdict, Denied) else None


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def holder(world: World) -> Holder:
    """With a key pair: what withdraws by default."""
    return world.issue(algorithm=Algorithm.ED25519)


def add_entry(world: World, address: str, matures_at_ms: int) -> None:
    entry = BookEntry.read("fresh", "ETH", "ETH", address, "", "fresh", matures_at_ms)
    world.edit_account(book=(*world.store.accounts["acc-1"].book, entry))


def test_a_withdrawal_needs_a_network(world: World, holder: Holder) -> None:
    """P-04: whatever the row says, the gate asks again."""
    assert reason(world.judge(holder.withdrawal())) is None
    world.edit(holder, network=ANYWHERE)
    assert reason(world.judge(holder.withdrawal())) is Reason.WITHDRAWAL_NETWORK


def test_a_shared_secret_withdraws_only_where_the_house_allows_it(world: World) -> None:
    """It does not by default: whoever verifies it could also have signed it."""
    holder = world.issue()
    assert reason(world.judge(holder.withdrawal())) is Reason.WITHDRAWAL_HMAC
    world.edit_house(hmac_withdraw=True)
    assert reason(world.judge(holder.withdrawal())) is None


@pytest.mark.parametrize(
    "given",
    [
        {"address": OTHER},
        {"network": "BSC"},
        {"asset": "USDT"},
        {"tag": "7"},
        {"address": ETHER[:-1]},
        {"address": ETHER + "\u200b"},
        {"address": ""},
    ],
)
def test_what_is_not_an_entry_whole_is_no_entry(world: World, holder: Holder, given: dict[str, Any]) -> None:
    """P-06: another network, asset or tag is another address, and what cannot be an address is none."""
    assert reason(world.judge(holder.withdrawal(**given))) is Reason.WITHDRAWAL_ADDRESS


def test_the_letter_case_of_a_hex_address_is_no_other_address(world: World, holder: Holder) -> None:
    """P-06: EIP-55 writes a checksum into the case; it is the same place."""
    assert reason(world.judge(holder.withdrawal(address="0x" + "aB" * 20))) is None


def test_a_route_that_names_no_address_withdraws_nowhere(world: World, holder: Holder) -> None:
    """A gift code, a payment, a transfer to another user: value leaves, and no entry can be matched."""
    refused = world.judge(holder.ask("POST /gift"))
    assert refused == Denied(Reason.WITHDRAWAL_ADDRESS, "gift.make", "this route names no address")
    assert reason(world.judge(holder.ask("POST /withdrawal", asset="ETH"))) is Reason.WITHDRAWAL_ADDRESS


def test_an_entry_waits_to_the_millisecond(world: World, holder: Holder) -> None:
    """P-05: one nanosecond before, it is refused."""
    add_entry(world, OTHER, NOW_MS + 1)
    world.clock.pass_ns(999_999)
    assert reason(world.judge(holder.withdrawal(address=OTHER))) is Reason.WITHDRAWAL_WAITING
    world.clock.pass_ns(1)
    assert reason(world.judge(holder.withdrawal(address=OTHER))) is None


def test_a_refused_withdrawal_does_not_come_back_when_its_address_has_matured(world: World, holder: Holder) -> None:
    """The pipeline's second law: who captured the refused bytes has nothing in hand."""
    add_entry(world, OTHER, NOW_MS + 1_000)
    captured = holder.withdrawal(address=OTHER)
    assert reason(world.judge(captured)) is Reason.WITHDRAWAL_WAITING
    world.pass_ns(1_000_000_000)
    assert reason(world.judge(captured)) is Reason.REPLAYED
    assert reason(world.judge(holder.withdrawal(address=OTHER))) is None


def test_a_key_may_be_bound_to_entries_of_the_book(world: World, holder: Holder) -> None:
    """So may the account; both have to name the entry."""
    world.limit(holder, WITHDRAW, addresses=["elsewhere"])
    refused = world.judge(holder.withdrawal())
    assert isinstance(refused, Denied)
    assert refused.reason is Reason.WITHDRAWAL_ADDRESS
    assert "elsewhere" not in refused.text
    world.limit(holder, WITHDRAW, addresses=["acc-1-ether"])
    assert reason(world.judge(holder.withdrawal())) is None
    world.edit_account(limits=Limits.from_plain({"addresses": []}))
    assert reason(world.judge(holder.withdrawal())) is Reason.WITHDRAWAL_ADDRESS


def test_the_book_of_a_sub_account_is_its_own(world: World) -> None:
    """A parent's entry is no entry of its sub-account."""
    world.account("desk", parent="acc-1")
    world.store.accounts["desk"] = replace(world.store.accounts["desk"], book=())
    assert reason(world.judge(world.issue("desk", algorithm=Algorithm.ED25519).withdrawal())) is (
        Reason.WITHDRAWAL_ADDRESS
    )


def test_a_days_withdrawals_are_bounded_per_asset(world: World, holder: Holder) -> None:
    """To the last digit, until midnight UTC."""
    world.limit(holder, WITHDRAW, daily_withdrawals={"ETH": "2.5"})
    assert [reason(world.judge(holder.withdrawal())) for _ in range(3)] == [None, None, Reason.WITHDRAWAL_TOTAL]
    assert reason(world.judge(holder.withdrawal(amount="0.5"))) is None
    world.pass_ns(DAY_NS - NOW % DAY_NS)
    assert reason(world.judge(holder.withdrawal())) is None


def test_a_withdrawal_of_everything_is_refused_where_there_is_a_total(world: World, holder: Holder) -> None:
    """Nobody knows what it would count; without a total it passes."""
    everything: dict[str, Any] = {"asset": "ETH", "network": "ETH", "address": ETHER}
    assert reason(world.judge(holder.ask("POST /withdrawal", **everything))) is None
    world.edit_account(limits=Limits.from_plain({"daily_withdrawals": {"ETH": "5"}}))
    refused = world.judge(holder.ask("POST /withdrawal", **everything))
    assert refused == Denied(Reason.WITHDRAWAL_TOTAL, "", "the amount is not known")


@pytest.mark.parametrize("which", ["acc-1", "acc-0"])
def test_withdrawals_wait_after_what_a_thief_would_change_first(world: World, holder: Holder, which: str) -> None:
    """The account's own wait and its parent's; until the moment, whatever the key is granted."""
    world.account("acc-0")
    world.edit_account(parent="acc-0")
    world.edit_account(which, withdrawals_from_ms=NOW_MS + 1_000)
    assert reason(world.judge(holder.withdrawal())) is Reason.WITHDRAWALS_WAIT
    world.edit_account(which, withdrawals_from_ms=NOW_MS)
    assert reason(world.judge(holder.withdrawal())) is None
