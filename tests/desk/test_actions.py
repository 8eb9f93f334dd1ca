"""The house's tables of actions at the desk: looked at, tried, loaded."""

from __future__ import annotations

from typing import Any

import pytest

from bitting.domain.errors import Conflict, MalformedValue
from tests.desk.office import Office

READ = {"method": "GET", "path": "/own/orders", "name": "orders.read", "permission": "orders.read"}
CANCEL = {
    "method": "DELETE",
    "path": "/own/orders/{id}",
    "name": "order.cancel",
    "permission": "orders.write",
    "kind": "cancel",
}
TABLE = {"action": [CANCEL, READ]}
BINANCE: dict[str, Any] = {"dialect": "binance"}


def test_a_table_is_tried_loaded_and_shown(office: Office) -> None:
    """A trial says what loading would do, and does nothing."""
    empty = office.ask("actions.show", BINANCE)
    assert (empty["version"], empty["table"]) == (0, {"action": []})
    tried = office.ask("actions.check", BINANCE, table=TABLE)
    assert tried["added"] == ["GET /own/orders", "DELETE /own/orders/{id}"]
    assert (tried["version"], tried["rows"], tried["removed"], tried["changed"]) == (0, 2, [], [])
    assert office.ask("actions.show", BINANCE) == empty
    loaded = office.ask("actions.load", BINANCE, table=TABLE)
    assert loaded == {**tried, "version": 1}
    shown = office.ask("actions.show", BINANCE)
    assert (shown["version"], shown["digest"]) == (1, loaded["digest"])
    assert shown["table"] == {"action": [{**READ, "kind": "read"}, CANCEL]}
    assert office.ask("actions.load", BINANCE, table=shown["table"])["version"] == 1  # it is that table already
    assert office.ask("actions.load", BINANCE, table={})["removed"] == tried["added"]
    assert [set(each.actions) for each in office.touched if each.actions] == [{"binance"}, {"binance"}]
    assert office.look(lambda shelf: shelf.scrub()) == []


def test_it_is_loaded_over_what_was_seen(office: Office) -> None:
    """Also when nobody says what that was: what the answer says has changed is what has."""
    office.ask("actions.load", BINANCE, table=TABLE, expected=0)
    for expected in (0, 2):
        with pytest.raises(Conflict, match=f"version 1, you saw {expected}"):
            office.ask("actions.load", BINANCE, table={}, expected=expected)
    assert office.ask("actions.load", BINANCE, table={}, expected=1)["version"] == 2


@pytest.mark.parametrize("intent", ["actions.check", "actions.load"])
@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"table": {"action": [{**READ, "path": "/api/v3/account"}]}}, "the dialect binance maps GET /api/v3/account"),
        ({"table": {"action": [READ, READ]}}, "are one route"),
        ({"table": {"action": [{**READ, "permission": "x"}]}}, r"row 1 \(GET /own/orders\): no permission 'x'"),
        ({"table": []}, "table is an object"),
        ({"dialect": "bybit", "table": TABLE}, "no dialect 'bybit'"),
        ({"table": TABLE, "rows": 1}, "unknown: rows"),
    ],
)
def test_what_is_no_table_is_not_loaded(office: Office, intent: str, more: dict[str, Any], words: str) -> None:
    """In a trial it is refused as well, in the same words."""
    with pytest.raises(MalformedValue, match=words):
        office.ask(intent, {**BINANCE, **more})
    assert office.ask("actions.show", BINANCE)["version"] == 0
