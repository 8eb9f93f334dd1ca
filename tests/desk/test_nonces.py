"""The nonce doctor: where the marks stand, who moves them, and a reset that keeps what changed state used up."""

from __future__ import annotations

from typing import Any

import pytest

from bitting.activity.ports import Batch, Line
from bitting.domain.errors import ConsentMissing, IllegalStep, Refused
from bitting.domain.keys import Key
from bitting.domain.network import address_from_text
from bitting.domain.roles import AccountRole
from bitting.gate.first_use import CHANGED
from bitting.gate.ports import Effects
from tests.desk.office import SECOND_NS, Office
from tests.desk.persons import person
from tests.desk.test_explain import running
from tests.stores.trial import record

READ = b"POST /v2/auth/r/wallets"
HERE, THERE = address_from_text("203.0.113.7"), address_from_text("203.0.113.8")


def issued(office: Office, **more: Any) -> Key:
    """A key of alice's whose dialect has nonces."""
    said = office.issue(dialect="bitfinex", **more)
    return office.look(lambda shelf: shelf.find_key(said["id"]))


def durable(office: Office, key: Key, mark: int) -> None:
    """As the gate's recorder writes it with what changes state."""
    line = Line(record(key), Effects({key.primary.id: mark}, {}, None))
    assert office.store.write(Batch([line], (), {}, {})) == [None]


def advice(said: dict[str, Any]) -> str:
    return "\n".join(said["advice"])


def test_a_key_that_nobody_has_used(office: Office) -> None:
    """There is no mark yet."""
    key = issued(office)
    said = office.ask("key.nonces", key=key.id)
    [credential] = said["credentials"]
    assert (credential["mark"], credential["durable"], credential["unit"]) == (None, None, "")
    assert "no nonce has been used" in advice(said)


@pytest.mark.parametrize(
    ("unit_ns", "unit"),
    [(1, "nanoseconds"), (1_000, "microseconds"), (1_000_000, "milliseconds"), (SECOND_NS, "seconds")],
)
def test_the_unit_that_its_client_counts_in(office: Office, unit_ns: int, unit: str) -> None:
    """The coarsest that the mark is a whole number of."""
    key = issued(office)
    durable(office, key, office.clock.ns + unit_ns)
    said = office.ask("key.nonces", key=key.id)
    assert said["credentials"][0]["unit"] == unit
    assert said["credentials"][0]["ahead_ms"] <= 0
    assert "in whatever unit it counts" in advice(said)


def test_a_mark_that_lies_ahead(office: Office) -> None:
    """When it is passed; and where it stands on the disk, that only a rotation helps."""
    gate = running(office)
    key = issued(office)
    durable(office, key, office.clock.ns)
    gate.admission.marks.use(key.primary.id, office.clock.ns + 7200 * SECOND_NS, READ)
    said = office.ask("key.nonces", key=key.id)
    assert said["credentials"][0]["ahead_ms"] > 7_000_000
    assert "`bitting key nonce KEY --reset` brings it down" in advice(said)
    assert "rotate" not in advice(said)
    durable(office, key, office.clock.ns + 7200 * SECOND_NS)
    said = office.ask("key.nonces", key=key.id)
    assert "rotate the key" in advice(said)
    assert "--reset" not in advice(said)


def test_a_reset_forgets_what_only_read(office: Office) -> None:
    """It is journalled, and what changed state stays used up: also what is not on the disk yet."""
    gate = running(office)
    key = issued(office)
    now_ns = office.clock.ns
    durable(office, key, now_ns)
    marks = gate.admission.marks
    marks.learn(key.primary.id, now_ns)
    marks.use(key.primary.id, now_ns + SECOND_NS, CHANGED)  # admitted, and its record still waits for the disk
    marks.use(key.primary.id, now_ns + 7200 * SECOND_NS, READ)
    leaves = office.leaves()
    said = office.ask("key.reset-nonces", key=key.id)
    assert said["credentials"][0]["mark"] == now_ns + SECOND_NS
    assert office.leaves() == leaves + 1
    entry = office.look(lambda shelf: next(iter(shelf.journal_storage().journal_leaves(leaves, leaves + 1))))
    assert b"key.reset_nonce" in entry.leaf
    assert key.id.encode() in entry.leaf
    assert marks.use(key.primary.id, now_ns + SECOND_NS, CHANGED) is not None
    assert marks.use(key.primary.id, now_ns, CHANGED) is not None
    assert marks.use(key.primary.id, now_ns + 2 * SECOND_NS, CHANGED) is None


def test_a_reset_needs_consent(office: Office) -> None:
    """It lets reads be sent again, so a session without a second factor cannot ask for it; then nothing is reset."""
    gate = running(office)
    key = issued(office)
    gate.admission.marks.use(key.primary.id, 5, READ)
    holder = person(office, "ada", alice=AccountRole.OWNER)
    with pytest.raises(ConsentMissing):
        holder.ask("key.reset-nonces", key=key.id)
    assert gate.admission.marks.mark(key.primary.id) == 5


def test_what_cannot_be_reset(office: Office) -> None:
    """A dialect without nonces, a key that is revoked, and a house where no gate runs."""
    office.issue()
    key = issued(office, label="bfx")
    with pytest.raises(Refused, match="no server runs"):
        office.ask("key.reset-nonces", key=key.id)
    running(office)
    with pytest.raises(Refused, match="mend the client's clock"):
        office.ask("key.reset-nonces", key="bot")
    office.ask("key.revoke", key=key.id)
    with pytest.raises(IllegalStep):
        office.ask("key.reset-nonces", key=key.id)
    assert office.ask("key.nonces", key=key.id)["credentials"] == []


def test_a_counter_is_told_who_can_follow(office: Office) -> None:
    """A time is a large number, so a client that sends one can follow a small counter; the other way it cannot."""
    key = issued(office, nonce_mode="counter")
    durable(office, key, 41)
    said = office.ask("key.nonces", key=key.id)
    assert said["credentials"][0]["unit"] == ""
    assert said["credentials"][0]["ahead_ms"] is None
    assert "above 41" in advice(said)
    assert "the time in seconds can follow" in advice(said)
    durable(office, key, 2**62)
    assert "no client whose nonce is the time can follow" in advice(office.ask("key.nonces", key=key.id))


def test_two_clients_with_one_key_are_found(office: Office) -> None:
    """By address and user agent: how often they took turns, and how many were refused for it."""
    key = issued(office)
    for number, peer in enumerate((HERE, THERE, HERE, THERE)):
        agent = "ccxt/4" if peer == HERE else "bfxapi/4"
        office.write(record(key, peer=peer, agent=agent, dialect="bitfinex", at_ns=office.clock.ns + number))
    low = record(key, peer=THERE, agent="bfxapi/4", verdict="denied", reason="nonce.low", dialect="bitfinex")
    office.write(low)
    said = office.ask("key.nonces", key=key.id)
    assert [(each["address"], each["admitted"], each["nonce_refused"]) for each in said["clients"]] == [
        ("203.0.113.7", 2, 0),
        ("203.0.113.8", 2, 1),
    ]
    assert "2 clients share this key and took turns 3 times; 1 of their requests" in advice(said)


def test_one_client_that_is_out_of_order(office: Office) -> None:
    """It sends before the reply has come."""
    key = issued(office)
    office.write(record(key, peer=HERE), record(key, peer=HERE, verdict="denied", reason="nonce.low"))
    assert "one client, and 1 of its requests came out of order" in advice(office.ask("key.nonces", key=key.id))


def test_without_nonces_the_clocks_are_looked_at(office: Office) -> None:
    """Whose requests were refused for their time, and with what."""
    office.issue()
    key = office.look(lambda shelf: shelf.find_key("bot"))
    assert "no request" not in advice(office.ask("key.nonces", key="bot"))
    office.write(record(key))
    assert "no request of the last ones" in advice(office.ask("key.nonces", key="bot"))
    office.write(record(key, peer=HERE, verdict="denied", reason="time.stale", shown="10012 ms old"))
    said = office.ask("key.nonces", key="bot")
    assert "203.0.113.7 ccxt/4: 1 refused for their time, the last one with time.stale 10012 ms old" in advice(said)
    assert "NTP" in advice(said)
