"""The root in a token: what is refused, what is told, and what is never asked twice."""

from __future__ import annotations

import builtins
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from pkcs11 import TokenFlag

from bitting.domain.errors import MalformedStored, Misconfigured, Tampered, Unavailable
from bitting.domain.secret import Secret
from bitting.kms.pkcs11 import Token, make, opened
from tests.kms.token import PIN, FakeKey, FakeModule, FakeToken, hang

KEY, CONTEXT = bytes(range(32)), b"shard 0"


@pytest.fixture
def token() -> FakeToken:
    return FakeToken()


@pytest.fixture
def module(token: FakeToken, monkeypatch: pytest.MonkeyPatch) -> FakeModule:
    module = FakeModule(token)
    monkeypatch.setattr(pkcs11, "lib", lambda so: module)
    return module


@pytest.fixture
def place(tmp_path: Path, module: FakeModule) -> Token:
    (tmp_path / "module.so").touch(0o644)
    return Token(tmp_path / "module.so", "bitting", "", "root")


@pytest.fixture
def kept(token: FakeToken) -> FakeKey:
    """A key that is in the token."""
    token.keys.append(FakeKey(token, "root"))
    return token.keys[0]


def ask(place: Token, pin: str = PIN, **more: Any) -> Any:
    return opened(place, Secret(pin.encode()), os.urandom, **more)


def refused(place: Token, kind: type[Exception], words: str, pin: str = PIN, **more: Any) -> str:
    with pytest.raises(kind, match=words) as problem, ask(place, pin, **more):
        pass
    assert "99997777" not in str(problem.value)
    return str(problem.value)


def test_it_gives_back_what_it_was_given(place: Token, kept: FakeKey) -> None:
    """Under the same context, each time in other bytes, also in another sitting."""
    with ask(place) as root:
        boxes = [root.wrap(KEY, CONTEXT) for _ in range(3)]
        assert len(set(boxes)) == 3
        assert [root.unwrap(each, CONTEXT) for each in boxes] == [KEY] * 3
    with ask(place) as root:
        assert root.unwrap(boxes[0], CONTEXT) == KEY
        assert repr(root) == f"Pkcs11Root({root.root_id})"


def test_the_id_names_the_key(place: Token, token: FakeToken, module: FakeModule, kept: FakeKey) -> None:
    """A copy in another token has the same; another key under the same label has another."""
    with ask(place) as root:
        id = root.root_id
    other = FakeToken(serial="02")
    copy = FakeKey(other, "root")
    other.keys.append(copy)
    module.tokens = [other]
    with ask(place) as root:
        assert root.root_id != id
    copy.secret = kept.secret
    with ask(place) as root:
        assert root.root_id == id


@pytest.mark.parametrize("spoilt", ["nonce", "ciphertext", "tag", "context", "cut", "longer"])
def test_what_was_altered_does_not_open(place: Token, kept: FakeKey, spoilt: str) -> None:
    """One bit anywhere, or another context."""
    with ask(place) as root:
        box = root.wrap(KEY, CONTEXT)
        flip = {"nonce": 1, "ciphertext": 13, "tag": len(box) - 1}.get(spoilt)
        if flip is not None:
            box = box[:flip] + bytes([box[flip] ^ 1]) + box[flip + 1 :]
        box = {"cut": box[:-1], "longer": box + b"\x00"}.get(spoilt, box)
        with pytest.raises(Tampered, match="does not open"):
            root.unwrap(box, b"shard 1" if spoilt == "context" else CONTEXT)


@pytest.mark.parametrize("box", [b"", b"\x01", b"\x02" + bytes(60), b"\x01" + bytes(27)])
def test_what_is_no_wrapped_key(place: Token, token: FakeToken, kept: FakeKey, box: bytes) -> None:
    """The token is not even asked."""
    with ask(place) as root:
        token.log.clear()
        with pytest.raises(MalformedStored):
            root.unwrap(box, CONTEXT)
        assert token.log == []


def test_a_fault_of_the_token_is_no_tampering(place: Token, token: FakeToken, kept: FakeKey) -> None:
    """Pulled out, or broken, it does not know its own id either; so nobody goes looking for who altered the store."""
    with ask(place) as root:
        box = root.wrap(KEY, CONTEXT)

        def broken(what: str) -> None:
            if what in ("encrypt", "decrypt"):
                raise pkcs11.GeneralError

        token.before = broken
        with pytest.raises(Unavailable, match="GeneralError"):
            root.unwrap(box, CONTEXT)
        with pytest.raises(Unavailable, match="GeneralError"):
            root.wrap(KEY, CONTEXT)
        token.before = lambda what: None
        kept.secret = os.urandom(32)  # another key behind the same handle
        with pytest.raises(Unavailable):
            root.unwrap(box, CONTEXT)


def test_it_is_asked_for_a_moment_only(place: Token, token: FakeToken, module: FakeModule, kept: FakeKey) -> None:
    """One login; then the session is closed and the module left, also when something went wrong."""
    with ask(place):
        pass
    assert token.log == ["open", "find", "encrypt", "encrypt", "close"]
    assert module.finalized == 1
    with pytest.raises(ValueError, match="mine"), ask(place):
        raise ValueError("mine")
    assert not token.logged_in
    assert module.finalized == 2


def test_a_wrong_pin_is_tried_once(place: Token, token: FakeToken, kept: FakeKey) -> None:
    """And is in no text."""
    refused(place, Misconfigured, "the PIN is wrong. It was tried once", "99997777")
    assert token.log == ["open"]


@pytest.mark.parametrize("flag", [TokenFlag.USER_PIN_FINAL_TRY, TokenFlag.USER_PIN_LOCKED])
def test_the_last_try_is_left_to_a_person(place: Token, token: FakeToken, kept: FakeKey, flag: TokenFlag) -> None:
    """A server that is started again and again locks no token: with the right PIN, too, it keeps its hands off."""
    token.flags = TokenFlag.USER_PIN_COUNT_LOW | flag
    refused(place, Misconfigured, "log in once by hand")
    assert token.log == []


@pytest.mark.parametrize(
    ("problem", "kind", "words"),
    [
        (pkcs11.PinLocked(), Misconfigured, "is locked, by too many wrong PINs"),
        (pkcs11.PinExpired(), Misconfigured, "wants a new PIN"),
        (pkcs11.UserPinNotInitialized(), Misconfigured, "wants a new PIN"),
        (pkcs11.PinLenRange(), Misconfigured, "the PIN is wrong"),
        (pkcs11.DeviceRemoved(), Unavailable, r"\(DeviceRemoved\): look at the token"),
        (pkcs11.TokenNotRecognised(), Unavailable, "TokenNotRecognised"),
    ],
)
def test_what_a_token_complains_of(
    place: Token, token: FakeToken, kept: FakeKey, problem: Exception, kind: type[Exception], words: str
) -> None:
    """In words that say what to do."""

    def complain(what: str) -> None:
        raise problem

    token.before = complain
    assert refused(place, kind, words).startswith("key root of token bitting")


def test_what_nobody_foresaw_is_not_hidden(place: Token, token: FakeToken, kept: FakeKey) -> None:
    """A fault of ours does not look like one of the token."""

    def fail(what: str) -> None:
        raise ZeroDivisionError

    token.before = fail
    with pytest.raises(ZeroDivisionError), ask(place):
        pass


@pytest.mark.parametrize("what", ["open", "find", "encrypt"])
def test_a_token_that_hangs(place: Token, token: FakeToken, module: FakeModule, kept: FakeKey, what: str) -> None:
    """It is waited for a while; and then it is not asked anything more, not even to close."""
    end = threading.Event()
    token.before = hang(what, end)
    refused(place, Unavailable, r"no answer within 0.05 seconds", patience_s=0.05)
    end.set()
    assert token.log[-1] == what
    assert module.finalized == 0


def test_a_token_that_hangs_later(place: Token, token: FakeToken, kept: FakeKey) -> None:
    """Its answer is not missed a second time, to tell a fault from tampering."""
    end = threading.Event()
    with ask(place, patience_s=5) as root:
        box = root.wrap(KEY, CONTEXT)
        root._line._patience_s = 0.05
        token.before = hang("decrypt", end)
        with pytest.raises(Unavailable, match="no answer"):
            root.unwrap(box, CONTEXT)
        assert token.log[-1] == "decrypt"
        end.set()


def test_a_module_that_hangs(place: Token, kept: FakeKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is loaded, for one."""
    end = threading.Event()
    monkeypatch.setattr(pkcs11, "lib", lambda so: end.wait(30))
    refused(place, Unavailable, "no answer", patience_s=0.05)
    end.set()


def test_what_complains_at_the_end_is_not_heard(place: Token, token: FakeToken, kept: FakeKey) -> None:
    """What was done is done."""

    def complain(what: str) -> None:
        if what == "close":
            raise pkcs11.DeviceRemoved

    token.before = complain
    with ask(place) as root:
        root.wrap(KEY, CONTEXT)


def test_a_token_that_is_not_there(place: Token, module: FakeModule) -> None:
    module.tokens.clear()
    refused(place, Unavailable, "there is no key root of token bitting: plug the token in")


def test_two_tokens_of_one_name(place: Token, module: FakeModule, token: FakeToken, kept: FakeKey) -> None:
    """The serial number says which; the other one's PIN is not tried."""
    other = FakeToken(serial="02")
    module.tokens.append(other)
    refused(place, Misconfigured, r"2 tokens are called bitting: say which, with serial= \(01, 02\)")
    assert token.log == other.log == []
    with ask(place._replace(serial="01")) as root:
        root.wrap(KEY, CONTEXT)
    assert other.log == []
    refused(place._replace(serial="02"), Misconfigured, r"there is no key root of token bitting \(serial 02\)")


def test_no_key_of_the_name(place: Token) -> None:
    """Nothing is made in its place: a new root opens nothing."""
    refused(place, Misconfigured, "there is no key root of token bitting: name the right one, or restore it")


def test_two_keys_of_the_name(place: Token, token: FakeToken, kept: FakeKey) -> None:
    token.keys.append(FakeKey(token, "root"))
    refused(place, Misconfigured, "2 keys have the name")


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"EXTRACTABLE": True}, "can be taken out of the token"),
        ({"SENSITIVE": False}, "can be taken out of the token"),
        ({"VALUE_LEN": 16}, "is not an AES key of 256 bits"),
        ({"KEY_TYPE": pkcs11.KeyType.GENERIC_SECRET}, "is not an AES key of 256 bits"),
    ],
)
def test_a_key_that_is_no_root(place: Token, token: FakeToken, attributes: dict[str, Any], words: str) -> None:
    """Nothing is encrypted with it."""
    token.keys.append(FakeKey(token, "root", **attributes))
    refused(place, Misconfigured, words)
    assert "encrypt" not in token.log


def test_a_token_that_chooses_the_nonce(place: Token, token: FakeToken, kept: FakeKey) -> None:
    """What it says it has encrypted nobody could decrypt."""
    token.chooses_nonces = True
    refused(place, Misconfigured, "encrypts one text in two ways")


def test_a_key_is_made_once(place: Token, token: FakeToken) -> None:
    """Such as the token keeps; where there is one of the name, nothing is made."""
    assert make(place, Secret(PIN.encode()), os.urandom)
    [made] = token.keys
    assert made[pkcs11.Attribute.SENSITIVE]
    assert not made[pkcs11.Attribute.EXTRACTABLE]
    assert not made[pkcs11.Attribute.MODIFIABLE]
    assert not make(place, Secret(PIN.encode()), os.urandom)
    assert token.keys == [made]
    with ask(place) as root:
        assert root.unwrap(root.wrap(KEY, CONTEXT), CONTEXT) == KEY


def test_a_module_that_anybody_can_write(place: Token, module: FakeModule) -> None:
    """It would be a program of theirs in our process; it is not loaded."""
    place.module.chmod(0o666)
    refused(place, Misconfigured, "others may write to the PKCS#11 module .*: `chmod go-w")
    assert module.finalized == 0


def test_a_module_that_is_not_there(place: Token) -> None:
    place.module.unlink()
    refused(place, Misconfigured, r"the PKCS#11 module .*module.so cannot be used \(No such file or directory\)")


def test_what_is_no_module(place: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty file, to the real library."""
    monkeypatch.undo()
    refused(place, Misconfigured, "cannot be used as a PKCS#11 module")


@pytest.fixture
def without_the_package(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As it is where the extra was not installed."""
    real = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name == "pkcs11":
            raise ImportError(name)
        return real(name, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", refuse)
        yield


def test_the_package_is_an_extra(place: Token, without_the_package: None) -> None:
    """Without it, the words say what to install."""
    with pytest.raises(Misconfigured, match=r"needs python-pkcs11: `pip install 'bitting\[pkcs11\]'`"), ask(place):
        pass
