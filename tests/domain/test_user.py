"""A user: one spelling of the name, and what stands in the digest."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from bitting.domain.errors import IllegalStep, MalformedValue, NotFound
from bitting.domain.roles import AccountRole, HouseRole
from bitting.domain.user import MOST_AUTHENTICATORS, Authenticator, Factor, User, UserState, name_from_text

NOW_MS = 1_795_000_000_000
PASSWORD = Authenticator("a-1", Factor.PASSWORD, "", b"hash", NOW_MS)
APP = Authenticator("a-2", Factor.TOTP, "phone", b"seed", NOW_MS)
PASSKEY = Authenticator("a-3", Factor.PASSKEY, "laptop", b"key", NOW_MS)
CODES = Authenticator("a-4", Factor.RECOVERY, "", b"hashes", NOW_MS)


def user(**columns: Any) -> User:
    ada = User(
        "user-1",
        "tenant-1",
        "ada@example.com",
        frozenset(),
        {"account-1": AccountRole.OWNER},
        UserState.ACTIVE,
        3,
        (PASSWORD, APP),
        NOW_MS,
        7,
    )
    return replace(ada, **columns)


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.com",
        "ADA@EXAMPLE.COM",
        "Ada@Example.com",
        "\N{LATIN SMALL LETTER LONG S}am@example.com".replace("\N{LATIN SMALL LETTER LONG S}am", "ada"),
        "ada@example.com".replace("c", "C"),
    ],
    ids=range(5),
)
def test_a_name_has_one_spelling(text: str) -> None:
    assert name_from_text(text) == "ada@example.com"


def test_a_letter_that_folds_to_another_is_that_other() -> None:
    """The Kelvin sign and the long s: who types one is the person of the plain letter, and there is no second one."""
    assert name_from_text("\N{KELVIN SIGN}ay\N{LATIN SMALL LETTER LONG S}@example.com") == "kays@example.com"


@pytest.mark.parametrize("text", ["a@b.co", "a.b+c_d-e@sub.example.co.uk", "x" * 64 + "@" + "y" * 60 + ".example"])
def test_what_mail_is_sent_to_is_a_name(text: str) -> None:
    assert name_from_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@localhost",
        "ada@@example.com",
        ".ada@example.com",
        "ada..l@example.com",
        "ada@-example.com",
        "ada@example.com.",
        "ada@example.com\n",
        "ada@example.com\r\nBcc: mallory@example.com",
        " ada@example.com",
        "ada lovelace@example.com",
        '"ada"@example.com',
        "ada@[127.0.0.1]",
        "ada@example.com,mallory@example.com",
        "ada@example.com>",
        "ada@ex\N{CYRILLIC SMALL LETTER A}mple.com",
        "\N{FULLWIDTH LATIN SMALL LETTER A}da@example.com",
        "ada\N{ZERO WIDTH SPACE}@example.com",
        "ada\x00@example.com",
        "x" * 243 + "@example.com",
    ],
)
def test_what_cannot_be_written_into_a_header_is_no_name(text: str) -> None:
    """Not one of these is a single address, so a list of two is none either (CVE-2023-7028)."""
    with pytest.raises(MalformedValue, match="e-mail address"):
        name_from_text(text)


def test_what_decides_stands_in_the_digest_and_the_name_only_in_the_row() -> None:
    """K-05. A new field fails here until it has its place; the digest is published, and so has no address in it."""
    others: dict[str, Any] = {
        "house": frozenset({HouseRole.OPERATOR}),
        "accounts": {"account-1": AccountRole.VIEWER},
        "state": UserState.DISABLED,
        "epoch": 4,
        "authenticators": (PASSWORD,),
    }
    named = {"id": "user-2", "tenant": "tenant-2", "name": "b@example.com", "created_at_ms": 1, "version": 8}
    assert set(others) | set(named) == {each.name for each in fields(User)}
    digests = {user().digest(), *(user(**{name: other}).digest() for name, other in others.items())}
    assert len(digests) == 1 + len(others)
    assert {user(**{name: other}).digest() for name, other in named.items()} == {user().digest()}
    rows = [user().row(), *(user(**{name: other}).row() for name, other in named.items())]
    assert len({str(each) for each in rows}) == 1 + len(named)


def test_every_field_of_an_authenticator_stands_in_its_form() -> None:
    others = {"id": "b", "factor": Factor.TOTP, "label": "b", "material": b"b", "created_at_ms": 1}
    assert set(others) == {each.name for each in fields(Authenticator)}
    for name, other in others.items():
        changed = replace(PASSWORD, **{name: other})  # type: ignore[arg-type]
        assert user(authenticators=(changed, APP)).digest() != user().digest()


def test_neither_a_name_nor_a_secret_shows_itself() -> None:
    assert "ada" not in repr(user())
    assert "hash" not in repr(PASSWORD)


def test_a_user_reads_what_it_writes() -> None:
    whole = user(house=frozenset(HouseRole), state=UserState.DISABLED)
    plain = whole.policy_to_plain()
    read = User.from_plain("user-1", "tenant-1", "ada@example.com", plain, whole.authenticators, NOW_MS, 7)
    assert read == whole


@pytest.mark.parametrize(
    ("authenticators", "ready"),
    [
        ((), False),
        ((PASSWORD,), False),
        ((APP,), False),
        ((PASSWORD, CODES), False),
        ((APP, CODES), False),
        ((PASSWORD, APP), True),
        ((PASSKEY,), True),
        ((PASSWORD, PASSKEY), True),
    ],
    ids=range(8),
)
def test_two_factors_are_wanted(authenticators: tuple[Authenticator, ...], ready: bool) -> None:
    assert user(authenticators=authenticators).ready is ready


def test_one_password_one_app_one_set_of_codes_and_any_passkeys() -> None:
    other = replace(PASSWORD, id="b-1")
    after = user().with_authenticator(other)
    assert after.authenticators == (APP, other)
    assert (after.epoch, after.version) == (4, 8)
    both = user().with_authenticator(PASSKEY).with_authenticator(replace(PASSKEY, id="b-3"))
    assert len(both.having(Factor.PASSKEY)) == 2


def test_there_is_an_end_to_passkeys() -> None:
    many = tuple(replace(PASSKEY, id=str(number)) for number in range(MOST_AUTHENTICATORS))
    with pytest.raises(MalformedValue, match="at most 20"):
        user(authenticators=many).with_authenticator(PASSKEY)


def test_what_is_taken_away_leaves_a_way_in() -> None:
    after = user(authenticators=(PASSWORD, APP, CODES)).without_authenticator("a-4")
    assert (after.authenticators, after.epoch) == ((PASSWORD, APP), 4)
    with pytest.raises(IllegalStep):
        user().without_authenticator("a-2")
    with pytest.raises(NotFound):
        user().without_authenticator("a-9")


def test_who_only_looks_answers_for_nothing() -> None:
    accounts = {"1": AccountRole.OWNER, "2": AccountRole.MANAGER, "3": AccountRole.VIEWER}
    assert user(accounts=accounts).answers_for == ("1", "2")
