"""Both clients at a real server: sessions, the second factor, pages, versions, lost replies, TLS."""

from __future__ import annotations

import logging
import ssl
import traceback
from pathlib import Path
from typing import Any, assert_type

import httpx2
import pytest

from bitting_client.manage import Call, Client, calls, shapes
from bitting_client.manage.problems import Confirm, Conflict, Invalid, NotFound, Refused, SignIn, Waits
from tests.client.manage.cable import Cable
from tests.client.manage.ways import Way
from tests.end_to_end.house import House
from tests.end_to_end.people import PASSWORD, Person
from tests.web.http.authority import Authority


def issuing(account: str, label: str) -> Call[shapes.KeyWithSecret]:
    return calls.key_issue(account, dialect="binance", label=label, permissions=["trade"], network=["127.0.0.1"])


def answering(person: Person) -> Any:
    """The person's app, asked."""
    return lambda asked: {"code": person.code()}


def test_a_session_from_sign_in_to_sign_out(managed: House, way: type[Way]) -> None:
    """With password and code; typed; and over when it is ended."""
    bob = Person.added(managed, f"{way.__name__.lower()}@example.com", owns="alice")
    with way(managed.console) as client:
        with pytest.raises(SignIn):
            client.do(calls.me_show())
        with pytest.raises(SignIn):
            client.sign_in(bob.name, "another password", bob.code())
        assert client.token == ""
        welcome = client.sign_in(bob.name, PASSWORD, bob.code())
        assert client.token == welcome["token"]
        me = client.do(calls.me_show())
        assert_type(me, shapes.Me)
        assert (me["name"], list(me["accounts"].values())) == (bob.name, ["owner"])
        client.do(calls.me_sign_out())
        with pytest.raises(SignIn):
            client.do(calls.me_show())


def test_a_change_that_gives_power_is_confirmed_on_the_way(managed: House, ada: Person, way: type[Way]) -> None:
    """Refused with what would be done, in words; answered with a code; and then carried out, once."""
    with way(managed.console, ada.token) as client:
        call = issuing("alice", f"confirmed {way.__name__}")
        with pytest.raises(Confirm) as refused:
            client.do(call)
        assert (refused.value.code, refused.value.status) == ("confirmation.required", 403)
        assert any("trade" in each or "orders.write" in each for each in refused.value.says), refused.value.says
        asked: list[Confirm] = []

        def answer(confirm: Confirm) -> shapes.Answer:
            asked.append(confirm)
            return {"code": ada.code()}

        key = client.do(call, answer)
        assert key["secret"]
        assert [each.says for each in asked] == [refused.value.says]
        again = client.do(call)
        assert (again["id"], again["secret"], again["secret_shown"]) == (key["id"], None, True)


def test_a_wrong_code_confirms_nothing(managed: House, ada: Person, way: type[Way]) -> None:
    """The call is not sent again, and the session goes on."""
    label = f"never {way.__name__}"
    with way(managed.console, ada.token) as client:
        with pytest.raises(SignIn, match=r"code|proven|prove"):
            client.do(issuing("alice", label), lambda asked: {"code": "000000"})
        labels = [each["label"] for page in client.pages(calls.key_list()) for each in page["keys"]]
    assert label not in labels


def test_a_reply_that_was_lost_is_asked_for_again(managed: House, ada: Person, way: type[Way]) -> None:
    """The cable breaks twice after the server has carried it out: there is one key, not three."""
    label = f"once {way.__name__}"
    call = issuing("alice", label)
    with Cable(managed.console) as cable, way(cable.url, ada.token) as client:
        with pytest.raises(Confirm) as asked:
            client.do(call)
        client.do(calls.confirmation_answer(asked.value.confirmation, answer={"code": ada.code()}))
        cable.breaks = 2
        key = client.do(call.confirmed(asked.value.confirmation))
        assert cable.breaks == 0
        assert (key["secret"], key["secret_shown"]) == (None, True)
        labels = [each["label"] for page in client.pages(calls.key_list()) for each in page["keys"]]
    assert labels.count(label) == 1


def test_what_has_no_name_is_not_sent_again(managed: House, ada: Person, way: type[Way]) -> None:
    """It was carried out, or was not: that is for the caller to look up. What only reads is sent again."""
    key = managed.issue("binance", "trade")
    with Cable(managed.console) as cable, way(cable.url, ada.token) as client:
        cable.breaks = 2
        with pytest.raises(httpx2.TransportError):
            client.do(calls.key_pause(key.id))
        assert cable.breaks == 1
        assert client.do(calls.key_show(key.id))["state"] == "paused"
        assert cable.breaks == 0


def test_a_cable_that_stays_broken_is_given_up(managed: House, ada: Person, way: type[Way]) -> None:
    """After four tries."""
    with Cable(managed.console) as cable, way(cable.url, ada.token) as client:
        cable.breaks = 10
        with pytest.raises(httpx2.TransportError):
            client.do(calls.me_show())
        assert cable.breaks == 6


def test_page_after_page(managed: House, ada: Person, way: type[Way]) -> None:
    """All of a list, each once; and a list without pages is one page."""
    wanted = {managed.issue("binance", "read-only").id for _ in range(5)}
    with way(managed.console, ada.token) as client:
        pages = client.pages(calls.key_list(most=2))
        assert_type(pages, list[shapes.Keys])
        found = [each["id"] for page in pages for each in page["keys"]]
        assert len(pages) >= 3
        assert all(len(page["keys"]) <= 2 for page in pages)
        assert len(found) == len(set(found))
        assert wanted <= set(found)
        [only] = client.pages(calls.me_sessions())
        assert only["sessions"]


def test_of_two_changes_of_one_state_the_second_is_told(managed: House, ada: Person, way: type[Way]) -> None:
    """By the version that stands in what was shown."""
    with way(managed.console, ada.token) as client:
        shown = client.do(calls.key_show(managed.issue("binance", "trade").id))
        changed = client.do(calls.key_edit(shown["id"], version=shown["version"], label=f"first {way.__name__}"))
        assert changed["version"] > shown["version"]
        with pytest.raises(Conflict) as stale:
            client.do(calls.key_edit(shown["id"], version=shown["version"], label="second"))
        assert stale.value.code == "version.stale"
        assert client.do(calls.key_show(shown["id"]))["label"] == f"first {way.__name__}"


def test_problems_are_told_apart_by_class(managed: House, ada: Person, way: type[Way]) -> None:
    """With the code, the request's id for whoever has the log, and where the fault is."""
    with way(managed.console, ada.token) as client:
        with pytest.raises(NotFound) as nothing:
            client.do(calls.key_show("0192d3e4-0000-7000-8000-000000000000"))
        assert (nothing.value.status, nothing.value.code) == (404, "not_found")
        assert nothing.value.request_id
        unreadable: Any = 7
        with pytest.raises(Invalid) as invalid:
            client.do(calls.key_bulk(step="pause", label=unreadable))
        assert [each["pointer"] for each in invalid.value.errors] == ["/label"]
        assert "/label" in str(invalid.value)
        with pytest.raises(Refused):
            client.do(calls.house_edit(rules={"keys_per_account": 9}))


def test_what_takes_two_persons_says_that_it_waits(managed: House, way: type[Way]) -> None:
    """It is not what was asked for, so it is not returned as that."""
    ivan = Person.added(managed, f"ivan-{way.__name__}@example.com", roles=("operator",))
    with way(managed.console, ivan.token) as client:
        before = client.do(calls.house_show())
        with pytest.raises(Waits) as waits:
            client.do(calls.house_edit(rules={"keys_per_account": before["keys_per_account"] + 1}), answering(ivan))
        assert waits.value.approval["asked_by"]
        assert client.do(calls.house_show()) == before
        client.do(calls.approval_withdraw(waits.value.approval["approval"]))


def test_no_secret_of_ours_is_in_a_repr_a_log_or_an_exception(
    managed: House, way: type[Way], caplog: pytest.LogCaptureFixture
) -> None:
    """At the loudest that the HTTP library can be, and with everything going wrong."""
    caplog.set_level(logging.DEBUG)
    eve = Person.added(managed, f"eve-{way.__name__}@example.com", owns="alice")
    code, said = eve.code(), []
    with Cable(managed.console) as cable, way(cable.url) as client:
        client.sign_in(eve.name, PASSWORD, code)
        begin = calls.sign_in_begin(name=eve.name, password=PASSWORD)
        said += [repr(client), repr(begin), repr(begin.wire(calls.OPERATIONS["sign-in.begin"], client.token))]
        cable.breaks = 4
        failing: list[Call[Any]] = [calls.me_show(), calls.key_show("nobody"), begin.confirmed("x" * 200)]
        for call in failing:
            with pytest.raises(Exception) as problem:  # noqa: PT011 - whatever it is, it must not tell
                client.do(call)
            said += [repr(problem.value), "".join(traceback.format_exception(problem.value))]
        token = client.token
        client.token = f"{token}\n"
        with pytest.raises(ValueError, match="the token is not written as Bitting's are") as unwritten:
            client.do(calls.me_show())
        said.append("".join(traceback.format_exception(unwritten.value)))
    told = "\n".join([*said, caplog.text])
    assert "HTTP Request: POST" in told
    assert [each for each in (token, PASSWORD, code) if each in told] == []


def test_a_server_that_cannot_prove_its_name_hears_nothing(tmp_path: Path) -> None:
    """Certificates are checked unless an authority of one's own is named."""
    authority = Authority(tmp_path)
    files = authority.issue()
    settings = (
        f'[manage]\nport = 0\ntls_certificate = "{files.certificate}"\ntls_key = "{files.key}"\n'
        '[people]\nurl = "https://console.example"\n'
    )
    trusting = ssl.create_default_context(cafile=str(authority.ca))
    with House(tmp_path, settings=settings, upstream="http://127.0.0.1:9") as house:
        assert house.console.startswith("https://")
        with Client(house.console) as client, pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            client.do(calls.sign_in_begin(name="ada@example.com", password=PASSWORD))
        with Client(house.console, verify=trusting) as client:
            assert client.do(calls.sign_in_begin(name="ada@example.com", password=PASSWORD))["ticket"]
