"""The desk about people: what others decide about them, and what they do for themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bitting.desk import sign_in
from bitting.desk.sign_in import OWN, PUBLIC, Confirmer, Visit, ask_own, ask_publicly
from bitting.domain.errors import MalformedValue, NotFound, NotSignedIn, Refused, Unavailable
from bitting.domain.secret import Secret
from bitting.identity import totp
from bitting.identity.hashing import Hasher
from bitting.identity.identity import DEFAULT_SITE, Identity, Site
from bitting.identity.ports import Place
from tests.desk.office import Office
from tests.identity.device import ORIGIN, Device
from tests.identity.hall import SMALL, seed_of

ADA = "ada@example.com"
PASSWORD = "a horse in nine batteries"
HOME = Place((0xFFFF << 32) + 0xCB007107, "Firefox")


class Hall:
    """The office's people; `app` is the seed that was shown last."""

    def __init__(self, office: Office) -> None:
        self.office = office
        desk = office.desk
        self.identity = Identity(desk.book, Hasher(SMALL), Site.from_text(ORIGIN), desk.clock, desk.entropy)  # type: ignore[arg-type]
        desk.identity = self.identity
        self.app = Secret(b"")

    def public(self, intent: str, /, **values: Any) -> dict[str, Any]:
        said: dict[str, Any] = self.office.run(lambda: ask_publicly(self.visit, intent, values))
        return said

    def own(self, token: str, intent: str, /, **values: Any) -> dict[str, Any]:
        said: dict[str, Any] = self.office.run(lambda: ask_own(self.visit, Secret(token.encode()), intent, values))
        return said

    @property
    def visit(self) -> Visit:
        return Visit(self.identity, HOME, "r")

    def code(self) -> str:
        self.office.clock.ns += totp.STEP_MS * 1_000_000
        return totp.code_at(self.app, self.office.clock.ns // 1_000_000 // totp.STEP_MS)

    def set_up(self, name: str = ADA) -> list[str]:
        link = self.office.ask("user.add", name=name)["link"].partition("#")[2]
        looked = self.public("set-up.look", link=link)
        self.app = seed_of(Secret(looked["app"]["uri"].encode()))
        answer = {"link": link, "password": PASSWORD, "ticket": looked["app"]["ticket"], "code": self.code()}
        codes: list[str] = self.public("set-up.finish", **answer)["recovery_codes"]
        return codes

    def sign_in(self, password: str = PASSWORD) -> str:
        ticket = self.public("sign-in.begin", name=ADA, password=password)["ticket"]
        token: str = self.public("sign-in.finish", ticket=ticket, code=self.code())["token"]
        return token


@pytest.fixture
def hall(office: Office) -> Iterator[Hall]:
    opened = Hall(office)
    yield opened
    opened.identity.hasher.close()


def test_somebody_is_added_and_sets_themself_up(hall: Hall) -> None:
    codes = hall.set_up()
    assert len(codes) == 10
    token = hall.sign_in()
    me = hall.own(token, "me.show")
    assert (me["name"], me["ready"]) == (ADA, True)
    assert [each["factor"] for each in me["factors"]] == ["password", "totp", "recovery"]
    assert me["session"]["address"] == "203.0.113.7"


def test_a_link_begins_where_people_sign_in(hall: Hall) -> None:
    said = hall.office.ask("user.add", name=ADA, roles=["operator", "auditor"])
    assert said["link"].startswith(f"{ORIGIN}/set-up#")
    assert said["house"] == ["auditor", "operator"]
    assert said["ready"] is False


def test_people_are_listed_and_shown(hall: Hall) -> None:
    office = hall.office
    names = [f"user-{number}@example.com" for number in range(3)]
    for name in names:
        office.ask("user.add", name=name)
    first = office.ask("user.list", most=2)
    assert [each["name"] for each in first["users"]] == names[:2]
    assert [each["name"] for each in office.ask("user.list", after=first["next"])["users"]] == names[2:]
    assert office.ask("user.show", user="USER-1@example.com")["name"] == names[1]
    with pytest.raises(NotFound):
        office.ask("user.show", user="nobody@example.com")


def test_roles_are_given_and_taken(hall: Hall) -> None:
    office = hall.office
    office.ask("user.add", name=ADA)
    account = office.ask("account.show", account="alice")["id"]
    assert office.ask("user.role", user=ADA, account="alice", role="owner")["accounts"] == {account: "owner"}
    assert office.ask("user.role", user=ADA, roles=["security"])["house"] == ["security"]
    assert office.ask("user.role", user=ADA, account="alice", role="none")["accounts"] == {}
    assert office.ask("user.role", user=ADA, roles=[])["house"] == []
    for wrong in (
        {"roles": ["king"]},
        {"account": "alice", "role": "king"},
        {"account": "alice", "roles": ["auditor"]},
    ):
        with pytest.raises(MalformedValue):
            office.ask("user.role", user=ADA, **wrong)


def test_a_person_is_disabled_and_enabled(hall: Hall) -> None:
    hall.set_up()
    token = hall.sign_in()
    assert hall.office.ask("user.disable", user=ADA)["state"] == "disabled"
    with pytest.raises(NotSignedIn):
        hall.own(token, "me.show")
    assert hall.office.ask("user.enable", user=ADA)["state"] == "active"
    with pytest.raises(NotSignedIn):
        hall.own(token, "me.show")
    hall.sign_in()


def test_a_forgotten_password_is_reset_with_the_app(hall: Hall) -> None:
    hall.set_up()
    link = hall.office.ask("user.reset", user=ADA)["link"].partition("#")[2]
    looked = hall.public("reset.look", link=link)
    assert looked["name"] == ADA
    proof = {"code": hall.code()}
    hall.public("reset.finish", link=link, password="seven horses of mine", proof=proof)
    hall.sign_in("seven horses of mine")


def test_who_has_lost_everything_begins_anew(hall: Hall) -> None:
    hall.set_up()
    said = hall.office.ask("user.reset", user=ADA, everything=True)
    assert (said["ready"], said["page"]) == (False, "set-up")
    assert hall.office.ask("user.reset", user=ADA, everything=True)["page"] == "set-up"


def test_devices_are_listed_and_signed_out(hall: Hall) -> None:
    hall.set_up()
    tokens = [hall.sign_in() for _ in range(3)]
    found = hall.office.ask("user.sessions", user=ADA)["sessions"]
    assert len(found) == 3
    assert hall.office.ask("user.sign-out", user=ADA, session=found[0]["id"])["signed_out"] == found[0]["id"]
    mine = hall.own(tokens[1], "me.sessions")["sessions"]
    assert [each["this"] for each in mine] == [True, False]
    hall.own(tokens[1], "me.sign-out")
    assert hall.office.ask("user.sign-out", user=ADA)["signed_out"] == "everywhere"
    for token in tokens:
        with pytest.raises(NotSignedIn):
            hall.own(token, "me.show")


def test_everything_about_ones_own_factors(hall: Hall) -> None:
    hall.set_up()
    token = hall.sign_in()
    shown = hall.own(token, "me.show-passkey")
    device = Device()
    added = {"ticket": shown["ticket"], "response": device.create(shown["options"]), "label": "laptop"}
    token = hall.own(token, "me.add-factor", **added, proof={"code": hall.code()})["token"]
    begun = hall.own(token, "me.challenge")
    proof = {"ticket": begun["ticket"], "response": device.get(begun["options"])}
    token = hall.own(token, "me.password", current=PASSWORD, password="seven horses of mine", proof=proof)["token"]
    said = hall.own(token, "me.recovery-codes", proof={"code": hall.code()})
    assert len(said["recovery_codes"]) == 10
    proof = {"code": hall.code()}
    shown = hall.own(said["token"], "me.show-app")
    app = seed_of(Secret(shown["uri"].encode()))
    assert shown["svg"].startswith("<svg")
    hall.app = app
    fresh = {"ticket": shown["ticket"], "code": hall.code(), "label": "phone"}
    token = hall.own(said["token"], "me.add-factor", **fresh, proof=proof)["token"]
    laptop = next(each["id"] for each in hall.own(token, "me.show")["factors"] if each["label"] == "laptop")
    challenge = hall.public("sign-in.challenge")
    token = hall.public("sign-in.passkey", ticket=challenge["ticket"], response=device.get(challenge["options"]))[
        "token"
    ]
    begun = hall.own(token, "me.challenge")
    proof = {"ticket": begun["ticket"], "response": device.get(begun["options"])}
    token = hall.own(token, "me.remove-factor", authenticator=laptop, proof=proof)["token"]
    assert [each["factor"] for each in hall.own(token, "me.show")["factors"]] == ["password", "recovery", "totp"]
    hall.own(token, "me.sign-out", everywhere=True)
    with pytest.raises(NotSignedIn):
        hall.own(token, "me.show")


def test_a_confirmation_of_the_desk_is_answered_with_a_factor(hall: Hall) -> None:
    """What the desk's step-up asks: of this person, from where they are signed in."""
    hall.set_up()
    token = hall.sign_in()
    me = hall.own(token, "me.show")
    consent = replace(hall.identity.consent(me["id"], "r"), session=me["session"]["id"])
    confirmer = Confirmer(hall.identity)
    with pytest.raises(NotSignedIn):
        hall.office.run(lambda: confirmer.confirm(consent, b"challenge", {"code": "000000"}))
    assert hall.office.run(lambda: confirmer.confirm(consent, b"challenge", {"code": hall.code()})) == "totp"
    with pytest.raises(MalformedValue):
        hall.office.run(lambda: confirmer.confirm(consent, b"challenge", {"colour": "blue"}))
    with pytest.raises(NotSignedIn):
        hall.office.run(lambda: confirmer.confirm(replace(consent, session="x"), b"challenge", {"code": hall.code()}))


@pytest.mark.parametrize("name", ["user.list", "me.show", "sign-in", ""])
def test_what_is_public_is_a_short_list(hall: Hall, name: str) -> None:
    with pytest.raises(MalformedValue, match="no intent"):
        hall.public(name)
    if name != "me.show":
        with pytest.raises(MalformedValue, match="no intent"):
            hall.own("token", name)


def test_m18_a_list_of_names_is_no_name(hall: Hall) -> None:
    """M-18, CVE-2023-7028: two addresses where one is asked for are refused, not used one and shown the other."""
    hall.set_up()
    for name in ([ADA, "mallory@example.com"], {"0": ADA}, None):
        with pytest.raises(MalformedValue):
            hall.public("sign-in.begin", name=name, password=PASSWORD)
        with pytest.raises(MalformedValue):
            hall.office.ask("user.reset", user=name)


@pytest.mark.parametrize("name", sorted({*PUBLIC, *OWN}))
def test_nothing_is_left_over_in_what_is_asked(hall: Hall, name: str) -> None:
    """Nor does anything but an error of ours come of it."""
    hall.set_up()
    token = hall.sign_in()
    values = {"colour": "blue", "ticket": "x", "link": "x", "password": "x" * 12, "code": "1", "name": ADA}
    values |= {"authenticator": "x"}
    with pytest.raises((MalformedValue, NotSignedIn, Refused)):
        hall.public(name, **values) if name in PUBLIC else hall.own(token, name, **values)


def test_what_a_client_calls_itself_is_cut(hall: Hall) -> None:
    assert len(sign_in._cut(hall.visit._replace(place=Place(1, "x" * 9_999))).place.agent) == 256


def test_where_nobody_can_sign_in_it_is_said(office: Office) -> None:
    office.desk.identity = None
    with pytest.raises(Unavailable, match="nobody can sign in here"):
        office.ask("user.add", name=ADA)
    assert DEFAULT_SITE.rp_id == "localhost"
