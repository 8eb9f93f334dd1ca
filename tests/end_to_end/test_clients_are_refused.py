"""Every family of refusals, in every dialect, to unmodified ccxt: its own exception, and the reason by request id.

A client has to stop where trying again cannot help, and may go on where it can: so it is the exact class that
counts. The owner has to find out why: so the log has to know the reason of the very reply the client got.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.clients import Clients
from tests.end_to_end.house import House
from tests.end_to_end.refusals import ADDRESS, CASES, OLD_ADDRESS, Case, Scene

SETTINGS = """
[rates]
denials = [1, 6]
"""
EACH = [
    pytest.param(case, dialect, id=f"{case.reason}-{case.bring_about.__name__}-{dialect}")
    for case in CASES
    for dialect in case.dialects
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose address book has one entry from before entries had to wait, and one that waits."""
    with House(tmp_path_factory.mktemp("house"), settings=SETTINGS) as house:
        house.ask("house.edit", rules={"keys_per_account": 1000, "withdrawal_wait_hours": 0})
        for address, hours in ((OLD_ADDRESS, 0), (ADDRESS, 24)):
            house.ask("house.edit", rules={"address_wait_hours": hours})
            entry = {"asset": "USDT", "network": "ETH", "address": address, "label": f"{hours} hours"}
            house.ask("account.add-address", account="alice", **entry)
        yield house


@pytest.mark.parametrize(("case", "dialect"), EACH)
@pytest.mark.parametrize("client", ["ccxt", "ccxt-async"])
def test_a_refusal_has_its_exception_and_its_reason(
    house: House, clients: Clients, client: str, case: Case, dialect: str
) -> None:
    """The client raises exactly this class, and by the id of the reply the log tells exactly this reason."""
    said = case.bring_about(Scene(house, clients, dialect, client))
    assert said.exception == case.exception(dialect), said
    record = house.record(said.request_id)
    assert (record["verdict"], record["reason"]) == ("denied", case.reason)
    assert dialect == "bithumb-v1" or said.request_id in said.message  # there ccxt shows Bithumb's own words alone
