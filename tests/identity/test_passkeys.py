"""WebAuthn: whatever is not exactly what was asked for proves nothing, and a challenge is used by any answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bitting.domain.errors import NotSignedIn, Refused
from bitting.identity import factors, sign_in
from bitting.identity.factors import Answer
from bitting.identity.ports import Purpose
from bitting.identity.proving import Proof
from bitting.lifecycle import people
from tests.identity.device import ORIGIN, PRESENT, VERIFIED, Device, b64, raw
from tests.identity.hall import HOME, Hall

WRONG: dict[str, Callable[[Device], Any]] = {
    "another origin": lambda device: setattr(device, "origin", "https://evil.example.com"),
    "http in place of https": lambda device: setattr(device, "origin", "http://keys.example.com"),
    "another port": lambda device: setattr(device, "origin", f"{ORIGIN}:8443"),
    "our name in front of another": lambda device: setattr(device, "origin", f"{ORIGIN}.evil.example"),
    "the parent's rp id": lambda device: setattr(device, "rp_id", "example.com"),
    "an rp id that ends as ours": lambda device: setattr(device, "rp_id", "evil-keys.example.com"),
    "another type": lambda device: device.client.update(type="webauthn.create"),
    "another challenge": lambda device: device.client.update(challenge=b64(b"c" * 32)),
    "no challenge": lambda device: device.client.update(challenge=""),
    "from a frame of another site": lambda device: device.client.update(crossOrigin=True),
    "in words": lambda device: device.client.update(crossOrigin="true"),
    "with another page on top": lambda device: device.client.update(topOrigin="https://evil.example"),
    "nobody verified": lambda device: setattr(device, "flags", PRESENT),
    "nobody present": lambda device: setattr(device, "flags", VERIFIED),
}


@pytest.mark.parametrize("wrong", list(WRONG))
def test_m10_m12_what_was_not_asked_for_signs_nobody_in(hall: Hall, wrong: str) -> None:
    """M-10, M-12: 401 for each; and the challenge is gone, so the right answer comes too late for it."""
    _, device = hall.with_passkey()
    begun = hall.run(sign_in.challenge(hall.identity))
    thief = Device(id=device.id, user=device.user)
    thief.key = device.key
    WRONG[wrong](thief)
    with pytest.raises(NotSignedIn) as refused:
        hall.answer(begun.token, thief.get(begun.options))
    assert str(refused.value) == sign_in.NOT_YOU
    with pytest.raises(NotSignedIn):
        hall.answer(begun.token, device.get(begun.options))
    assert hall.is_signed_in(hall.by_passkey(device))


def test_m12_a_client_that_would_rather_not_verify_is_asked_all_the_same(hall: Hall) -> None:
    """M-12: `uv=discouraged` in a client's options changes nothing about what is required here."""
    _, device = hall.with_passkey()
    device.flags = PRESENT
    with pytest.raises(NotSignedIn):
        hall.by_passkey(device, userVerification="discouraged")


def test_m10_a_challenge_is_used_once(hall: Hall) -> None:
    """M-10: the same answer again is no answer, nor is it at the same moment."""
    _, device = hall.with_passkey()
    begun = hall.run(sign_in.challenge(hall.identity))
    response = device.get(begun.options)
    device.counts = False
    answers = hall.together(
        *(sign_in.finish_by_passkey(hall.identity, begun.token, response, HOME, "r") for _ in range(4))
    )
    assert [isinstance(each, NotSignedIn) for each in answers].count(False) == 1


def test_m10_a_challenge_is_good_for_five_minutes(hall: Hall) -> None:
    _, device = hall.with_passkey()
    begun = hall.run(sign_in.challenge(hall.identity))
    hall.later(5 * 60_000)
    with pytest.raises(NotSignedIn):
        hall.answer(begun.token, device.get(begun.options))


def test_m10_a_challenge_for_one_thing_is_none_for_another(hall: Hall) -> None:
    bob, device = hall.with_passkey()
    begun = hall.run(sign_in.challenge(hall.identity, Purpose.STEP_UP, bob.id))
    with pytest.raises(NotSignedIn):
        hall.answer(begun.token, device.get(begun.options))


def test_m10_a_copy_of_the_key_is_found_by_its_count(hall: Hall) -> None:
    """A count that does not grow is somebody else's."""
    _, device = hall.with_passkey()
    hall.by_passkey(device)
    hall.by_passkey(device)
    device.uses = 0
    with pytest.raises(NotSignedIn):
        hall.by_passkey(device)


def test_a_passkey_that_does_not_count_is_let_pass(hall: Hall) -> None:
    """Those that are kept in a cloud say 0 for ever (WebAuthn section 6.1.1)."""
    user, own = hall.with_passkey()
    me, device = hall.by_passkey(own), Device(counts=False)
    answer, proof = make(hall, user.id, device), by_device(hall, user.id, own)
    hall.run(factors.add_factor(hall.identity, me, answer, proof, HOME, "r"))
    for _ in range(3):
        assert hall.is_signed_in(hall.by_passkey(device))


def test_m13_a_passkey_is_made_by_the_person_it_was_begun_for(hall: Hall) -> None:
    """M-13: what was shown to one person makes nothing for another, and nobody begins without a session or a link."""
    ada, _ = hall.with_passkey("ada@example.com")
    bob, own = hall.with_passkey("bob@example.com")
    me = hall.by_passkey(own)
    shown = hall.run(factors.show_passkey(hall.identity, ada.id))
    assert shown.options is not None
    answer = Answer(shown.token, response=Device().create(dict(shown.options)))
    with pytest.raises(NotSignedIn):
        hall.run(factors.add_factor(hall.identity, me, answer, by_device(hall, bob.id, own), HOME, "r"))
    assert len(hall.user(ada.id).authenticators) == len(hall.user(bob.id).authenticators) == 1


def test_m13_a_session_that_is_over_makes_no_passkey(hall: Hall) -> None:
    bob, own = hall.with_passkey()
    me = hall.by_passkey(own)
    answer, proof = make(hall, bob.id, Device()), by_device(hall, bob.id, own)
    hall.trial.do(lambda act: people.sign_out(act, bob.id))
    with pytest.raises(NotSignedIn):
        hall.run(factors.add_factor(hall.identity, me, answer, proof, HOME, "r"))


@pytest.mark.parametrize(
    "wrong",
    [
        "another origin",
        "another type",
        "another challenge",
        "nobody verified",
        "from a frame of another site",
        "the parent's rp id",
    ],
)
def test_m12_a_passkey_is_not_made_of_what_was_not_asked_for(hall: Hall, wrong: str) -> None:
    bob, own = hall.with_passkey()
    me, device = hall.by_passkey(own), Device()
    if wrong == "another type":
        device.client.update(type="webauthn.get")
    else:
        WRONG[wrong](device)
    answer, proof = make(hall, bob.id, device), by_device(hall, bob.id, own)
    with pytest.raises(Refused, match="could not be made"):
        hall.run(factors.add_factor(hall.identity, me, answer, proof, HOME, "r"))


def test_a_key_that_has_a_passkey_is_asked_for_no_other(hall: Hall) -> None:
    bob, own = hall.with_passkey()
    shown = hall.run(factors.show_passkey(hall.identity, bob.id))
    assert shown.options is not None
    assert [raw(each["id"]) for each in shown.options["excludeCredentials"]] == [own.id]
    assert shown.options["authenticatorSelection"]["userVerification"] == "required"
    assert shown.options["authenticatorSelection"]["residentKey"] == "required"
    assert shown.options["attestation"] == "none"


JUNK: list[Any] = [
    {},
    {"id": "x"},
    {"response": {}},
    {"id": 7, "response": {"userHandle": "AAAA", "clientDataJSON": "AAAA"}},
    {"id": "AA==", "response": {"userHandle": "AA"}},
    {"id": "AA", "response": {"userHandle": "A\u00e9"}},
    {"id": "AA", "response": []},
    {"id": "AA", "response": {"userHandle": None}},
]


@pytest.mark.parametrize("response", JUNK, ids=range(len(JUNK)))
def test_junk_signs_nobody_in(hall: Hall, response: Any) -> None:
    begun = hall.run(sign_in.challenge(hall.identity))
    with pytest.raises(NotSignedIn):
        hall.answer(begun.token, response)


SPOILT: dict[str, Callable[[dict[str, Any]], Any]] = {
    "half an object": lambda given: given["response"].update(clientDataJSON=b64(b"{")),
    "a list": lambda given: given["response"].update(clientDataJSON=b64(b"[]")),
    "a name twice": lambda given: given["response"].update(
        clientDataJSON=b64(raw(given["response"]["clientDataJSON"]).replace(b"{", b'{"type":"a",', 1))
    ),
    "too long": lambda given: given["response"].update(clientDataJSON=b64(b" " * 70_000)),
    "deep": lambda given: given["response"].update(clientDataJSON=b64(b"[" * 50_000)),
    "short data": lambda given: given["response"].update(authenticatorData=b64(b"a" * 36)),
    "another signature": lambda given: given["response"].update(signature=b64(b"s" * 70)),
    "no signature": lambda given: given["response"].pop("signature"),
    "a number": lambda given: given["response"].update(clientDataJSON=7),
    "another id": lambda given: given.update(id=b64(b"another"), rawId=b64(b"another")),
    "two ids": lambda given: given.update(rawId=b64(b"another")),
    "another sort": lambda given: given.update(type="password"),
    "another person": lambda given: given["response"].update(userHandle=b64(bytes(16))),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_spoilt_response_signs_nobody_in(hall: Hall, spoilt: str) -> None:
    """Whatever a stranger's bytes trip over is a refusal, and nothing else escapes."""
    _, device = hall.with_passkey()
    begun = hall.run(sign_in.challenge(hall.identity))
    response = device.get(begun.options)
    SPOILT[spoilt](response)
    with pytest.raises(NotSignedIn):
        hall.answer(begun.token, response)


def test_a_passkey_with_an_endless_id_is_not_made(hall: Hall) -> None:
    bob, own = hall.with_passkey()
    me = hall.by_passkey(own)
    answer, proof = make(hall, bob.id, Device(id=b"i" * 1_024)), by_device(hall, bob.id, own)
    with pytest.raises(Refused, match="could not be made"):
        hall.run(factors.add_factor(hall.identity, me, answer, proof, HOME, "r"))


def make(hall: Hall, user_id: str, device: Device) -> Answer:
    shown = hall.run(factors.show_passkey(hall.identity, user_id))
    assert shown.options is not None
    return Answer(shown.token, response=device.create(dict(shown.options)))


def by_device(hall: Hall, user_id: str, device: Device) -> Proof:
    begun = hall.run(sign_in.challenge(hall.identity, Purpose.STEP_UP, user_id))
    return Proof(response=device.get(begun.options), challenge=begun.token)
