"""A secret does not show itself by accident, whichever way the accident goes (G6)."""

import copy
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedValue
from bitting.domain.secret import Secret

CANARY = b"canary-4f1d9c0be2"
SECRET = Secret(CANARY)


@dataclass
class Row:
    """A record with a secret in it."""

    name: str
    secret: Secret


ROW = Row("bot", SECRET)

TEXTS: dict[str, Callable[[], str]] = {
    "repr": lambda: repr(SECRET),
    "str": lambda: str(SECRET),
    "format": lambda: format(SECRET),
    "format with a width": lambda: format(SECRET, ">60"),
    "f-string": lambda: f"{SECRET} {SECRET!r} {SECRET!s} {SECRET!a} {SECRET:x}",
    "percent": lambda: "%s %r" % (SECRET, SECRET),  # noqa: UP031 - logging formats like this
    "in a list": lambda: str([SECRET, (SECRET,), {"secret": SECRET}]),
    "in a dataclass": lambda: repr(ROW),
    "pretty": lambda: pprint.pformat({"row": ROW}),
    "in an exception": lambda: str(MalformedValue(SECRET)),
    "in a key error": lambda: str(KeyError(SECRET)),
    "in a log record": lambda: logging.LogRecord("x", 20, "f", 1, "signing with %s", (SECRET,), None).getMessage(),
}


@pytest.mark.parametrize("way", TEXTS)
def test_no_text_shows_it(way: str) -> None:
    """Formatting, logging and exceptions print `Secret()`."""
    text = TEXTS[way]()
    assert "Secret()" in text
    assert CANARY.decode() not in text
    assert CANARY.hex() not in text


LEAKS: dict[str, Callable[[], Any]] = {
    "json": lambda: json.dumps({"secret": SECRET}),
    "pickle": lambda: pickle.dumps(SECRET),
    "pickle, oldest": lambda: pickle.dumps(SECRET, protocol=0),
    "pickle of a row": lambda: pickle.dumps(ROW),
    "copy": lambda: copy.copy(SECRET),
    "deepcopy": lambda: copy.deepcopy(ROW),
    "asdict": lambda: asdict(ROW),
    "vars": lambda: vars(SECRET),
    "bytes": lambda: bytes(SECRET),  # type: ignore[call-overload]
    "hash": lambda: hash(SECRET),
    "dict key": lambda: {SECRET: 1},
    "set": lambda: {SECRET},
    "iteration": lambda: list(SECRET),  # type: ignore[call-overload]
    "length": lambda: len(SECRET),  # type: ignore[arg-type]
    "joining": lambda: b"".join([SECRET]),  # type: ignore[list-item]
    "a new attribute": lambda: setattr(SECRET, "note", "x"),
}


@pytest.mark.parametrize("way", LEAKS)
def test_what_would_take_it_elsewhere_raises(way: str) -> None:
    """Serialising, copying, hashing and iterating raise, and the error does not show it either."""
    with pytest.raises((TypeError, AttributeError)) as caught:
        LEAKS[way]()
    assert CANARY.decode() not in str(caught.value)


def test_a_traceback_with_locals_does_not_show_it() -> None:
    """What a crash reporter prints of a frame's locals is `Secret()`."""

    def fails(secret: Secret) -> None:
        raise MalformedValue("no")

    with pytest.raises(MalformedValue) as caught:
        fails(SECRET)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "secret = Secret()" in shown
    assert CANARY.decode() not in shown


@given(value=st.binary(max_size=64), other=st.binary(max_size=64))
def test_reveal_gives_the_bytes_and_equality_is_theirs(value: bytes, other: bytes) -> None:
    """The bytes come out as they went in; two secrets are equal when their bytes are."""
    assert Secret(value).reveal() == value
    assert (Secret(value) == Secret(other)) == (value == other)
    assert (Secret(value) != Secret(other)) == (value != other)


def test_a_secret_equals_no_plain_bytes() -> None:
    """Comparing with bytes does not become an oracle."""
    assert SECRET != CANARY
    assert SECRET != "Secret()"


def test_it_keeps_bytes_of_its_own() -> None:
    """Wiping the buffer it was made from does not change it."""
    buffer = bytearray(CANARY)
    secret = Secret(bytes(buffer))
    held = Secret(buffer)  # type: ignore[arg-type]
    buffer[:] = bytes(len(buffer))
    assert secret.reveal() == held.reveal() == CANARY


def test_text_is_no_secret() -> None:
    """Text has to be encoded by whoever has it: nobody guesses how."""
    with pytest.raises(TypeError):
        Secret("text")  # type: ignore[arg-type]
