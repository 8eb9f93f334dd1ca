"""The root key in a PKCS#11 token: an HSM, a smart card, or SoftHSM. It is made in there and never comes out.

What it wraps is

    1 byte    layout, 0x01
    12 bytes  nonce, random
    rest      AES-256-GCM by the token, 16-byte tag last; associated data: framed("bitting token root", context)

The id is the first 8 bytes of SHA-256 over a constant that the key encrypts under the nonce of zeros, which no other
message ever has: a copy of the key in another token has the same id, and any other key has another one.

Rules: the token is asked for a moment only, at start and while a key is changed; then the session is closed and the
module left, so that nothing in a running server can ask it. A PIN is tried once, and never when it is the token's
last try. Every call is given a few seconds. Whatever is wrong means refusal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from bitting.domain.canonical import framed
from bitting.domain.errors import MalformedStored, Misconfigured, Tampered, Unavailable
from bitting.domain.secret import Secret
from bitting.vault.aead import NONCE_BYTES, TAG_BYTES

if TYPE_CHECKING:
    import pkcs11

T = TypeVar("T")

PATIENCE_S: Final = 20.0
_LAYOUT: Final = b"\x01"
_SEALED_AT: Final = 1 + NONCE_BYTES
_NAME: Final = b"bitting token root"
_FOR_THE_ID: Final = bytes(NONCE_BYTES)


class Token(NamedTuple):
    """Where the key is. A token is found by its label, or by its serial number where two have the same label."""

    module: Path
    token: str
    serial: str
    key: str

    def __str__(self) -> str:
        number = f" (serial {self.serial})" if self.serial else ""
        return f"key {self.key} of token {self.token}{number}"


class Pkcs11Root:
    """Fits `vault.port.Root`, for as long as `opened` is open."""

    def __init__(self, line: _Line, key: Any, where: str, entropy: Callable[[int], bytes]) -> None:
        self._line = line
        self._key = key
        self._where = where
        self._entropy = entropy
        self.root_id = self._id()
        if self.root_id != self._id():
            raise Misconfigured(f"{where} encrypts one text in two ways: a token that chooses the nonce is of no use")

    def wrap(self, key: bytes, context: bytes) -> bytes:
        nonce = self._entropy(NONCE_BYTES)
        return _LAYOUT + nonce + self._line.ask(lambda: self._encrypt(nonce, key, context))

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Raises Tampered when it does not open, MalformedStored when it is nothing that a token has wrapped.

        Tokens say the same word for a wrong tag and for a fault of their own. So one that refuses is asked for its
        id once more: if it still knows that, the fault is not its own.
        """
        if wrapped[:1] != _LAYOUT or len(wrapped) < _SEALED_AT + TAG_BYTES:
            raise MalformedStored("not a wrapped key of a layout known here")
        nonce, sealed = wrapped[1:_SEALED_AT], wrapped[_SEALED_AT:]
        try:
            return self._line.ask(lambda: bytes(self._key.decrypt(sealed, **_gcm(nonce, context))))
        except Unavailable as problem:
            if self._line.hung or self._id() != self.root_id:
                raise problem from None
        raise Tampered("a wrapped key does not open: it was altered, or belongs elsewhere")

    def _encrypt(self, nonce: bytes, plain: bytes, context: bytes) -> bytes:
        return bytes(self._key.encrypt(plain, **_gcm(nonce, context)))

    def _id(self) -> str:
        sealed = self._line.ask(lambda: self._encrypt(_FOR_THE_ID, b"bitting root id", b"id"))
        return hashlib.sha256(sealed).digest()[:8].hex()

    def __repr__(self) -> str:
        return f"Pkcs11Root({self.root_id})"


@contextmanager
def opened(
    token: Token, pin: Secret, entropy: Callable[[int], bytes], patience_s: float = PATIENCE_S
) -> Iterator[Pkcs11Root]:
    """The root in a token, until the block ends. Raises Misconfigured, Unavailable."""
    with _session(token, pin, patience_s, rw=False) as (
        line,
        session,
    ):
        found = line.ask(lambda: _keys(session, token.key))
        if not found:
            raise Misconfigured(f"there is no {token}: name the right one, or restore it from the token's own backup")
        yield Pkcs11Root(line, _the_one(line, found, token), str(token), entropy)


def make(token: Token, pin: Secret, entropy: Callable[[int], bytes], patience_s: float = PATIENCE_S) -> bool:
    """Make a key in the token, unless there is one of the name. Whether one was made. Raises as `opened` does."""
    with _session(token, pin, patience_s, rw=True) as (line, session):
        if line.ask(lambda: _keys(session, token.key)):
            return False
        key = line.ask(lambda: _generate(session, token.key, entropy(16)))
        _the_one(line, [key], token)
        return True


class _Line:
    """The way to the module: each call in a thread of its own, waited for a while. After one that does not come back
    nothing else is asked: whether a module is then good for anything nobody knows."""

    def __init__(self, where: str, patience_s: float) -> None:
        self.where = where
        self.hung = False
        self._patience_s = patience_s

    def ask(self, call: Callable[[], T]) -> T:
        """What `call` returns. Raises Misconfigured or Unavailable for what the module complains of."""
        import pkcs11

        answers: list[T] = []
        problems: list[Exception] = []

        def run() -> None:
            try:
                answers.append(call())
            except Exception as problem:  # noqa: BLE001 - it is raised again below, in the thread that waits
                problems.append(problem)

        thread = Thread(target=run, name="pkcs11", daemon=True)
        thread.start()
        thread.join(self._patience_s)
        if thread.is_alive():
            self.hung = True
            raise Unavailable(f"{self.where}: no answer within {self._patience_s:g} seconds: look at the token")
        if not problems:
            return answers[0]
        if isinstance(problems[0], pkcs11.PKCS11Error):
            raise _in_our_words(problems[0], self.where) from None
        raise problems[0]


@contextmanager
def _session(token: Token, pin: Secret, patience_s: float, *, rw: bool) -> Iterator[tuple[_Line, pkcs11.Session]]:
    """Log in, and out again. The module is left too: one that stays loaded does not see a token that comes later."""
    try:
        import pkcs11
    except ImportError:
        raise Misconfigured("a root in a token needs python-pkcs11: `pip install 'bitting[pkcs11]'`") from None
    _check_module(token.module)
    line = _Line(str(token), patience_s)
    with ExitStack() as stack:

        def leave(end: Callable[[], object]) -> None:
            if not line.hung:
                with suppress(Misconfigured, Unavailable):  # whatever it says, we are done with it
                    line.ask(end)

        try:
            module = line.ask(lambda: pkcs11.lib(str(token.module)))
        except Unavailable as problem:
            if line.hung:
                raise
            raise Misconfigured(f"{token.module} cannot be used as a PKCS#11 module: name the right one") from problem
        stack.callback(leave, module.finalize)
        slot = line.ask(lambda: _token(module, token))
        session = line.ask(lambda: slot.open(rw=rw, user_pin=pin.reveal().decode()))
        stack.callback(leave, session.close)
        yield line, session


def _token(module: Any, wanted: Token) -> pkcs11.Token:
    """The one token that is meant, and only if a wrong PIN would not be its last."""
    import pkcs11

    serial = wanted.serial.encode() or None
    found = list(module.get_tokens(token_label=wanted.token, token_serial=serial))
    if not found:
        raise Unavailable(f"there is no {wanted}: plug the token in, or name the right one")
    if len(found) > 1:
        serials = ", ".join(each.serial.decode(errors="replace") for each in found)
        raise Misconfigured(f"{len(found)} tokens are called {wanted.token}: say which, with serial= ({serials})")
    one: pkcs11.Token = found[0]
    if one.flags & (pkcs11.TokenFlag.USER_PIN_FINAL_TRY | pkcs11.TokenFlag.USER_PIN_LOCKED):
        raise Misconfigured(
            f"{wanted}: its PIN was wrong so often that the next wrong one locks it, or it is locked: "
            "log in once by hand, with the token's own program"
        )
    return one


def _keys(session: pkcs11.Session, label: str) -> list[Any]:
    import pkcs11

    wanted = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY, pkcs11.Attribute.LABEL: label}
    return list(session.get_objects(wanted))


def _generate(session: pkcs11.Session, label: str, id: bytes) -> Any:
    import pkcs11

    return session.generate_key(
        pkcs11.KeyType.AES,
        256,
        id=id,
        label=label,
        store=True,
        capabilities=pkcs11.MechanismFlag.ENCRYPT | pkcs11.MechanismFlag.DECRYPT,
        template={
            pkcs11.Attribute.SENSITIVE: True,
            pkcs11.Attribute.EXTRACTABLE: False,
            pkcs11.Attribute.MODIFIABLE: False,
        },
    )


def _the_one(line: _Line, found: list[Any], token: Token) -> Any:
    """The key, if there is one only, and it is as a root has to be."""
    import pkcs11

    if len(found) > 1:
        raise Misconfigured(f"{len(found)} keys have the name of {token}: rename the others, for one of them is wrong")
    key = found[0]
    attribute = pkcs11.Attribute
    if line.ask(lambda: (key[attribute.KEY_TYPE], key[attribute.VALUE_LEN])) != (pkcs11.KeyType.AES, 32):
        raise Misconfigured(f"{token} is not an AES key of 256 bits: name the right one")
    if line.ask(lambda: key[attribute.EXTRACTABLE] or not key[attribute.SENSITIVE]):
        raise Misconfigured(
            f"{token} can be taken out of the token, so a copy of it may be anywhere: make another one, "
            "which the token keeps (`bitting root init` makes such keys)"
        )
    return key


def _gcm(nonce: bytes, context: bytes) -> dict[str, Any]:
    import pkcs11

    parameters = pkcs11.GCMParams(nonce, framed(_NAME, context), 8 * TAG_BYTES)
    return {"mechanism": pkcs11.Mechanism.AES_GCM, "mechanism_param": parameters}


def _check_module(module: Path) -> None:
    """A module is a program that runs in our process: it must not be anybody's to write."""
    try:
        mode = module.stat().st_mode
    except OSError as problem:
        raise Misconfigured(f"the PKCS#11 module {module} cannot be used ({problem.strerror})") from None
    if mode & 0o022:
        raise Misconfigured(f"others may write to the PKCS#11 module {module}: `chmod go-w {module}`")


def _in_our_words(problem: pkcs11.PKCS11Error, where: str) -> Misconfigured | Unavailable:
    import pkcs11

    if isinstance(problem, pkcs11.PinIncorrect | pkcs11.PinLenRange | pkcs11.PinInvalid):
        return Misconfigured(
            f"{where}: the PIN is wrong. It was tried once; a token locks itself after a few, so set it right first"
        )
    if isinstance(problem, pkcs11.PinLocked):
        return Misconfigured(f"{where}: the token is locked, by too many wrong PINs: its security officer unlocks it")
    if isinstance(problem, pkcs11.PinExpired | pkcs11.UserPinNotInitialized):
        return Misconfigured(f"{where}: the token wants a new PIN: set one with the token's own program")
    name = type(problem).__name__
    return Unavailable(f"{where}: the token did not do it ({name}): look at the token, and try again")
