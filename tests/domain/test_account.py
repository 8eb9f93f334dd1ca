"""The account and its address book: withdrawals go where an old enough entry says, byte for byte (P-04 to P-06)."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.account import (
    Account,
    BookEntry,
    canonical_address,
    network_from_text,
    tag_from_text,
)
from bitting.domain.action import Withdrawal
from bitting.domain.errors import MalformedValue
from bitting.domain.grants import Limits
from bitting.domain.holds import Hold
from bitting.domain.verdict import Denied, Reason
from tests.domain.examples import NOW_MS, WALLET, account, entry

BECH32 = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
BASE58 = "TJCnKsPa7y5okkXvQAidZBzqx3QyQ6sxMW"
visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=4, max_size=128)
bech32 = st.from_regex(r"(bc|BC|tb|ltc)1[qpzrQPZR]{6,12}", fullmatch=True)


def to(**changes: Any) -> Withdrawal:
    return Withdrawal("USDT", "ETH", WALLET, "", None)._replace(**changes)


def refusal(withdrawal: Withdrawal, *, book: BookEntry | None = None, allowed: Any = None) -> Denied | None:
    return account(book=(book or entry(),)).withdrawal_objection(withdrawal, allowed, NOW_MS)


def test_a_withdrawal_to_a_mature_entry_passes() -> None:
    """Asset, network, address and tag as the entry has them."""
    assert refusal(to()) is None
    tagged = entry(network="XRP", asset="XRP", address=BASE58, tag="104729")
    assert refusal(Withdrawal("XRP", "XRP", BASE58, "104729", None), book=tagged) is None


LOOKALIKES = {
    "another asset": to(asset="USDC"),
    "another network": to(network="BSC"),
    "lower-case asset": to(asset="usdt"),
    "lower-case network": to(network="eth"),
    "trailing space": to(address=WALLET + " "),
    "leading space": to(address=" " + WALLET),
    "line end": to(address=WALLET + "\n"),
    "zero width": to(address=WALLET[:9] + "\u200b" + WALLET[9:]),
    "homoglyph": to(address=WALLET.replace("e", "\u0435")),
    "full-width": to(address=WALLET.replace("5", "\uff15")),
    "one digit off": to(address=WALLET[:-1] + "8"),
    "longer": to(address=WALLET + "0"),
    "shorter": to(address=WALLET[:-1]),
    "without 0x": to(address=WALLET[2:]),
    "a tag nobody wrote down": to(tag="1"),
    "no asset": to(asset=None),
    "no network": to(network=None),
    "no address": to(address=None),
    "empty": to(asset="", network="", address=""),
    "a bad tag": to(tag="x" * 65),
    "a tag of spaces": to(tag=" "),
}


@pytest.mark.parametrize("what", LOOKALIKES)
def test_a_look_alike_is_another_address(what: str) -> None:
    """P-06, P-07: case, tag, network, spaces, homoglyphs; routes without an address are in no book."""
    denied = refusal(LOOKALIKES[what])
    assert denied is not None
    assert denied.reason is Reason.WITHDRAWAL_ADDRESS


@pytest.mark.parametrize("tag", ["", "104728", "0104729", "104729 "])
def test_a_missing_or_other_tag_is_another_address(tag: str) -> None:
    """P-06: without its memo a deposit at an exchange is somebody else's."""
    tagged = entry(tag="104729")
    denied = refusal(to(tag=tag), book=tagged)
    assert denied is not None
    assert denied.reason is Reason.WITHDRAWAL_ADDRESS


def test_base58_is_compared_letter_by_letter() -> None:
    """Its letter case carries value."""
    tron = entry(network="TRX", address=BASE58)
    assert refusal(to(network="TRX", address=BASE58), book=tron) is None
    denied = refusal(to(network="TRX", address=BASE58.lower()), book=tron)
    assert denied is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0x52908400098527886E0F7030069857D2E4169EE7", WALLET),
        ("0X52908400098527886E0F7030069857D2E4169EE7", WALLET),
        ("0x5290840009852788" + "6E0f7030069857d2e4169eE7", WALLET),
        (BECH32.upper(), BECH32),
    ],
)
def test_one_address_in_two_letter_cases_is_one(one: str, other: str) -> None:
    """EIP-55 is a checksum in the letters, BIP-173 allows all capitals: the value is the same."""
    assert canonical_address(one) == canonical_address(other) == other
    book = BookEntry.read("e", "USDT", "ETH", one, "", "x", 0)
    assert refusal(to(address=other), book=book) is None
    assert refusal(to(address=one), book=book) is None


@given(text=visible | bech32)
def test_folding_changes_letter_case_and_nothing_else(text: str) -> None:
    """Two addresses are one only if they are hex or bech32 and differ in letter case alone."""
    try:
        folded = canonical_address(text)
    except MalformedValue:
        assert text.lower().startswith(("bc1", "tb1", "ltc1"))
        return
    assert folded == text or (folded == text.lower() and text.lower().startswith(("0x", "bc1", "tb1", "ltc1")))
    assert canonical_address(folded) == folded


def test_mixed_case_bech32_is_no_address() -> None:
    """BIP-173: decoders must refuse it; in a request it is simply in no book."""
    with pytest.raises(MalformedValue, match="mixed case"):
        canonical_address("BC1" + BECH32[3:])
    assert refusal(to(address="BC1" + BECH32[3:]), book=entry(address=BECH32)) is not None


@given(late=st.integers(-5, 5))
def test_an_entry_waits_to_its_millisecond(late: int) -> None:
    """P-05: added then used at once is refused until the hold is over, exactly."""
    denied = refusal(to(), book=entry(matures_at_ms=NOW_MS + late))
    assert (denied is not None) == (late > 0)
    if denied is not None:
        assert denied.reason is Reason.WITHDRAWAL_WAITING
        assert str(NOW_MS + late) in denied.detail


def test_a_grant_that_names_addresses_is_for_those() -> None:
    """None is the whole book, an empty set none of it; the wire never hears which are allowed."""
    assert refusal(to(), allowed=None) is None
    assert refusal(to(), allowed=frozenset({"entry-1"})) is None
    for allowed in (frozenset(), frozenset({"entry-2"})):
        denied = refusal(to(), allowed=allowed)
        assert denied is not None
        assert denied.reason is Reason.WITHDRAWAL_ADDRESS
        assert "entry-1" not in denied.text


def test_not_allowed_comes_before_not_yet() -> None:
    """A key that may not use an entry does not learn that it is waiting."""
    denied = refusal(to(), book=entry(matures_at_ms=NOW_MS + 1), allowed=frozenset())
    assert denied is not None
    assert denied.reason is Reason.WITHDRAWAL_ADDRESS


def test_an_empty_book_admits_nothing() -> None:
    """P-04: without an address book there are no withdrawals."""
    assert account(book=()).withdrawal_objection(to(), None, NOW_MS) is not None


@pytest.mark.parametrize("text", ["", "eth", "ET H", "ETH\n", "X" * 25, "ETH-20", "\u0415TH"])
def test_a_network_code_is_capitals_and_digits(text: str) -> None:
    """One spelling a chain."""
    with pytest.raises(MalformedValue, match="network code"):
        network_from_text(text)


@pytest.mark.parametrize(
    "text", ["", "abc", "x" * 129, "with space", "tab\tin it", "line\nend", "\u0431\u0438\u0442\u0430", "nul\x00!"]
)
def test_an_address_is_visible_ascii(text: str) -> None:
    """4 to 128 characters."""
    with pytest.raises(MalformedValue, match="4 to 128"):
        canonical_address(text)


@pytest.mark.parametrize("text", ["x" * 65, " ", "a b", "\n", "\u0661"])
def test_a_tag_is_visible_ascii_or_nothing(text: str) -> None:
    """At most 64 characters."""
    assert tag_from_text("") == ""
    with pytest.raises(MalformedValue, match="64 visible"):
        tag_from_text(text)


@pytest.mark.parametrize(
    ("at", "value"), [(1, "usdt"), (2, "eth"), (3, "0x 1"), (4, "a b"), (5, ""), (5, "main\u200b")]
)
def test_an_entry_is_read_whole_or_not_at_all(at: int, value: str) -> None:
    """Each of its texts is checked when it is written."""
    given_: list[Any] = ["id", "USDT", "ETH", WALLET, "", "cold wallet", 0]
    given_[at] = value
    with pytest.raises(MalformedValue):
        BookEntry.read(*given_)


def test_every_field_of_an_entry_stands_in_its_form() -> None:
    """K-05: an entry can be neither slipped in nor aged by whoever writes to the database."""
    others: dict[str, Any] = {
        "id": "entry-2",
        "asset": "USDC",
        "network": "BSC",
        "address": BASE58,
        "tag": "7",
        "label": "other",
        "matures_at_ms": 0,
    }
    assert list(others) == [each.name for each in fields(BookEntry)]
    assert entry().to_plain() == ["entry-1", "USDT", "ETH", WALLET, "", "cold wallet", NOW_MS - 1]
    for number, (name, other) in enumerate(others.items()):
        assert replace(entry(), **{name: other}).to_plain()[number] == other


def test_what_people_decide_about_an_account_stands_in_its_digest() -> None:
    """The row names the rest: id, tenant, time and version. A new field fails here until it has its place."""
    others: dict[str, Any] = {
        "name": "desk two",
        "parent": "account-0",
        "holds": frozenset({Hold.OPERATOR}),
        "limits": Limits(open_orders=1),
        "book": (),
        "withdrawals_from_ms": NOW_MS,
        "shredded_at_ms": NOW_MS,
    }
    named_by_the_row = {"id", "tenant", "created_at_ms", "version"}
    assert set(others) | named_by_the_row == {each.name for each in fields(Account)}
    digests = {account().digest(), *(account(**{name: other}).digest() for name, other in others.items())}
    assert len(digests) == 1 + len(others)


def test_withdrawals_wait_until_their_moment() -> None:
    """Not at it any more, and never where nothing was changed."""
    waiting = account(withdrawals_from_ms=NOW_MS)
    against = waiting.wait_objection(NOW_MS - 1)
    assert against is not None
    assert against.reason is Reason.WITHDRAWALS_WAIT
    assert waiting.wait_objection(NOW_MS) is None
    assert account().wait_objection(0) is None


def test_an_account_that_never_waited_is_written_as_before() -> None:
    """Rows and leaves of houses that are older than the wait keep their digest."""
    assert set(account().policy_to_plain()) == {"name", "parent", "holds", "limits", "book"}


def test_an_account_reads_what_it_writes() -> None:
    """Round trip over the canonical form and the columns beside it."""
    whole = account(
        parent="account-0",
        holds=frozenset(Hold),
        limits=Limits(open_orders=3),
        book=(entry(), entry(id="2")),
        withdrawals_from_ms=NOW_MS,
    )
    assert Account.from_plain("account-1", "tenant-1", NOW_MS, 1, whole.policy_to_plain()) == whole
