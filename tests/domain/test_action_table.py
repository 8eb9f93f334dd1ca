"""A table of actions: no request is meant by two rows, each refusal names the row, and the digest covers all of it."""

from typing import Any

import pytest

from bitting.domain.action_table import MOST_ROWS, ActionTable
from bitting.domain.errors import MalformedValue
from tests.domain.test_action_row import CANCEL, OPEN, ORDER, READ, WHOLE, WITHDRAWAL

TABLE: dict[str, Any] = {
    "pair_form": "BTC-USDT",
    "limit_types": ["limit"],
    "action": [
        {**CANCEL, "weight": 5},
        OPEN,
        {**READ, "kind": "read"},
        {**ORDER, "type": "json:/type"},
        {**WITHDRAWAL, "ignored": ["note"]},
    ],
}


def routes(*paths: str, method: str = "GET") -> ActionTable:
    return ActionTable.from_plain({"action": [{**READ, "method": method, "path": each} for each in paths]})


def test_it_is_the_same_in_any_order() -> None:
    """Its canonical form is by path, so that a file may be in any order and change nothing."""
    table = ActionTable.from_plain(TABLE)
    other = ActionTable.from_plain({**TABLE, "action": TABLE["action"][::-1]})
    assert table == other
    assert table.digest() == other.digest()
    assert ActionTable.from_plain(table.to_plain()) == table
    assert [row.route for row in table.rows] == [
        "GET /markets",
        "GET /orders",
        "POST /orders",
        "DELETE /orders/{id}",
        "POST /withdrawals",
    ]


def test_everything_stands_in_the_digest() -> None:
    """K-05: what the digest does not cover could be changed by whoever writes to the database."""
    others: list[dict[str, Any]] = [
        TABLE,
        {**TABLE, "pair_form": "BTC_USDT"},
        {**TABLE, "sides": ["b", "s"]},
        {**TABLE, "limit_types": ["limit", "stop"]},
        {**TABLE, "pair_form": "BTCUSDT", "quotes": ["USDT"]},
        {**TABLE, "pair_form": "BTCUSDT", "quotes": ["USDC"]},
        {**TABLE, "action": []},
    ]
    changed = {
        "name": "another",
        "method": "PUT",
        "path": "/other/{id}",
        "permission": "positions.write",
        "kind": "order",
        "weight": 7,
        "pair": "path:id",
        "amount": "json:/other",
        "type": "json:/other",
        "batch": "json:/orders",
        "tag": "json:/tag",
        "ignored": ["other"],
        "address": "json:/other",
    }
    for at, row in enumerate(TABLE["action"]):
        for column, value in changed.items():
            rows = [*TABLE["action"]]
            if row.get(column) != value:
                rows[at] = {**row, column: value}
                others.append({**TABLE, "action": rows})
    digests = []
    for each in others:
        try:
            digests.append(ActionTable.from_plain(each).digest())
        except MalformedValue:
            continue
    assert len(digests) > 20
    assert len(set(digests)) == len(digests)


def test_the_form_is_pinned() -> None:
    """Rows of the database and leaves of the journal have this digest for ever."""
    assert ActionTable().to_plain() == {"action": []}
    assert ActionTable.from_plain(TABLE).digest().hex() == (
        "82697edcc739bbc99f1919d0a56027eaa03b90cad45a7f16fb1146f081502d7e"
    )


@pytest.mark.parametrize(
    "plain",
    [
        {"action": {}},
        {"action": [1]},
    ],
)
def test_rows_stand_under_one_name(plain: dict[str, Any]) -> None:
    with pytest.raises(MalformedValue, match=r"rows are written under \[\[action\]\]"):
        ActionTable.from_plain(plain)


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ({"actions": []}, "there is no 'actions'; there are: pair_form"),
        ({"action": [READ, {**READ, "path": "/x/"}]}, r"row 2 \(GET /x/\): path is like"),
        ({"action": [{"name": "x"}]}, r"row 1 \(\): say who may"),
        ({"action": [{**READ, "pair": "query:symbol"}]}, r'row 1 \(GET /orders\): .*pair_form = "BTC-USDT"'),
        ({**TABLE, "limit_types": []}, r"row 4 \(POST /orders\): the row names a type"),
        ({"pair_form": "x"}, "pair_form is how"),
        ({"action": [{**READ, "path": f"/{n}"} for n in range(MOST_ROWS + 1)]}, "at most 2000 rows, and here are 2001"),
    ],
)
def test_what_is_no_table(plain: dict[str, Any], said: str) -> None:
    with pytest.raises(MalformedValue, match=said):
        ActionTable.from_plain(plain)


@pytest.mark.parametrize(
    "paths",
    [("/a", "/a"), ("/a/{x}", "/a/{y}"), ("/{x}/b/{y}", "/{y}/b/{z}")],
)
def test_two_rows_of_one_route_are_refused(paths: tuple[str, str]) -> None:
    with pytest.raises(MalformedValue, match="are one route: keep one of the two rows"):
        routes(*paths)


@pytest.mark.parametrize(
    "paths",
    [("/a/{x}", "/{y}/b"), ("/a/{x}/{y}", "/{x}/b/c"), ("/a/b/{x}/d", "/a/{x}/c/d"), ("/{a}/b/c", "/x", "/a/{b}/c")],
)
def test_templates_that_cross_are_refused(paths: tuple[str, ...]) -> None:
    """Which of the two a request is for would be a matter of taste, and the server behind us may have another."""
    with pytest.raises(MalformedValue, match="fit one request, and neither is the closer one"):
        routes(*paths)


@pytest.mark.parametrize(
    "paths",
    [
        ("/a/{x}", "/a/b"),
        ("/a/{x}", "/{x}/{y}"),
        ("/a/{x}", "/b/{x}"),
        ("/a/{x}/c", "/b/{x}/{y}"),
        ("/a/{x}", "/a/{x}/b"),
        ("/a/{x}/c", "/{x}/b/d"),
    ],
)
def test_templates_that_do_not_cross_may_stand_together(paths: tuple[str, ...]) -> None:
    """One is closer than the other, or no request fits both."""
    assert len(routes(*paths).rows) == len(paths)


def test_methods_are_apart() -> None:
    both = [{**READ, "path": "/a/{x}"}, {**READ, "method": "POST", "path": "/{y}/b"}]
    assert len(ActionTable.from_plain({"action": both}).rows) == 2


def test_what_another_table_would_change() -> None:
    before = ActionTable.from_plain(TABLE)
    rows = [{**OPEN, "name": "other"}, {**READ, "path": "/new"}, *TABLE["action"][2:]]
    assert before.changes(ActionTable.from_plain({**TABLE, "action": rows})) == (
        ["GET /new"],
        ["DELETE /orders/{id}"],
        ["GET /markets"],
    )
    assert before.changes(before) == ([], [], [])
    # Another notation changes what every row reads that reads anything.
    assert before.changes(ActionTable.from_plain({**TABLE, "pair_form": "USDT-BTC"})).changed == [
        "POST /orders",
        "POST /withdrawals",
    ]


def test_the_rows_of_the_other_tests_are_one_table() -> None:
    """Every example reads together with the others, where routes differ."""
    rows = [{**each, "path": f"/{at}{each['path']}"} for at, each in enumerate(WHOLE)]
    assert len(ActionTable.from_plain({**TABLE, "action": rows}).rows) == len(WHOLE)
