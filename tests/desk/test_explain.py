"""What is explained at the desk: a request, a decision of the past, a wish. None of it leaves a trace."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from bitting.desk.ports import GateMemory, Window
from bitting.dialects import binance, bitfinex
from bitting.dialects.dialect import Dialect, Draft
from bitting.domain.errors import MalformedValue, NotFound
from bitting.domain.ids import Environment
from bitting.domain.request import Request
from bitting.domain.secret import Secret
from bitting.gate.admission import MemoryAdmission, Rates
from bitting.gate.observe import Outflows
from bitting.gate.pipeline import Door
from bitting.gate.rates import Buckets
from bitting.gate.times import Floor
from tests.desk.office import SECOND_NS, Office
from tests.stores.trial import TAG_KEY, record

HOME = "203.0.113.7"
ORDER = Draft(
    b"POST", b"/api/v3/order", b"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=49000"
)


def sign(office: Office, key: dict[str, Any], draft: Draft = ORDER, dialect: Dialect = binance.DIALECT) -> Request:
    """As its client does, just before it is asked about."""
    moment_ns = office.clock.ns + SECOND_NS
    algorithm = dialect.description.algorithms[0]
    return dialect.sign(draft, key["key_id"], algorithm, Secret(key["secret"].encode()), moment_ns)


def form(request: Request, prefix: str = "/binance", **more: Any) -> dict[str, Any]:
    """The request as it stands on the form."""
    return {
        "method": request.method.decode(),
        "target": prefix + request.target.decode(),
        "headers": [f"{name.decode()}: {value.decode()}" for name, value in request.headers],
        "body": base64.b64encode(request.body).decode(),
        **more,
    }


def running(office: Office) -> GateMemory:
    """A gate that runs, as wiring tells the desk of it."""

    class Still:
        def last_price(self, pair: object) -> None:
            return None

        def open_orders(self, scope: str) -> int:
            return 0

        def placed(self, scopes: object, orders: int) -> None:
            pass

    rates = Rates()
    windows = [
        Window(
            prefix,
            Door(dialect, Environment.LIVE, TAG_KEY, Buckets(), rates.strangers, Buckets(), rates.public),
            Still(),
        )
        for prefix, dialect in (("/here", binance.DIALECT), ("/there", bitfinex.DIALECT))
    ]
    now_ns = office.clock.ns
    office.desk.gate = GateMemory(MemoryAdmission(rates), lambda: Floor(0, now_ns + 3600 * SECOND_NS), windows)
    return office.desk.gate


def results(said: dict[str, Any]) -> dict[int, str]:
    return {each["step"]: each["result"] for each in said["steps"]}


def test_a_request_that_would_be_admitted(office: Office) -> None:
    """Every step is told, and the key it is."""
    key = office.issue()
    said = office.ask("key.explain", form(sign(office, key)), **{"from": HOME})
    assert said["verdict"]["admitted"]
    assert set(results(said).values()) == {"passes"}
    assert said["key"]["label"] == "bot"
    assert (said["mount"], said["dialect"], said["environment"]) == ("/binance", "binance", "live")


def test_it_leaves_no_trace(office: Office) -> None:
    """No entry in the journal, no record of activity, nobody told of a change, nothing counted; and no word of what was
    pasted, though there was a secret in it, in anything that can be asked for."""
    gate = running(office)
    key = office.issue()
    leaves, touched = office.leaves(), len(office.touched)
    request = sign(office, key)
    pasted = form(request, "/here", **{"from": HOME})
    pasted["headers"].append("x-their-secret: correct-horse-battery")
    counted = (gate.admission.marks, gate.admission.stamped, gate.admission.totals)
    before = repr([vars(each) for each in counted])
    office.ask("key.explain", pasted)
    office.ask("key.can", key="bot", action="order.place")
    assert office.leaves() == leaves
    assert len(office.touched) == touched
    assert office.ask("activity.list")["records"] == []
    assert (
        repr([vars(each) for each in (gate.admission.marks, gate.admission.stamped, gate.admission.totals)]) == before
    )
    assert office.ask("key.explain", pasted)["verdict"]["admitted"]  # once more: nothing was used up
    said = json.dumps([office.ask("key.list"), office.ask("activity.list"), office.ask("status")])
    assert "correct-horse-battery" not in said


def test_a_signature_that_is_wrong_is_explained_without_a_secret(office: Office) -> None:
    """Neither the key's secret nor the signature that would have been right is told."""
    key = office.issue()
    spoilt = {**key, "secret": key["secret"] + "\n"}
    said = office.ask("key.explain", form(sign(office, spoilt)), **{"from": HOME})
    assert said["verdict"]["reason"] == "key.not_proven"
    assert said["signed_anew"]["admitted"]
    assert "a line end behind it" in json.dumps(said)
    right = dict(sign(office, key).headers) | {b"body": sign(office, key).body}
    assert key["secret"] not in json.dumps(said)
    assert right[b"body"].decode()[-64:] not in json.dumps(said)


def test_the_secret_of_another_key_of_the_account_is_recognised(office: Office) -> None:
    """Of another dialect or environment, too; another account's is nobody's business."""
    key = office.issue()
    other = office.issue(dialect="bitfinex", label="bfx")
    test = office.issue(environment="test", label="play")
    office.open_account("bob")
    theirs = office.issue(account="bob", label="theirs")
    pair = office.issue(label="pair", algorithm="ed25519", public_key=base64.b64encode(PUBLIC).decode())
    assert pair["secret"] is None
    for each, named in ((other, "bfx (live bitfinex)"), (test, "play (test binance)"), (theirs, "none of")):
        mixed = {**key, "secret": each["secret"]}
        said = json.dumps(office.ask("key.explain", form(sign(office, mixed)), **{"from": HOME}))
        assert named in said
        assert "theirs" not in said


PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")  # RFC 8032, test 1


def test_an_id_that_another_dialect_knows(office: Office) -> None:
    """The request went to the wrong mount."""
    key = office.issue(environment="test")
    said = office.ask("key.explain", form(sign(office, key)), **{"from": HOME})
    assert said["key"] is None
    assert "known to test binance" in json.dumps(said)
    assert said["signed_anew"] is None


def test_which_mount_it_is_for(office: Office) -> None:
    """By its path, by --mount, by --dialect, by the shape of its credential; else it is asked for."""
    running(office)
    key = office.issue()
    request = sign(office, key)
    for values in (
        form(request, "/here"),
        form(request, "", mount="/here"),
        form(request, "", dialect="binance"),
        form(request, ""),
    ):
        assert office.ask("key.explain", values)["mount"] == "/here"
    bare = {"method": "GET", "target": "/nowhere", "headers": [], "body": ""}
    for wrong in (bare, {**bare, "mount": "/nowhere"}, {**bare, "dialect": "nowhere"}, {**bare, "target": "nowhere"}):
        with pytest.raises(MalformedValue):
            office.ask("key.explain", wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": "not base64"},
        {"from": "nowhere"},
        {"at": "never"},
        {"at": "yesterday"},
        {"at": "1960-01-01T00:00:00Z"},
        {"environment": "mine"},
    ],
    ids=str,
)
def test_what_cannot_be_read_is_refused(office: Office, wrong: dict[str, str]) -> None:
    """With words that say what is wanted."""
    request = sign(office, office.issue())
    with pytest.raises(MalformedValue):
        office.ask("key.explain", {**form(request), **wrong})


def test_a_mount_that_only_observes_is_said_to(office: Office) -> None:
    """What is refused there goes on."""
    gate = running(office)
    request = sign(office, office.issue())
    assert not office.ask("key.explain", form(request, "/here"))["observes"]
    door = gate.windows[0].door
    gate.windows[0] = gate.windows[0]._replace(door=door._replace(observes=Outflows(binance.DIALECT, door.routes)))
    assert office.ask("key.explain", form(request, "/here"))["observes"]


def test_it_is_judged_at_another_moment(office: Office) -> None:
    """A capture of an hour ago is old now, and was not then."""
    key = office.issue()
    request = sign(office, key)
    captured = office.ask("key.explain", form(request))["judged_at"]
    office.later(hours=1)
    late = office.ask("key.explain", form(request))
    assert late["verdict"]["reason"] == "time.stale"
    assert late["signed_anew"]["admitted"]
    assert office.ask("key.explain", form(request), at=captured)["verdict"]["admitted"]


def test_a_request_that_cannot_be_read_is_explained_as_far_as_it_goes(office: Office) -> None:
    """And the house's own table is asked where no server runs."""
    key = office.issue()
    request = sign(office, key)
    doubled = request._replace(headers=(*request.headers, request.headers[0]))
    assert results(office.ask("key.explain", form(doubled))) == {1: "not known", 2: "refused"}


# ---- decisions of the past


def test_a_decision_of_the_past(office: Office) -> None:
    """The step, the request's own values, the owner's text, and what would pass today."""
    issued = office.issue(limits={"pairs": ["BTC/USDT"]})
    key = office.look(lambda shelf: shelf.find_key(issued["id"]))
    refused = record(key, request_id="r-1", verdict="denied", reason="pair.outside", shown="ETH/USDT", detail="")
    office.write(refused._replace(policy=key.version), record(key, request_id="r-2", detail="", shown=""))
    said = office.ask("key.explain-record", request_id="r-1")
    assert said["step"] == 11
    assert "the grant orders.write has pairs BTC/USDT" in said["would_pass"]
    assert not said["changed_since"]
    assert said["record"]["why"].startswith("The grant is limited")
    office.ask("key.edit", key="bot", label="other")
    assert office.ask("key.explain-record", request_id="r-1")["changed_since"]
    assert office.ask("key.explain-record", request_id="r-2")["step"] is None


@pytest.mark.parametrize(
    ("reason", "step"), [("key.not_proven", 5), ("request.malformed", 2), ("gate.unavailable", None)]
)
def test_a_decision_about_a_stranger(office: Office, reason: str, step: int | None) -> None:
    """There is no key whose allowed set could be told."""
    office.issue()
    wire_id = office.look(lambda shelf: shelf.find_key("bot")).wire_id
    office.write(record(request_id="r-3", verdict="denied", reason=reason, action="", wire_id=wire_id))
    said = office.ask("key.explain-record", request_id="r-3")
    assert said["step"] == step
    assert said["would_pass"] == []
    assert "key" not in said


def test_a_record_that_is_not_there(office: Office) -> None:
    """It says where else to look."""
    with pytest.raises(NotFound, match="strangers"):
        office.ask("key.explain-record", request_id="r-nowhere")


# ---- wishes


def test_what_a_key_could_do(office: Office) -> None:
    """Yes; and of a no, everything that stops it."""
    office.issue(limits={"pairs": ["BTC/USDT"], "largest_order": {"USDT": "1000"}})
    order = {"action": "order.place", "pair": "BTC/USDT", "side": "buy", "amount": "0.01", "price": "50000"}
    yes = office.ask("key.can", key="bot", **order, **{"from": HOME})
    assert yes["can"]
    assert yes["not_judged"] == []
    no = office.ask("key.can", key="bot", **{**order, "pair": "ETH/USDT", "price": "500000", "from": "198.51.100.1"})
    assert [each["reason"] for each in no["objections"]] == ["network.outside", "pair.outside", "order.size"]
    assert no["all_found"]


@pytest.mark.parametrize(
    ("wish", "reasons"),
    [
        ({"action": "balances.read"}, []),
        ({"action": "order.cancel"}, []),
        ({"action": "orders.write"}, []),
        ({"action": "transfers.write"}, ["permission.missing"]),
        (
            {"action": "withdrawals.write", "asset": "ETH", "amount": "1", "to": "ETH:0x" + "ab" * 20},
            ["permission.missing", "withdrawal.hmac", "withdrawal.address"],
        ),
        ({"action": "withdrawals.write"}, ["permission.missing", "withdrawal.hmac", "withdrawal.address"]),
    ],
    ids=lambda each: str(each)[:40],
)
def test_wishes_by_action_and_by_permission(office: Office, wish: dict[str, str], reasons: list[str]) -> None:
    """What was left open is said."""
    office.issue()
    said = office.ask("key.can", key="bot", **wish)
    assert [each["reason"] for each in said["objections"]] == reasons
    assert "the address: name it with --from" in said["not_judged"]


@pytest.mark.parametrize(
    "wrong",
    [{"action": "order.plaice"}, {"action": "withdrawals.write", "to": "ETH"}, {"action": "order.place", "side": "up"}],
    ids=str,
)
def test_a_wish_nobody_understands(office: Office, wrong: dict[str, str]) -> None:
    """It is said what there is."""
    office.issue()
    with pytest.raises(MalformedValue):
        office.ask("key.can", key="bot", **wrong)


def test_where_a_gate_runs_its_market_is_asked(office: Office) -> None:
    """And a key whose network is empty is told so only when an address is named."""
    running(office)
    office.issue(network=[], limits={"open_orders": 5})
    order = {"action": "order.place", "pair": "BTC/USDT", "amount": "1"}
    assert office.ask("key.can", key="bot", **order)["can"]
    assert not office.ask("key.can", key="bot", **order, **{"from": HOME})["can"]


def test_an_action_of_the_houses_own_table(office: Office) -> None:
    """It is known by its name like those of the dialect, and its route is explained by it where no server runs."""
    row = {"method": "POST", "path": "/exchange/v1/convert", "name": "coins.convert", "permission": "convert.write"}
    office.ask("actions.load", dialect="binance", table={"action": [{**row, "kind": "change"}]})
    key = office.issue()
    said = office.ask("key.can", key="bot", action="coins.convert")
    assert [each["reason"] for each in said["objections"]] == ["permission.missing"]
    request = sign(office, key, Draft(b"POST", b"/exchange/v1/convert", b"a=b"))
    assert "coins.convert (needs convert.write)" in json.dumps(office.ask("key.explain", form(request)))
