"""What people are told: in the transaction of the change, in words of no secret, and by a post that may be down."""

from __future__ import annotations

from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest

from bitting.domain.errors import Unavailable
from bitting.domain.roles import AccountRole, HouseRole
from bitting.domain.user import User
from bitting.identity.notices import AT_ONCE, post_due
from bitting.lifecycle import edit, people, revoke
from tests.identity.hall import CAFE, HOME, NAME, Hall
from tests.stores.trial import policy

SENDER = "bitting@example.com"


class Post:
    """Takes messages, or is down."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.down = False

    def send(self, message: EmailMessage) -> None:
        if self.down:
            raise Unavailable("the mail server is down")
        self.taken.append(BytesParser(policy=default).parsebytes(bytes(message)))


@pytest.fixture
def post() -> Post:
    return Post()


def tell(hall: Hall, post: Post) -> list[str]:
    """Bring what is due to the post; the subjects of what came now."""
    before = len(post.taken)
    hall.run(post_due(hall.book, post, SENDER, hall.identity.site, hall.now_ms))
    return [each["Subject"].removesuffix(" (keys.example.com)") for each in post.taken[before:]]


@pytest.fixture
def ada(hall: Hall, post: Post) -> User:
    user = hall.ada()
    tell(hall, post)
    return user


def test_a_sign_in_from_a_new_place_is_told_and_the_next_is_not(hall: Hall, post: Post, ada: User) -> None:
    hall.sign_in(HOME)
    assert tell(hall, post) == ["Signed in from a new place"]
    hall.sign_in(HOME)
    assert tell(hall, post) == []
    hall.sign_in(CAFE)
    assert tell(hall, post) == ["Signed in from a new place"]
    message = post.taken[-1]
    assert (message["To"], message["From"]) == (NAME, SENDER)
    text = message.get_content()
    assert "From: 198.51.100.1" in text
    assert "With: Firefox" in text
    assert f"By: user:{ada.id}" in text


def test_what_keys_do_is_told_to_who_owns_the_account(hall: Hall, post: Post, ada: User) -> None:
    account = hall.owner(ada)
    manager = hall.add("bob@example.com")
    hall.trial.do(lambda act: people.set_account_role(act, manager.id, account.id, AccountRole.MANAGER))
    tell(hall, post)
    key = hall.trial.key(account, "grid bot")
    assert tell(hall, post) == ["A new key"]
    assert f"key grid bot ({key.wire_id}) of account desk was issued." in post.taken[-1].get_content()
    wider = policy("grid bot", "trade", "transfers.write")
    hall.trial.do(lambda act: edit.edit(act, key.id, wider))
    assert tell(hall, post) == ["A key may do more"]
    hall.trial.do(lambda act: edit.edit(act, key.id, policy("grid bot", "orders.read")))
    assert tell(hall, post) == []
    hall.trial.do(lambda act: revoke.revoke(act, key.id))
    assert tell(hall, post) == ["A key was revoked"]
    assert {each["To"] for each in post.taken[-3:]} == {NAME}


@pytest.mark.parametrize("deed", [people.disable, people.strip])
def test_what_others_decide_about_a_person_is_told_to_that_person(
    hall: Hall, post: Post, ada: User, deed: object
) -> None:
    hall.trial.do(lambda act: deed(act, ada.id))  # type: ignore[operator]
    assert len(tell(hall, post)) == 1
    assert post.taken[-1]["To"] == NAME


def test_who_is_no_owner_any_more_is_told_nothing(hall: Hall, post: Post, ada: User) -> None:
    """Whether somebody may hear of it is asked when they are told."""
    account = hall.owner(ada)
    tell(hall, post)
    hall.trial.key(account)
    hall.trial.do(lambda act: people.set_account_role(act, ada.id, account.id, None))
    assert tell(hall, post) == ["Your role was changed"]
    assert tell(hall, post) == []


def test_an_operator_hears_when_somebody_breaks_the_glass(hall: Hall, post: Post, ada: User) -> None:
    operator = hall.add("grace@example.com", HouseRole.OPERATOR)
    hall.add("dan@example.com", HouseRole.AUDITOR)
    hall.trial.do(lambda act: act.note("house.break_glass", {"why": "fire"}))
    assert tell(hall, post) == ["Somebody broke the glass"]
    assert post.taken[-1]["To"] == operator.name


def test_r17_a_post_that_is_down_keeps_nobody_waiting_and_loses_nothing(hall: Hall, post: Post, ada: User) -> None:
    """R-17: the change is done, the notice waits longer each time, and comes when the post is back."""
    post.down = True
    hall.trial.do(lambda act: people.disable(act, ada.id))
    waits = []
    for _ in range(10):
        assert tell(hall, post) == []
        assert due(hall) == []
        waited = next(ms for ms in range(0, 4_000_001, 30_000) if due(hall, ms))
        hall.later(waited)
        waits.append(waited // 1_000)
    assert waits == [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]
    post.down = False
    assert tell(hall, post) == ["Your access was disabled"]
    assert tell(hall, post) == []


def due(hall: Hall, ms: int = 0) -> list[object]:
    return list(hall.trial.look(lambda shelf: shelf.people.notices(hall.now_ms + ms, 10)))


def test_so_many_are_brought_at_once(hall: Hall, post: Post, ada: User) -> None:
    for _ in range(AT_ONCE // 2 + 1):
        hall.trial.do(lambda act: people.set_house_roles(act, ada.id, frozenset()))
        hall.trial.do(lambda act: people.set_house_roles(act, ada.id, frozenset({HouseRole.AUDITOR})))
    assert len(tell(hall, post)) == AT_ONCE
    assert len(tell(hall, post)) == 2


def test_one_that_cannot_be_read_holds_no_other_up(
    hall: Hall, post: Post, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bitting.domain.errors import Tampered
    from bitting.stores.shelf import Shelf

    bob = hall.add("bob@example.com")
    hall.trial.do(lambda act: people.disable(act, bob.id))
    hall.trial.do(lambda act: people.disable(act, ada.id))
    user = Shelf.user

    def damaged(self: Shelf, user_id: str) -> User:
        if user_id == bob.id:
            raise Tampered("edited")
        return user(self, user_id)

    monkeypatch.setattr(Shelf, "user", damaged)
    assert tell(hall, post) == ["Your access was disabled"]
    monkeypatch.undo()
    assert due(hall, 30_000)


def test_nothing_secret_is_in_a_notice(hall: Hall, post: Post) -> None:
    """All there are: no password, code, token, seed or key's secret."""
    user = hall.ada()
    account = hall.owner(user)
    secret = hall.trial.issue(account).secret
    session = hall.sign_in()
    hall.finish(hall.begin(), hall.codes[0].reveal().decode())
    while tell(hall, post):
        pass
    text = "\n".join(str(each) for each in post.taken)
    assert secret is not None
    assert session.token is not None
    for each in (secret, session.token, hall.app, *hall.codes):
        assert each.reveal().decode("latin-1") not in text
    assert "nine batteries" not in text


def test_a_message_is_the_same_when_it_comes_twice(hall: Hall, post: Post, ada: User) -> None:
    """Who is told twice, since we died in between, can see it by the Message-ID; and no holiday answers."""
    hall.trial.do(lambda act: people.disable(act, ada.id))
    crashed = Post()
    forgetful: Any = _Forgetful(hall)
    hall.run(post_due(forgetful, crashed, SENDER, hall.identity.site, hall.now_ms))
    tell(hall, post)
    assert crashed.taken[0]["Message-ID"] == post.taken[-1]["Message-ID"]
    assert post.taken[-1]["Auto-Submitted"] == "auto-generated"


class _Forgetful:
    """A book in which nothing is written: as if we had died before."""

    def __init__(self, hall: Hall) -> None:
        self.read = hall.book.read

    async def change(self, now_ns: int, make: object) -> None:
        return None


def test_a_line_end_comes_into_no_header() -> None:
    """M-20, and the neighbour that adds recipients: the library refuses, though no name has one."""
    from email.policy import SMTP

    message = EmailMessage(policy=SMTP)
    with pytest.raises(ValueError, match=r"newline|linefeed"):
        message["To"] = "ada@example.com\r\nBcc: mallory@example.com"
