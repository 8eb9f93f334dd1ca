"""What every command shares: where the house is, whom it asks, and whether the answer is for people or programs."""

from __future__ import annotations

import json as jsonlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from bitting.cli.remote import Remote, Session
from bitting.domain.errors import MalformedValue
from bitting.wiring import reach

Words = Annotated[list[str], Parameter(negative=())]
KeyName = Annotated[str, Parameter(help="By id, key id or label.")]
AccountName = Annotated[str, Parameter(help="By id or name.")]
Flag = Annotated[bool, Parameter(negative=(), show_default=False)]


def default_data() -> Path:
    """`$BITTING_DATA`, or the usual place for a user's data."""
    named = os.environ.get("BITTING_DATA")
    if named:
        return Path(named)
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "bitting"


@Parameter(name="*")
@dataclass(frozen=True)
class Common:
    """Options of every command.

    Parameters
    ----------
    data: Path
        The data folder; by default $BITTING_DATA, or ~/.local/share/bitting.
    json: bool
        Print JSON instead of text.
    server: str
        A house on another machine, at which you are signed in; needed only where you are so at several.
    """

    data: Annotated[Path | None, Parameter(name="--data")] = None
    json: Annotated[Flag, Parameter(name="--json")] = False
    server: Annotated[str | None, Parameter(name="--server")] = None

    @property
    def folder(self) -> Path:
        """The data folder."""
        return self.data or default_data()

    @property
    def elsewhere(self) -> Remote | None:
        """The house on another machine that is meant. None: a folder was named, or nobody is signed in anywhere. Raises
        BittingError."""
        named = self.data is not None or bool(os.environ.get("BITTING_DATA"))
        if self.server is None and named:
            return None
        if self.data is not None:
            raise MalformedValue("--data is for this machine and --server for another one: say one of them")
        session = Session.of(None if self.server is None else self.server.rstrip("/"))
        return None if session is None else Remote(session, self.json)

    def ask(self, intent: str, **values: Any) -> dict[str, Any]:
        """Ask the desk, wherever it is; what is None was not given. Raises BittingError."""
        return self._ask(reach.ask, intent, values)

    def ask_server(self, intent: str, **values: Any) -> dict[str, Any]:
        """Ask the desk of a running server. Raises Unavailable where none runs."""
        return self._ask(reach.ask_server, intent, values)

    @contextmanager
    def asking(self) -> Iterator[Callable[..., dict[str, Any]]]:
        """A way to ask the desk again and again, as `ask` does once. Raises BittingError."""
        if self.elsewhere is not None:
            yield self.ask
            return
        with reach.asking(self.folder) as ask:
            yield lambda intent, **values: self._ask(lambda _, *question: ask(*question), intent, values)

    def _ask(self, ask: Callable[..., Any], intent: str, values: dict[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in values.items() if value is not None}
        elsewhere = self.elsewhere
        said: dict[str, Any] = ask(self.folder, intent, given) if elsewhere is None else elsewhere.ask(intent, given)
        return said

    def show_pages(self, intent: str, text: Callable[[dict[str, Any]], Iterable[str]], **values: Any) -> None:
        """Print a list as it comes, page by page; most have one."""
        after: str | None = ""
        while after is not None:
            said = self.ask(intent, after=after, **values)
            after = said.pop("next", None)
            self.show(said, text)

    def show(self, said: dict[str, Any], text: Callable[[dict[str, Any]], Iterable[str]]) -> None:
        """Print the answer: as one line of JSON, or the lines that `text` makes of it."""
        if self.json:
            # In ASCII, so that nothing in a label or a header of a client talks to the terminal.
            print(jsonlib.dumps(said), flush=True)
        else:
            for line in text(said):
                print(line, flush=True)


HERE = Common()
