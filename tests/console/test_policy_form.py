"""A policy as a form: what is typed becomes what was meant, and only what was changed is asked for."""

from __future__ import annotations

from typing import Any, cast

import pytest

from bitting.domain.errors import MalformedValue
from bitting.web.console.policy_form import differences, edit_of, filled, limits_of
from bitting.web.console.visit import Console, Visit

KEY: dict[str, Any] = {
    "label": "bot",
    "grants": {
        "orders.read": {},
        "orders.write": {
            "pairs": ["BTC/USDT"],
            "largest_order": {"USDT": "500"},
            "order_rate": "10/1",
            "collar_bp": 250,
            "open_orders": 5,
        },
        "withdrawals.write": {"daily_withdrawals": {"BTC": "0.5"}},
    },
    "network": ["203.0.113.7", "2001:db8::/48"],
    "expires_at": "2026-12-01T00:00:00Z",
}


NOW_MS = 1_790_000_000_000  # 2026-09-21


def visit(**changed: Any) -> Visit:
    """The key's form as it is filled in, with this typed otherwise."""
    fields = {name: [each] for name, each in filled(KEY).items()} | {"right": list(KEY["grants"])}
    fields |= {
        name.replace("from_", "from"): each if isinstance(each, list) else [each] for name, each in changed.items()
    }
    console = cast("Console", None)
    return Visit(console, "r", "/", True, {}, {}, fields, "", "192.0.2.1", "", "en", "")


def test_a_form_sent_as_it_is_changes_nothing() -> None:
    assert edit_of(visit(), KEY) == {}


@pytest.mark.parametrize(
    ("changed", "edit"),
    [
        ({"label": " other "}, {"label": "other"}),
        ({"network": "203.0.113.7"}, {"network": ["203.0.113.7"]}),
        ({"from_": "anywhere"}, {"network": ["anywhere"]}),
        ({"life": "never"}, {"expires": "never"}),
        ({"life": "date", "until": "2026-11-30"}, {"expires": "2026-11-30T23:59:59Z"}),
        ({"pairs": "btc/usdt, ETH/USDT"}, {"limits": {"pairs": ["BTC/USDT", "ETH/USDT"]}}),
        ({"pairs": ""}, {"limits": {"pairs": None}}),
        ({"largest_order": "500 USDT, 0.1 btc"}, {"limits": {"largest_order": {"USDT": "500", "BTC": "0.1"}}}),
        ({"order_rate": "30"}, {"limits": {"order_rate": "30/60"}}),
        ({"open_orders": ""}, {"limits": {"open_orders": None}}),
        ({"collar": "1.5"}, {"limits": {"collar_bp": 150}}),
        ({"daily_withdrawals": ""}, {"limits": {"daily_withdrawals": None}}),
        ({"right": ["orders.read", "orders.write"]}, {"permissions": ["orders.read", "orders.write"]}),
    ],
)
def test_only_what_was_changed_is_asked_for(changed: dict[str, Any], edit: dict[str, Any]) -> None:
    assert edit_of(visit(**changed), KEY) == edit


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": ""},
        {"right": []},
        {"right": ["orders.read", "orders.read"]},
        {"right": ["everything"]},
        {"network": "example.com"},
        {"life": "soon"},
        {"largest_order": "500"},
        {"largest_order": "1 USDT, 2 usdt"},
        {"largest_order": "many USDT"},
        {"order_rate": "-1"},
        {"open_orders": "1.5"},
        {"collar": "0.001"},
        {"label": ["one", "two"]},
    ],
)
def test_what_is_not_a_value_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(MalformedValue):
        edit_of(visit(**wrong), KEY)


def test_limits_are_for_the_rights_there_are() -> None:
    """A limit on orders is no limit of a key that places none."""
    assert limits_of(visit(), ["orders.read"]) == {}
    assert limits_of(visit(), ["withdrawals.write"]) == {"daily_withdrawals": {"BTC": "0.5"}}


def test_differences_say_what_gives_before_what_takes() -> None:
    """Every kind of change has a line, and none is without one."""
    edit = {
        "label": "other",
        "permissions": ["orders.read", "funding.read"],
        "network": ["anywhere"],
        "expires": "never",
        "limits": {"largest_order": None, "collar_bp": 100, "daily_orders": {"USDT": "9"}},
    }
    lines = [(each.gives, each.words, tuple(each.given.values())) for each in differences(KEY, edit, NOW_MS)]
    assert lines == [
        (True, "diff.right_on", ("funding.read",)),
        (True, "diff.anywhere_on", ("anywhere",)),
        (True, "diff.expires", ("2026-12-01T00:00:00Z", "never")),
        (True, "diff.limit", ("largest_order", "500 USDT", "")),
        (False, "diff.label", ("bot", "other")),
        (False, "diff.right_off", ("orders.write",)),
        (False, "diff.right_off", ("withdrawals.write",)),
        (False, "diff.place_off", ("2001:db8::/48",)),
        (False, "diff.place_off", ("203.0.113.7",)),
        (False, "diff.limit", ("collar_bp", "2.5 %", "1 %")),
        (False, "diff.limit", ("daily_orders", "", "9 USDT")),
    ]


@pytest.mark.parametrize(
    ("edit", "gives"),
    [
        ({"limits": {"largest_order": {"USDT": "5000"}}}, True),
        ({"limits": {"largest_order": {"USDT": "50"}}}, False),
        ({"limits": {"pairs": ["BTC/USDT", "ETH/USDT"]}}, True),
        ({"limits": {"pairs": []}}, False),
        ({"limits": {"order_rate": "10/60"}}, False),
        ({"limits": {"open_orders": 6}}, True),
        ({"limits": {"daily_withdrawals": None}}, True),
        ({"expires": "30d"}, False),
        ({"expires": "90d"}, True),
        ({"expires": "2026-11-30T23:59:59Z"}, False),
        ({"expires": "never"}, True),
    ],
)
def test_a_line_tells_more_power_from_less(edit: dict[str, Any], gives: bool) -> None:
    """As the desk does, which asks for the second factor where a change gives any."""
    [line] = differences(KEY, edit, NOW_MS)
    assert line.gives is gives
