"""Enough shares give the root back; anything else says which share is wrong and what to do."""

import os
from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shamir_mnemonic import EncryptedMasterSecret, generate_mnemonics, split_ems
from shamir_mnemonic.wordlist import WORDLIST

from bitting.domain.errors import BittingError, MalformedValue, Refused
from bitting.domain.secret import Secret
from bitting.kms.backup import restore_root, split_root
from bitting.kms.local import LocalRoot

ROOT = LocalRoot(Secret(bytes(range(32))), os.urandom)
SHARES = split_root(ROOT, 3, 5)


def refusal(kind: type[BittingError], shares: list[str], expected_id: str | None = None) -> str:
    """The one line that says why; it never holds a word of a share but numbers."""
    with pytest.raises(kind) as error:
        restore_root(shares, os.urandom, expected_id)
    text = str(error.value)
    assert "\n" not in text
    assert error.value.__suppress_context__ or error.value.__context__ is None
    return text


def test_shares_are_lines_of_33_words() -> None:
    """A share fits on a card: 33 words of the list of SLIP-39."""
    assert len(SHARES) == len(set(SHARES)) == 5
    for share in SHARES:
        assert len(share.split()) == 33
        assert set(share.split()) <= set(WORDLIST)


@pytest.mark.parametrize("chosen", [*combinations(range(5), 3), (0, 1, 2, 3), (4, 3, 2, 1, 0), (0, 0, 1, 1, 2)])
def test_any_three_of_five_restore_the_root(chosen: tuple[int, ...]) -> None:
    """Which three, in what order, and whether more or some twice, makes no difference."""
    root = restore_root([SHARES[n] for n in chosen], os.urandom, ROOT.root_id)
    assert (root.root_id, root.key) == (ROOT.root_id, ROOT.key)


@settings(max_examples=25)
@given(
    key=st.binary(min_size=32, max_size=32),
    needed=st.integers(2, 16),
    more=st.integers(0, 14),
    data=st.data(),
)
def test_every_root_is_restored(key: bytes, needed: int, more: int, data: st.DataObject) -> None:
    """For all keys and all k of n: any k give the key, and one fewer are too few."""
    root = LocalRoot(Secret(key), os.urandom)
    shares = data.draw(st.permutations(split_root(root, needed, min(16, needed + more))))
    assert restore_root(shares[:needed], os.urandom, root.root_id).key == root.key
    assert f"{needed} different shares are needed" in refusal(Refused, shares[: needed - 1])


def test_a_restored_root_opens_what_the_old_one_wrapped() -> None:
    """After the loss of the file, the shares bring everything back."""
    wrapped = ROOT.wrap(b"k" * 32, b"shard 0")
    assert restore_root(SHARES[:3], os.urandom).unwrap(wrapped, b"shard 0") == b"k" * 32


def test_shares_read_as_people_write_them() -> None:
    """Capitals, line breaks and wide spaces are no mistake."""
    typed = [SHARES[0].upper(), SHARES[1].replace(" ", "\n  "), f"  {SHARES[2].title()}\t"]
    assert restore_root(typed, os.urandom).root_id == ROOT.root_id


@pytest.mark.parametrize(("needed", "shares"), [(1, 1), (1, 5), (0, 3), (-1, 3), (4, 3), (2, 17), (17, 17)])
def test_a_split_that_protects_nothing_is_refused(needed: int, shares: int) -> None:
    """One share that is enough alone is a copy of the key; more than 16 do not fit the format."""
    with pytest.raises(MalformedValue, match=f"{needed} of {shares} shares"):
        split_root(ROOT, needed, shares)


def test_too_few_shares_say_how_many_are_needed() -> None:
    """Two of three, or the same one three times, are not enough."""
    assert refusal(Refused, SHARES[:2]) == "3 different shares are needed, and here are 2: add the others"
    assert "here are 1" in refusal(Refused, [SHARES[0]] * 3)
    assert "here are 0" in refusal(Refused, [])


def test_a_misspelt_word_is_named_by_its_place() -> None:
    """The person learns which share and which word, and the log learns no word."""
    words = SHARES[1].split()
    words[6] = words[31] = "bittingg"
    assert refusal(MalformedValue, [SHARES[0], " ".join(words), SHARES[2]]) == (
        "share 2: not in the word list, so misspelt: word 7, 32"
    )


@given(place=st.integers(0, 32), word=st.sampled_from(WORDLIST))
def test_a_wrong_word_anywhere_is_found(place: int, word: str) -> None:
    """Another word of the list, at any place, fails the share's own checksum."""
    words = SHARES[2].split()
    assume(words[place] != word)
    words[place] = word
    assert "share 3: its checksum is wrong" in refusal(MalformedValue, [*SHARES[:2], " ".join(words)])


def test_a_missing_word_is_found() -> None:
    """A word left out or written twice is counted."""
    words = SHARES[0].split()
    assert "share 1 has 32 words, not 33" in refusal(MalformedValue, [" ".join(words[:-1])])
    assert "share 1 has 34 words, not 33" in refusal(MalformedValue, [" ".join([*words, words[0]])])
    assert "share 2 has 0 words" in refusal(MalformedValue, [SHARES[0], ""])


def test_shares_of_two_splits_are_told_apart() -> None:
    """A second split of the same root makes other shares; the text says which belong together."""
    other = split_root(ROOT, 3, 5)
    assert "different splits, [1, 3] and [2]" in refusal(Refused, [SHARES[0], other[1], SHARES[2]])


def test_shares_of_another_root_are_refused() -> None:
    """Whoever knows the id of the root that is wanted gets that one or nothing."""
    assert f"give root {ROOT.root_id}, not 0123456789abcdef" in refusal(Refused, SHARES[:3], "0123456789abcdef")


def test_shares_that_only_look_alike_do_not_fit() -> None:
    """Two splits may get the same 15-bit name by chance; the digest inside the shares finds it."""
    alike = [
        [share.mnemonic() for share in split_ems(1, [(2, 3)], EncryptedMasterSecret(7, True, 0, key))[0]]
        for key in (b"a" * 32, b"b" * 32)
    ]
    for mixed in ([alike[0][0], alike[1][1]], [alike[0][0], alike[1][0]]):
        assert "do not fit together" in refusal(Refused, mixed)


def test_shares_of_a_split_in_groups_do_not_fit() -> None:
    """SLIP-39 knows groups of groups, which Bitting does not write: they are refused, not half read."""
    groups = generate_mnemonics(2, [(2, 3), (2, 3)], bytes(32))
    assert "do not fit together" in refusal(Refused, groups[0][:2])
