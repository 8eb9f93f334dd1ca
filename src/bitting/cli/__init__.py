"""The command line: one file a noun. Everything it does it asks of the desk; what it says is for people, or JSON.

Errors are a line or two on standard error that say what to do; the exit code is 1 for what was refused or is
wrong, 2 for a command that cannot be read.
"""

from __future__ import annotations

import sys
from importlib.metadata import version

from cyclopts import App

from bitting.cli import account, house, key, run
from bitting.cli.common import HERE, Common, rows
from bitting.doctor import examine
from bitting.domain.errors import BittingError

app = App(
    name="bitting",
    version=version("bitting"),
    help="Issue, verify, watch and revoke the API keys of an exchange.",
)
for each in (key.app, account.app, account.house, house.activity, house.journal, house.root):
    app.command(each)
for command in (run.serve, run.demo, run.tour, run.paper, house.freeze, house.thaw, house.backup, house.restore):
    app.command(command)


@app.command
def doctor(*, common: Common = HERE) -> None:
    """Look whether everything is as it must be, and say what to do where it is not.

    Examples
    --------
    bitting doctor
    """
    findings = list(examine(common.folder))
    common.show(
        {"findings": [each._asdict() for each in findings]},
        lambda screen: rows(screen, ["", "", ""], [list(each) for each in findings]),
    )
    if any(each.state == "wrong" for each in findings):
        raise SystemExit(1)


def main() -> None:
    """The console script."""
    try:
        app()
    except BittingError as problem:
        print(f"bitting: {problem}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:  # the reader of a pipe has left
        raise SystemExit(0) from None
