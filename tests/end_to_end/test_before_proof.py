"""Before a signature is proven the answer depends on nothing that is stored: byte for byte the same for everybody."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.end_to_end.house import DIALECTS, House
from tests.end_to_end.signing import Key, balances, unsigned
from tests.end_to_end.wire import Answer, tell

STATUS = {"bitfinex": 500, "binance": 400, "bithumb": 401, "bithumb-v1": 200}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that does not lose patience with strangers here."""
    settings = "[rates]\nstrangers = [1000, 10000]"
    with House(tmp_path_factory.mktemp("house"), settings=settings) as house:
        yield house


def guessed(key: Key) -> Key:
    """The key id with a secret that is not its own."""
    return key._replace(secret="a-guess-at-a-secret")


def in_every_state(house: House, dialect: str) -> dict[str, Key]:
    """One key for each thing that could be known of it."""
    keys = {name: house.issue(dialect, "trade") for name in ("working", "paused", "locked", "revoked", "rotated")}
    house.ask("key.pause", key=keys["paused"].id)
    house.ask("key.lock", key=keys["locked"].id)
    house.ask("key.revoke", key=keys["revoked"].id)
    house.ask("key.rotate", key=keys["rotated"].id, overlap="0")
    keys["expired"] = house.issue(dialect, "trade", expires="1s")
    keys["elsewhere"] = house.issue(dialect, "trade", network="203.0.113.7")
    keys["of the test environment"] = house.issue(dialect, "trade", environment="test")
    other = next(each for each in DIALECTS if each != dialect)
    keys["of the other dialect"] = house.issue(other, "trade")._replace(dialect=dialect)
    keys["imported"] = house.issue(dialect, "trade")._replace(key_id="importedKeyFromBefore0123456789")
    house.ask(
        "key.import",
        account="alice",
        dialect=dialect,
        label=f"imported {dialect}",
        permissions=["trade"],
        network=["127.0.0.1"],
        key_id=keys["imported"].key_id,
        secret="the-secret-it-had-at-the-other-place",
    )
    made = keys["working"].key_id
    keys["never made"] = Key(dialect, "", "bk_live_" + made[8:-1] + ("a" if made[-1] != "a" else "b"), "")
    keys["of another house"] = Key(dialect, "", "bk_live_" + "a" * 32, "")
    keys["of no shape"] = Key(dialect, "", "x", "")
    time.sleep(1.1)  # the one with a second to live has expired
    return keys


def told(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    """The whole answer, but for what is told of every request: its own id, and so its length."""
    length = len(answer.body) - answer.body.count(answer.request_id.encode()) * len(answer.request_id)
    headers = {**answer.headers, "x-request-id": "", "content-length": str(length)}
    return answer.status, headers, answer.body.replace(answer.request_id.encode(), b"")


def test_a_stranger_hears_the_same_whatever_is_stored(house: House, dialect: str) -> None:
    """Whether a key is unknown, working, revoked, expired, held, elsewhere or of another dialect: one answer."""
    answers = {
        name: told(tell(house.address, balances(guessed(key)).raw))
        for name, key in in_every_state(house, dialect).items()
    }
    status, _, body = answers["working"]
    assert (status, b"key.not_proven" in body) == (STATUS[dialect], True)
    for name, answer in answers.items():
        assert answer == answers["working"], name


def test_no_credential_is_answered_as_a_wrong_one(house: House, dialect: str) -> None:
    """A private endpoint without a key says what it says to a wrong signature."""
    key = house.issue(dialect, "trade")
    wrong = tell(house.address, balances(guessed(key)).raw)
    assert told(tell(house.address, unsigned(dialect))) == told(wrong)


def test_a_guess_costs_the_key_nothing(house: House, dialect: str) -> None:
    """Forged requests burn neither nonce nor rate of the key they name: its owner's next request is admitted."""
    key = house.issue(dialect, "trade")
    mine = balances(key).raw
    for _ in range(50):
        assert tell(house.address, balances(guessed(key)).raw).reason == "key.not_proven"
    assert tell(house.address, mine).status == 200


def test_after_proof_the_reason_is_told(house: House, dialect: str) -> None:
    """Whoever has signed with the key's own secret is told what stands against it."""
    for intent, reason in (("pause", "key.held"), ("lock", "key.held"), ("revoke", "key.revoked")):
        key = house.issue(dialect, "trade")
        house.ask(f"key.{intent}", key=key.id)
        assert tell(house.address, balances(key).raw).reason == reason
