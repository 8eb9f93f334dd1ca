"""Writes docs/dialects/: a page for each exchange, and the index.

Everything on a page is asked of the dialect itself: its description, its tables of routes, and its refusals,
which are made here for every reason there is.
"""

from __future__ import annotations

from pages import keep

from bitting.dialects.dialect import Description, Dialect
from bitting.domain.action import Action
from bitting.domain.verdict import Denied, Reason
from bitting.wiring.dialects import DIALECTS

_INDEX = """# Dialects

A dialect is how one exchange writes a signed request. A key speaks one, chosen when it is issued, and its client
needs no change but the address. What a signature does not cover could be swapped by whoever sees the request, so the
gate admits the same signed bytes once.

Written by `scripts/generate-dialect-pages.py` from `src/bitting/dialects/`.

"""


def index() -> str:
    """The list of dialects and what their signatures cover."""
    rows: list[tuple[str, ...]] = [("dialect", "algorithms", "method", "path", "query", "body", "time", "clock")]
    for about in (dialect.description for dialect in DIALECTS.values()):
        link = f"[{about.title}]({about.name}.md)"
        rows.append((link, _algorithms(about), *map(_yes, about.binds), about.clock.value))
    return _INDEX + _table(rows)


def page(dialect: Dialect) -> str:
    """The page of one dialect."""
    about = dialect.description
    signed = [
        ("the signed bytes", about.formula),
        ("algorithm", _algorithms(about)),
        ("written as", about.encoding),
        ("clock", about.clock.value),
        *about.places.items(),
    ]
    covered = [(each, _yes(bound)) for each, bound in about.binds._asdict().items()]
    wanted = [(route.method, f"`{route.path}`", route.action.name, _right(route.action)) for route in dialect.routes]
    return f"""# {about.title}

Written by `scripts/generate-dialect-pages.py` from the dialect itself, in `src/bitting/dialects/`.

## How a request is signed

{_table([("part", "where and how"), *signed])}
{_table([("part of the request", "under the signature"), *covered])}
{_list(about.notes)}
Sources:

{_list(about.sources)}
## What needs no key

{_open(dialect)}
## What a key may ask for

What is not in this table is refused, whatever the key may do. A route with two rows needs both permissions.

{_table([("method", "path", "action", "permission"), *wanted])}
## Refusals

{_table([("reason", "status", "body"), *(_refusal(dialect, reason) for reason in Reason)])}"""


def _open(dialect: Dialect) -> str:
    rows = [line.split(" ", 2) for line in dialect.open_routes]
    return _list([" ".join((method, f"`{path}`", *more)) for method, path, *more in rows]) or "Nothing.\n"


def _refusal(dialect: Dialect, reason: Reason) -> tuple[str, str, str]:
    reply = dialect.refuse(Denied(reason), "REQUEST-ID")
    return (f"[`{reason.code}`](../reasons.md)", str(reply.status), f"`{reply.body.decode()}`")


def _right(action: Action) -> str:
    return action.permission.value if action.permission else "none: it is the key's own record"


def _algorithms(about: Description) -> str:
    return ", ".join(each.value + " (legacy)" * each.legacy for each in about.algorithms)


def _yes(bound: bool) -> str:
    return "yes" if bound else "no"


def _table(rows: list[tuple[str, ...]]) -> str:
    head, *body = ("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in rows)
    return "".join((head, "|---" * len(rows[0]) + "|\n", *body))


def _list(items: tuple[str, ...] | list[str]) -> str:
    return "".join(f"- {item}\n" for item in items)


def pages() -> dict[str, str]:
    """Every page, named below docs/."""
    made = {f"dialects/{name}.md": page(dialect) for name, dialect in DIALECTS.items()}
    return {"dialects/index.md": index(), **made}


if __name__ == "__main__":
    keep(pages())
