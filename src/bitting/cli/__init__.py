"""The command line: one file a noun. Everything it does it asks of the desk; what it says is for people, or JSON.

Errors are a line or two on standard error that say what to do; the exit code is 1 for what was refused or is
wrong, 2 for a command that cannot be read.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from cyclopts import App, CycloptsError
from cyclopts.exceptions import MissingArgumentError, UnusedCliTokensError

from bitting.cli import (
    account,
    activity,
    backup,
    doctor,
    house,
    journal,
    key,
    recover,
    root,
    run,
    shards,
    sign_in,
    stop,
    user,
    witness,
)
from bitting.cli.page import visible
from bitting.domain.errors import BittingError

app = App(
    name="bitting",
    version=version("bitting"),
    help="Issue, verify, watch and revoke the API keys of an exchange.",
    help_format="plaintext",  # the examples in the docstrings keep their lines
    result_action="return_value",
)
for noun in (key, account, house, activity, journal, backup, root, shards, user):
    app.command(noun.app)
for command in (
    run.serve,
    run.demo,
    run.tour,
    run.paper,
    witness.witness,
    stop.freeze,
    stop.thaw,
    recover.recover,
    doctor.doctor,
    sign_in.sign_in,
    sign_in.sign_out,
    sign_in.sessions,
):
    app.command(command)


def main(words: Sequence[str] | None = None) -> None:
    """The console script. `words` instead of the program's own arguments."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Korean still shows a Korean label
    try:
        app(words, print_error=False, exit_on_error=False)
        sys.stdout.flush()
    except CycloptsError as problem:
        raise _failed(_unreadable(problem), 2) from None
    except BittingError as problem:
        raise _failed(str(problem), 1) from None
    except BrokenPipeError:  # the reader of a pipe has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except OSError as problem:  # a file or folder that somebody named
        raise _failed(f"{problem.filename or 'a file'}: {problem.strerror or problem}", 1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _failed(text: str, code: int) -> SystemExit:
    print(f"bitting: {visible(' '.join(text.splitlines()))}", file=sys.stderr)
    return SystemExit(code)


def _unreadable(problem: CycloptsError) -> str:
    """What is wrong with the command. What nobody knows comes before what is missing: it is the misspelt same."""
    command = " ".join(("bitting", *(problem.command_chain or ())))
    said = str(problem)
    if isinstance(problem, MissingArgumentError) and problem.argument is not None:
        unknown = [each for each in problem.unused_tokens or () if each.startswith("-")]
        if problem.keyword is not None:
            said = f"{problem.keyword} wants a value."
        else:
            said = f"Unknown option: {unknown[0]}." if unknown else f"{problem.argument.name} is missing."
    elif isinstance(problem, UnusedCliTokensError):
        said = f"Too many arguments: {' '.join(problem.unused_tokens or ())}."
    return f"{said} See `{command} --help`."
