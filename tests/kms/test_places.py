"""A place of a root is one line of text, read strictly, in which no PIN can stand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bitting.domain.errors import MalformedValue, Misconfigured
from bitting.kms import pkcs11
from bitting.kms.places import FilePlace, Place, TokenPlace, read_place

TOKEN = "pkcs11:token=bitting;object=root?module-path=/usr/lib/hsm.so&pin-source=file:/etc/bitting/pin"


def read(text: str, folder: Path = Path("/srv/bitting"), environment: dict[str, str] | None = None) -> Place:
    return read_place(text, folder, environment or {}, os.urandom)


def token(text: str, **environment: str) -> TokenPlace:
    place = read(text, environment=environment)
    assert isinstance(place, TokenPlace)
    return place


@pytest.mark.parametrize(
    ("text", "path", "again"),
    [
        ("file:root.key", "/srv/bitting/root.key", "file:root.key"),
        ("file:/srv/bitting/two.key", "/srv/bitting/two.key", "file:two.key"),
        ("file:/secure/a b.key", "/secure/a b.key", "file:/secure/a b.key"),
    ],
)
def test_files(text: str, path: str, again: str) -> None:
    """In the data folder, or anywhere else."""
    place = read(text)
    assert isinstance(place, FilePlace)
    assert (str(place.path), str(place)) == (path, again)


def test_a_root_in_a_file(tmp_path: Path) -> None:
    """It is made once."""
    place = read("file:root.key", tmp_path)
    assert place.make()
    with place.opened() as root:
        id = root.root_id
    assert not place.make()
    with place.opened() as root:
        assert root.root_id == id


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        "pkcs11:token=my%20token;serial=01ab;object=r%3Bo%26ot?module-path=/usr/lib/hsm.so&pin-source=env:BITTING_PIN",
        "pkcs11:token=%ED%95%9C;object=root?module-path=/usr/lib/hsm.so&pin-source=env:P",
    ],
)
def test_tokens_are_written_as_they_are_read(text: str) -> None:
    """As RFC 7512 spells a URI."""
    assert str(token(text)) == text


def test_what_a_token_s_place_says() -> None:
    """In any order."""
    spelt = "pkcs11:object=r%3Bo;serial=01;token=t%20k?pin-source=env:PIN&module-path=/usr/lib/hsm.so"
    place = token(spelt)
    assert place.token == pkcs11.Token(Path("/usr/lib/hsm.so"), "t k", "01", "r;o")
    assert place.pin_source == "env:PIN"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is file:PATH or pkcs11:"),
        ("file:", "is file:PATH or pkcs11:"),
        ("/root.key", "is file:PATH or pkcs11:"),
        ("http://x", "is file:PATH or pkcs11:"),
        ("file:a\nb", "one printable line"),
        ("file:" + "a" * 2000, "one printable line"),
        ("pkcs11:", "needs token="),
        ("pkcs11:token=t", "needs object="),
        ("pkcs11:token=t;object=o", "needs module-path="),
        ("pkcs11:token=t;object=o?module-path=/m", "needs pin-source="),
        ("pkcs11:token=;object=o?module-path=/m", "token stands once"),
        ("pkcs11:token=t;token=t;object=o?module-path=/m", "token stands once"),
        ("pkcs11:token=a b;object=o?module-path=/m", "token stands once"),
        ("pkcs11:token=%4;object=o?module-path=/m", "token stands once"),
        ("pkcs11:token=%FF;object=o?module-path=/m", "token is not UTF-8"),
        ("pkcs11:token=%00;object=o?module-path=/m", "token is printable"),
        ("pkcs11:token=t;object=o;slot-id=1?module-path=/m", "has no 'slot-id' here; there are: token, object, serial"),
        ("pkcs11:token=t;object=o?module-name=m", "has no 'module-name' here"),
        ("pkcs11:token=t;object=o?module-path=/m&pin-value=1234", "holds no PIN: write pin-source"),
        ("pkcs11:token=t;object=o;pin-value=1234?module-path=/m", "holds no PIN: write pin-source"),
        ("pkcs11:token=t;object=o?module-path=m.so&pin-source=env:P", "module-path is the absolute path"),
        ("pkcs11:token=t;object=o?module-path=/m&pin-source=file:pin", "pin-source is file: with an absolute path"),
        ("pkcs11:token=t;object=o?module-path=/m&pin-source=|/bin/pin", "pin-source stands once"),
        ("pkcs11:token=t;object=o?module-path=/m&pin-source=%7C/bin/pin", "pin-source is file:"),
        ("pkcs11:token=t;object=o?module-path=/m&pin-source=env:1P", "pin-source is file:"),
        ("pkcs11:token=t;object=o?module-path=/m&pin-source=1234", "pin-source is file:"),
    ],
)
def test_places_that_are_none(text: str, words: str) -> None:
    """Each says what to write instead, and repeats no PIN."""
    with pytest.raises(MalformedValue, match=words) as problem:
        read(text)
    assert "1234" not in str(problem.value)


def pin_file(folder: Path, content: bytes, mode: int = 0o600) -> TokenPlace:
    path = folder / "pin"
    path.write_bytes(content)
    path.chmod(mode)
    return token(TOKEN.replace("/etc/bitting/pin", str(path)))


@pytest.mark.parametrize(("content", "pin"), [(b"1234\n", "1234"), (b"1234", "1234"), ("pä ss".encode(), "pä ss")])
def test_a_pin_in_a_file(tmp_path: Path, content: bytes, pin: str) -> None:
    """One line, with its end or without."""
    assert pin_file(tmp_path, content)._pin().reveal().decode() == pin


@pytest.mark.parametrize("content", [b"", b"\n", b"12\n34", b"1234\n\n", b"12\x0034", b"\xff\xfe", b"1" * 256])
def test_a_file_that_holds_no_pin(tmp_path: Path, content: bytes) -> None:
    """It is not tried; its content is not told."""
    with pytest.raises(Misconfigured, match="pin holds no PIN: one line of at most 255 characters") as problem:
        pin_file(tmp_path, content)._pin()
    assert "1234" not in str(problem.value)


def test_a_pin_that_others_can_read(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="wider than 0600"):
        pin_file(tmp_path, b"1234", 0o640)._pin()


def test_a_pin_in_the_environment() -> None:
    """It is looked for when it is needed."""
    text = TOKEN.replace("file:/etc/bitting/pin", "env:BITTING_PIN")
    assert token(text, BITTING_PIN="1234")._pin().reveal() == b"1234"
    for environment in ({}, {"BITTING_PIN": ""}, {"BITTING_PIN": "12\n34"}, {"BITTING_PIN": "\udcff"}):
        with pytest.raises(Misconfigured, match="the environment variable BITTING_PIN holds no PIN"):
            token(text, **environment)._pin()


def test_the_token_is_asked_with_the_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the place and with the PIN, whether to open or to make."""
    place = token(TOKEN.replace("file:/etc/bitting/pin", "env:PIN"), PIN="1234")
    asked = []
    for name in ("opened", "make"):
        monkeypatch.setattr(pkcs11, name, lambda token, pin, entropy: asked.append((token, pin.reveal())))
    place.opened()
    place.make()
    assert asked == [(place.token, b"1234")] * 2
