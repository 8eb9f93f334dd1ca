"""Taking messages away: into a folder, or to a mail server.

Neither keeps anybody waiting: a folder holds so many and then the oldest go, and a server that does not answer within
seconds is down. What the server says is not repeated, since it may name the person.
"""

from __future__ import annotations

import os
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from bitting.domain.errors import Unavailable

MOST_FILES: Final = 1_000
TIMEOUT_S: Final = 10.0


class MailFolder:
    """Fits `identity.notices.Post`: each message a file of mode 0600, named after its Message-ID."""

    def __init__(self, path: Path, most: int = MOST_FILES) -> None:
        self._path = path
        self._most = most

    def send(self, message: EmailMessage) -> None:
        """Raises Unavailable."""
        name = message["Message-ID"].strip("<>").partition("@")[0]
        draft, path = self._path / f".{name}", self._path / f"{name}.eml"
        try:
            self._path.mkdir(mode=0o700, exist_ok=True)
            with suppress(FileNotFoundError):
                draft.unlink()
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(bytes(message))
            draft.replace(path)
            kept = sorted(self._path.glob("*.eml"), key=lambda each: (each.stat().st_mtime_ns, each.name))
            for oldest in kept[: -self._most]:
                oldest.unlink()
        except OSError as problem:
            raise Unavailable(f"{self._path} takes no messages ({problem.strerror})") from None


class MailServer:
    """Fits `identity.notices.Post`: one SMTP conversation a message."""

    def __init__(self, server: str, port: int, tls: str, user: str, password: str) -> None:
        self._server, self._port, self._tls = server, port, tls
        self._user, self._password = user, password

    def send(self, message: EmailMessage) -> None:
        """Raises Unavailable."""
        try:
            with self._connected() as smtp:
                if self._tls == "starttls":
                    smtp.starttls(context=ssl.create_default_context())  # a server without it is refused
                if self._user:
                    smtp.login(self._user, self._password)
                smtp.send_message(message)
        except (OSError, smtplib.SMTPException) as problem:
            where = f"the mail server {self._server}:{self._port}"
            raise Unavailable(f"{where} took no message ({type(problem).__name__})") from None

    def _connected(self) -> smtplib.SMTP:
        if self._tls == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._server, self._port, timeout=TIMEOUT_S, context=context)
        return smtplib.SMTP(self._server, self._port, timeout=TIMEOUT_S)
