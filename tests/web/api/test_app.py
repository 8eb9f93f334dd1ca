"""The way of a call: who may be heard, what can be read, and that nothing goes out that was not said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx2
import pytest

from bitting.domain import errors
from bitting.domain.errors import (
    Conflict,
    ConsentMissing,
    NameReused,
    NotFound,
    NotSignedIn,
    Refused,
    Repeated,
    Tampered,
    TooMany,
    Unavailable,
)
from bitting.web.api.app import COOKIE, MOST_BODY, build
from bitting.web.api.front import Arrival
from bitting.web.api.route import Access, Route
from bitting.web.api.shapes.common import Given, Page, Said

ORIGIN = "https://console.example"
TOKEN = "t" * 43
BEARER = {"Authorization": f"Bearer {TOKEN}"}


class Thing(Said):
    """What this house knows of."""

    key: str
    version: int = 3
    secret: str | None = None
    secret_shown: bool = False


class Wish(Given):
    """What is asked of it."""

    name: str
    times: int | None = None
    inner: dict[str, Any] | None = None


ROUTES = (
    Route("GET", "/v1/things/{key}", "thing.show", "Show", Thing),
    Route("PATCH", "/v1/things/{key}", "thing.edit", "Edit", Thing, Wish, matches=True),
    Route("DELETE", "/v1/things/{key}", "thing.end", "End", Thing),
    Route("GET", "/v1/things", "thing.list", "List", Thing, query=Page),
    Route("POST", "/v1/things", "thing.make", "Make", Thing, Wish, status=201, again="thing.show"),
    Route("POST", "/v1/hello", "hello", "Hello", Thing, Wish, access=Access.PUBLIC),
)


class House:
    """Answers as it is told to, and keeps what it was asked."""

    def __init__(self, said: Any = None, problem: BaseException | None = None) -> None:
        self.said = {"key": "k"} if said is None else said
        self.problem = problem
        self.asked: list[tuple[str, Mapping[str, Any], Arrival]] = []
        self.faults: list[BaseException] = []

    async def admit(self, arrival: Arrival) -> None:
        if arrival.token != TOKEN:
            raise NotSignedIn("sign in first")

    async def ask(self, intent: str, values: Mapping[str, Any], arrival: Arrival) -> Any:
        self.asked.append((intent, values, arrival))
        problem, self.problem = self.problem, None
        if problem is not None:
            raise problem
        return self.said

    async def ask_publicly(self, intent: str, values: Mapping[str, Any], arrival: Arrival) -> Any:
        self.asked.append((intent, values, arrival))
        return self.said


def call(house: House, method: str, path: str, **given: Any) -> httpx2.Response:
    async def play() -> httpx2.Response:
        app = build(ROUTES, house, frozenset({ORIGIN}), lambda: "request-1", house.faults.append)
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            return await client.request(method, path, **given)

    return asyncio.run(play())


def code(response: httpx2.Response) -> str:
    """The problem's code; it has all that a problem has to have."""
    assert response.headers["content-type"] == "application/problem+json"
    said = response.json()
    assert said["status"] == response.status_code
    assert said["request_id"] == response.headers["x-request-id"] == "request-1"
    return str(said["code"])


def test_path_query_and_body_reach_the_desk_together() -> None:
    """By the desk's names; what was not given is not there."""
    house = House()
    shown = call(house, "GET", "/v1/things?most=5", headers=BEARER)
    assert shown.status_code == 200
    made = call(house, "POST", "/v1/things", headers=BEARER, json={"name": "n"})
    assert made.status_code == 201
    assert made.headers["etag"] == '"3"'
    assert made.headers["cache-control"] == "no-store"
    edited = call(house, "PATCH", "/v1/things/a%20b", headers={**BEARER, "If-Match": '"7"'}, json={"name": "n"})
    assert edited.status_code == 200
    assert [(intent, values) for intent, values, _ in house.asked] == [
        ("thing.list", {"most": 5}),
        ("thing.make", {"name": "n"}),
        ("thing.edit", {"name": "n", "key": "a b", "if_version": 7}),
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer short"},
        {"Authorization": "Basic dTpw"},
        {"Authorization": f"Bearer {'x' * 43}"},
        {"Cookie": f"{COOKIE}={'x' * 43}"},
        {"Cookie": f"{COOKIE}={TOKEN}; {COOKIE}={'x' * 43}"},
        {"Cookie": f"bitting={TOKEN}"},
    ],
)
def test_without_a_session_there_is_nothing(headers: dict[str, str]) -> None:
    """Neither with a token that is none, nor with two cookies, of which one was planted by a neighbour."""
    house = House()
    refused = call(house, "GET", "/v1/things/k", headers=headers)
    assert (refused.status_code, code(refused)) == (401, "session.missing")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert house.asked == []


def test_nothing_of_a_strangers_body_is_read() -> None:
    """However large it is, and whatever it is: it is the session that is missing."""

    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    headers = {"Authorization": f"Bearer {'x' * 43}", "Content-Type": "text/plain"}
    refused = call(House(), "POST", "/v1/things", headers=headers, content=body())
    assert (refused.status_code, code(refused)) == (401, "session.missing")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://sub.console.example"},
        {"Origin": "http://console.example"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/things", "/v1/hello"])
def test_another_sites_page_is_not_heard(headers: dict[str, str], path: str) -> None:
    """A cookie goes along with every page's calls. What says nothing of its page is refused as well; with no cookie
    it is no page, and may sign in."""
    house = House()
    refused = call(house, "POST", path, headers={"Cookie": f"{COOKIE}={TOKEN}", **headers}, json={"name": "n"})
    assert (refused.status_code, code(refused)) == (403, "session.cross_site")
    assert house.asked == []


def test_the_consoles_own_page_is_heard() -> None:
    """With the cookie, and its origin said."""
    headers = {"Cookie": f"a=b; {COOKIE}={TOKEN}", "Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
    assert call(House(), "POST", "/v1/things", headers=headers, json={"name": "n"}).status_code == 201
    assert call(House(), "POST", "/v1/hello", json={"name": "n"}).status_code == 200


BAD_BODIES: list[tuple[bytes, int, str]] = [
    (b"", 400, "body.json"),
    (b"{", 400, "body.json"),
    (b'{"name": "a", "name": "b"}', 400, "body.json"),
    (b'{"name": "a", "inner": {"x": 1, "x": 2}}', 400, "body.json"),
    (b'{"name": "a", "times": NaN}', 400, "body.json"),
    (b"[" * 100_000, 400, "body.json"),
    (b'{"name": "a", "times": ' + b"9" * 5_000 + b"}", 400, "body.json"),
    (b"\xff\xfe", 400, "body.json"),
    (b"[]", 422, "value.invalid"),
    (b'"name"', 422, "value.invalid"),
    (b'{"name": "a", "more": 1}', 422, "value.invalid"),
    (b'{"name": 1}', 422, "value.invalid"),
    (b'{"name": "a", "times": "1"}', 422, "value.invalid"),
    (b'{"name": "a", "times": true}', 422, "value.invalid"),
    (b'{"name": "a", "times": 1.0}', 422, "value.invalid"),
    (b'{"name": "' + b"a" * MOST_BODY + b'"}', 413, "body.too_large"),
]


@pytest.mark.parametrize(("body", "status", "name"), BAD_BODIES, ids=lambda each: repr(each)[:30])
def test_a_body_that_is_not_what_it_has_to_be(body: bytes, status: int, name: str) -> None:
    """Each with its code, and nothing is asked."""
    house = House()
    refused = call(house, "POST", "/v1/things", headers={**BEARER, "Content-Type": "application/json"}, content=body)
    assert (refused.status_code, code(refused)) == (status, name)
    assert house.asked == []


@pytest.mark.parametrize(
    "media", ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "json"]
)
def test_only_json_is_read(media: str) -> None:
    """A form of another site can send text/plain, and never this."""
    refused = call(House(), "POST", "/v1/things", headers={**BEARER, "Content-Type": media}, content=b'{"name": "n"}')
    assert (refused.status_code, code(refused)) == (415, "body.media_type")


def test_errors_point_at_what_is_wrong() -> None:
    """With JSON pointers; what was sent is not said again."""
    refused = call(House(), "POST", "/v1/things", headers=BEARER, json={"a/b~c": 1, "name": 5})
    pointers = {each["pointer"] for each in refused.json()["errors"]}
    assert pointers == {"/a~1b~0c", "/name"}


@pytest.mark.parametrize("query", ["?most=0", "?most=x", "?most=1&most=2", "?other=1", "?most=1001"])
def test_a_query_that_is_not_what_it_has_to_be(query: str) -> None:
    """Unknown, twice, out of bounds."""
    assert code(call(House(), "GET", f"/v1/things{query}", headers=BEARER)) == "value.invalid"
    assert code(call(House(), "GET", "/v1/things/k?most=1", headers=BEARER)) == "value.invalid"


def test_a_call_without_a_body_takes_none() -> None:
    """What nobody reads may not be there."""
    refused = call(House(), "DELETE", "/v1/things/k", headers=BEARER, content=b"{}")
    assert (refused.status_code, code(refused)) == (400, "body.json")


@pytest.mark.parametrize(
    ("match", "status", "name"),
    [
        (None, 428, "version.required"),
        ("3", 400, "header.invalid"),
        ("*", 400, "header.invalid"),
        ('W/"3"', 400, "header.invalid"),
        ('"3", "4"', 400, "header.invalid"),
        ('"\u0663"', 400, "header.invalid"),
    ],
)
def test_an_edit_says_what_it_has_seen(match: str | None, status: int, name: str) -> None:
    """By the ETag, and by nothing that means any."""
    headers = BEARER if match is None else {**BEARER, "If-Match": match.encode()}
    refused = call(House(), "PATCH", "/v1/things/k", headers=headers, json={"name": "n"})
    assert (refused.status_code, code(refused)) == (status, name)


def test_an_edit_of_what_has_moved_on() -> None:
    """412 where the caller had said what it saw, 409 elsewhere."""
    headers = {**BEARER, "If-Match": f'"3.{"a" * 64}"'}
    stale = call(House(problem=Conflict("it moved")), "PATCH", "/v1/things/k", headers=headers, json={"name": "n"})
    assert (stale.status_code, code(stale), stale.json()["detail"]) == (412, "version.stale", "it moved")
    moved = call(House(problem=Conflict("it moved")), "DELETE", "/v1/things/k", headers=BEARER)
    assert (moved.status_code, code(moved)) == (409, "conflict")


def test_a_repeated_call_shows_what_there_is_and_no_secret() -> None:
    """The same name for the same call: the object is shown, and that its secret was."""
    house = House(said={"key": "k"}, problem=Repeated("the-id"))
    headers = {**BEARER, "Idempotency-Key": '"order 7"'}
    again = call(house, "POST", "/v1/things", headers=headers, json={"name": "n"})
    assert again.status_code == 200
    assert again.json() == {"key": "k", "version": 3, "secret": None, "secret_shown": True}
    (_, _, first), (intent, values, second) = house.asked
    assert first.named is not None
    assert first.named.name == "order 7"
    assert (intent, values, second.named) == ("thing.show", {"thing": "the-id"}, None)


def test_what_a_call_is_depends_on_all_of_it() -> None:
    """Method, target and body; so the same name for another call can be told from a repetition."""
    house = House()
    for path, body in (("/v1/things", {"name": "n"}), ("/v1/things", {"name": "m"}), ("/v1/things?", {"name": "n"})):
        call(house, "POST", path, headers={**BEARER, "Idempotency-Key": '"a"'}, json=body)
    digests = [arrival.named.digest for _, _, arrival in house.asked if arrival.named is not None]
    assert len(digests) == 3
    assert digests[0] != digests[1]


@pytest.mark.parametrize("name", ["a", '""', '"a', '"a" , "b"', '"a\u00e9"', f'"{"a" * 200}"'])
def test_a_name_for_a_call_is_in_quotes(name: str) -> None:
    """As the header's specification writes it, so that no two spellings are one name."""
    headers = {**BEARER, "Idempotency-Key": name.encode()}
    assert code(call(House(), "POST", "/v1/things", headers=headers, json={"name": "n"})) == "header.invalid"


def test_headers_that_count_stand_once() -> None:
    """Two of one kind are read differently by different readers."""
    headers = [("Authorization", f"Bearer {TOKEN}"), ("Bitting-Confirmation", "a"), ("Bitting-Confirmation", "b")]
    assert code(call(House(), "POST", "/v1/things", headers=headers, json={"name": "n"})) == "header.invalid"


@pytest.mark.parametrize(
    "kind", [each for each in vars(errors).values() if isinstance(each, type) and each is not Repeated]
)
def test_every_error_of_the_desk_is_a_problem(kind: type[BaseException]) -> None:
    """With a status of its own kind; faults keep their text to themselves."""
    refused = call(House(problem=kind("what to do")), "GET", "/v1/things/k", headers=BEARER)
    assert refused.status_code >= 400
    assert code(refused)
    assert ("what to do" in refused.text) == (refused.status_code != 500)


@pytest.mark.parametrize(
    ("problem", "status", "name"),
    [
        (ConsentMissing("c"), 403, "confirmation.required"),
        (Refused("r"), 403, "refused"),
        (NotFound("n"), 404, "not_found"),
        (Tampered("t"), 500, "fault"),
        (Unavailable("u"), 503, "unavailable"),
        (NotSignedIn("n"), 401, "session.missing"),
        (NameReused("n"), 422, "idempotency.reused"),
        (TooMany("t", 7), 429, "rate"),
    ],
)
def test_codes_do_not_change(problem: BaseException, status: int, name: str) -> None:
    """Programs go by them."""
    refused = call(House(problem=problem), "GET", "/v1/things/k", headers=BEARER)
    assert (refused.status_code, code(refused)) == (status, name)


def test_a_fault_leaves_no_trace_outside() -> None:
    """It is told to the log."""
    house = House(problem=ZeroDivisionError("secret text"))
    refused = call(house, "GET", "/v1/things/k", headers=BEARER)
    assert (refused.status_code, code(refused)) == (500, "fault")
    assert "secret text" not in refused.text
    assert [type(each) for each in house.faults] == [ZeroDivisionError]


def test_nothing_goes_out_that_the_document_does_not_name() -> None:
    """A field too many is a fault of ours, and stays inside."""
    house = House(said={"key": "k", "password": "hunter2"})
    refused = call(house, "GET", "/v1/things/k", headers=BEARER)
    assert code(refused) == "fault"
    assert "hunter2" not in refused.text


def test_what_is_not_there() -> None:
    """No such path, and no such method."""
    assert code(call(House(), "GET", "/v1/nothing", headers=BEARER)) == "not_found"
    assert code(call(House(), "GET", "/v1/things/", headers=BEARER)) == "not_found"
    assert code(call(House(), "GET", "/v1/nothing%0A", headers=BEARER)) == "not_found"
    wrong = call(House(), "PUT", "/v1/things", headers=BEARER)
    assert (code(wrong), wrong.headers["allow"]) == ("method.not_allowed", "GET, POST")
    assert code(call(House(), "POST", "/v1/things/k", headers={**BEARER, "X-HTTP-Method-Override": "DELETE"})) == (
        "method.not_allowed"
    )


def test_the_reply_is_plain_json() -> None:
    """Of the shape, with what the shape has by default."""
    shown = call(House(), "GET", "/v1/things/k", headers=BEARER)
    assert json.loads(shown.content) == {"key": "k", "version": 3, "secret": None, "secret_shown": False}
