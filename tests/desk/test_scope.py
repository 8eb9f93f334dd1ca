"""P-16: for a person, what belongs to others is not there: the same words as for what never was, in every intent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bitting.activity.ports import By, CountQuery, Found, Query, Step
from bitting.desk.intents import INTENTS
from bitting.desk.rights import MACHINE, OWN, RIGHTS
from bitting.desk.scope import Scope, ScopedShelf, ScopedWork
from bitting.domain.errors import BittingError, NotFound, Refused
from bitting.domain.roles import AccountRole, HouseRole
from bitting.lifecycle.act import Act
from bitting.lifecycle.revoke import revoke
from tests.desk.office import Office
from tests.desk.persons import Person, person
from tests.desk.test_explain import form, running, sign
from tests.stores.trial import record

INVENTED = "0192f0c1-aaaa-7bbb-8ccc-0123456789ab"
ON_ACCOUNTS = sorted(name for name, need in RIGHTS.items() if need.account is not None)
# What else an intent has to be given, so that it comes as far as the object.
MORE: dict[str, dict[str, Any]] = {
    "account.limit": {"limits": {"open_orders": 1}},
    "account.add-address": {
        "asset": "USDT",
        "network": "ETH",
        "address": "0x52908400098527886E0F7030069857D2E4169EE7",
        "label": "cold",
    },
    "account.remove-address": {"entry": "1"},
    "key.issue": {"dialect": "binance", "label": "new", "permissions": ["trade"]},
    "key.import": {
        "dialect": "binance",
        "label": "new",
        "permissions": ["trade"],
        "key_id": "theirOldKeyId",
        "secret": "theirs-0123456789",
    },
    "key.edit": {"label": "mine now"},
    "key.bulk": {"step": "revoke", "dry_run": True},
    "key.can": {"action": "orders.write"},
}


_BY_ACCOUNT = ("key.issue", "key.import", "key.list", "key.unused", "key.bulk", "journal.list")


class Neighbour:
    """Bob: an account, a key, an address, records; and each of the names by which his things could be asked for."""

    def __init__(self, office: Office) -> None:
        self.account = office.open_account("bob")
        book = office.ask("account.add-address", MORE["account.add-address"], account="bob")
        self.entry = book["addresses"][0]["id"]
        self.key = office.issue(account="bob", label="bobs secret bot")
        key = office.look(lambda shelf: shelf.find_key(self.key["id"]))
        self.record = record(key)
        office.write(self.record)
        self.names = {
            "key": [self.key["id"], self.key["key_id"], self.key["label"]],
            "account": [self.account["id"], self.account["name"]],
            "request_id": [self.record.request_id],
        }
        self.marks = [self.key["id"], self.key["key_id"], "bobs secret bot", self.account["id"], self.entry]


@pytest.fixture
def neighbour(office: Office) -> Neighbour:
    office.issue()
    return Neighbour(office)


@pytest.fixture
def ada(office: Office, neighbour: Neighbour) -> Person:
    return person(office, "ada", alice=AccountRole.OWNER)


def refused(asker: Person, intent: str, values: dict[str, Any]) -> str:
    with pytest.raises(BittingError) as caught:
        asker.ask(intent, values)
    return f"{type(caught.value).__name__}: {caught.value}"


def taken(intent: str) -> list[str]:
    """By which of the names the intent is asked about something."""
    if intent == "key.explain-record":
        return ["request_id"]
    if intent in ("freeze", "thaw", "activity.list", "activity.chart"):
        return ["key", "account"]
    account = intent.startswith("account.") or intent in _BY_ACCOUNT
    return ["account"] if account else ["key"]


@pytest.mark.parametrize("intent", sorted(set(ON_ACCOUNTS) - {"account.list", "key.explain"}))
def test_what_is_anothers_is_not_there(office: Office, neighbour: Neighbour, ada: Person, intent: str) -> None:
    """By id, key id, label, name or request id: the very words for what was never there, and nothing is done."""
    before = office.ask("key.list"), office.ask("account.list")
    for kind in taken(intent):
        unknown = refused(ada, intent, {kind: INVENTED, **MORE.get(intent, {})})
        assert unknown.startswith("NotFound: there is no ")
        for name in neighbour.names[kind]:
            said = refused(ada, intent, {kind: name, **MORE.get(intent, {})})
            assert said.replace(name, INVENTED) == unknown, (intent, kind)
    assert (office.ask("key.list"), office.ask("account.list")) == before
    assert office.desk.freeze.scopes == frozenset()


def test_nothing_of_another_account_is_in_any_reply(office: Office, neighbour: Neighbour, ada: Person) -> None:
    """Every list, asked without naming anything."""
    replies = [
        ada.ask("key.list"),
        ada.ask("account.list"),
        ada.ask("activity.list", after=-1),
        ada.ask("key.bulk", step="revoke", label="*", dry_run=True),
        ada.ask("account.show", account="alice"),
        ada.ask("key.show", key="bot"),
        ada.ask("key.nonces", key="bot"),
    ]
    said = json.dumps(replies)
    assert "bot" in said
    for mark in neighbour.marks:
        assert mark not in said


def test_a_label_that_others_use_too_is_ones_own(office: Office, neighbour: Neighbour, ada: Person) -> None:
    """The operator has to say which; a holder has one key of that name, and hears of no other."""
    office.issue(account="bob")
    with pytest.raises(Refused, match="2 keys are called 'bot'"):
        office.ask("key.show", key="bot")
    assert ada.ask("key.show", key="bot")["account_name"] == "alice"
    office.issue(label="bot")
    with pytest.raises(Refused) as caught:
        ada.ask("key.show", key="bot")
    mine = {each["id"] for each in ada.ask("key.list")["keys"]}
    assert all(id in str(caught.value) for id in mine)
    assert all(each["id"] not in str(caught.value) for each in office.ask("key.list", account="bob")["keys"])


def test_a_key_that_is_called_like_anothers_id(office: Office, neighbour: Neighbour, ada: Person) -> None:
    """It is found by nobody but its owner, and by nothing but its own id: what is an id is never a label."""
    office.issue(label=neighbour.key["id"])
    with pytest.raises(NotFound):
        ada.ask("key.show", key=neighbour.key["id"])


def test_deleted_or_damaged_rows_of_others_are_not_told_of(
    office: Office, neighbour: Neighbour, ada: Person, request: pytest.FixtureRequest
) -> None:
    """Whoever asks for the id of a key of somebody else's whose row was tampered with hears the usual."""
    unknown = refused(ada, "key.show", {"key": INVENTED})
    with office.disk.writing() as tables:
        row = tables.objects.key_row(neighbour.key["id"])
        assert row is not None
        tables.objects.put_key_row(row._replace(holds="operator", version=2), 1)
    assert office.ask("key.list")["damaged"]
    assert ada.ask("key.list")["damaged"] == []
    said = refused(ada, "key.show", {"key": neighbour.key["id"]})
    assert said.replace(neighbour.key["id"], INVENTED) == unknown


def test_a_request_with_anothers_key_is_one_with_an_invented_one(
    office: Office, neighbour: Neighbour, ada: Person
) -> None:
    """`explain` says neither that the key id is known, nor that it was made here, nor where else it is."""
    office.desk.gate = running(office)
    told, now_ns = [], office.clock.ns
    for key in (neighbour.key, {**neighbour.key, "key_id": f"bk_live_{'a' * 32}"}):
        office.clock.ns = now_ns
        request = sign(office, key)
        told.append(json.dumps(ada.ask("key.explain", form(request))).replace(key["key_id"], "?"))
    assert told[0] == told[1]
    mine = office.issue(label="second")
    assert ada.ask("key.explain", form(sign(office, mine)))["key"]["label"] == "second"
    assert office.ask("key.explain", form(sign(office, neighbour.key)))["key"]["label"] == "bobs secret bot"


def test_pages_are_ones_own(office: Office, neighbour: Neighbour, ada: Person) -> None:
    """Two accounts of one person are one list, in the order of ids, whatever lies between."""
    office.open_account("carol")
    for number in range(3):
        for account in ("carol", "bob", "alice"):
            office.issue(account=account, label=f"{account} {number}")
    both = person(office, "dora", alice=AccountRole.OWNER, carol=AccountRole.VIEWER)
    shown: list[str] = []
    said: dict[str, Any] = {"next": ""}
    while "next" in said:
        said = both.ask("key.list", after=said["next"], most=2)
        shown += [each["id"] for each in said["keys"]]
    every = [each["id"] for each in office.ask("key.list")["keys"] if each["account_name"] != "bob"]
    assert shown == every
    assert [each["name"] for each in both.ask("account.list", most=1)["accounts"]] == ["alice"]
    assert [each["name"] for each in both.ask("account.list")["accounts"]] == ["alice", "carol"]
    assert len(both.ask("key.list", account="carol")["keys"]) == 3


def test_records_of_several_accounts_are_one_list(office: Office, neighbour: Neighbour, ada: Person) -> None:
    """By row, newest or onwards, as many as were asked for."""
    office.open_account("carol")
    mine = office.look(lambda shelf: shelf.find_key("bot"))
    hers = office.issue(account="carol", label="carols")["id"]
    carols = office.look(lambda shelf: shelf.find_key(hers))
    bobs = office.look(lambda shelf: shelf.find_key(neighbour.key["id"]))
    rows = [record(each) for each in (mine, bobs, carols, carols, bobs, mine)]
    office.write(*rows)
    both = person(office, "dora", alice=AccountRole.OWNER, carol=AccountRole.VIEWER)

    def seen(**values: Any) -> list[str]:
        return [each["request_id"] for each in both.ask("activity.list", **values)["records"]]

    own = [each.request_id for each in rows if each.account != neighbour.account["id"]]
    assert seen() == own
    assert seen(most=2) == own[-2:]
    assert seen(after=-1, most=3) == own[:3]
    assert seen(key="bot") == [own[0], own[3]]
    assert seen(account="carol") == own[1:3]


def test_counts_of_several_accounts_are_one_sum(office: Office, neighbour: Neighbour) -> None:
    """And of a key, those of the key; of strangers nothing is told."""
    office.open_account("carol")
    mine = office.look(lambda shelf: shelf.find_key("bot"))
    hers = office.issue(account="carol", label="carols")["id"]
    carols = office.look(lambda shelf: shelf.find_key(hers))
    office.write(*(record(each, at_ns=office.clock.ns) for each in (mine, carols, carols)))
    both = frozenset({mine.account, carols.account})
    query = CountQuery(Step.DAY, 0, office.clock.ns + 1, by=(By.VERDICT,))

    def counted(query: CountQuery, accounts: frozenset[str] = both) -> list[int]:
        scope = Scope(accounts, accounts)
        return [
            each.times for each in office.look(lambda shelf: ScopedShelf(shelf, scope).counted(query, office.clock.ns))
        ]

    assert counted(query) == [3]
    assert counted(query._replace(account=carols.account)) == [2]
    assert counted(query._replace(key=mine.id)) == [1]
    assert counted(query, frozenset()) == []
    for other in ({"account": neighbour.account["id"]}, {"key": neighbour.key["id"]}):
        with pytest.raises(NotFound):
            counted(query._replace(**other))
    with pytest.raises(Refused, match="who proved nothing"):
        counted(query._replace(strangers=True))


def test_uses_and_chains_are_ones_own(office: Office, neighbour: Neighbour) -> None:
    mine = office.look(lambda shelf: shelf.find_key("bot"))
    office.write(record(mine, at_ns=office.clock.ns))
    scope = Scope(frozenset({mine.account}), frozenset({mine.account}))

    def scoped(look: Callable[[ScopedShelf], Any]) -> Any:
        return office.look(lambda shelf: look(ScopedShelf(shelf, scope)))

    assert len(scoped(lambda shelf: shelf.uses(mine.id, office.clock.ns)).credentials) == 1
    assert scoped(lambda shelf: shelf.usage(mine.id)) == office.clock.ns
    assert [each.id for each in scoped(lambda shelf: shelf.chain(mine.account))] == [mine.account]
    key, account = neighbour.key["id"], neighbour.account["id"]
    for look in (
        lambda shelf: shelf.uses(key, 0),
        lambda shelf: shelf.usage(key),
        lambda shelf: shelf.chain(account),
        lambda shelf: shelf.listed(account),
        lambda shelf: shelf.find_key(key, {account}),
        lambda shelf: shelf.find_account(account, {account}),
        lambda shelf: shelf.find_account("alice", {account}),
    ):
        with pytest.raises(NotFound):
            scoped(look)
    assert scoped(lambda shelf: shelf.find_account("alice", {mine.account})).id == mine.account


def test_a_long_look_over_several_accounts_goes_on_where_it_ended(office: Office, neighbour: Neighbour) -> None:
    """Page by page, forwards and backwards, each record once and in its order, whoever's lie between."""
    office.open_account("carol")
    mine = office.look(lambda shelf: shelf.find_key("bot"))
    hers = office.issue(account="carol", label="carols")["id"]
    carols = office.look(lambda shelf: shelf.find_key(hers))
    bobs = office.look(lambda shelf: shelf.find_key(neighbour.key["id"]))
    rows = [record(each) for each in (mine, mine, bobs, mine, carols, bobs, carols, mine)]
    office.write(*rows)
    own = [each.request_id for each in rows if each.account != bobs.account]
    both = frozenset({mine.account, carols.account})

    def page(query: Query) -> Found:
        return office.look(lambda shelf: ScopedShelf(shelf, Scope(both, both)).activity(query, office.clock.ns))

    for most in (1, 2, 3, 10):
        forward: list[str] = []
        query = Query(after=-1, most=most)
        for _ in range(20):
            found = page(query)
            forward += [each.record.request_id for each in found.entries]
            if found.on is None:
                break
            query = query._replace(after=found.on)
        assert forward == own
        backward: list[str] = []
        query = Query(most=most)
        for _ in range(20):
            found = page(query)
            backward = [each.record.request_id for each in found.entries] + backward
            if found.on is None:
                break
            query = query._replace(before=found.on)
        assert backward == own


def test_what_is_not_on_the_list_is_closed(office: Office) -> None:
    """A shelf gets more methods as the house grows: what nobody has thought about here cannot be asked by a holder."""
    shelf = ScopedShelf(office.look(lambda shelf: shelf), Scope(frozenset(), frozenset()))
    for name in ("observed", "unmapped", "journal_storage", "backup", "scrub_on", "find_user", "users", "approvals"):
        with pytest.raises(Refused, match="the house's to see"):
            getattr(shelf, name)


def test_the_change_itself_is_scoped(office: Office, neighbour: Neighbour) -> None:
    """Also an intent that forgot to look the key up within the scope changes nothing of anybody else's."""
    alice = office.ask("account.show", account="alice")["id"]
    scope = Scope(frozenset({alice}), frozenset({alice}))

    def forgetful(act: Act) -> object:
        return revoke(Act(ScopedWork(act.work, scope), act.consent, act.now_ns, act.entropy), neighbour.key["id"])

    with pytest.raises(NotFound, match="there is no key"):
        office.do(forgetful)
    with pytest.raises(NotFound, match="there is no account"):
        office.do(lambda act: ScopedWork(act.work, scope).account(neighbour.account["id"]))
    assert office.do(lambda act: ScopedWork(act.work, scope).account(alice)).name == "alice"
    assert office.ask("key.show", key=neighbour.key["id"])["state"] == "working"


def test_a_sub_account_says_that_its_parent_is_frozen(office: Office) -> None:
    """Its keys do not work, and their owner has to know why; of the parent nothing else is told."""
    office.open_account("sub", parent="alice")
    office.issue(account="sub", label="subs")
    owner = person(office, "sam", sub=AccountRole.OWNER)
    office.ask("freeze", account="alice")
    assert owner.ask("key.show", key="subs")["state"] == "account frozen"
    with pytest.raises(NotFound):
        owner.ask("account.show", account="alice")


def test_every_intent_is_walked() -> None:
    """What is not walked above is of the house, or one's own."""
    for intent in set(INTENTS) - set(ON_ACCOUNTS):
        need = RIGHTS[intent]
        assert need in (MACHINE, OWN) or (need.account is None and need.house is not None)


def test_the_house_sees_all(office: Office, neighbour: Neighbour) -> None:
    auditor = person(office, "otto", HouseRole.AUDITOR)
    assert len(auditor.ask("key.list")["keys"]) == 2
    assert auditor.ask("key.show", key=neighbour.key["id"])["label"] == "bobs secret bot"
