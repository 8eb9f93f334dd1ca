"""Signed notes against the published examples, and against what is almost one."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedValue, Tampered
from bitting.journal.note import Signer, Verifier, open_note, sign, stripped

Refused = Callable[[type[Exception], str], AbstractContextManager[None]]

# golang.org/x/mod/sumdb/note, note_test.go: two keys, a text, and both signatures.
PETER = Verifier.from_vkey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
ENOCH = Verifier.from_vkey("EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop")
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
BY_PETER = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
BY_ENOCH = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
NOTE = TEXT + "\n" + BY_PETER
# c2sp.org/signed-note, the example under "Verifier keys".
C2SP_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1"
    "ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)


def test_the_published_examples_open() -> None:
    """The examples of the specification and of Go's implementation verify under their keys."""
    assert open_note(NOTE, [PETER]) == (TEXT, PETER)
    verifier = Verifier.from_vkey(C2SP_KEY)
    assert open_note(C2SP_NOTE, [verifier]) == ("This is an example message.\n", verifier)


def test_the_published_key_signs_the_published_note() -> None:
    """Signing with Go's example key gives Go's note, byte for byte."""
    signer = Signer("PeterNeumann", Ed25519PrivateKey.from_private_bytes(PETER_SEED))
    assert signer.verifier == PETER
    assert sign(TEXT, signer) == NOTE


def test_several_signatures() -> None:
    """Lines of keys we do not know are passed over; of the known ones the first names the signer."""
    both = TEXT + "\n" + BY_ENOCH + BY_PETER
    assert open_note(both, [PETER]) == (TEXT, PETER)
    assert open_note(both, [PETER, ENOCH]) == (TEXT, ENOCH)
    assert open_note(TEXT + "\n" + BY_PETER * 100, [PETER]) == (TEXT, PETER)
    post_quantum = f"— witness.example {base64.b64encode(bytes(4 + 2420)).decode()}\n"
    assert open_note(TEXT + "\n" + post_quantum + BY_PETER, [PETER]) == (TEXT, PETER)


def test_a_text_may_hold_empty_lines() -> None:
    """Text and signatures part at the last empty line."""
    signer = Signer("a", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    assert open_note(sign("one\n\ntwo\n", signer), [signer.verifier])[0] == "one\n\ntwo\n"


def test_an_unsigned_text_is_nothing(refused: Refused) -> None:
    """Without a signature of a trusted key the note is Tampered; the name alone or the id alone is no key."""
    with refused(Tampered, "no trusted key has signed this"):
        open_note(NOTE, [])
    with refused(Tampered, "no trusted key has signed this"):
        open_note(NOTE, [ENOCH])
    same_name = Verifier("PeterNeumann", ENOCH.public)
    with refused(Tampered, "no trusted key has signed this"):
        open_note(NOTE, [same_name])


def test_one_false_signature_of_a_known_key_spoils_the_note(refused: Refused) -> None:
    """A known key's false signature is not outvoted by a true one, before or behind it."""
    false = BY_PETER.replace("x08go/ZJ", "x08go/ZK")
    for tail in (false, false + BY_ENOCH, BY_ENOCH + false, BY_PETER + false):
        with refused(Tampered, "the signature of PeterNeumann is not over this text"):
            open_note(TEXT + "\n" + tail, [PETER, ENOCH])


@given(st.data())
def test_no_bit_of_a_note_can_change(data: st.DataObject) -> None:
    """Any one character changed, lost or put in anywhere is Tampered or Malformed."""
    at = data.draw(st.integers(0, len(NOTE) - 1))
    put = data.draw(st.characters(codec=None) | st.sampled_from("\n — =+"))
    changed = NOTE[:at] + put + NOTE[at + data.draw(st.sampled_from([0, 1])) :]
    if changed != NOTE:
        with pytest.raises((Tampered, MalformedValue)):
            open_note(changed, [PETER])


@given(st.text() | st.builds(lambda tail: TEXT + "\n" + tail, st.text(alphabet="— aA+=\n")))
def test_any_text_is_a_note_or_not(text: str) -> None:
    """Nothing but Tampered and MalformedValue escapes."""
    with pytest.raises((Tampered, MalformedValue)):
        open_note(text, [PETER])


@pytest.mark.parametrize(
    "note",
    [
        "",
        TEXT,
        TEXT + "\n",
        TEXT + BY_PETER,
        NOTE[:-1],
        NOTE + "\n",
        NOTE.replace("\n", "\r\n"),
        "\x01" + NOTE,
        "\ud800" + NOTE,
        NOTE + "Unexpected line.\n",
        TEXT + "\n" + BY_PETER.replace("—", "-"),
        TEXT + "\n" + BY_PETER.replace("Peter", "Peter "),
        TEXT + "\n" + BY_PETER.replace("Peter", "Peter+"),
        TEXT + "\n" + BY_PETER.replace("PeterNeumann ", ""),
        TEXT + "\n" + BY_PETER.replace("PeterNeumann ", " "),
        TEXT + "\n" + BY_PETER.replace("=\n", "\n"),
        TEXT + "\n— PeterNeumann x08gow==\n",
        TEXT + "\n" + BY_PETER * 101,
    ],
)
def test_what_is_not_a_note(note: str) -> None:
    """A text of another form is MalformedValue, before any key is looked at."""
    with pytest.raises(MalformedValue):
        open_note(note, [PETER])


def test_verifier_keys_come_back() -> None:
    """A key's text is read and written the same."""
    for verifier in (PETER, ENOCH, Verifier.from_vkey(C2SP_KEY)):
        assert Verifier.from_vkey(verifier.to_vkey()) == verifier
    assert Verifier.from_vkey(C2SP_KEY).to_vkey() == C2SP_KEY


def test_no_mangled_verifier_key_is_read() -> None:
    """No part of a verifier key, and none with one character changed, is a verifier key."""
    vkey = PETER.to_vkey()
    parts = {vkey[i:j] for i in range(len(vkey) + 1) for j in range(i, len(vkey) + 1)} - {vkey}
    changed = {vkey[:i] + chr(ord(vkey[i]) + 1) + vkey[i + 1 :] for i in range(len(vkey))}
    for text in parts | changed:
        with pytest.raises(MalformedValue):
            Verifier.from_vkey(text)


@pytest.mark.parametrize(
    "text",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # too long
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # another algorithm
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # another spelling
    ],
)
def test_other_keys_are_refused(text: str) -> None:
    """A key of another length, type or spelling is refused even if the rest fits."""
    with pytest.raises(MalformedValue):
        Verifier.from_vkey(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\u2003b", "a\x7fb", "\ud800"])
def test_names_a_note_could_not_carry(name: str) -> None:
    """A key name is printable, without spaces or plus, and not empty."""
    with pytest.raises(MalformedValue, match="a key name is printable"):
        Verifier(name, PETER.public)


def test_a_signer_does_not_show_its_key() -> None:
    """The private key is in no text form of its signer."""
    signer = Signer("a", Ed25519PrivateKey.from_private_bytes(PETER_SEED))
    assert PETER_SEED.hex() not in repr(signer)
    assert str(PETER_SEED) not in repr(signer)


def test_a_note_is_stripped_of_what_others_signed() -> None:
    """The text and the signatures of the keys that are named, in their order."""
    assert stripped(TEXT + "\n" + BY_ENOCH + BY_PETER, [PETER]) == NOTE
    assert stripped(NOTE, [PETER, ENOCH]) == NOTE
    assert stripped(NOTE, [ENOCH]) == TEXT + "\n"
