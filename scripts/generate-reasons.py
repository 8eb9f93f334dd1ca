"""Writes docs/reasons.md from the table in src/bitting/domain/verdict.py."""

from __future__ import annotations

from pages import keep

from bitting.domain.verdict import Answer, Reason

_HEAD = """# Why a request was refused

Every refusal has one of these codes. It stands in the reply (after the signature was proven), in
`bitting activity`, and beside the request id that each reply carries.

**The caller** is told which check failed and the request's own value, never what would have passed, what is
left of a limit, or why a key is locked. **The owner** finds the rest with `bitting activity why REQUEST_ID`.
Before the signature is proven there is one answer for everything: see `key.not_proven`.

Written by `scripts/generate-reasons.py` from `src/bitting/domain/verdict.py`.
"""


def page() -> str:
    """The page, one section a family."""
    parts = [_HEAD]
    for answer in Answer:
        parts.append(f"\n## {answer.value.capitalize()}\n\n")
        parts.append("| code | the caller is told | for the owner |\n|---|---|---|\n")
        parts.extend(f"| `{each.code}` | {each.caller} | {each.owner} |\n" for each in Reason if each.answer is answer)
    return "".join(parts)


if __name__ == "__main__":
    keep({"reasons.md": page()})
