"""Signing in: the ways there are, and what a stranger learns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bitting.domain.change import Personal
from bitting.domain.errors import MalformedValue, NotSignedIn, TooMany
from bitting.domain.network import address_to_text
from bitting.identity import factors, sign_in
from bitting.identity.hashing import Cost
from bitting.identity.passwords import MOST_BYTES
from bitting.lifecycle import people
from tests.identity.device import Device
from tests.identity.hall import CAFE, NAME, PASSWORD, CountingHasher, Hall

NOBODY = "nobody@example.com"


def test_a_password_and_a_code_open_a_session(hall: Hall) -> None:
    ada = hall.ada()
    session = hall.sign_in()
    assert hall.signed_in(session).user.id == ada.id
    assert session.session.how == "password+totp"


def test_from_where_somebody_signed_in_is_in_the_journal_sealed(hall: Hall) -> None:
    """For the house to read, and in no leaf in the clear."""
    hall.ada()
    hall.sign_in(CAFE)
    [told] = hall.trial.look(lambda shelf: shelf.told(None, None, 1))
    assert (told.leaf.change.deed, told.leaf.change.kind) == ("user.sign_in", "user")
    assert told.personal == Personal(address_to_text(CAFE.address), CAFE.agent)
    assert told.personal.address.encode() not in told.leaf.raw


def test_a_passkey_opens_a_session_by_itself(hall: Hall) -> None:
    bob, device = hall.with_passkey()
    session = hall.by_passkey(device)
    assert hall.signed_in(session).user.id == bob.id
    assert session.session.how == "passkey"


def test_a_code_on_paper_stands_in_for_the_app(hall: Hall) -> None:
    hall.ada()
    session = hall.finish(hall.begin(), hall.codes[0].reveal().decode())
    assert session.session.how == "password+recovery"
    assert hall.is_signed_in(session)


def test_a_name_is_the_same_in_any_letter_case(hall: Hall) -> None:
    hall.ada()
    token = hall.begin(name="ADA@Example.COM")
    assert hall.is_signed_in(hall.finish(token, hall.fresh_code()))


@pytest.mark.parametrize("name", [NAME, NOBODY])
@pytest.mark.parametrize("password", ["wrong password", PASSWORD])
def test_m15_a_wrong_name_a_wrong_password_and_a_wrong_code_are_one_answer(
    hall: Hall, name: str, password: str
) -> None:
    """M-15: whatever is wrong, `begin` gives a ticket and `finish` says the same sentence."""
    hall.ada()
    token = hall.begin(name, password)
    assert len(token.reveal()) == 43
    with pytest.raises(NotSignedIn) as refused:
        hall.finish(token, "000000")
    assert str(refused.value) == sign_in.NOT_YOU


def test_m15_a_person_who_is_disabled_is_a_wrong_name(hall: Hall) -> None:
    """M-15: that somebody was disabled is nobody's business."""
    ada = hall.ada()
    hall.trial.do(lambda act: people.disable(act, ada.id))
    with pytest.raises(NotSignedIn, match=sign_in.NOT_YOU):
        hall.sign_in()


def test_m15_a_person_who_is_not_set_up_is_a_wrong_name(hall: Hall) -> None:
    """M-15: neither can a name be told that has no password yet."""
    hall.add(NAME)
    with pytest.raises(NotSignedIn, match=sign_in.NOT_YOU):
        hall.finish(hall.begin(), "000000")


def test_g9_a_name_that_nobody_has_is_as_much_work(hall: Hall) -> None:
    """G9 by what is done, since a clock in a test proves nothing: the same hashes at the same cost, the same number of
    transactions, the same rows written."""
    hall.ada()
    done: list[tuple[list[bytes], int, list[str]]] = []
    for name in (NAME, NOBODY):
        seen = Watched(hall)
        hall.hasher.compared.clear()
        hall.begin(name, "wrong password")
        done.append((list(hall.hasher.compared), seen.transactions, seen.written))
        seen.close()
    assert done[0] == done[1]
    assert len(done[0][0]) == 1
    assert done[0][1] == 2


def test_m15_the_waits_of_a_name_that_nobody_has_are_the_same(hall: Hall) -> None:
    """M-15: a lock that only real names have would tell them from the others."""
    hall.ada()
    said: list[list[str]] = []
    for name in (NAME, NOBODY):
        answers = []
        for _ in range(8):
            try:
                hall.begin(name, "wrong password", CAFE)
                answers.append("ticket")
            except TooMany as refused:
                answers.append(str(refused))
        said.append(answers)
    assert said[0] == said[1]
    assert said[0][:5] == ["ticket"] * 5
    assert said[0][5] == "too many wrong tries: wait 1 seconds"


def test_m15_the_options_of_a_passkey_name_nobody(hall: Hall) -> None:
    """M-15: there is no list of credentials in them, so nothing has to be faked for names that nobody has."""
    hall.with_passkey()
    options = hall.run(sign_in.challenge(hall.identity)).options
    assert options.pop("allowCredentials") == []
    assert options.pop("challenge")
    assert options == {"rpId": "keys.example.com", "timeout": 60000, "userVerification": "required"}


def test_m16_a_password_of_more_than_a_kilobyte_is_not_hashed(hall: Hall) -> None:
    """M-16: a megabyte of password is refused before anything is done with it, also of names nobody has."""
    hall.ada()
    for name in (NAME, NOBODY):
        with pytest.raises(MalformedValue, match="at most 1024 bytes"):
            hall.begin(name, "a" * (MOST_BYTES + 1))
    assert hall.hasher.compared == []
    hall.begin(NAME, "a" * MOST_BYTES)
    assert len(hall.hasher.compared) == 1


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ("a horse\x00 in batteries", "a horse"),
        ("x9" * 36 + "the rest", "x9" * 36),
        ("pass\N{LATIN SMALL LETTER E WITH ACUTE} nine horses", "passe\N{COMBINING ACUTE ACCENT} nine horses"),
        ("Nine Horses Of Mine", "nine horses of mine"),
        (" nine horses of mine ", "nine horses of mine"),
    ],
    ids=["NUL", "72 bytes", "Unicode form", "letter case", "spaces"],
)
def test_m17_a_password_is_exactly_what_was_chosen(hall: Hall, chosen: str, said: str) -> None:
    """M-17: nothing is cut, folded or trimmed, at a NUL, at bcrypt's 72 bytes or anywhere else."""
    user = hall.add()
    link = hall.link(user)
    hall.run(factors.set_up(hall.identity, link, chosen, hall.app_answer(user.id), "r"))
    with pytest.raises(NotSignedIn):
        hall.sign_in(password=said)
    assert hall.is_signed_in(hall.sign_in(password=chosen))


def test_a_ticket_is_for_one_purpose_and_for_five_minutes(hall: Hall) -> None:
    hall.ada()
    challenge = hall.run(sign_in.challenge(hall.identity)).token
    with pytest.raises(NotSignedIn):
        hall.finish(challenge, hall.fresh_code())
    token = hall.begin()
    hall.later(5 * 60_000)
    with pytest.raises(NotSignedIn):
        hall.finish(token, hall.code())


def test_a_ticket_opens_one_session(hall: Hall) -> None:
    hall.ada()
    token = hall.begin()
    hall.finish(token, hall.fresh_code())
    with pytest.raises(NotSignedIn):
        hall.finish(token, hall.fresh_code())


def test_m02_every_sign_in_has_a_token_of_its_own(hall: Hall) -> None:
    """M-02: whatever a client came with, it leaves with a token that nobody had before."""
    hall.ada()
    first, second = hall.sign_in(), hall.sign_in()
    assert first.token is not None
    assert second.token is not None
    assert first.token.reveal() != second.token.reveal()


def test_a_password_is_hashed_anew_when_the_house_asks_for_more(hall: Hall) -> None:
    hall.ada()
    session = hall.sign_in()
    hall.hasher.close()
    hall.hasher = CountingHasher(Cost(memory_kib=16, passes=2, lanes=1))
    hall.identity = replace(hall.identity, hasher=hall.hasher)
    assert hall.is_signed_in(hall.sign_in())
    assert hall.deeds().count("user.rehash") == 1
    hall.hasher.compared.clear()
    hall.sign_in()
    assert hall.hasher.compared[0].endswith(b"m=16,t=2,p=1")
    assert hall.deeds().count("user.rehash") == 1
    assert hall.is_signed_in(session)


def test_a_passkey_of_somebody_who_is_gone_proves_nobody(hall: Hall) -> None:
    bob, device = hall.with_passkey()
    hall.trial.do(lambda act: people.disable(act, bob.id))
    with pytest.raises(NotSignedIn):
        hall.by_passkey(device)
    stranger = Device(user=bytes(16))
    with pytest.raises(NotSignedIn):
        hall.by_passkey(stranger)


def test_what_is_no_name_is_said_to_be_none_before_anything_is_asked(hall: Hall) -> None:
    with pytest.raises(MalformedValue):
        hall.begin("ada")


class Watched:
    """Counts transactions and what they write, until it is closed."""

    _WRITES = ("put_tries", "put_ticket_row", "put_session_row", "put_user_row", "keep_place")

    def __init__(self, hall: Hall) -> None:
        self.transactions = 0
        self.written: list[str] = []
        self._store: Any = hall.trial.store
        self._change = self._store.change
        vars(self._store)["change"] = self._counted

    def _counted(self, now_ns: int, make: Any) -> Any:
        self.transactions += 1

        def within(work: Any) -> Any:
            rows = work._tables.people
            for name in self._WRITES:
                setattr(rows, name, self._noted(name, getattr(rows, name)))
            try:
                return make(work)
            finally:
                for name in self._WRITES:
                    delattr(rows, name)

        return self._change(now_ns, within)

    def _noted(self, name: str, write: Any) -> Any:
        def noted(*values: Any, **more: Any) -> Any:
            self.written.append(name)
            return write(*values, **more)

        return noted

    def close(self) -> None:
        del vars(self._store)["change"]
