"""A secret leaves the system in the one reply that makes it, and is nowhere else: a search for it in everything.

Keys are issued, used, misused, rotated, imported, backed up and exported; then every file that came of it, and every
word that was said, is searched for the secrets, in the spellings in which one might be written down.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.end_to_end.clients import Clients
from tests.end_to_end.house import DIALECTS, House, refused
from tests.end_to_end.signing import Key, balances, order
from tests.end_to_end.upstream import Exchange
from tests.end_to_end.wire import tell

IMPORTED = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg"


def spellings(secret: str) -> list[bytes]:
    """As it is, in hex, in both alphabets of base64 at each of the three offsets, and inside JSON."""
    plain = secret.encode()
    written = [plain, plain[::-1], plain.hex().encode(), plain.hex().upper().encode(), json.dumps(secret).encode()]
    for pad in range(3):
        # What stands at the ends depends on the neighbours, and is cut off.
        shifted = b"\0" * pad + plain
        written += [base64.b64encode(shifted)[4:-4], base64.urlsafe_b64encode(shifted)[4:-4]]
    return written


def where(texts: dict[str, bytes], secret: str) -> list[str]:
    """The names of the texts in which the secret stands."""
    return [name for name, text in texts.items() if any(each in text for each in spellings(secret))]


class Story(NamedTuple):
    """All that came of it."""

    secrets: dict[str, str]
    texts: dict[str, bytes]
    keys: list[Key]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, clients: Clients) -> Story:
    """The life of some keys, and everything that was written and said meanwhile."""
    folder = tmp_path_factory.mktemp("story")
    with Exchange() as exchange, House(folder, upstream=exchange.url) as house:
        secrets, said = live(house)
        keys = [house.issue(dialect, "trade") for dialect in DIALECTS]
        said |= misuse(house, keys)
        secrets |= {f"issued for {key.dialect}": key.secret for key in keys}
        said |= look_everywhere(house, folder, keys)
        said |= {f"upstream {number}": each.raw for number, each in enumerate(exchange.came)}
        house.kill_gate()  # so that the write-ahead log is still there, and not tidied away
        files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        house.start_gate()
    assert {"bitting.db", "bitting.db-wal", "gate.log", "journal.jsonl", "backup.db"} <= {
        Path(name).name for name in files
    }
    return Story(secrets, {**said, **files}, keys)


def live(house: House) -> tuple[dict[str, str], dict[str, bytes]]:
    """Secrets by how they came to be, and what was said beside the replies that made them."""
    words = ("--account", "alice", "--dialect", "binance", "--network", "127.0.0.1", "--permission", "trade")
    first = house.cli("key", "issue", *words, "--label", "first")
    rotated = house.cli("key", "rotate", first["id"], "--overlap", "1h")
    file = house.folder.parent / f"{house.folder.name}-imported.secret"
    file.write_text(IMPORTED)
    file.chmod(0o600)
    moved = house.cli(
        *("key", "import", *words, "--label", "moved"), *("--key-id", "oldKeyId0123456789", "--secret-file", str(file))
    )
    said = {"import": json.dumps(moved).encode()}
    for step in ("roll-back", "pause", "resume", "revoke"):
        said[step] = json.dumps(house.ask(f"key.{step}", key=first["id"])).encode()
    return {"first": first["secret"], "rotated": rotated["secret"], "imported": IMPORTED}, said


def misuse(house: House, keys: list[Key]) -> dict[str, bytes]:
    """Requests that are admitted, refused, forged, replayed and malformed."""
    said = {}
    for key in keys:
        good = order(key).raw
        for name, message in {
            "order": good,
            "order again": good,
            "forged": balances(key._replace(secret="x")).raw,
            "stranger": balances(key._replace(key_id="nobody")).raw,
            "half": good.replace(b"1000", b"nonsense"),
            "doubled": good.replace(b"Host: gate", b"Host: gate\r\nX-MBX-APIKEY: y\r\nbfx-apikey: y"),
        }.items():
            answer = tell(house.address, message)
            said[f"{key.dialect} {name}"] = json.dumps(answer.headers).encode() + answer.body
    return said


def look_everywhere(house: House, folder: Path, keys: list[Key]) -> dict[str, bytes]:
    """What the operator can be shown, in files and in words."""
    said: dict[str, Any] = {
        "list": house.ask("key.list"),
        "show": [house.ask("key.show", key=key.id) for key in keys],
        "activity": house.ask("activity.list", most=1000),
        "status": house.ask("status"),
        "doctor": house.cli("doctor"),
        "backup": house.cli("backup", "make", str(folder / "backup.db"), "--plain"),
        "export": house.cli("journal", "export", str(folder / "journal.jsonl")),
        "proof": house.cli("journal", "prove", "1", str(folder / "entry.proof")),
        "again": refused(lambda: house.ask("key.issue", account="nobody", dialect="binance", label="first")),
    }
    return {name: json.dumps(each).encode() for name, each in said.items()}


def test_no_secret_is_anywhere(story: Story) -> None:
    """Not in database, write-ahead log, key files, logs, backup, journal, activity, replies, or at the exchange.

    What is no secret, a key id, is found where it belongs: so the search looks into the right places.
    """
    for name, secret in story.secrets.items():
        assert len(secret) >= 32
        assert where(story.texts, secret) == [], f"the secret {name}"
    for key in story.keys:
        found = {Path(name).name for name in where(story.texts, key.key_id)}
        assert {"backup.db", "list", "show", "activity"} <= found
        assert found & {"bitting.db", "bitting.db-wal"}


@pytest.mark.parametrize("number", range(len(spellings("x" * 43))))
def test_the_search_finds_each_spelling(number: int) -> None:
    """A secret in the middle of a file, in any of the spellings, is found."""
    secret = "LRw1HSnbFWIXA7dlS6BqsT7rrLicnxITrt69HB0dnYn"
    assert where({"file": b"before" + spellings(secret)[number] + b"after"}, secret) == ["file"]
