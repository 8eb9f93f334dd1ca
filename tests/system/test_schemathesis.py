"""The management API against its own document: thousands of calls, right and wrong ones, to a real server.

Schemathesis makes them of `/openapi.json`, follows its links from what was made, and looks whether statuses, types and
shapes are those that it names. No call may end in a fault of ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.end_to_end.house import House
from tests.end_to_end.people import Person
from tests.end_to_end.test_manage import MANAGE

SECONDS: Final = os.environ.get("BITTING_SCHEMATHESIS_S", "15")
# These end the very session in which the calls are made, so they have one of their own.
LAST: Final = ("me.sign-out", "user.disable", "user.role", "user.sign-out")
FAST: Final = """
from bitting.gate.rates import Rate
from bitting.wiring import manage
manage.PERSONS = manage.STRANGERS = Rate.per_second(10**6, 10**6)
"""
# A person could answer for a second factor once in half a minute; here every change is made at once, so that what
# changes can be reached at all. That nothing is changed without is shown elsewhere.
WITHOUT_FACTORS: Final = (
    FAST
    + """
from bitting.lifecycle.act import Act
Act.use = lambda act, wanted: False
"""
)
# What a schema cannot say is refused behind it: a pair that no one trades, a key that is there, a digest of no dry run.
# A missing If-Match has a status of its own (RFC 6585).
CONFIG: Final = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 403, 404, 409, 412, 422, 429]
missing_required_header.expected-statuses = [401, 428]
# Where the person may make something.
[[operations]]
include-operation-id = "key.issue"
parameters = { account = "alice" }
[[operations]]
include-operation-id = "account.add-address"
parameters = { account = "alice" }
"""


@pytest.mark.parametrize("defect", [FAST, WITHOUT_FACTORS], ids=["as it is", "without second factors"])
def test_every_answer_is_one_that_the_document_names(tmp_path: Path, defect: str) -> None:
    """With all checks; a minute in all, unless BITTING_SCHEMATHESIS_S says otherwise."""
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    with House(tmp_path, settings=MANAGE, defect=defect) as house:
        ada = Person.added(house, "ada@example.com", owns="alice", roles=("operator",))
        house.issue("binance", "trade")
        rest = [f"--exclude-operation-id={each}" for each in LAST]
        called(house, ada, config, rest, SECONDS)
        if defect == WITHOUT_FACTORS:  # what a call made was there for the next one
            for _ in range(4):  # a slow machine gets to making a key later
                if len(house.ask("key.list")["keys"]) == 1:
                    called(house, ada, config, rest, SECONDS)
            assert len(house.ask("key.list")["keys"]) > 1
        eve = Person.added(house, "eve@example.com", owns="alice", roles=("operator",))
        called(house, eve, config, [f"--include-operation-id={each}" for each in LAST], "5")


def called(house: House, person: Person, config: Path, operations: list[str], seconds: str) -> None:
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "--config-file", config, "run"),
            *(f"{house.console}/openapi.json", f"--header=Authorization: Bearer {person.token}"),
            *("--checks=all", f"--max-time={seconds}", "--max-examples=10", "--no-shrink", "--continue-on-failure"),
            *operations,
        ],
        capture_output=True,
        text=True,
        cwd=config.parent,
        check=False,
    )
    assert done.returncode == 0, done.stdout
