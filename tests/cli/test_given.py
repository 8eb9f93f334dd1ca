"""What is given by file or by hand: secrets from where nobody else can read them, shares however they are broken."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bitting.cli import given
from bitting.domain.errors import MalformedValue, Misconfigured
from bitting.kms.backup import WORDS

SHARE = " ".join(f"word{n}" for n in range(WORDS))
OTHER = " ".join(f"other{n}" for n in range(WORDS))
BODY = "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
PEM = f"-----BEGIN PUBLIC KEY-----\n{BODY}\n-----END PUBLIC KEY-----\n"


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


def typed(monkeypatch: pytest.MonkeyPatch, text: str, kind: type[io.StringIO] = io.StringIO) -> io.StringIO:
    stream = kind(text)
    monkeypatch.setattr("sys.stdin", stream)
    return stream


def test_a_public_key_is_a_file_or_the_key_itself(tmp_path: Path) -> None:
    """What has a file's name is read; base64 and PEM are taken as they are."""
    path = tmp_path / "key.pem"
    path.write_text(PEM)
    assert given.public_key(str(path)) == PEM
    (tmp_path / "key").write_text(PEM)
    assert given.public_key(str(tmp_path / "key")) == PEM
    for text in (None, PEM, "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "MIICIjANBgkqhkiG9w0B" + "A" * 700):
        assert given.public_key(text) == text
    with pytest.raises(Misconfigured, match=r"nowhere\.pem cannot be read: No such file or directory"):
        given.public_key(str(tmp_path / "nowhere.pem"))
    with pytest.raises(Misconfigured, match="cannot be read: Is a directory"):
        given.public_key(str(tmp_path))


def test_a_secret_comes_from_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    """Without the line's end; a file that others can read is refused with what to do."""
    path = tmp_path / "old.secret"
    path.write_text("my-old-secret\n")
    for mode in (0o644, 0o640, 0o604):
        path.chmod(mode)
        with pytest.raises(Misconfigured, match=r"others may read .*: `chmod 600 .*`, and think about who has"):
            given.secret(path)
    path.chmod(0o600)
    assert given.secret(path) == "my-old-secret"
    assert given.secret(None) is None
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured, match="is not text: name the right file"):
        given.secret(path)


def test_a_secret_comes_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """For `-`."""
    typed(monkeypatch, " my-old-secret\n")
    assert given.secret(Path("-")) == "my-old-secret"


def test_shares_are_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """However they are broken into lines: by 33 they are shares, and a rest is one that is too short."""
    words = f"{SHARE} {OTHER}".split()
    for text in (f"{SHARE}\n{OTHER}\n", "\n".join(words), f"{' '.join(words)}", f"\n\n{SHARE}\n\n\n{OTHER}\n\n"):
        typed(monkeypatch, text)
        assert given.shares() == [SHARE, OTHER]
    typed(monkeypatch, f"{SHARE}\nword0 word1\n")
    assert given.shares() == [SHARE, "word0 word1"]


def test_no_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text says how to give them."""
    typed(monkeypatch, "\n \n")
    with pytest.raises(MalformedValue, match="type or pipe them in, or name each with --share"):
        given.shares()


def test_shares_that_are_typed_end_with_an_empty_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One behind a whole share; in the middle of one it only keeps the lines apart."""
    half = SHARE.split()
    stream = typed(monkeypatch, f"\n{' '.join(half[:11])}\n\n{' '.join(half[11:])}\n\nnot read any more\n", Terminal)
    assert given.shares() == [SHARE]
    assert stream.read() == "not read any more\n"
    assert "Type the shares, 33 words each" in capsys.readouterr().err
