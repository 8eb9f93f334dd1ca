"""A house on another machine: the sessions that somebody has, and the management API, asked by intent.

A session's token is in a file of mode 0600, and neither in the environment nor among arguments, which other programs
can read. Where somebody is signed in at several houses, none of them is guessed.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import quote

from bitting.cli.page import visible
from bitting.cli.terminal import asked_unseen
from bitting.domain.errors import (
    BittingError,
    Conflict,
    ConsentMissing,
    MalformedValue,
    Misconfigured,
    NotFound,
    NotSignedIn,
    Refused,
    Unavailable,
)
from bitting.kms.private_file import read_private

if TYPE_CHECKING:  # it takes a while, which every command on the machine itself would pay
    from bitting_client.manage import Client, problems

_MOST: Final = 4096


@dataclass(frozen=True)
class Session:
    """Where somebody is signed in."""

    server: str
    name: str
    token: str = field(repr=False)

    @classmethod
    def of(cls, server: str | None) -> Session | None:
        """The one at this house, or the only one there is. Raises NotSignedIn, Misconfigured."""
        if server is not None:
            path = _file(server)
            if not path.exists():
                raise NotSignedIn(f"nobody is signed in there: `bitting sign-in {server}`")
            return cls._read(path)
        found = [cls._read(each) for each in sorted(_folder().glob("*.json"))]
        if len(found) > 1:
            raise Misconfigured(
                f"you are signed in at {' and '.join(each.server for each in found)}: say which with --server, or "
                "name a data folder of this machine with --data"
            )
        return found[0] if found else None

    @classmethod
    def _read(cls, path: Path) -> Self:
        try:
            plain = json.loads(read_private(path, _MOST))
            if not all(isinstance(each, str) for each in plain.values()):
                raise TypeError
            return cls(**plain)
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise Misconfigured(f"{path} holds no session: remove it, and sign in again") from None

    def keep(self) -> None:
        """Write it down, in the place of the one before."""
        path = _file(self.server)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                json.dump(asdict(self), file)
            new.replace(path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise

    def forget(self) -> None:
        """Remove it from this machine."""
        _file(self.server).unlink(missing_ok=True)


def _folder() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "bitting" / "sessions"


def _file(server: str) -> Path:
    return _folder() / f"{quote(server, safe='')}.json"


@dataclass(frozen=True)
class Remote:
    """A house that somebody is signed in at. `quiet`: nothing may be asked of whom sits there."""

    session: Session
    quiet: bool

    def ask(self, intent: str, values: Mapping[str, Any]) -> Any:
        """Carry out an intent there, by the operation of its name. Raises BittingError."""
        from bitting_client.manage import Call, calls

        operation = calls.OPERATIONS.get(intent)
        if operation is None:
            raise Refused(
                f"{intent} is for the machine that {self.session.server} runs on: do it there, and name the data "
                "folder with --data"
            )
        rest = {name: value for name, value in values.items() if name != "if_version"}
        version = values.get("if_version")
        with opened(self.session.server, self.session.token) as client:
            if operation.matches and version is None:  # as it is now; whoever comes between is noticed
                noun = intent.partition(".")[0]
                version = client.do(Call[Any](f"{noun}.show", {noun: values[noun]}))["version"]
            return client.do(Call[Any](intent, rest, version), self._answered)

    def _answered(self, asked: problems.Confirm) -> Any:
        """The second factor of whom sits there, who is told what it is for."""
        says = [visible(each) for each in asked.says]
        if self.quiet:
            raise ConsentMissing(
                f"this wants a code of your app: run it at a terminal and without --json ({'; '.join(says)})"
            )
        for each in says:
            print(each, file=sys.stderr)
        return {"code": asked_unseen("Code of your app: ")}


@contextmanager
def opened(server: str, token: str = "") -> Iterator[Client]:
    """A client of the house at this address, whose problems are ours. Raises BittingError."""
    try:
        import httpx2

        from bitting_client.manage import Client, problems
    except ImportError:
        raise Misconfigured("other machines are spoken to with httpx2: `pip install 'bitting[remote]'`") from None
    kinds: tuple[tuple[type[problems.Problem], type[BittingError]], ...] = (
        (problems.Confirm, ConsentMissing),
        (problems.NotFound, NotFound),
        (problems.Conflict, Conflict),
        (problems.Invalid, MalformedValue),
        (problems.Busy, Unavailable),
        (problems.ProblemReply, Unavailable),
        (problems.Problem, Refused),
    )
    try:
        with Client(server, token) as client:
            yield client
    except problems.SignIn as problem:
        raise NotSignedIn(f"{problem}; if the session is over: `bitting sign-in {server}`") from None
    except problems.Waits as problem:
        raise Refused(f"{problem} (approval {problem.approval['approval']})") from None
    except problems.Problem as problem:
        kind = next(ours for theirs, ours in kinds if isinstance(problem, theirs))
        raise kind(str(problem)) from None
    except httpx2.TransportError as problem:
        raise Unavailable(f"{server} does not answer: {problem}") from None
    except ValueError as problem:
        raise MalformedValue(str(problem)) from None
