"""Writes docs/key-life.md from the tables in src/bitting/domain/credentials.py and holds.py."""

from __future__ import annotations

from collections.abc import Mapping

from pages import keep

from bitting.domain.credentials import STEPS, State
from bitting.domain.holds import LIFTS, SETS, Authority, Hold

_HEAD = """# The life of a key

A **key** works when it is not revoked, has not expired and has no hold. *Revoked* is final; *expired* is read off
the clock at each request; *holds* stand beside one another, and each is lifted by whoever may judge its cause.
The key's owner edits label, permissions, limits, network and expiry at any time, without a new key.

A **credential** is what proves that a caller is the key. A key has one, or two while it is being rotated:
the new one is `primary` at once, the former works on as `retiring` until its overlap (0 to 24 hours) ends.

Drawn by `scripts/generate-key-life.py` from the tables in `src/bitting/domain/`: the code decides by the same tables.

## A credential

```mermaid
stateDiagram-v2
"""

_SAID = {
    "replace": "replace: rotation makes a newer one primary",
    "restore": "restore: the rotation is rolled back",
    "retire": "retire: overlap over, successor rolled back, or key revoked",
}


def page() -> str:
    """The page."""
    lines = [_HEAD, f"    [*] --> {State.PRIMARY.value}: issued\n"]
    for state, steps in STEPS.items():
        lines.extend(f"    {state.value} --> {after.value}: {_SAID[step.value]}\n" for step, after in steps.items())
        if not steps:
            lines.append(f"    {state.value} --> [*]\n")
    lines.append("```\n\n| in state | step | becomes |\n|---|---|---|\n")
    for state, steps in STEPS.items():
        lines.extend(f"| {state.value} | {step.value} | {after.value} |\n" for step, after in steps.items())
    lines.append("\n## Holds\n\n| hold | set by | lifted by |\n|---|---|---|\n")
    lines.extend(f"| {hold.value} | {_names(SETS, hold)} | {_names(LIFTS, hold)} |\n" for hold in Hold)
    lines.append(
        "\n## What needs the second factor\n\n"
        "Only what gives power: issuing, importing, widening an edit (another permission or address, a later expiry,\n"
        "a looser limit), rotating, rolling back, resuming, unlocking. Pausing, locking, narrowing and revoking need\n"
        "none.\n"
        "The operator on the machine itself needs none either, and is journalled as `local`.\n"
    )
    return "".join(lines)


def _names(table: Mapping[Hold, frozenset[Authority]], hold: Hold) -> str:
    return ", ".join(sorted(each.value for each in table[hold]))


if __name__ == "__main__":
    keep({"key-life.md": page()})
