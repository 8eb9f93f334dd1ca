"""G7 over all deeds: what gives power needs a consent to exactly this, once; a signature gives none."""

from dataclasses import replace

import pytest

from bitting.domain.consent import Consent, Second, Strength
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import Conflict, ConsentMissing
from bitting.domain.holds import Authority, Hold
from bitting.domain.secret import Secret
from bitting.lifecycle.hold import resume, unlock
from bitting.lifecycle.issue import Proofs
from bitting.lifecycle.rotate import rotate
from tests.lifecycle.deeds import DEEDS, NARROWING, SWAPS, TERMS, Scene
from tests.lifecycle.requests import BINANCE, BROUGHT, ED25519, HMAC, public_key
from tests.lifecycle.work import SESSION, step_up


@pytest.fixture
def scene() -> Scene:
    return Scene.set()


def by_officer(covers: bytes, id: str = "consent-1") -> Consent:
    """With a second person, who is asked about in `test_house` and at the desk."""
    return replace(step_up(covers, id=id, by=Authority.OPERATOR), second=Second("approval-1", "user:cy"))


@pytest.mark.parametrize("deed", DEEDS)
def test_a_session_gives_no_power(scene: Scene, deed: str) -> None:
    """Not even an operator's; nothing is kept of the attempt."""
    make, before = DEEDS[deed][0](scene), repr(scene.house.rows)
    with pytest.raises(ConsentMissing, match="second factor"):
        scene.house.do(make, replace(SESSION, authority=Authority.OPERATOR))
    assert repr(scene.house.rows) == before


@pytest.mark.parametrize("deed", DEEDS)
def test_a_consent_to_exactly_this_is_used_up_by_it(scene: Scene, deed: str) -> None:
    """Valid once: the same consent again is a conflict, in whatever transaction."""
    make, covers = DEEDS[deed][0](scene), DEEDS[deed][1](scene)
    before = scene.house.rows
    scene.house.do(make, by_officer(covers))
    assert set(scene.house.rows.spent) == {"consent-1"}
    assert scene.house.rows.journal[-1].strength == Strength.STEP_UP.value
    before.spent = scene.house.rows.spent  # as if the deed had been undone meanwhile
    scene.house.rows = before
    with pytest.raises(Conflict, match="used before"):
        scene.house.do(make, by_officer(covers))


@pytest.mark.parametrize("deed", DEEDS)
def test_a_consent_to_any_other_deed_is_none(scene: Scene, deed: str) -> None:
    """Each of the others, in the same house at the same moment."""
    make = DEEDS[deed][0](scene)
    for other, (_, covers) in DEEDS.items():
        if other != deed:
            with pytest.raises(ConsentMissing, match="another change"):
                scene.house.do(make, by_officer(covers(scene)))


@pytest.mark.parametrize("deed", DEEDS)
def test_a_consent_expires(scene: Scene, deed: str) -> None:
    """Five minutes after it was given, to the millisecond."""
    make, consent = DEEDS[deed][0](scene), by_officer(DEEDS[deed][1](scene))
    scene.house.now_ms += 300_000
    with pytest.raises(ConsentMissing, match="expired"):
        scene.house.do(make, consent)
    scene.house.now_ms -= 1
    scene.house.do(make, consent)


@pytest.mark.parametrize("deed", [*DEEDS, *NARROWING])
def test_a_signature_does_nothing_else(scene: Scene, deed: str) -> None:
    """P-01, P-02: an API key makes, edits, holds and frees nothing, itself included; with the right digest in hand."""
    make = DEEDS[deed][0](scene) if deed in DEEDS else NARROWING[deed](scene)
    covers = DEEDS[deed][1](scene) if deed in DEEDS else b""
    signed = replace(by_officer(covers), actor=f"key:{scene.turning}", strength=Strength.SIGNATURE)
    before = repr(scene.house.rows)
    with pytest.raises(ConsentMissing, match="read and revoke itself"):
        scene.house.do(make, signed)
    assert repr(scene.house.rows) == before


@pytest.mark.parametrize("deed", NARROWING)
def test_a_session_takes_power_away(scene: Scene, deed: str) -> None:
    """Without a second factor, and using none up."""
    scene.house.do(NARROWING[deed](scene), replace(SESSION, authority=Authority.OPERATOR))
    assert scene.house.rows.spent == {}


@pytest.mark.parametrize("swap", SWAPS)
def test_a_consent_is_bound_to_all_that_power_hangs_on(scene: Scene, swap: str) -> None:
    """Promise 5: the owner confirms one thing and nothing else can be put in its place."""
    deed, make = SWAPS[swap]
    with pytest.raises(ConsentMissing, match="another change"):
        scene.house.do(make(scene), by_officer(DEEDS[deed][1](scene)))


def test_consent_to_one_public_key_is_not_to_another(scene: Scene) -> None:
    """The worst of them: whoever swaps the key owns the account's orders from then on."""
    mine, theirs = ED25519, ED25519._replace(public_key=public_key(9))
    covers = scene.of_key("key.rotate", scene.held, None, [*mine.terms(), 0])
    with pytest.raises(ConsentMissing, match="another change"):
        scene.house.do(lambda act: rotate(act, scene.held, BINANCE, theirs, 0), by_officer(covers))
    scene.house.do(lambda act: rotate(act, scene.held, BINANCE, mine, 0), by_officer(covers))


def test_what_moved_on_needs_a_new_consent(scene: Scene) -> None:
    """It was given to the object as it stood."""
    covers = DEEDS["resume"][1](scene)
    scene.house.do(lambda act: unlock(act, scene.held, Hold.LEAK))
    with pytest.raises(ConsentMissing, match="another change"):
        scene.house.do(lambda act: resume(act, scene.held), by_officer(covers))


def test_the_terms_of_proofs_show_no_secret() -> None:
    """A secret stands as its SHA-256, and proofs themselves do not print it."""
    assert Proofs(Algorithm.HMAC_SHA256).terms() == TERMS
    terms = BROUGHT.terms()
    assert b"a secret that clients" not in repr(terms).encode()
    assert terms[2] != HMAC._replace(secret=Secret(b"another secret of theirs")).terms()[2]
    assert "a secret" not in repr(BROUGHT)
