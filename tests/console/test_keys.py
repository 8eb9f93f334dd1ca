"""A key from its making to its end, by pages and forms alone."""

from __future__ import annotations

from tests.console.holder import Holder
from tests.end_to_end.house import House


def test_a_key_is_made_and_its_secret_shown_once(house: House, ada: Holder) -> None:
    """In the answer to the form; the same form again leads to the key, and no page has the secret any more."""
    asked = ada.create("grid bot", largest_order="500 USDT", pairs="btc/usdt")
    assert "grid bot" in asked.text
    form = asked.form_with("confirmation")
    made = ada.browser.post(form.action, {**form.fields, "code": ada.person.code()})
    assert made.status == 200, made.text
    key_id, secret = made.outputs
    assert key_id.startswith("bk_live_")
    assert made.response.headers["cache-control"] == "no-store"
    again = ada.browser.post(form.action, {**form.fields, "code": "000000"})
    assert "/keys/" in ada.browser.at
    assert secret not in again.source
    assert key_id in again.source
    [key] = [each for each in house.ask("key.list")["keys"] if each["key_id"] == key_id]
    assert key["grants"]["orders.write"] == {"pairs": ["BTC/USDT"], "largest_order": {"USDT": "500"}}
    assert key["network"] == ["127.0.0.1"]
    assert secret not in ada.browser.get("/keys").source


def test_an_edit_is_shown_in_plain_words_before_the_factor(house: House, ada: Holder) -> None:
    """What gives power and what takes it; then the factor; then it is so."""
    key = house.issue("binance", "read-only", label="notebook")
    page = ada.browser.get(f"/keys/{key.id}/edit")
    form = page.form(f"/keys/{key.id}/edit")
    rights = [*(each for each in form.fields["right"] if each != "funding.read"), "orders.write"]
    review = ada.browser.post(form.action, {**form.fields, "right": rights, "go": "review"})
    assert "It may from now on: Place and cancel orders" in review.text
    assert "It may no longer: See funding" in review.text
    assert "orders.write" not in house.ask("key.show", key=key.id)["grants"]
    asked = ada.browser.send(review, go="save")
    assert "It may from now on: Place and cancel orders" in asked.text
    done = ada.confirm(asked)
    assert "The change is made." in done.text
    after = house.ask("key.show", key=key.id)["grants"]
    assert "orders.write" in after
    assert "funding.read" not in after


def test_of_two_tabs_the_second_is_told(house: House, ada: Holder) -> None:
    """Its form was filled in over a key that is another one by now; nothing is saved, and what was typed stays."""
    key = house.issue("binance", "read-only", label="two tabs")
    place = f"/keys/{key.id}/edit"
    first, second = ada.browser.get(place), ada.browser.get(place)
    saved = ada.browser.send(ada.browser.send(first, place, label="first tab", go="review"), go="save")
    assert "The change is made." in saved.text
    refused = ada.browser.send(second, place, label="second tab", go="review")
    assert refused.status == 422
    assert "changed meanwhile" in refused.text
    assert 'value="second tab"' in refused.source
    assert house.ask("key.show", key=key.id)["label"] == "first tab"


def test_a_wrong_code_is_asked_for_anew(house: House, ada: Holder) -> None:
    """The question takes one answer. With the next one the change goes on, and not with the first again."""
    key = house.issue("binance", "trade", label="paused")
    place = f"/keys/{key.id}"
    ada.browser.send(ada.browser.get(f"{place}/pause"), f"{place}/pause")
    assert house.ask("key.show", key=key.id)["state"] == "paused"
    asked = ada.browser.send(ada.browser.get(f"{place}/resume"), f"{place}/resume")
    form = asked.form_with("confirmation")
    wrong = ada.browser.post(form.action, {**form.fields, "code": "000000"})
    assert wrong.status == 403
    assert wrong.form_with("confirmation").fields["confirmation"] != form.fields["confirmation"]
    assert house.ask("key.show", key=key.id)["state"] == "paused"
    assert "The key works again." in ada.confirm(wrong).text
    assert house.ask("key.show", key=key.id)["state"] == "working"


def test_rotated_rolled_back_and_revoked(house: House, ada: Holder) -> None:
    """Each says first what it will do; revoking takes no factor and cannot be undone."""
    key = house.issue("binance", "trade", label="rotated")
    place = f"/keys/{key.id}"
    asked = ada.browser.send(ada.browser.get(f"{place}/rotate"), f"{place}/rotate", overlap="1h")
    rotated = ada.confirm(asked)
    assert rotated.outputs[0] == key.key_id
    assert rotated.outputs[1] != key.secret
    shown = ada.browser.get(place)
    assert "Former secret" in shown.text
    assert rotated.outputs[1] not in shown.source
    back = ada.browser.send(ada.browser.get(f"{place}/roll-back"), f"{place}/roll-back")
    assert "The former secret is in use again." in ada.confirm(back).text
    before = ada.browser.get(f"{place}/revoke")
    assert "cannot be undone" in before.text
    assert "The key is revoked." in ada.browser.send(before, f"{place}/revoke").text
    assert house.ask("key.show", key=key.id)["state"] == "revoked"


def test_every_step_of_making_a_key_says_what_is_wrong(ada: Holder) -> None:
    """On the step itself, with what was typed still there."""
    browser = ada.browser
    page = browser.get("/keys/new")
    hidden = browser.send(page, "/keys/new", label="a\u202eb", dialect="binance", preset="trade", go="next")
    assert (hidden.status, "visible characters" in hidden.text) == (422, True)
    rights = browser.send(page, "/keys/new", label="bot", dialect="binance", preset="trade", go="next")
    assert "orders.write" in rights.form().fields["right"]
    assert browser.send(rights, right=None, go="next").status == 422
    network = browser.send(rights, go="next")
    wide = browser.send(network, **{"from": "list"}, network="0.0.0.0/0", go="next")
    assert (wide.status, "too wide" in wide.text) == (422, True)
    mine = browser.send(network, **{"from": "list"}, network="203.0.113.7", go="mine")
    assert mine.form().fields["network"] == ["203.0.113.7\n127.0.0.1"]
    limits = browser.send(mine, go="next")
    odd = browser.send(limits, largest_order="many", go="next")
    assert odd.status == 422
    back = browser.send(limits, go="back")
    assert back.form().fields["network"] == ["203.0.113.7\n127.0.0.1"]


def test_everything_stops_with_one_button(house: House, ada: Holder) -> None:
    """Without a factor; to let it go again takes one."""
    key = house.issue("binance", "trade", label="stoppable")
    page = ada.browser.get("/stop")
    assert "stoppable" in page.text
    stopped = ada.browser.send(page, "/stop")
    assert "All keys are stopped" in stopped.text
    assert house.ask("key.show", key=key.id)["state"] == "account frozen"
    overview = ada.browser.get("/")
    assert "All keys of alice are stopped." in overview.text
    ada.confirm(ada.browser.send(overview, "/thaw"))
    assert house.ask("key.show", key=key.id)["state"] == "working"
