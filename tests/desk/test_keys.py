"""Keys at the desk: every intent, what it shows, and what it refuses."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bitting.domain.errors import IllegalStep, MalformedValue, NotFound, Refused
from bitting.domain.ids import is_ours
from tests.desk.office import DAY_NS, Office
from tests.stores.trial import record

PAIR = Ed25519PrivateKey.generate()
RAW = base64.b64encode(PAIR.public_key().public_bytes_raw()).decode()
PEM = PAIR.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
DER = base64.b64encode(PAIR.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
RSA_PEM = (
    rsa.generate_private_key(65537, 2048)
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
P256_PEM = (
    ec.generate_private_key(ec.SECP256R1())
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
PRIVATE = PAIR.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def told(shown: dict[str, Any]) -> dict[str, Any]:
    """A key as it is shown, less what it was used for, which belongs to no other answer."""
    return {name: value for name, value in shown.items() if not name.startswith("used")}


def test_a_new_key(office: Office) -> None:
    """It has an id of ours, what was asked for and a secret, and its life is 90 days when nobody says otherwise."""
    key = office.issue(limits={"pairs": ["BTC/USDT"], "largest_order": {"USDT": "1000"}})
    assert is_ours(key["key_id"])
    assert len(key["secret"]) == 64
    assert key["label"] == "bot"
    assert key["account_name"] == "alice"
    assert key["state"] == "working"
    assert key["network"] == ["203.0.113.7"]
    assert key["expires_at"] == "2026-12-20T14:13:22Z"
    assert key["last_used_at"] is None
    assert [each["algorithm"] for each in key["credentials"]] == ["hmac-sha256"]
    narrow = {"pairs": ["BTC/USDT"], "largest_order": {"USDT": "1000"}}
    assert key["grants"]["orders.write"] == key["grants"]["positions.write"] == narrow
    assert key["grants"]["balances.read"] == {}
    assert "withdrawals.write" not in key["grants"]
    assert key == {**told(office.ask("key.show", key="bot")), "secret": key["secret"]}


def test_without_a_network_nobody_may_use_it(office: Office) -> None:
    """An address list that was forgotten is not *anywhere*."""
    assert office.issue(network=None)["network"] == []


@pytest.mark.parametrize("text", [RAW, PEM, DER], ids=["raw", "pem", "der"])
def test_a_key_with_a_public_key_has_no_secret(office: Office, text: str) -> None:
    """An Ed25519 key is taken as PEM, as DER or as its 32 bytes, and there is nothing to be shown."""
    key = office.issue(public_key=text)
    assert key["secret"] is None
    assert [each["algorithm"] for each in key["credentials"]] == ["ed25519"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PRIVATE, "this is a private key, which stays with its holder"),
        ("", "the public key is PEM"),
        ("no base64!", "the public key is PEM"),
        ("ключ", "the public key is PEM"),
        (base64.b64encode(bytes(31)).decode(), "the public key is PEM"),
        (base64.b64encode(bytes(32)).decode(), "small order"),
    ],
)
def test_what_is_no_public_key(office: Office, text: str, words: str) -> None:
    """The text says what would be one, and repeats nothing of what was given."""
    with pytest.raises(MalformedValue, match=words) as refused:
        office.issue(public_key=text)
    assert not any(line in str(refused.value) for line in text.splitlines())


def test_the_public_key_says_which_algorithm(office: Office) -> None:
    """One that is named beside it has to agree, and the dialect has to have it."""
    assert office.issue(public_key=PEM, algorithm="ed25519")["credentials"][0]["algorithm"] == "ed25519"
    with pytest.raises(MalformedValue, match="the public key is for ed25519, not for hmac-sha256"):
        office.issue(public_key=PEM, algorithm="hmac-sha256")
    with pytest.raises(Refused, match="the dialect binance has no ecdsa-p256-sha256"):
        office.issue(public_key=P256_PEM)
    with pytest.raises(Refused, match="the dialect bitfinex has no rsa-pkcs1-sha256"):
        office.issue(dialect="bitfinex", public_key=RSA_PEM)
    with pytest.raises(Refused, match=r"being legacy, it has to be named \(house rule algorithms\)"):
        office.issue(public_key=RSA_PEM)
    office.ask("house.edit", rules={"algorithms": ["ed25519", "rsa-pkcs1-sha256"]})
    assert office.issue(public_key=RSA_PEM)["credentials"][0]["algorithm"] == "rsa-pkcs1-sha256"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"account": "bob"}, "there is no account bob"),
        ({"account": None}, "account is missing"),
        ({"dialect": "bybit"}, "no dialect 'bybit'; there are: binance, bitfinex"),
        ({"label": ""}, "1 to 64 characters"),
        ({"label": "a\u202eb"}, "only visible characters"),
        ({"label": "\ud800"}, "label is not Unicode"),
        ({"permissions": []}, "permissions are missing: name rights"),
        ({"permissions": ["orders.wite"]}, "no permission 'orders.wite'; there are: market.read"),
        ({"permissions": ["trade", "trade"]}, "stands twice"),
        ({"network": ["203.0.113.7/99"]}, "not a prefix length"),
        ({"network": ["example.com"]}, "not an IP address"),
        ({"network": ["anywhere", "203.0.113.7"]}, "not an IP address: 'anywhere'"),
        ({"expires": "2020-01-01T00:00:00Z"}, "expires in the future"),
        ({"expires": "999999999w"}, "expires in the future, before the year 10000"),
        ({"environment": "prod"}, "environment is live or test, not 'prod'"),
        ({"nonce_mode": "odd"}, "nonce_mode is time or counter"),
        ({"algorithm": "md5"}, "algorithm is hmac-sha256 or"),
        ({"limits": {"larges_order": {"USD": "1"}}}, "no limit 'larges_order'; there are: pairs, largest_order"),
        ({"limits": {"largest_order": {"USD": "-1"}}}, "cannot be below zero"),
        ({"limits": {"largest_order": {"USD": "a lot"}}}, "not an amount"),
        ({"limits": {"open_orders": "many"}}, "a whole number from 0 to 1000000"),
        ({"limits": {"daily_withdrawals": {"USD": "1"}}}, "is for withdrawals.write, and the key may do none"),
        ({"lable": "bot"}, "unknown: lable"),
    ],
)
def test_what_no_key_can_be(office: Office, values: dict[str, Any], words: str) -> None:
    """Each mistake is refused with what would be right, and there is no key and no journal entry of it."""
    leaves = office.leaves()
    with pytest.raises((MalformedValue, NotFound), match=words):
        office.issue(**values)
    assert office.ask("key.list")["keys"] == []
    assert office.leaves() == leaves


def test_an_imported_key_keeps_its_id(office: Office) -> None:
    """A key that clients use already comes with its id and secret, and the reply has no secret."""
    usual = {"account": "alice", "dialect": "bitfinex", "label": "old", "permissions": ["trade"]}
    key = office.ask("key.import", usual, key_id="theirOldKeyId", secret="their-old-secret-0123456789")
    assert (key["key_id"], key["secret"]) == ("theirOldKeyId", None)
    assert office.ask("key.show", key="theirOldKeyId")["id"] == key["id"]
    by_pair = office.ask("key.import", {**usual, "dialect": "binance"}, key_id="anotherOldKeyId", public_key=RAW)
    assert [each["algorithm"] for each in by_pair["credentials"]] == ["ed25519"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"secret": "their-old-secret-0123456789"}, "key_id is missing"),
        ({"key_id": "theirOldKeyId"}, "comes with its secret"),
        ({"key_id": "short", "secret": "their-old-secret-0123456789"}, "8 to 128"),
        ({"key_id": "theirOldKeyId", "secret": "short"}, "16 to 256 bytes"),
        ({"key_id": "theirOldKeyId", "secret": "\udc80" * 20}, "secret is not Unicode"),
        ({"key_id": "theirOldKeyId", "secret": "their-old-secret-0123456789", "overlap": "1h"}, "unknown: overlap"),
    ],
)
def test_what_cannot_be_imported(office: Office, values: dict[str, Any], words: str) -> None:
    """The refusal never repeats the secret."""
    usual = {"account": "alice", "dialect": "bitfinex", "label": "old", "permissions": ["trade"]}
    with pytest.raises(MalformedValue, match=words) as refused:
        office.ask("key.import", {**usual, **values})
    assert "their-old-secret" not in str(refused.value)


def test_keys_are_found_by_id_by_key_id_and_by_label(office: Office) -> None:
    """A label that two keys have is not guessed at."""
    one = office.issue()
    for name in (one["id"], one["key_id"], "bot"):
        assert office.ask("key.show", key=name)["id"] == one["id"]
    two = office.issue()
    with pytest.raises(Refused, match="2 keys are called 'bot'; say which") as refused:
        office.ask("key.show", key="bot")
    assert one["id"] in str(refused.value)
    assert two["id"] in str(refused.value)
    with pytest.raises(NotFound, match="there is no key nobody"):
        office.ask("key.show", key="nobody")


def test_the_list(office: Office) -> None:
    """All keys, oldest first, or those of one account; each as `show` has it."""
    office.open_account("bob")
    first, second = office.issue(), office.issue(account="bob", label="other")
    assert [each["id"] for each in office.ask("key.list")["keys"]] == [first["id"], second["id"]]
    listed = office.ask("key.list", account="bob")["keys"]
    assert listed == [told(office.ask("key.show", key="other"))]
    with pytest.raises(NotFound):
        office.ask("key.list", account="nobody")


def test_an_edit_changes_what_it_names(office: Office) -> None:
    """Everything else stays as it was, the credential too."""
    before = office.issue(limits={"largest_order": {"USDT": "1000"}, "open_orders": 5})
    after = office.ask(
        "key.edit",
        key="bot",
        label="봇 2",
        deny=["positions.write"],
        allow=["transfers.write"],
        network=["203.0.113.0/24", "2001:db8::/32"],
        limits={"largest_order": None, "order_rate": "10/60"},
        expires="never",
    )
    assert after["label"] == "봇 2"
    assert after["grants"]["orders.write"] == {"open_orders": 5, "order_rate": "10/60"}
    assert "positions.write" not in after["grants"]
    assert after["grants"]["transfers.write"] == {}
    assert after["network"] == ["203.0.113.0/24", "2001:db8::/32"]
    assert after["expires_at"] is None
    assert after["version"] == before["version"] + 1
    same = ("id", "key_id", "account", "dialect", "environment", "created_at", "credentials", "state")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}


def test_permissions_set_anew_keep_the_limits_of_those_that_stay(office: Office) -> None:
    """`permissions` is the whole list; a right that was there keeps what narrowed it."""
    office.issue(limits={"open_orders": 5})
    after = office.ask("key.edit", key="bot", permissions=["orders.write", "orders.read"])
    assert after["grants"] == {"orders.read": {}, "orders.write": {"open_orders": 5}}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "name what to change: label, permissions"),
        ({"if_version": 1}, "name what to change"),
        ({"deny": ["withdrawals.write"]}, "the key does not have withdrawals.write"),
        ({"deny": ["trade"], "allow": ["nothing"]}, "no permission 'nothing'"),
        ({"label": "a", "if_version": 7}, "it was changed meanwhile"),
        ({"label": "a", "dialect": "bitfinex"}, "unknown: dialect"),
        ({"expires": "2020-01-01T00:00:00Z"}, "expires in the future"),
        ({"limits": {"addresses": []}}, "is for withdrawals.write"),
    ],
)
def test_what_an_edit_refuses(office: Office, values: dict[str, Any], words: str) -> None:
    """And then the key is as it was."""
    before = office.issue()
    with pytest.raises((MalformedValue, Refused), match=words):
        office.ask("key.edit", {"key": "bot", **values})
    assert told(office.ask("key.show", key="bot")) == {name: before[name] for name in before if name != "secret"}


def test_a_rotation_and_its_overlap(office: Office) -> None:
    """The new secret is shown, the old credential says until when it works, and then is not shown any more."""
    before = office.issue()
    after = office.ask("key.rotate", key="bot")
    assert after["key_id"] == before["key_id"]
    assert after["secret"] not in (None, before["secret"])
    fresh, old = after["credentials"]
    assert (fresh["state"], fresh["works_until"]) == ("primary", None)
    assert (old["state"], old["works_until"]) == ("retiring", "2026-09-21T15:13:23Z")
    office.later(hours=1)
    assert [each["id"] for each in office.ask("key.show", key="bot")["credentials"]] == [fresh["id"]]


def test_a_rotation_without_overlap_ends_the_old_secret(office: Office) -> None:
    """Zero is now."""
    office.issue()
    assert len(office.ask("key.rotate", key="bot", overlap="0")["credentials"]) == 1


def test_a_rotation_is_rolled_back(office: Office) -> None:
    """While the overlap lasts; afterwards there is nothing to go back to."""
    before = office.issue()
    office.ask("key.rotate", key="bot", overlap="24h")
    assert office.ask("key.roll-back", key="bot")["credentials"] == before["credentials"]
    with pytest.raises(IllegalStep, match="there is no rotation to roll back"):
        office.ask("key.roll-back", key="bot")


def test_a_rotation_keeps_algorithm_and_kind_of_nonce(office: Office) -> None:
    """A client that counts would be locked out by a credential that wants times."""
    office.issue(dialect="bitfinex", nonce_mode="counter")
    [fresh, _] = office.ask("key.rotate", key="bot")["credentials"]
    assert (fresh["algorithm"], fresh["nonce_mode"]) == ("hmac-sha384", "counter")
    [fresh, _] = office.ask("key.rotate", key="bot", nonce_mode="time")["credentials"]
    assert fresh["nonce_mode"] == "time"


def test_a_rotation_to_a_key_pair(office: Office) -> None:
    """A public key brings its algorithm with it; without one, an Ed25519 key cannot be rotated."""
    office.issue()
    after = office.ask("key.rotate", key="bot", public_key=RAW)
    assert after["secret"] is None
    assert after["credentials"][0]["algorithm"] == "ed25519"
    with pytest.raises(MalformedValue, match="wants the holder's public key"):
        office.ask("key.rotate", key="bot")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"overlap": "25h"}, "0 seconds to 24 hours"),
        ({"overlap": "long"}, "not a duration"),
        ({"secret": "my-own-secret-0123456789"}, "unknown: secret"),
    ],
)
def test_what_a_rotation_refuses(office: Office, values: dict[str, Any], words: str) -> None:
    """New secrets are made here, and overlaps end."""
    office.issue()
    with pytest.raises(MalformedValue, match=words):
        office.ask("key.rotate", {"key": "bot", **values})


def test_steps_and_their_states(office: Office) -> None:
    """Each step shows the state it leads to; together they are all named, and each is lifted by its own."""
    office.issue()
    steps: list[tuple[str, dict[str, str], str]] = [
        ("key.pause", {}, "paused"),
        ("key.lock", {}, "paused, locked"),
        ("key.lock", {"hold": "leak"}, "paused, locked, leaked"),
        ("key.resume", {}, "locked, leaked"),
        ("key.unlock", {"hold": "leak"}, "locked"),
        ("key.unlock", {}, "working"),
    ]
    for intent, values, state in steps:
        assert office.ask(intent, {"key": "bot", **values})["state"] == state
    with pytest.raises(IllegalStep, match="there is no operator hold to lift"):
        office.ask("key.unlock", key="bot")
    with pytest.raises(MalformedValue, match="hold is operator or leak"):
        office.ask("key.lock", key="bot", hold="watch")


def test_a_revoked_key_stays_revoked(office: Office) -> None:
    """It is shown without credentials, by its ids and by its label; no step leads back."""
    office.issue()
    revoked = office.ask("key.revoke", key="bot")
    assert (revoked["state"], revoked["credentials"]) == ("revoked", [])
    assert revoked["revoked_at"] == "2026-09-21T14:13:23Z"
    for intent in ("key.revoke", "key.pause", "key.rotate", "key.roll-back", "key.lock"):
        with pytest.raises(IllegalStep):
            office.ask(intent, key="bot")
    with pytest.raises(IllegalStep, match="that is final, issue a new one"):
        office.ask("key.edit", key="bot", label="again")


def test_an_expired_key_says_so(office: Office) -> None:
    """Expiry is read off the clock, and edited away."""
    office.issue(expires="1h")
    office.later(hours=1)
    assert office.ask("key.show", key="bot")["state"] == "expired"
    assert office.ask("key.edit", key="bot", expires="1h")["state"] == "working"


def test_the_state_tells_of_account_parent_and_house(office: Office) -> None:
    """A key that the gate would refuse is never shown as working."""
    office.open_account("sub", parent="alice")
    office.issue(account="sub")

    def state() -> str:
        shown: str = office.ask("key.show", key="bot")["state"]
        return shown

    office.ask("freeze", account="sub")
    assert state() == "account frozen"
    office.ask("thaw", account="sub")
    office.ask("freeze", account="alice")
    assert state() == "account frozen"
    office.ask("freeze", everything=True)
    assert state() == "account frozen, house frozen"
    office.ask("thaw", everything=True)
    office.ask("thaw", account="alice")
    assert state() == "working"
    office.disk.full = True
    office.ask("freeze", key="bot")
    assert state() == "stopped in memory"


def test_a_key_shows_when_it_was_last_used(office: Office) -> None:
    """By the newest record of it in the activity log."""
    key = office.issue()
    stored = office.look(lambda shelf: shelf.find_key(key["id"]))
    office.write(record(stored), record(stored, at_ns=office.clock.ns + DAY_NS))
    assert office.ask("key.show", key="bot")["last_used_at"] == "2026-09-22T14:13:22Z"
    assert office.ask("key.list")["keys"][0]["last_used_at"] == "2026-09-22T14:13:22Z"


def test_an_old_credential_is_due_for_rotation(office: Office) -> None:
    """From the age on that the house has set; the one that is retiring anyway is not."""
    office.issue(expires="never")
    office.later(days=180)
    [credential] = office.ask("key.show", key="bot")["credentials"]
    assert credential["due_for_rotation"]
    fresh, old = office.ask("key.rotate", key="bot")["credentials"]
    assert not fresh["due_for_rotation"]
    assert not old["due_for_rotation"]


def test_a_long_list_comes_in_pages(office: Office) -> None:
    """Each says where the next begins; every key is on one of them, and one that is damaged takes no other's place."""
    ids = [office.issue(label=f"bot {number}")["id"] for number in range(5)]
    shown: list[str] = []
    said: dict[str, Any] = {"next": ""}
    while "next" in said:
        said = office.ask("key.list", after=said["next"], most=2, account="alice")
        shown += [each["id"] for each in said["keys"]]
        assert len(said["keys"]) <= 2
    assert shown == ids
    assert "next" not in office.ask("key.list", most=5)
    assert [each["id"] for each in office.ask("key.list", after=ids[2])["keys"]] == ids[3:]
    with pytest.raises(MalformedValue, match="most is a whole number from 1 to 1000"):
        office.ask("key.list", most=1001)
