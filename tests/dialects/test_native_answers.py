"""What native clients are told, and what an upstream's reply says."""

import json

import pytest

from bitting.dialects.dialect import Effect
from bitting.dialects.native import DIALECT, KEY_PATH
from bitting.domain.action import Action, Kind
from bitting.domain.credentials import Algorithm, Credential, State
from bitting.domain.grants import Limits
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.network import Network
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy
from bitting.domain.request import Reply, Request
from bitting.domain.verdict import Answer, Denied, Reason

STATUS = {
    Answer.MALFORMED: 400,
    Answer.NOT_PROVEN: 401,
    Answer.STALE: 401,
    Answer.DEAD: 401,
    Answer.HELD: 403,
    Answer.NETWORK: 403,
    Answer.PERMISSION: 403,
    Answer.LIMIT: 403,
    Answer.RATE: 429,
    Answer.UNAVAILABLE: 503,
}
KEY = Key(
    "key-1",
    "tenant",
    "account-1",
    Environment.LIVE,
    "native",
    "bk_live_4mfjcpvbdfo6lrmiuyq2vqfyxu5qh2zd",
    False,
    Policy("bot", {Permission.ORDERS_READ: Limits()}, Network.from_text(["203.0.113.7"]), 1_800_000_000_000),
    frozenset(),
    None,
    (Credential("c", Algorithm.ED25519, State.PRIMARY, 1, bytes(32), 1),),
    1_795_000_000_000,
    1,
)
ASKED = Request(b"GET", KEY_PATH.encode(), (), b"", 0)


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.code)
def test_a_refusal_is_a_problem(reason: Reason) -> None:
    """RFC 9457: the status's own phrase, the reason's code, its text with the request's own value, the request id."""
    reply = DIALECT.refuse(Denied(reason, "value", "for the owner alone"), "request-1")
    status = 504 if reason is Reason.UPSTREAM_UNKNOWN else STATUS[reason.answer]
    headers = dict(reply.headers)
    assert (reply.status, headers[b"content-type"]) == (status, b"application/problem+json")
    problem = json.loads(reply.body)
    assert set(problem) == {"title", "status", "detail", "code", "request_id"}
    assert (problem["status"], problem["code"], problem["request_id"]) == (status, reason.code, "request-1")
    shown = reason is not Reason.NOT_PROVEN
    assert problem["detail"] == (f"{reason.caller}: value" if shown else reason.caller)
    assert b"owner alone" not in reply.body
    assert (b"accept-signature" in headers) is not shown
    assert headers[b"cache-control"] == b"no-store"


def test_not_proven_says_what_to_cover() -> None:
    """RFC 9421 section 5.1."""
    accept = dict(DIALECT.refuse(Denied(Reason.NOT_PROVEN), "r").headers)[b"accept-signature"]
    assert accept == b'bitting=("@method" "@authority" "@target-uri");created;expires'


def test_who_has_to_wait_is_told_how_long() -> None:
    """In whole seconds, rounded up; nobody else is."""
    wait = DIALECT.refuse(Denied(Reason.KEY_RATE, retry_after_ms=1_001), "r")
    assert dict(wait.headers)[b"retry-after"] == b"2"
    assert b"retry-after" not in dict(DIALECT.refuse(Denied(Reason.UPSTREAM_UNKNOWN), "r").headers)


@pytest.mark.parametrize(
    ("status", "body", "effect"),
    [
        (201, b'{"id": "o-7", "status": "open"}', Effect(False, "o-7")),
        (200, b'{"id": 7}', Effect(False, "7")),
        (200, b'{"id": true}', Effect(False, "")),
        (200, b'{"id": null}', Effect(False, "")),
        (200, b"[1]", Effect(False, "")),
        (200, b"", Effect(False, "")),
        (200, b"\xff", Effect(False, "")),
        (400, b'{"error": {"code": "funds"}}', Effect(True, "")),
        (422, b"not JSON", Effect(True, "")),
        (408, b"", Effect(False, "")),
        (409, b'{"id": "o-7"}', Effect(False, "o-7")),
        (500, b"", Effect(False, "")),
        (503, b"", Effect(False, "")),
    ],
)
def test_what_became_of_it(status: int, body: bytes, effect: Effect) -> None:
    """A 4xx has done nothing, but for a timeout and a conflict; whatever else is unclear declines nothing."""
    assert DIALECT.effect(Reply(status, (), body)) == effect


def test_a_key_reads_all_of_itself() -> None:
    """Its own policy, and nothing of its credentials but how it signs."""
    reply = DIALECT.about(KEY, Action("key.read", Kind.SELF_READ, None), ASKED)
    assert dict(reply.headers)[b"cache-control"] == b"no-store"
    assert json.loads(reply.body) == {
        "key_id": KEY.wire_id,
        "environment": "live",
        "created_at_ms": 1_795_000_000_000,
        "version": 1,
        "label": "bot",
        "grants": {"orders.read": KEY.policy.grants[Permission.ORDERS_READ].to_plain()},
        "network": ["203.0.113.7"],
        "expires_at_ms": 1_800_000_000_000,
    }


def test_a_key_that_ended_itself_is_told_so() -> None:
    """And what stays."""
    reply = DIALECT.about(KEY, Action("key.revoke", Kind.SELF_REVOKE, None), ASKED)
    assert json.loads(reply.body) == {
        "key_id": KEY.wire_id,
        "revoked": True,
        "detail": "The key is revoked for good. Open orders stay.",
    }
