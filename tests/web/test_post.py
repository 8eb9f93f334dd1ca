"""Messages taken away: into files, and to a server that is ours for the test."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from threading import Thread

import pytest

from bitting.domain.errors import Unavailable
from bitting.web.post import MailFolder, MailServer


def message(number: int = 1, to: str = "ada@example.com") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "bitting@example.com", to, "Signed in"
    made["Message-ID"] = f"<{number}.99@keys.example.com>"
    made.set_content("You signed in.\n")
    return made


def test_a_message_is_a_file_for_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    MailFolder(folder).send(message())
    (file,) = folder.iterdir()
    assert file.name == "1.99.eml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert b"You signed in." in file.read_bytes()


def test_a_message_that_comes_twice_is_one_file(tmp_path: Path) -> None:
    post = MailFolder(tmp_path / "mail")
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / ".1.99").write_text("a draft of a run that died")
    post.send(message())
    post.send(message())
    assert [each.name for each in (tmp_path / "mail").iterdir()] == ["1.99.eml"]


def test_a_folder_holds_so_many_and_the_oldest_go(tmp_path: Path) -> None:
    post = MailFolder(tmp_path / "mail", most=3)
    for number in range(5):
        post.send(message(number))
    assert sorted(each.name for each in (tmp_path / "mail").iterdir()) == ["2.99.eml", "3.99.eml", "4.99.eml"]


def test_a_folder_that_cannot_be_written_to_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file stands in its place")
    with pytest.raises(Unavailable, match="takes no messages"):
        MailFolder(tmp_path / "mail").send(message())


class Smtp:
    """A mail server of a screen: says what a test wants it to say, and remembers what it was told."""

    def __init__(self, replies: dict[str, str]) -> None:
        self.replies = replies
        self.heard: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        try:
            line, _ = self._listening.accept()
        except OSError:
            return
        with line, suppress(OSError), line.makefile("rwb") as file:
            self._say(file, self.replies.get("hello", "220 hello"))
            in_data = False
            for raw in file:
                text = raw.decode("latin-1").rstrip("\r\n")
                self.heard.append(text)
                if in_data:
                    in_data = text != "."
                    if not in_data:
                        self._say(file, self.replies.get(".", "250 taken"))
                    continue
                verb = text.split(" ")[0].upper()
                in_data = verb == "DATA" and "DATA" not in self.replies
                usual = {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 ok")
                self._say(file, self.replies.get(verb, usual))

    @staticmethod
    def _say(file, text: str) -> None:  # type: ignore[no-untyped-def]
        file.write(text.encode() + b"\r\n")
        file.flush()

    def close(self) -> None:
        self._listening.close()
        self._thread.join()


@pytest.fixture
def smtp(request: pytest.FixtureRequest) -> Iterator[Smtp]:
    server = Smtp(getattr(request, "param", {}))
    yield server
    server.close()


def test_a_message_is_given_to_the_server(smtp: Smtp) -> None:
    MailServer("127.0.0.1", smtp.port, "none", "", "").send(message())
    assert "rcpt TO:<ada@example.com>" in smtp.heard
    assert "You signed in." in smtp.heard


@pytest.mark.parametrize(
    "smtp",
    [{"RCPT": "550 nobody is called ada here"}, {".": "451 later"}, {"hello": "554 go away"}, {"DATA": "500 what"}],
    indirect=True,
    ids=["no such person", "later", "not today", "no data"],
)
def test_a_server_that_says_no_is_unavailable_and_is_not_quoted(smtp: Smtp) -> None:
    """What it says may name the person."""
    with pytest.raises(Unavailable) as refused:
        MailServer("127.0.0.1", smtp.port, "none", "", "").send(message())
    assert "ada" not in str(refused.value)


@pytest.mark.parametrize("user", ["", "bitting"])
def test_a_server_without_tls_is_given_nothing(smtp: Smtp, user: str) -> None:
    """Somebody in between who takes the offer of STARTTLS away gets neither the password nor the message."""
    with pytest.raises(Unavailable, match="SMTPNotSupportedError"):
        MailServer("127.0.0.1", smtp.port, "starttls", user, "the password").send(message())
    assert not any("AUTH" in each.upper() or "DATA" in each for each in smtp.heard)


def test_a_server_that_speaks_no_tls_is_unavailable(smtp: Smtp) -> None:
    with pytest.raises(Unavailable):
        MailServer("127.0.0.1", smtp.port, "tls", "", "").send(message())


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Unavailable, match="took no message"):
        MailServer("127.0.0.1", port, "none", "", "").send(message())


@pytest.mark.parametrize("smtp", [{"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "235 welcome"}], indirect=True)
def test_the_server_is_told_who_we_are(smtp: Smtp) -> None:
    MailServer("127.0.0.1", smtp.port, "none", "bitting", "the password").send(message())
    assert any(each.startswith("AUTH PLAIN") for each in smtp.heard)
