"""The root and the shards, as they are asked for at the desk; the root is a file, and everything else is real."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bitting.desk.form import Form
from bitting.desk.intents import INTENTS
from bitting.domain.consent import Consent, Strength
from bitting.domain.errors import ConsentMissing, MalformedValue, Misconfigured, Refused, Unavailable
from bitting.domain.holds import Authority
from bitting.domain.roles import HouseRole
from bitting.kms.backup import restore_root
from bitting.kms.local import LocalRoot
from tests.desk.office import Office
from tests.desk.persons import person
from tests.stores.trial import root


def test_the_root_is_split(office: Office) -> None:
    """Any three of five give it back, and the journal knows that it was done."""
    leaves = office.leaves()
    said = office.ask("root.split", needed=3, shares=5)
    assert restore_root(said["shares"][1:4], bytes, root().root_id).root_id == root().root_id
    assert office.leaves() == leaves + 1


@pytest.mark.parametrize(("needed", "shares"), [(1, 1), (1, 5), (6, 5), (0, 0), (2, 17)])
def test_no_split_that_is_none(office: Office, needed: int, shares: int) -> None:
    """One share alone would be the root itself; nothing is noted of what was not done."""
    leaves = office.leaves()
    with pytest.raises(MalformedValue, match="need at least 2"):
        office.ask("root.split", needed=needed, shares=shares)
    assert office.leaves() == leaves


@pytest.mark.parametrize("strength", [each for each in Strength if each is not Strength.LOCAL])
def test_the_root_is_split_on_the_machine_itself(office: Office, strength: Strength) -> None:
    """No session, no second factor and no key's signature is enough: neither on the way in, nor where it is done."""
    far, form = Consent("user:7", strength, Authority.OPERATOR, "r-far"), Form({"needed": 2, "shares": 3})
    with pytest.raises(ConsentMissing, match="on the machine itself"):
        office.run(lambda: INTENTS["root.split"](office.desk, far, form))
    with pytest.raises(Refused, match="on the machine itself may"):
        person(office, "ada", *HouseRole).ask("root.split", needed=2, shares=3)


def test_no_share_is_shown_that_is_not_noted(office: Office) -> None:
    """With a disk that takes no note, there are no shares."""
    office.disk.full = True
    with pytest.raises(Unavailable, match="the disk is full"):
        office.ask("root.split", needed=2, shares=3)


def test_where_the_root_is(office: Office) -> None:
    """Its id and its place."""
    assert office.ask("root.show") == {"root": root().root_id, "place": "file:root.key"}


def test_another_root(office: Office, tmp_path: Path) -> None:
    """It is made; from then on it is the one that is split, and the other is told of with the backups that need it."""
    issued = office.issue()
    leaves = office.leaves()
    said = office.ask("root.rotate", to=f"file:{tmp_path}/two.key")
    two = LocalRoot.load(tmp_path / "two.key", os.urandom)
    assert said == {
        "before": root().root_id,
        "was": "file:root.key",
        "root": two.root_id,
        "place": f"file:{tmp_path}/two.key",
        "backups": [],
    }
    assert office.leaves() == leaves + 1
    assert office.ask("root.show") == {"root": two.root_id, "place": f"file:{tmp_path}/two.key"}
    shares = office.ask("root.split", needed=2, shares=2)["shares"]
    assert restore_root(shares, bytes).root_id == two.root_id
    assert office.ask("rows.check") == {"wrong": []}
    assert office.ask("key.show", key=issued["id"])["state"] == "working"


def test_which_backups_need_the_root_before(office: Office, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Those made under it, and not those of another root before it."""
    if "memory" in request.node.name:
        pytest.skip("there is nothing to copy")

    def backup(name: str) -> str:
        path = str(tmp_path / name)
        office.ask("backup", path=path)
        return path

    first = [backup("a.db"), backup("b.db")]
    assert office.ask("root.rotate", to=f"file:{tmp_path}/two.key")["backups"] == first
    second = [backup("c.db")]
    assert office.ask("root.rotate", to=f"file:{tmp_path}/three.key")["backups"] == second
    assert office.ask("root.rotate", to=f"file:{tmp_path}/four.key")["backups"] == []


def test_the_same_root_again(office: Office, tmp_path: Path) -> None:
    """Under another name, too: it would be no change."""
    root().save(tmp_path / "copy.key")
    for place in ("file:root.key", f"file:{tmp_path}/copy.key"):
        with pytest.raises(Refused, match="is the root that the house is under"):
            office.ask("root.rotate", to=place)
    assert office.ask("root.show")["place"] == "file:root.key"


@pytest.mark.parametrize("place", ["", "root.key", "pkcs11:", "http://there", "file:"])
def test_a_place_that_is_none(office: Office, place: str) -> None:
    with pytest.raises(MalformedValue):
        office.ask("root.rotate", to=place)


def test_a_new_root_that_cannot_be_used(office: Office, tmp_path: Path) -> None:
    """Nothing is changed."""
    (tmp_path / "two.key").write_text("not a key")
    (tmp_path / "two.key").chmod(0o600)
    with pytest.raises(Misconfigured, match="is no whole key file"):
        office.ask("root.rotate", to=f"file:{tmp_path}/two.key")
    assert office.ask("root.show")["root"] == root().root_id


def test_a_full_disk_changes_no_root(office: Office, tmp_path: Path) -> None:
    """All is under the one before; with room again, the same command does it, with the root that was made."""
    place = f"file:{tmp_path}/two.key"
    office.disk.full = True
    with pytest.raises(Unavailable, match="the disk is full"):
        office.ask("root.rotate", to=place)
    assert office.ask("root.show") == {"root": root().root_id, "place": "file:root.key"}
    two = LocalRoot.load(tmp_path / "two.key", os.urandom)
    office.disk.full = False
    assert office.ask("root.rotate", to=place)["root"] == two.root_id


def test_shards_get_new_keys(office: Office) -> None:
    """One after another; what is shown says which, and since when."""
    issued = office.issue()
    before = office.ask("shards.show")
    assert [each["since"] for each in before["shards"]] == ["the house was founded"] * 4
    assert office.ask("shards.plan") == {"left": [0, 1, 2, 3]}
    said = [office.ask("shards.next") for _ in range(4)]
    assert [each["shard"] for each in said] == [0, 1, 2, 3]
    assert [each["left"] for each in said] == [[1, 2, 3], [2, 3], [3], []]
    assert sum(each["rows"] for each in said) == 2
    assert all(each["wrong"] == [] for each in said)
    after = office.ask("shards.show")
    assert after["left"] == []
    assert [each["key"] for each in after["shards"]] == [each["key"] for each in said]
    assert not {each["key"] for each in before["shards"]} & {each["key"] for each in after["shards"]}
    assert all(each["since"].startswith("2026-") for each in after["shards"])
    assert office.ask("rows.check") == {"wrong": []}
    assert office.ask("key.show", key=issued["id"])["state"] == "working"


def test_a_plan_for_some(office: Office) -> None:
    """The others keep their keys."""
    before = {each["shard"]: each["key"] for each in office.ask("shards.show")["shards"]}
    assert office.ask("shards.plan", shards=["2"]) == {"left": [2]}
    with pytest.raises(Refused, match="--resume"):
        office.ask("shards.plan")
    assert office.ask("shards.show")["left"] == [2]
    office.ask("shards.next")
    after = {each["shard"]: each["key"] for each in office.ask("shards.show")["shards"]}
    assert [number for number in after if after[number] != before[number]] == [2]
    with pytest.raises(Refused, match="no rotation is under way"):
        office.ask("shards.next")


@pytest.mark.parametrize("shard", ["", "x", "4", "-1", "٣", "1.0", "99999", "0x1"])
def test_a_shard_that_is_none(office: Office, shard: str) -> None:
    with pytest.raises(MalformedValue):
        office.ask("shards.plan", shards=[shard])


def test_a_full_disk_turns_no_shard(office: Office) -> None:
    """It is left to be done, and is done when there is room."""
    office.issue()
    office.ask("shards.plan", shards=["1"])
    office.disk.full = True
    with pytest.raises(Unavailable, match="the disk is full"):
        office.ask("shards.next")
    assert office.ask("shards.show")["left"] == [1]
    assert office.ask("rows.check") == {"wrong": []}
    office.disk.full = False
    assert office.ask("shards.next")["left"] == []


@pytest.mark.parametrize("intent", ["root.rotate", "shards.plan", "shards.next"])
def test_on_the_machine_itself(office: Office, tmp_path: Path, intent: str) -> None:
    """No second factor is enough, and no root is asked for anything."""
    far = Consent("user:7", Strength.STEP_UP, Authority.OPERATOR, "r-far")
    values = {"to": f"file:{tmp_path}/two.key"} if intent == "root.rotate" else {}
    with pytest.raises(ConsentMissing, match="on the machine itself"):
        office.run(lambda: INTENTS[intent](office.desk, far, Form(values)))
    with pytest.raises(Refused, match="on the machine itself may"):
        person(office, "ada", *HouseRole).ask(intent, values)
    assert not (tmp_path / "two.key").exists()
