"""The root key on paper: n shares of 33 words, any k of which give it back, and fewer tell nothing (SLIP-39).

Split and restore are the library's (`shamir-mnemonic`, the reference implementation), without a passphrase;
ours is to say which share is wrong, and what to do. No word of a share ever stands in a message: messages end
up in logs.

The library's own page says that it is not hardened against side channels, nor meant for sensitive secrets. So
split and restore on a machine you trust and have to yourself. It draws its randomness from the operating
system (`secrets`), not from an `entropy` of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import shamir_mnemonic
from shamir_mnemonic.wordlist import WORD_INDEX_MAP

from bitting.domain.errors import MalformedValue, Refused
from bitting.domain.secret import Secret
from bitting.kms.local import LocalRoot

MAX_SHARES = 16  # SLIP-39 has four bits for a share's place
WORDS = 33  # 7 that say what the share is, with its checksum, and 26 for 256 bits


def split_root(root: LocalRoot, needed: int, shares: int) -> list[str]:
    """`shares` lines of 33 words, `needed` of which restore the root.

    Raises MalformedValue unless 2 <= needed <= shares <= 16: a share that is enough alone is the key itself.
    """
    if not 2 <= needed <= shares <= MAX_SHARES:
        raise MalformedValue(f"{needed} of {shares} shares: need at least 2, and make at most {MAX_SHARES}")
    # The exponent slows down guessing a passphrase, and there is none.
    groups = shamir_mnemonic.generate_mnemonics(1, [(needed, shares)], root.key.reveal(), iteration_exponent=0)
    return groups[0]


def restore_root(shares: Sequence[str], entropy: Callable[[int], bytes], expected_id: str | None = None) -> LocalRoot:
    """The root that `shares` were split from, and of the id expected, where one is given.

    Raises MalformedValue for a share that was mistyped, Refused for shares that are too few, not of one
    split, or of another root. The text counts the shares from 1, as they were given.
    """
    read = [_share(number, text) for number, text in enumerate(shares, 1)]
    _refuse_mixed(read)
    different = list(dict.fromkeys(read))
    needed = different[0].member_threshold if different else 2
    if len(different) < needed:
        raise Refused(f"{needed} different shares are needed, and here are {len(different)}: add the others")
    try:
        key = shamir_mnemonic.combine_mnemonics([share.mnemonic() for share in different[:needed]])
    except shamir_mnemonic.MnemonicError:
        raise Refused("each share reads well, but they do not fit together: try others of the split") from None
    root = LocalRoot(Secret(key), entropy)
    if expected_id not in (None, root.root_id):
        raise Refused(f"these shares give root {root.root_id}, not {expected_id}: take the other root's")
    return root


def _share(number: int, text: str) -> shamir_mnemonic.Share:
    words = text.lower().split()
    unknown = [str(place) for place, word in enumerate(words, 1) if word not in WORD_INDEX_MAP]
    if unknown:
        raise MalformedValue(f"share {number}: not in the word list, so misspelt: word {', '.join(unknown)}")
    if len(words) != WORDS:
        raise MalformedValue(f"share {number} has {len(words)} words, not {WORDS}: compare it with the paper")
    try:
        return shamir_mnemonic.Share.from_mnemonic(text)
    except shamir_mnemonic.MnemonicError:
        raise MalformedValue(
            f"share {number}: its checksum is wrong, so a word is another one or stands elsewhere: "
            "compare it with the paper"
        ) from None


def _refuse_mixed(shares: Sequence[shamir_mnemonic.Share]) -> None:
    splits: dict[object, list[str]] = {}
    for number, share in enumerate(shares, 1):
        splits.setdefault(share.group_parameters(), []).append(str(number))
    if len(splits) > 1:
        sets = " and ".join(f"[{', '.join(numbers)}]" for numbers in splits.values())
        raise Refused(f"these shares are from different splits, {sets}: give those of one split only")
