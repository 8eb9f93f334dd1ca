"""The token of Bithumb's API 2.0, read and written."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.bithumb_token import base64url_bytes, base64url_text, read_token, signing_input, slips
from bitting.domain.errors import MalformedRequest

SIGNATURE = b"A" * 43


def token(header: bytes, payload: bytes, signature: bytes = SIGNATURE) -> bytes:
    return b"Bearer " + b".".join((base64url_text(header), base64url_text(payload), signature))


CLAIMS = {"access_key": "bk_live_x", "nonce": "n", "timestamp": 1763661600000}
HEADER = b'{"alg":"HS256","typ":"JWT"}'
SOUND = token(HEADER, json.dumps(CLAIMS).encode())


def test_a_token_says_who_and_when() -> None:
    """The signed bytes are the first two parts, as they came."""
    read = read_token(SOUND)
    assert (read.access_key, read.timestamp_ms, read.query_hash) == ("bk_live_x", 1763661600000, "")
    assert b"Bearer " + read.signing_input + b"." + read.signature == SOUND


@given(st.binary(max_size=64))
def test_base64url_has_one_spelling(raw: bytes) -> None:
    """What was written is read again; with padding, or with other bits behind its end, it is not."""
    text = base64url_text(raw)
    assert text == urlsafe_b64encode(raw).rstrip(b"=")
    assert base64url_bytes(text) == (raw or None)
    assert base64url_bytes(text + b"=") is None


@given(st.binary(max_size=12))
def test_no_two_texts_are_the_same_bytes(text: bytes) -> None:
    """Whatever is read at all, is written so again."""
    raw = base64url_bytes(text)
    assert raw is None or base64url_text(raw) == text


@given(st.binary(max_size=200) | st.text(max_size=60).map(str.encode).map(lambda each: token(HEADER, each)))
def test_any_header_at_all_gives_a_token_or_malformed(header: bytes) -> None:
    """Nothing else escapes."""
    try:
        read_token(header)
    except MalformedRequest:
        return


JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.integers())


@given(
    st.dictionaries(st.sampled_from([*CLAIMS, "query_hash", "query_hash_alg", "iat", "exp", "sub"]), JSON),
    st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit"]), JSON | st.sampled_from(["HS256", "JWT", "none"])),
)
def test_any_claims_at_all_give_a_token_or_malformed(claims: dict[str, object], header: dict[str, object]) -> None:
    """A token that is read has one algorithm, and no claim that is not known."""
    try:
        read_token(token(json.dumps(header).encode(), json.dumps({**CLAIMS, **claims}).encode()))
    except MalformedRequest:
        return
    assert header.get("alg") == "HS256"
    assert header.get("typ", "JWT") == "JWT"
    assert not {"exp", "sub"} & claims.keys()
    assert len(header) <= 2


@pytest.mark.parametrize("query_hash", ["", "ab", "AB" * 64, "ab" * 65, "\uff11" * 128, None, 1])
def test_a_hash_has_one_spelling(query_hash: object) -> None:
    """And the refusal says which, not only that it is none of the hashes that were tried."""
    claims = {**CLAIMS, "query_hash": query_hash, "query_hash_alg": "SHA512"}
    with pytest.raises(MalformedRequest, match="query_hash is not a SHA-512 in lower-case hex"):
        read_token(token(HEADER, json.dumps(claims).encode()))


def test_no_token_is_longer_than_it_needs_to_be() -> None:
    """Before anything of it is decoded."""
    with pytest.raises(MalformedRequest, match="Authorization is not"):
        read_token(token(HEADER, json.dumps({**CLAIMS, "iat": "1" * 4096}).encode()))


@pytest.mark.parametrize("query_hash", ["", "ab" * 64])
def test_what_is_written_can_be_read(query_hash: str) -> None:
    """With a hash, or without."""
    signed = signing_input("bk_live_x", "n-1", 1763661600000, query_hash)
    read = read_token(b"Bearer " + signed + b"." + SIGNATURE)
    assert read == ("bk_live_x", 1763661600000, query_hash, signed, SIGNATURE)


def test_slips_are_what_programs_sign_that_write_tokens_by_hand() -> None:
    """Each is named, and none is the right text."""
    header, payload = HEADER, b'{"access_key":"???~~~"}'
    signed = base64url_text(header) + b"." + base64url_text(payload)
    found = {slip.mistake: slip.signing_input for slip in slips(signed)}
    padded = [urlsafe_b64encode(each) for each in (header, payload)]
    assert found == {
        "header and payload were signed with the padding (`=`) of their base64": b".".join(padded),
        "header and payload were signed in standard base64 (`+/`)": b".".join(padded)
        .replace(b"-", b"+")
        .replace(b"_", b"/"),
        "header and payload were signed as JSON, before base64url": header + b"." + payload,
        "the payload was signed without the header": base64url_text(payload),
        "the payload was signed as JSON, without the header": payload,
        "the dot between header and payload was not signed": signed.replace(b".", b""),
    }
    assert signed not in found.values()
    assert urlsafe_b64decode(padded[1]) == payload
