"""A PKCS#11 token in memory, for what a real one does not do when a test wants it: it locks itself, hangs, is pulled
out, gives keys away. It has the part of python-pkcs11's interface that is used, and real AES-GCM.

A real module, SoftHSM, is asked in `tests/system/test_pkcs11.py`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import pkcs11
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pkcs11 import Attribute, KeyType, ObjectClass, TokenFlag

PIN = "1234"


class FakeKey:
    """A key that does not come out, unless it is told to."""

    def __init__(self, token: FakeToken, label: str, **attributes: Any) -> None:
        self.label = label
        self.token = token
        self.attributes = {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.LABEL: label,
            Attribute.KEY_TYPE: KeyType.AES,
            Attribute.VALUE_LEN: 32,
            Attribute.SENSITIVE: True,
            Attribute.EXTRACTABLE: False,
            **{Attribute[name]: value for name, value in attributes.items()},
        }
        self.secret = os.urandom(32)

    def __getitem__(self, attribute: Attribute) -> Any:
        return self.attributes[attribute]

    def encrypt(self, plain: bytes, *, mechanism: pkcs11.Mechanism, mechanism_param: pkcs11.GCMParams) -> bytes:
        self.token.asked("encrypt")
        nonce = os.urandom(12) if self.token.chooses_nonces else mechanism_param.nonce
        return AESGCM(self.secret).encrypt(nonce, plain, mechanism_param.aad)

    def decrypt(self, sealed: bytes, *, mechanism: pkcs11.Mechanism, mechanism_param: pkcs11.GCMParams) -> bytes:
        self.token.asked("decrypt")
        try:
            return AESGCM(self.secret).decrypt(mechanism_param.nonce, sealed, mechanism_param.aad)
        except InvalidTag:
            raise pkcs11.GeneralError from None


class FakeToken:
    """`before` is called with the name of what is asked, and may raise or wait. `log` is what was asked."""

    def __init__(self, label: str = "bitting", serial: str = "01") -> None:
        self.label = label
        self.serial = serial.encode()
        self.flags = TokenFlag(0)
        self.keys: list[FakeKey] = []
        self.before: Callable[[str], None] = lambda what: None
        self.log: list[str] = []
        self.chooses_nonces = False
        self.logged_in = False

    def asked(self, what: str) -> None:
        self.log.append(what)
        self.before(what)

    def open(self, *, rw: bool, user_pin: str) -> FakeToken:
        self.asked("open rw" if rw else "open")
        assert not self.logged_in, "a process logs in once"
        if user_pin != PIN:
            raise pkcs11.PinIncorrect
        self.logged_in = True
        return self

    def close(self) -> None:
        self.asked("close")
        self.logged_in = False

    def get_objects(self, wanted: dict[Attribute, Any]) -> list[FakeKey]:
        self.asked("find")
        return [each for each in self.keys if wanted.items() <= each.attributes.items()]

    def generate_key(
        self, kind: KeyType, bits: int, *, label: str, template: dict[Attribute, Any], **_: Any
    ) -> FakeKey:
        self.asked("generate")
        assert (kind, bits) == (KeyType.AES, 256)
        self.keys.append(FakeKey(self, label, **{each.name: value for each, value in template.items()}))
        return self.keys[-1]


class FakeModule:
    """The library: which tokens are plugged in."""

    def __init__(self, *tokens: FakeToken) -> None:
        self.tokens = list(tokens)
        self.finalized = 0

    def get_tokens(self, token_label: str | None, token_serial: bytes | None) -> list[FakeToken]:
        return [each for each in self.tokens if each.label == token_label and token_serial in (None, each.serial)]

    def finalize(self) -> None:
        self.finalized += 1


def hang(what: str, until: threading.Event) -> Callable[[str], None]:
    """A token that does not come back from one thing, until it is let go."""

    def before(asked: str) -> None:
        if asked == what:
            until.wait(30)

    return before
