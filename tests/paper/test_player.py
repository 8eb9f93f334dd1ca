"""clients/player.py: one line in, one line out, whatever the line is."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import pytest

Make = Callable[[str, str], Any]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("nonsense", "not JSON"),
        ("[]", "a line is one JSON object"),
        ("{}", "'client' is missing"),
        ('{"client": "ccxt", "exchange": "binance", "name": 5}', "'name' is missing, or not text"),
        (
            '{"client": "curl", "exchange": "binance", "name": "a", "call": "x"}',
            "no such client: 'curl'; there are ccxt,",
        ),
        ('{"client": "ccxt", "exchange": "mtgox", "name": "a", "call": "x"}', "ccxt knows no exchange 'mtgox'"),
        (
            '{"client": "ccxt", "exchange": "binance", "name": "a", "call": "x", "config": 1}',
            "'config' is not a JSON object",
        ),
        ('{"client": "ccxt", "exchange": "binance", "name": "a", "call": "no_such"}', "the client has no 'no_such'"),
        (
            '{"client": "ccxt", "exchange": "binance", "name": "a", "call": "__class__"}',
            "the client has no '__class__'",
        ),
        (
            '{"client": "ccxt", "exchange": "binance", "name": "a", "call": "nonce", "args": {}}',
            "'args' is not a JSON list",
        ),
        ('{"command": "dance"}', "no such command: 'dance'"),
        ('{"command": "config_base", "exchange": "binance"}', "'base' is missing"),
    ],
)
def test_a_bad_line_is_answered(player: Any, line: str, text: str) -> None:
    """What cannot be played is answered with BadLine and why, and the player goes on."""
    answer = player.line(line)
    assert (answer["ok"], answer["exception"]) == (False, "BadLine")
    assert answer["message"].startswith(text)


def test_an_answer_has_the_id_of_its_line(player: Any) -> None:
    """Also when the line is a bad one."""
    assert player.line('{"id": "seven", "command": "dance"}')["id"] == "seven"
    assert player.line("nonsense")["id"] is None


def test_the_players_configuration_leaves_only_the_paths(player: Any) -> None:
    """Every address of ccxt gets the gate's base in the place of scheme and host."""
    asked = {"command": "config_base", "base": "http://127.0.0.1:9/binance/"}
    api = player.send(**asked, exchange="binance")["result"]["urls"]["api"]
    assert api["private"] == "http://127.0.0.1:9/binance/api/v3"
    assert api["sapi"] == "http://127.0.0.1:9/binance/sapi/v1"
    nested = player.send(**asked, exchange="gate")["result"]["urls"]["api"]
    assert nested["private"]["spot"] == "http://127.0.0.1:9/binance/api/v4"


def test_both_of_bithumbs_apis_are_one_class_of_ccxt(player: Any) -> None:
    """By its generation of calls; and pybithumb has no address that could be another."""
    asked = {"command": "config_base", "base": "http://127.0.0.1:9/bithumb"}
    newer, older = (player.send(**asked, exchange=name)["result"] for name in ("bithumb", "bithumb-v1"))
    assert newer["urls"] == older["urls"] == {"api": dict.fromkeys(("public", "private"), asked["base"])}
    assert (newer.get("options"), older["options"]) == (None, {"generation": 1})
    assert player.send(**asked, client="pybithumb", exchange="bithumb-v1")["result"] == {}


def test_what_is_no_function_is_read(bot: Make) -> None:
    """An attribute is answered with its value, as far as JSON can say it."""
    assert bot("ccxt", "binance")("id") == "binance"
    assert bot("ccxt", "binance")("urls")["api"]["private"].endswith("/binance/api/v3")


def test_an_instance_is_kept_until_its_configuration_changes(bot: Make) -> None:
    """Loaded markets stay between calls; another configuration makes a new instance."""
    client = bot("ccxt-async", "bitfinex")
    client("load_markets")
    assert client("markets") is not None
    client.config["timeout"] = 5000
    assert client("markets") is None


def test_an_exception_is_told_with_its_bases(bot: Make) -> None:
    """The class, the classes above it, and the message."""
    answer = bot("ccxt", "bitfinex").answer("create_order", "BTC/USD", "limit", "buy", 100, 40000)
    assert answer["exception"] == "InsufficientFunds"
    assert answer["bases"] == ["ExchangeError", "BaseError", "Exception"]
    assert "not enough exchange balance" in answer["message"]


@pytest.mark.parametrize("client", ["ccxt", "ccxt-async", "bitfinex-api-py"])
def test_the_last_signed_request_is_shown_as_it_was_sent(bot: Make, client: str) -> None:
    """The signature is over exactly the bytes shown, whichever HTTP library sent them."""
    call = "rest.auth.get_orders" if client == "bitfinex-api-py" else "private_post_auth_r_orders"
    sent = bot(client, "bitfinex").answer(call)["request"]
    headers = {name.lower(): value for name, value in sent["headers"].items()}
    assert sent["method"] == "POST"
    signed = "/api/v2/auth/r/orders" + headers["bfx-nonce"] + sent["body"]
    expected = hmac.new(b"no secret", signed.encode(), hashlib.sha384).hexdigest()
    assert headers["bfx-signature"] == expected
    assert headers["bfx-apikey"] == "key-1"


@pytest.mark.parametrize("client", ["ccxt", "ccxt-async", "binance-connector"])
def test_a_signature_in_the_query_or_the_body_counts(bot: Make, client: str) -> None:
    """Binance signs by a parameter, of the query or of the body."""
    account = "account" if client == "binance-connector" else "private_get_account"
    sent = bot(client, "binance").answer(account)["request"]
    signed, _, signature = sent["url"].partition("?")[2].partition("&signature=")
    assert signature == hmac.new(b"no secret", signed.encode(), hashlib.sha256).hexdigest()
    if client != "binance-connector":
        sent = bot(client, "binance").answer("private_post_order", {"symbol": "BTCUSD"})["request"]
        signed, _, signature = sent["body"].partition("&signature=")
        assert signature == hmac.new(b"no secret", signed.encode(), hashlib.sha256).hexdigest()


def test_an_open_call_has_no_signed_request(bot: Make) -> None:
    """Open market data is not signed; headers of the reply are there all the same."""
    answer = bot("ccxt", "binance").answer("public_get_ping")
    assert answer["request"] is None
    assert answer["headers"]["content-type"].startswith("application/json")
    assert "reply" not in answer


def test_raw_shows_the_reply_as_it_came(bot: Make) -> None:
    """With `raw` the status and the text of the last reply are there, also of a refusal."""
    answer = bot("ccxt", "bitfinex").answer("private_post_auth_w_order_cancel", {"id": 1}, raw=True)
    assert answer["reply"] == {"status": 500, "body": '["error",10001,"Order not found."]'}


def test_a_client_that_cannot_connect_is_an_answer_too(player: Any) -> None:
    """A dead address is the client's own exception, and the player goes on."""
    config = {"urls": {"api": {"public": "http://127.0.0.1:1"}}}
    answer = player.send(client="ccxt", exchange="bitfinex", name="dead", config=config, call="fetch_status")
    assert (answer["ok"], "NetworkError" in [answer["exception"], *answer["bases"]]) == (False, True)
    assert answer["headers"] == {}
