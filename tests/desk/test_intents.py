"""What holds for every intent: nothing left over, nothing else raised, every change in the journal, no secret shown."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitting.desk.intents import INTENTS
from bitting.domain.errors import BittingError, MalformedValue
from bitting.stores.memory.engine import MemoryEngine
from tests.desk.office import Office
from tests.desk.test_form import JSON

NAMES = sorted(
    {
        *("account", "key", "name", "label", "dialect", "permissions", "network", "limits", "expires", "public_key"),
        *("environment", "nonce_mode", "algorithm", "secret", "key_id", "allow", "deny", "if_version", "overlap"),
        *("hold", "parent", "asset", "address", "tag", "entry", "rules", "everything", "verdict", "reason"),
        *("action", "pair", "side", "amount", "price", "quote", "to", "from", "at", "mount"),
        *("method", "target", "headers", "body", "base"),
        *("request_id", "after", "most", "index", "needed", "shares"),
    }
)
LIKELY = st.sampled_from(
    ["alice", "bot", "binance", "bitfinex", "trade", "all", "203.0.113.7", "1h", "0", "never", "live", "USDT", "ETH"]
)


def test_what_no_intent_is() -> None:
    """The name is told back, cut."""
    office = Office(MemoryEngine())
    for name in ("", "key", "key.isue", "__class__", "x" * 99):
        with pytest.raises(MalformedValue, match="no intent"):
            office.ask(name)
    office.close()


@pytest.mark.parametrize("intent", sorted(INTENTS))
def test_an_argument_nobody_asked_for_is_refused(office: Office, intent: str, tmp_path: Path) -> None:
    """Everywhere, and before anything is done."""
    office.issue()
    usual = {
        "account": "alice",
        "name": "bob",
        "key": "bot",
        "dialect": "binance",
        "label": "new",
        "permissions": ["trade"],
        "key_id": "theirOldKeyId",
        "limits": {"open_orders": 5},
        "rules": {"network_required": True},
        "asset": "USDT",
        "network": "ETH",
        "address": "0x52908400098527886E0F7030069857D2E4169EE7",
        "entry": "0192f0c1",
        "everything": True,
        "index": 0,
        "path": str(tmp_path / "file"),
        "needed": 2,
        "shares": 3,
    }
    leaves = office.leaves()
    with pytest.raises(MalformedValue):
        office.ask(intent, usual)
    assert office.leaves() == leaves
    assert not (tmp_path / "file").exists()


@settings(max_examples=300)
@given(st.sampled_from(sorted(set(INTENTS) - {"backup", "journal.export"})), st.data())
def test_any_json_is_answered_or_refused(intent: str, data: st.DataObject) -> None:
    """Whatever is asked with whatever JSON: a JSON object, or a BittingError."""
    office = _shared()
    values = data.draw(
        st.dictionaries(
            st.sampled_from(NAMES), LIKELY | st.lists(LIKELY, max_size=2) | st.integers(-2, 5) | JSON, max_size=6
        )
    )
    with suppress(BittingError):
        assert isinstance(json.loads(json.dumps(office.ask(intent, values))), dict)


_OFFICE: list[Office] = []


def _shared() -> Office:
    """One house for all examples: what they do to it is part of the test."""
    if not _OFFICE:
        office = Office(MemoryEngine())
        office.open_account()
        office.issue()
        _OFFICE.append(office)
    return _OFFICE[0]


@pytest.fixture(autouse=True, scope="module")
def _close() -> Any:
    yield
    while _OFFICE:
        _OFFICE.pop().close()


def test_a_secret_is_shown_once(office: Office, tmp_path: Path) -> None:
    """It is in the reply that issues or rotates, and in nothing that can be asked for afterwards (promise 1)."""
    secrets = [office.issue()["secret"]]
    secrets.append(office.ask("key.rotate", key="bot", overlap="1h")["secret"])
    brought = "their-old-secret-0123456789"
    usual = {"account": "alice", "dialect": "bitfinex", "label": "old", "permissions": ["trade"]}
    replies: list[Any] = [office.ask("key.import", usual, key_id="theirOldKeyId", secret=brought)]
    path = tmp_path / "journal.jsonl"
    for intent, values in (
        ("key.list", {}),
        ("key.show", {"key": "bot"}),
        ("key.edit", {"key": "bot", "label": "other"}),
        ("key.pause", {"key": "other"}),
        ("key.resume", {"key": "other"}),
        ("key.lock", {"key": "other"}),
        ("key.unlock", {"key": "other"}),
        ("key.roll-back", {"key": "other"}),
        ("key.revoke", {"key": "other"}),
        ("account.show", {"account": "alice"}),
        ("account.list", {}),
        ("activity.list", {}),
        ("journal.check", {}),
        ("journal.prove", {"index": 1}),
        ("journal.export", {"path": str(path)}),
        ("rows.check", {}),
        ("status", {}),
    ):
        replies.append(office.ask(intent, values))
    everything = json.dumps(replies) + path.read_text()
    for secret in (*secrets, brought):
        assert secret not in everything
    assert "secret" not in replies[1]["keys"][0]
    assert replies[0]["secret"] is None


@pytest.mark.parametrize(
    ("intent", "values"),
    [
        ("account.open", {"name": "bob"}),
        ("account.limit", {"account": "alice", "limits": {"open_orders": 5}}),
        ("house.edit", {"rules": {"network_required": True}}),
        ("key.edit", {"key": "bot", "label": "other"}),
        ("key.rotate", {"key": "bot"}),
        ("key.pause", {"key": "bot"}),
        ("key.lock", {"key": "bot"}),
        ("key.revoke", {"key": "bot"}),
        ("freeze", {"key": "bot"}),
        ("freeze", {"account": "alice"}),
        ("freeze", {"everything": True}),
    ],
)
def test_every_change_is_in_the_journal_with_who_did_it(office: Office, intent: str, values: dict[str, Any]) -> None:
    """One entry a change, in the operator's name, and caches were told before the reply."""
    office.issue()
    leaves, told = office.leaves(), len(office.touched)
    office.ask(intent, values)
    assert office.leaves() == leaves + 1
    assert len(office.touched) == told + 1
    entry = office.look(lambda shelf: next(iter(shelf.journal_storage().journal_leaves(leaves, leaves + 1))))
    assert b"operator:0" in entry.leaf
