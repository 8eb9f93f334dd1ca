"""The tables of both of Bithumb's interfaces: which request wants what."""

import pytest

from bitting.dialects import bithumb, bithumb_v1
from bitting.domain.action import Kind
from bitting.domain.permissions import Permission
from bitting.domain.request import Request
from tests.dialects.loopback import run_client

# What ccxt 4.5.90 has a name for and no key may ask for, with the reason that bithumb_v1_routes gives.
CLOSED = [["POST", "/trade/krw_deposit"], ["POST", "/trade/krw_withdrawal"]]


def rights(method: str, path: str) -> list[Permission | None]:
    table = bithumb.DIALECT.routes if path.startswith(("/v1/", "/v2/")) else bithumb_v1.DIALECT.routes
    return [row.action.permission for row in table if (row.method, row.path) == (method, path)]


def test_ccxt_knows_no_private_route_that_we_do_not() -> None:
    """Each is in one of the two tables, or closed for a reason."""
    assert [each for each in run_client("bithumb_ccxt", "routes") if not rights(*each)] == CLOSED


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("GET", "/v1/accounts", [Permission.BALANCES_READ]),
        ("GET", "/v1/orders/chance", [Permission.BALANCES_READ]),
        ("GET", "/v1/withdraws/chance", [Permission.WITHDRAWALS_READ, Permission.BALANCES_READ]),
        ("GET", "/v2/orders/history", [Permission.ORDERS_READ]),
        ("POST", "/v2/orders/search", [Permission.ORDERS_READ]),
        ("DELETE", "/v1/withdraws/coin", [Permission.WITHDRAWALS_WRITE]),
        ("POST", "/v1/deposits/generate_coin_address", [Permission.DEPOSITS_WRITE]),
        ("POST", "/v1/deposits/krw", [Permission.DEPOSITS_WRITE]),
        ("GET", "/v1/status/wallet", [Permission.MARKET_READ]),
        ("GET", "/v1/api_keys", [None]),
        ("POST", "/info/account", [Permission.BALANCES_READ]),
        ("POST", "/info/wallet_address", [Permission.DEPOSITS_READ]),
        ("POST", "/info/user_transactions", [Permission.HISTORY_READ]),
        ("POST", "/trade/btc_withdrawal", [Permission.WITHDRAWALS_WRITE]),
    ],
)
def test_a_row_wants_what_its_reply_reveals_or_its_request_does(
    method: str, path: str, wanted: list[Permission | None]
) -> None:
    """Written down once more, for those where it is a decision."""
    assert rights(method, path) == wanted


def test_the_two_interfaces_do_not_meet() -> None:
    """A key of one can ask for nothing of the other."""
    for dialect, other in ((bithumb, bithumb_v1), (bithumb_v1, bithumb)):
        for row in other.DIALECT.routes:
            asked = Request(row.method.encode(), row.path.encode(), (), b"", peer=0)
            assert dialect.DIALECT.actions(asked) is None


def test_only_cancelling_takes_a_right_to_write_without_being_a_withdrawal() -> None:
    """Taking a withdrawal back moves nothing out."""
    rows = [*bithumb.DIALECT.routes, *bithumb_v1.DIALECT.routes]
    kinds = {row.action.kind for row in rows if row.action.permission is Permission.WITHDRAWALS_WRITE}
    assert kinds == {Kind.WITHDRAWAL, Kind.CANCEL}
