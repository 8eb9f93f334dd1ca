"""A call as it is sent, and replies of every kind: of the house, of something in between, of somebody hostile."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bitting.domain.request import Reply, Request
from bitting.web.api.problems import EVERY
from bitting_client.manage import Call, Client, calls, client, problems
from bitting_client.manage.call import Operation, checked_base, read
from bitting_client.manage.problems import Busy, Confirm, Problem, ProblemReply, Undelivered, problem_from
from tests.client.manage.ways import Way
from tests.dialects.loopback import serving

JSON = (b"content-type", b"application/json")
PROBLEM = (b"content-type", b"application/problem+json")
HTML = (b"content-type", b"text/html")
TOKEN = "t" * 43


class House:
    """Answers with what it was given, in this order, and keeps what came."""

    def __init__(self, *replies: Reply) -> None:
        self.replies, self.came = list(replies), list[Request]()

    def __call__(self, request: Request) -> Reply:
        self.came.append(request)
        return self.replies.pop(0)


def problem(status: int, code: str, *headers: tuple[bytes, bytes]) -> Reply:
    return Reply(status, (PROBLEM, *headers), json.dumps({"code": code, "title": "so it is"}).encode())


def test_busy_is_asked_again_when_it_said(way: type[Way]) -> None:
    """And so is a proxy that does not reach the house; each time with the same name."""
    house = House(
        problem(429, "rate", (b"retry-after", b"0")),
        Reply(502, (HTML,), b"<h1>Bad Gateway</h1>"),
        problem(503, "unavailable", (b"retry-after", b"soon")),
        Reply(201, (JSON,), b'{"id": "7"}'),
    )
    with serving(house) as url, way(url, TOKEN) as client:
        made = client.do(calls.key_issue("alice", dialect="binance", label="bot", permissions=["trade"]))
    assert made["id"] == "7"
    assert len(house.came) == 4
    assert len({dict(each.headers)[b"idempotency-key"] for each in house.came}) == 1
    assert len({(each.target, each.body) for each in house.came}) == 1


def test_another_call_has_another_name() -> None:
    """Two orders of the same thing are two."""
    first, second = (calls.key_rotate("bot") for _ in range(2))
    assert first.name != second.name
    assert first.confirmed("c").name == first.name


def test_who_wants_an_hour_is_not_waited_for(way: type[Way]) -> None:
    """The caller is told, and decides."""
    house = House(problem(429, "rate", (b"retry-after", b"3600")))
    with serving(house) as url, way(url) as client, pytest.raises(Busy) as busy:
        client.do(calls.me_show())
    assert busy.value.retry_after_s == 3600
    assert len(house.came) == 1


def test_a_pause_is_as_long_as_the_house_wants(way: type[Way], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where that is longer than ours."""
    tries = client._Tries(calls.me_show(), "")
    assert tries.pause_s(Busy(429, {}, 2)) == 2
    assert tries.pause_s(Busy(429, {}, 0)) == 0.01


def test_a_proxys_page_is_no_reply_of_the_house(way: type[Way]) -> None:
    """What changes something and has no name is not sent again for it."""
    house = House(Reply(502, (HTML,), b"<h1>Bad Gateway</h1>"))
    with serving(house) as url, way(url) as client, pytest.raises(Undelivered, match="no reply of Bitting's"):
        client.do(calls.key_pause("bot"))
    assert len(house.came) == 1


def test_a_redirect_is_not_followed(way: type[Way]) -> None:
    """Wherever it points, the token goes to one address, and nowhere else."""
    elsewhere = House()
    with serving(elsewhere) as there:
        house = House(Reply(307, ((b"location", there.encode()),), b""))
        with serving(house) as url, way(url, TOKEN) as client:
            with pytest.raises(ProblemReply):
                client.do(calls.me_show())
            with pytest.raises(TypeError):
                way(url, TOKEN, follow_redirects=True)
    assert elsewhere.came == []


@pytest.mark.parametrize(
    ("status", "media", "body"),
    [
        (200, "text/html", b"<h1>Sign in to the hotel's network</h1>"),
        (200, "text/html", b'{"id": "7"}'),
        (200, "", b'{"id": "7"}'),
        (200, "application/json", b""),
        (200, "application/json", b"\xff"),
        (200, "application/json", b"[" * 100_000),
        (200, "application/json", b"[]"),
        (200, "application/json", b"7"),
        (404, "application/json", b'{"message": "no route"}'),
        (500, "application/problem+json", b'{"code": 7}'),
        (500, "application/problem+json", b"[]"),
    ],
)
def test_what_is_no_reply_of_the_house(status: int, media: str, body: bytes) -> None:
    """Whatever came instead, it is said so, and is not taken for an answer."""
    with pytest.raises(ProblemReply) as said:
        read(status, media, body)
    assert (said.value.status, said.value.code) == (status, "")


def test_every_code_of_the_house_has_its_class() -> None:
    """As the API's own list of problems has them; only a fault of the server's is nothing more special."""
    kinds = {each.code: type(problem_from(each.status, {"code": each.code})) for each in EVERY}
    assert {code for code, kind in kinds.items() if kind is Problem} == {"fault", "shredded"}
    assert set(problems._KINDS) <= set(kinds)


@pytest.mark.parametrize(
    "more",
    [{"errors": 7}, {"errors": [7, {"pointer": "/x"}]}, {"confirmation": 7}, {"confirmation": {}}, {"detail": ["x"]}],
)
def test_a_problem_that_is_written_otherwise_is_still_one(more: dict[str, Any]) -> None:
    """By its code."""
    assert isinstance(problem_from(403, {"code": "confirmation.required", **more}), Confirm)


def test_a_confirmation_that_was_not_begun_is_not_answered(way: type[Way]) -> None:
    """There is nothing that an answer could be for."""
    house = House(problem(403, "confirmation.required"))
    with serving(house) as url, way(url) as client, pytest.raises(Confirm):
        client.do(calls.key_resume("bot"), lambda asked: {"code": "123456"})
    assert len(house.came) == 1


@pytest.mark.parametrize("given", ["", ".", ".."])
def test_a_name_that_is_no_part_of_a_path_is_refused(given: str) -> None:
    """It would be another call."""
    with pytest.raises(ValueError, match="key is empty"):
        calls.key_show(given).wire(calls.OPERATIONS["key.show"], "")


def test_what_a_call_does_not_take_is_refused() -> None:
    """A filter that is left out would give another answer."""
    with pytest.raises(ValueError, match=r"key.list takes no dialect"):
        Call[Any]("key.list", {"most": 1, "dialect": "binance"}).wire(calls.OPERATIONS["key.list"], "")


def test_a_name_stays_one_part_of_the_path(way: type[Way]) -> None:
    """Whatever is in it: nothing of it leads elsewhere."""
    house = House(Reply(200, (JSON,), b"{}"))
    with serving(house) as url, way(url) as client:
        client.do(calls.key_show("../users?x=1#/봇%"))
    assert house.came[0].target == b"/v1/keys/..%2Fusers%3Fx%3D1%23%2F%EB%B4%87%25"


@pytest.mark.parametrize(
    ("name", "confirmation", "what"),
    [('a"b', "", "the name"), ("a\nb", "", "the name"), ("", "", "the name"), ("a", "b\r\nX: y", "the confirmation")],
)
def test_what_is_no_part_of_a_header_is_refused(name: str, confirmation: str, what: str) -> None:
    """Before an HTTP library sees it."""
    with pytest.raises(ValueError, match=f"{what} is not written"):
        Call[Any]("x", {}, name=name, confirmation=confirmation).wire(Operation("POST", "/x", once=True), "")


@pytest.mark.parametrize(
    "base",
    [
        "http://api.example.com",
        "http://127.0.0.1.example.com",
        "ftp://localhost",
        "localhost:8443",
        "https://",
        "https://ada:secret@api.example.com",
        "https://api.example.com?x=1",
        "https://api.example.com#x",
    ],
)
def test_a_token_travels_over_https(base: str) -> None:
    """Other machines are spoken to over TLS, and nothing in the address stands for the session."""
    with pytest.raises(ValueError, match="https") as refused:
        Client(base)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("base", ["http://localhost:8443", "http://127.0.0.1", "http://[::1]:1", "https://a.example/b"])
def test_this_machine_may_be_spoken_to_plainly(base: str) -> None:
    """As `bitting serve` does behind a proxy that has the certificate."""
    assert checked_base(base) == base


def test_nobody_is_waited_for_for_ever(way: type[Way]) -> None:
    """There is a limit where none is given, and one can be given."""
    limits: list[dict[str, float]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        limits.append(request.extensions["timeout"])
        return httpx2.Response(200, json={})

    with way("http://localhost", transport=httpx2.MockTransport(answer)) as asking:
        asking.do(calls.me_show())
    assert limits == [{"connect": 5.0, "read": 30.0, "write": 30.0, "pool": 30.0}]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with way(url, timeout=0.05) as asking, pytest.raises(httpx2.ReadTimeout):
            asking.do(calls.key_pause("bot"))


def test_a_unix_socket_instead_of_a_host(way: type[Way], tmp_path: Path) -> None:
    """The call goes to it, whatever host the address names."""
    path = tmp_path / "house.sock"
    with socket.socket(socket.AF_UNIX) as listening, ThreadPoolExecutor() as pool:
        listening.bind(str(path))
        listening.listen()

        def answer() -> bytes:
            line, _ = listening.accept()
            with line:
                came = line.recv(65536)
                line.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
            return came

        came = pool.submit(answer)
        with way("http://localhost", unix=str(path)) as asking:
            asking.do(calls.me_show())
        assert came.result().startswith(b"GET /v1/me HTTP/1.1")
