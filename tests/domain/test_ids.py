"""Internal ids are UUIDv7; wire ids have a shape, a public sum and a keyed tag."""

import base64
import hashlib
import hmac
import random
import string
import uuid
import zlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedValue
from bitting.domain.ids import Environment, foreign_wire_id, has_tag, is_ours, new_id, new_wire_id
from bitting.domain.secret import Secret

TAG_KEY = Secret(b"tag key of this house, 32 bytes.")
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
PINNED = "bk_live_aaaqeayeaudaocajbifyflyeyxy53cvj"

environments = st.sampled_from(Environment)


def composed(prefix: str, random_part: bytes, tag: bytes) -> str:
    """The layout written out a second time, with whatever tag."""
    body = random_part + tag
    body += zlib.crc32(prefix.encode() + body).to_bytes(4, "big")
    return prefix + base64.b32encode(body).decode().lower()


def fresh(environment: Environment, seed: int) -> str:
    return new_wire_id(environment, TAG_KEY, random.Random(seed).randbytes)


def test_an_internal_id_is_the_example_of_rfc_9562() -> None:
    """Appendix A.6: 2022-02-22 19:22:22 UTC, rand_a CC3, rand_b 18C4DC0C0C07398F."""
    chance = bytes.fromhex("0cc318c4dc0c0c07398f")
    made = new_id(0x017F22E279B0 * 1_000_000, lambda size: chance[:size])
    assert made == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(now_ns=st.integers(0, (1 << 48) * 1_000_000 - 1), seed=st.integers(0, 2**32))
def test_an_internal_id_is_a_uuid_of_version_7_that_tells_its_millisecond(now_ns: int, seed: int) -> None:
    """RFC 9562 section 5.7: 48 bits of time, version and variant in their places, the rest chance."""
    read = uuid.UUID(new_id(now_ns, random.Random(seed).randbytes))
    assert (read.version, read.variant) == (7, uuid.RFC_4122)
    assert read.int >> 80 == now_ns // 1_000_000
    chance = int.from_bytes(random.Random(seed).randbytes(10), "big")
    kept = (1 << 80) - 1 & ~(0xF << 76) & ~(0x3 << 62)
    assert read.int & kept == chance & kept


@given(seed=st.integers(0, 2**32))
def test_internal_ids_of_one_time_lie_together(seed: int) -> None:
    """A later millisecond sorts behind, as text too."""
    chance = random.Random(seed).randbytes
    ids = [new_id(ms * 1_000_000, chance) for ms in (1, 2, 3, 1_795_000_000_000, (1 << 48) - 1)]
    assert ids == sorted(ids)


def test_the_wire_id_is_pinned() -> None:
    """Ids handed out today must be known for ever: prefix, alphabet, tag and sum, by a known answer."""
    assert new_wire_id(Environment.LIVE, TAG_KEY, lambda size: bytes(range(size))) == PINNED
    tag = hmac.new(TAG_KEY.reveal(), b"bk_live_" + bytes(range(12)), hashlib.sha256).digest()[:4]
    assert composed("bk_live_", bytes(range(12)), tag) == PINNED


@given(environment=environments, seed=st.integers(0, 2**32))
def test_a_wire_id_is_a_prefix_and_32_characters(environment: Environment, seed: int) -> None:
    """20 bytes in 32 characters of lower-case base32, no padding; its maker knows it again."""
    made = fresh(environment, seed)
    prefix, body = made[:8], made[8:]
    assert prefix == f"bk_{environment.value}_"
    assert len(body) == 32
    assert set(body) <= set(ALPHABET)
    assert is_ours(made)
    assert has_tag(made, TAG_KEY)


@pytest.mark.parametrize("environment", Environment)
def test_no_character_of_a_wire_id_can_be_changed(environment: Environment) -> None:
    """Every character against every other one: the sum finds each, so a mistyped id never reaches a store."""
    made = fresh(environment, 7)
    # The last three become i, s and k of ASCII when they change their case.
    others = string.ascii_letters + string.digits + "_=-. \n\x00\u00e9\u0131\u017f\u212a"
    for at, was in enumerate(made):
        for other in others:
            if other != was:
                changed = made[:at] + other + made[at + 1 :]
                assert not is_ours(changed)
                assert not has_tag(changed, TAG_KEY)


@given(environment=environments, chance=st.binary(min_size=12, max_size=12), tag=st.binary(min_size=4, max_size=4))
def test_an_invented_id_has_the_shape_but_not_the_tag(environment: Environment, chance: bytes, tag: bytes) -> None:
    """R-08: anybody can compute the sum; without the tag key nobody guesses the tag."""
    invented = composed(f"bk_{environment.value}_", chance, tag)
    right = hmac.digest(TAG_KEY.reveal(), invented[:8].encode() + chance, "sha256")[:4]
    assert is_ours(invented)
    assert has_tag(invented, TAG_KEY) == (tag == right)


@given(seed=st.integers(0, 2**32))
def test_the_tag_is_of_one_house_and_one_environment(seed: int) -> None:
    """S-23: an id of another house, or moved to the other environment with a new sum, is not ours."""
    made = fresh(Environment.TEST, seed)
    assert not has_tag(made, Secret(b"another house"))
    body = base64.b32decode(made[8:].upper())
    moved = composed("bk_live_", body[:12], body[12:16])
    assert is_ours(moved)
    assert not has_tag(moved, TAG_KEY)


@pytest.mark.parametrize("padding", [6, 4, 3, 1])
def test_a_padded_body_is_not_the_shape(padding: int) -> None:
    """32 characters of which some are `=` decode to fewer bytes, whose own sum can be right: refused."""
    length = 20 - {6: 4, 4: 3, 3: 2, 1: 1}[padding]
    body = bytes(range(length - 4))
    body += zlib.crc32(b"bk_live_" + body).to_bytes(4, "big")
    padded = "bk_live_" + base64.b32encode(body).decode().lower()
    assert (len(padded), padded.count("=")) == (40, padding)
    assert not is_ours(padded)
    assert not has_tag(padded, TAG_KEY)


@given(text=st.one_of(st.text(max_size=60), st.text(max_size=40).map(lambda tail: "bk_live_" + tail)))
def test_any_text_at_all_is_ours_or_not(text: str) -> None:
    """S-04, S-31: whatever a header holds, asking never raises."""
    assert not has_tag(text, TAG_KEY)
    is_ours(text)


@pytest.mark.parametrize("text", [PINNED, "bk_live_" + "a" * 32, "bk_anything", "bk_live_"])
def test_a_name_of_our_shape_is_not_imported(text: str) -> None:
    """A key brought from elsewhere cannot pass for one that was made here."""
    with pytest.raises(MalformedValue, match="begins with bk_"):
        foreign_wire_id(text)


@given(text=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=128))
def test_a_foreign_key_id_is_taken_as_it_is(text: str) -> None:
    """Exchanges write key ids in many ways; ours alone begin with bk_."""
    assume(not text.startswith("bk_"))
    assert foreign_wire_id(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "short77",
        "x" * 129,
        "x" * 10_000,
        "with space",
        "tab\tinside",
        "line\nend!",
        "nul\x00inside",
        "\u043a\u043b\u044e\u0447\u043a\u043b\u044e\u0447",
        "\uff21\uff22\uff23\uff24\uff25\uff26\uff27\uff28",
    ],
)
def test_a_key_id_that_no_header_carries_is_refused(text: str) -> None:
    """S-04: white space, controls, other scripts, too short, too long."""
    with pytest.raises(MalformedValue, match="8 to 128 printable ASCII"):
        foreign_wire_id(text)
