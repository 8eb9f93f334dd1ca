"""The command line at a house on another machine: a real server, a real terminal, and none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.desktop import Desktop
from tests.end_to_end.house import House
from tests.end_to_end.people import PASSWORD, Person


@pytest.fixture(scope="module")
def managed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    settings = '[manage]\nport = 0\n[people]\nurl = "https://console.example"\n'
    with House(tmp_path_factory.mktemp("house"), settings=settings, upstream="http://127.0.0.1:9") as house:
        yield house


@pytest.fixture(scope="module")
def ada(managed: House) -> Person:
    return Person.added(managed, "ada@example.com", owns="alice")


@pytest.fixture
def empty(tmp_path: Path) -> Desktop:
    return Desktop(tmp_path)


@pytest.fixture
def desktop(empty: Desktop, managed: House, ada: Person) -> Desktop:
    """With a session of ada's."""
    sign_in(empty, ada)
    return empty


def sign_in(desktop: Desktop, person: Person) -> str:
    """What the terminal shows meanwhile."""
    answers = [("Password: ", PASSWORD), ("Code of your app: ", person.code())]
    told = desktop.type("sign-in", person.house.console, "--name", person.name, answers=answers)
    assert told.code == 0, told.out
    return told.out


def test_signing_in_keeps_the_token_for_its_owner(empty: Desktop, managed: House) -> None:
    """In a file that nobody else can read; the password, the code and the token are not shown."""
    bob = Person.added(managed, "bob@example.com", owns="alice")
    code = bob.code()
    answers = [("E-mail address: ", bob.name), ("Password: ", PASSWORD), ("Code of your app: ", code)]
    told = empty.type("sign-in", f"{managed.console}/", answers=answers)
    assert f"bob@example.com is signed in at {managed.console}" in told.out
    [file] = empty.sessions
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    token = json.loads(file.read_text())["token"]
    assert [each for each in (PASSWORD, code, token) if each in told.out] == []
    assert "this one" in empty.run("sessions").out


def test_a_wrong_password_keeps_nothing(empty: Desktop, managed: House, ada: Person) -> None:
    """And says one thing, whatever was wrong."""
    answers = [("Password: ", "another password"), ("Code of your app: ", "000000")]
    told = empty.type("sign-in", managed.console, "--name", ada.name, answers=answers)
    assert (told.code, empty.sessions) == (1, [])


def test_what_is_asked_is_asked_there(desktop: Desktop, managed: House, ada: Person) -> None:
    """Commands as they are, in the name of whom is signed in; lists are read to their end."""
    key = managed.issue("binance", "trade")
    told = desktop.run("key", "list", "--json")
    assert key.id in [each["id"] for line in told.out.splitlines() for each in json.loads(line)["keys"]], told
    assert key.id in desktop.run("key", "show", key.id).out
    assert "alice" in desktop.run("account", "list").out
    told = desktop.run("key", "show", "nobody")
    assert (told.out, told.code) == ("", 1)
    assert "nobody" in told.err


def test_less_power_takes_no_factor_and_more_does(desktop: Desktop, managed: House, ada: Person) -> None:
    """The code is asked for at the terminal, under what it is for; without one the command says what to do."""
    key = managed.issue("binance", "trade")
    assert "paused" in desktop.run("key", "pause", key.id).out
    for words in (["--json"], []):
        told = desktop.run("key", "resume", key.id, *words)
        assert (told.out, told.code, "terminal" in told.err) == ("", 1, True)
    told = desktop.type("key", "resume", key.id, "--json", answers=[])
    assert told.code == 1
    assert "without --json" in told.out
    told = desktop.type("key", "resume", key.id, answers=[("Code of your app: ", "000000")])
    assert told.code == 1
    assert json.loads(desktop.run("key", "show", key.id, "--json").out)["state"] == "paused"
    code = ada.code()
    told = desktop.type("key", "resume", key.id, answers=[("Code of your app: ", code)])
    assert told.code == 0, told.out
    assert told.out.startswith("lift the holder hold of the key bot")
    assert code not in told.out
    assert json.loads(desktop.run("key", "show", key.id, "--json").out)["state"] == "working"


def test_a_key_is_changed_as_it_stands_or_as_it_was_seen(desktop: Desktop, managed: House) -> None:
    """Without a version it is the one there is now; an older one is refused."""
    key = managed.issue("binance", "trade")
    told = desktop.run("key", "edit", key.id, "--deny", "orders.write")
    assert told.code == 0, told.err
    told = desktop.run("key", "edit", key.id, "--deny", "orders.read", "--if-version", "0")
    assert told.code == 1
    told = desktop.run("key", "edit", key.id, "--allow", "orders.write")
    assert told.code == 1
    assert "terminal" in told.err


def test_what_is_for_the_machine_itself(desktop: Desktop, managed: House) -> None:
    """It is not done here by mistake, and not there."""
    for words in (["journal", "prune", "2020-01-01T00:00:00Z"], ["user", "add", "eve@example.com"]):
        told = desktop.run(*words)
        assert (told.out, told.code) == ("", 1)
        assert "--data" in told.err
    told = desktop.run("key", "list", "--data", str(managed.data))
    assert told.code == 0, told.err
    told = desktop.run("key", "list", BITTING_DATA=str(managed.data))
    assert told.code == 0, told.err
    told = desktop.run("key", "list", "--data", str(managed.data), "--server", managed.console)
    assert (told.code, "say one of them" in told.err) == (1, True)


def test_of_two_houses_none_is_guessed(desktop: Desktop, managed: House) -> None:
    """Where somebody is signed in twice, every command has to say where."""
    [file] = desktop.sessions
    other = "https://other.example"
    copied = json.loads(file.read_text()) | {"server": other}
    written = file.with_name("https%3A%2F%2Fother.example.json")
    written.touch(0o600)
    written.write_text(json.dumps(copied))
    told = desktop.run("key", "list")
    assert (told.out, told.code) == ("", 1)
    assert all(each in told.err for each in (other, managed.console, "--server"))
    assert desktop.run("key", "list", "--server", managed.console).code == 0
    told = desktop.run("key", "list", "--server", "https://third.example")
    assert (told.code, "bitting sign-in https://third.example" in told.err) == (1, True)


def test_signing_out_ends_it_there_and_here(desktop: Desktop, managed: House, ada: Person) -> None:
    """The token is worth nothing any more, also to who has copied it; to sign out twice does no harm."""
    [file] = desktop.sessions
    kept = file.read_text()
    assert desktop.run("sign-out").code == 0
    assert desktop.sessions == []
    file.touch(0o600)
    file.write_text(kept)
    told = desktop.run("key", "list")
    assert (told.code, f"bitting sign-in {managed.console}" in told.err) == (1, True)
    assert desktop.run("sign-out").code == 0
    assert desktop.sessions == []
    told = desktop.run("sign-out")
    assert (told.code, "signed in nowhere" in told.err) == (1, True)


def test_a_file_that_others_can_read_is_not_used(desktop: Desktop) -> None:
    """Nor one that holds something else."""
    [file] = desktop.sessions
    file.chmod(0o644)
    told = desktop.run("key", "list")
    assert (told.code, "chmod 600" in told.err) == (1, True)
    file.chmod(0o600)
    for text in ("", "[]", "{}", '{"server": 7, "name": "a", "token": "b"}', "[" * 4000):
        file.write_text(text)
        told = desktop.run("key", "list")
        assert (told.code, "holds no session" in told.err) == (1, True), told


def test_a_token_goes_over_tls_to_whom_it_is_for(empty: Desktop, managed: House) -> None:
    """Other machines are not spoken to in the clear, and nothing is asked of somebody who is not there."""
    told = empty.type("sign-in", "http://keys.example.com", answers=[])
    assert (told.code, "https" in told.out) == (1, True)
    for words in ([], ["--name", "ada@example.com"]):
        told = empty.run("sign-in", managed.console, *words)
        assert (told.code, "no terminal" in told.err) == (1, True)
    answers = [("Password: ", PASSWORD), ("Code of your app: ", "000000")]
    told = empty.type("sign-in", "http://127.0.0.1:9", "--name", "ada@example.com", answers=answers)
    assert (told.code, "does not answer" in told.out) == (1, True)
    assert empty.sessions == []


def test_what_takes_two_persons_waits(empty: Desktop, managed: House) -> None:
    """Nothing was done, and the command says so, with what to ask the second one about."""
    ivan = Person.added(managed, "ivan@example.com", roles=("operator",))
    sign_in(empty, ivan)
    answers = [("Code of your app: ", ivan.code())]
    told = empty.type("house", "edit", "--rule", "keys_per_account=7", answers=answers)
    assert told.code == 1
    assert "a second person has to approve it (approval " in told.out
