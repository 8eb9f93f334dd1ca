"""Writes docs/rights.md from the tables in src/bitting/desk/rights.py, and in domain/roles.py and domain/consent.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pages import keep

from bitting.desk.rights import MACHINE, RIGHTS
from bitting.domain.consent import TWO_PERSONS
from bitting.domain.roles import IN_HOUSE, ON_ACCOUNT, AccountRole, HouseRole, Right

Role = TypeVar("Role", AccountRole, HouseRole)

_HEAD = """# Who may ask for what

Everything anybody can ask of the house goes through one door, `src/bitting/desk/asking.py`: the command line's socket,
the management API, the console. It asks three things. May this person ask for that, and on which accounts
(`src/bitting/desk/rights.py`)? Does the change give power, and has exactly this change been confirmed
(`src/bitting/desk/confirmations.py`)? Does it take a second person (`src/bitting/desk/approvals.py`)?

The operator on the machine itself, known by the permissions of the socket, is its root: nothing of this page holds
there, and the journal says `local`.

Written by `scripts/generate-rights.py` from the tables the code decides by.

## What is not yours is not there

A person asks within the accounts they are something to (`src/bitting/desk/scope.py`). A key, account or record of any
other is answered with the very words for one that never was, by whatever name it is asked for; it is in no list, and no
text speaks of it. A test asks every intent for everything of a neighbour's.

One thing can be found out: that a key id of another system is imported here already, by somebody, since importing it
again is refused. A sub-account's owner sees the id of the account above, and whether that is frozen.

## The second factor

A change needs it unless every request it admits was admitted before. Asked for with a session alone, such a change is
refused, and the refusal brings a *confirmation*: what would be given, line by line; a challenge of 32 bytes; an end,
five minutes away. It is answered once, right or wrong, in the session it was made in. Then the same change is
asked for again, and names the confirmation, which is used up in the transaction that makes the change. Edited
meanwhile, the key is another one, and has to be confirmed anew. `90d` counts from when it was asked for first.

The challenge is SHA-256 over session, object, its version, the digest of the change, the end and the confirmation's id,
each behind its length. **A passkey** signs it: its answer is for this change and for no other, wherever it is shown.
**A code** of six digits signs nothing. It is bound to the change by this house alone, which takes it for one
confirmation. That stops a thief who has the session and not the app; it does not stop a page that pretends to be this
house, shows one change, and passes the code on for another. Only a passkey does, since it answers to no other
page. Whoever can move much should have one.

A thief with a session can take power away without the factor: pause, freeze, revoke, narrow. That is meant so, for the
same is asked of everybody in a hurry. It is journalled, and what was paused is resumed by its owner.

## Two persons

These deeds of somebody of the house need another one besides: what they say, over everybody's keys or over who the
people are, could empty every account or blind the house.

"""

_MORE = """
Whoever asks confirms the change with their own second factor; it is kept for 24 hours with what was asked for, word for
word, and nothing is done (`approval.list`, `approval.show`). Another person with the same right approves it, with a
second factor of their own, bound to this approval; then it is done then and there, in the same transaction,
and the leaf of the change names both. Who asked can withdraw it, and never approve it; that is by user, not by session.
Both still have to be what it takes at that moment. When the house has changed meanwhile, it is another change, and is
not approved.

**Breaking the glass** (`approval.break-glass`) carries it out without a second person: one operator, a second factor
for just this, and a reason in words. The journal has it as `house.break_glass`, before the change itself.

What a second person does not help against: two who agree, and whoever is root on the machine. A new person, and a lost
factor, are therefore the machine's: the link by which somebody chooses what proves them is the person, for whoever
reads it first.

"""

_RULES = """## The house's rules

They stand above every key. `bitting house preview` shows beforehand which keys other rules would stop, and what each
of these did in the last thirty days that it could not do any more.

| rule | asked when a key is issued, imported or widened | asked at the gate, for each request |
|---|---|---|
| `forbidden`, `algorithms`, `network_required`, `hmac_withdraw` | yes | yes |
| `dialects`, `longest_life_days` | yes | yes |
| `rotation_required` | when it is widened | yes |
| `keys_per_account` | when one is issued or imported | no |

A key from before a rule is refused at the gate until its holder brings it under the rule: bound to addresses, given an
end, rotated. To do that takes the second factor, since the key works again by it.

`bitting key bulk` pauses, locks or revokes every key that a filter matches: first as a dry run, which lists them and
names the list by a digest; then with that digest, all of them or, when the list is another one by now, none. What gives
power is not done in bulk.

"""


def page() -> str:
    """The page."""
    lines = [_HEAD, *(f"- `{each}`\n" for each in sorted(TWO_PERSONS)), _MORE]
    lines.append(_RULES)
    lines.append("## Roles\n\n| right | on an account | in the house |\n|---|---|---|\n")
    lines += [f"| {each.value} | {_roles(ON_ACCOUNT, each)} | {_roles(IN_HOUSE, each)} |\n" for each in Right]
    lines.append("\n## The table\n\n| to ask for | a role on the account | or in the house |\n|---|---|---|\n")
    for name in sorted(RIGHTS):
        need = RIGHTS[name]
        if need == MACHINE:
            account, house = "", "*only on the machine itself*"
        elif need.everybody:
            account, house = "*everybody who is signed in, for themself*", ""
        else:
            account, house = _roles(ON_ACCOUNT, need.account), _roles(IN_HOUSE, need.house)
        lines.append(f"| `{name}` | {account} | {house} |\n")
    return "".join(lines)


def _roles(table: Mapping[Role, frozenset[Right]], right: Right | None) -> str:
    return ", ".join(role.value for role, rights in table.items() if right in rights)


if __name__ == "__main__":
    keep({"rights.md": page()})
