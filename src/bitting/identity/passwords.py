"""What may be a password: SP 800-63B-4 section 3.1.1.2.

Long enough, and not one of those that are tried first. No rule about kinds of characters, no expiry. A password is
never all there is, so eight characters are enough. It is taken exactly as it was given: not trimmed, folded, cut or
brought into another Unicode form (ASVS 6.2.8).
"""

from __future__ import annotations

from functools import cache
from typing import Final

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from bitting.domain.errors import MalformedValue
from bitting.domain.secret import Secret

SHORTEST: Final = 8
MOST_BYTES: Final = 1_024
FEWEST_DIFFERENT: Final = 4
_HOUSE: Final = "bitting"
_IN_ORDER: Final = "0123456789 abcdefghijklmnopqrstuvwxyz qwertzuiop qwertyuiop asdfghjkl yxcvbnm zxcvbnm"


def read_password(text: str) -> Secret:
    """What somebody says is their password. Raises MalformedValue for what is too long to be hashed."""
    given = text.encode()
    if len(given) > MOST_BYTES:
        raise MalformedValue(f"a password has at most {MOST_BYTES} bytes")
    return Secret(given)


def new_password(text: str, name: str) -> Secret:
    """A password somebody chooses. Raises MalformedValue, which says what is wrong with it and not what it is."""
    password = read_password(text)
    if len(text) < SHORTEST:
        raise MalformedValue(f"a password has at least {SHORTEST} characters; a few words in a row are easy to keep")
    folded = text.casefold()
    if folded in _common():
        raise MalformedValue("this password is one of those that are tried first: choose another")
    if len(set(folded)) < FEWEST_DIFFERENT or folded in _IN_ORDER or folded[::-1] in _IN_ORDER:
        raise MalformedValue("this password is a row of characters that anybody would try: choose another")
    rest = folded
    for word in sorted({name, *name.partition("@")[::2], _HOUSE}, key=len, reverse=True):
        rest = rest.replace(word, "")
    if len(rest) < SHORTEST // 2:
        raise MalformedValue("this password is little more than your name or ours: choose another")
    return password


@cache
def _common() -> frozenset[str]:
    """The thirty thousand most frequent of published passwords, as zxcvbn brings them."""
    return frozenset(FREQUENCY_LISTS["passwords"])
