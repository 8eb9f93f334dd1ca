"""A house whose root is in a real token: SoftHSM, as Debian packages it, with unmodified clients before the gate."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from tests.end_to_end.clients import ORDERS, Clients
from tests.end_to_end.house import House, until
from tests.end_to_end.signing import Key, order
from tests.end_to_end.wire import tell

MODULE: Final = "/usr/lib/softhsm/libsofthsm2.so"
PIN: Final = "98761234"


@pytest.fixture(scope="session")
def clients() -> Iterator[Clients]:
    clients = Clients()
    yield clients
    clients.close()


class Hsm:
    """A SoftHSM of a test's own. Its tokens lie in a folder, which the house finds by the environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tokens = folder / "tokens"
        self.tokens.mkdir(parents=True)
        self.pin = folder / "pin"
        self.set_pin(PIN)
        (folder / "softhsm2.conf").write_text(
            f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )

    def set_pin(self, pin: str) -> None:
        self.pin.touch(0o600)
        self.pin.write_text(f"{pin}\n")

    def new_token(self, label: str) -> None:
        """Another token, with the same PIN."""
        words = ["--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "12345678"]
        subprocess.run(["softhsm2-util", *words], check=True, capture_output=True)

    def place(self, key: str = "root", token: str = "bitting", serial: str = "") -> str:
        number = f";serial={serial}" if serial else ""
        return f"pkcs11:token={token}{number};object={key}?module-path={MODULE}&pin-source=file:{self.pin}"

    def serials(self) -> list[str]:
        said = subprocess.run(["softhsm2-util", "--show-slots"], check=True, capture_output=True, text=True).stdout
        return [line.split()[-1] for line in said.splitlines() if "Serial number" in line and len(line.split()) > 2]


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hsm:
    hsm = Hsm(tmp_path / "hsm")
    monkeypatch.setenv("SOFTHSM2_CONF", str(hsm.folder / "softhsm2.conf"))
    hsm.new_token("bitting")
    return hsm


@pytest.fixture
def house(tmp_path: Path, hsm: Hsm) -> Iterator[House]:
    """Founded under a root in the token."""
    house = House(tmp_path)
    said = house.cli("root", "init", hsm.place())
    assert said["place"] == hsm.place(), said
    with house:
        yield house


def does_not_start(house: House, defect: str = "") -> str:
    """What `bitting serve` says before it ends; a `defect` is Python that runs in it first."""
    program: list[str | Path] = [sys.executable, "-c", f"{defect}\nfrom bitting.cli import main\nmain()", "serve"]
    words: list[str | Path] = ["--config", house.config, "--data", house.data, "--port", "0"]
    done = subprocess.run([*program, *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done
    said: str = done.stderr
    assert PIN not in said
    return said


def start_again(house: House) -> None:
    house.start_gate()
    assert house.ask("rows.check") == {"wrong": []}


def admitted(house: House, key: Key) -> None:
    until(lambda: tell(house.address, order(key).raw).status == 200)


def test_a_house_is_served(house: House, hsm: Hsm, clients: Clients) -> None:
    """From its founding over a restart: an unmodified client trades, and no file holds a root."""
    key = house.issue("binance", "trade")
    call, terms = ORDERS["binance"]
    assert not clients.bot(house, key).try_(call, terms).exception
    admitted(house, key)
    shown = house.cli("root", "show")
    assert shown["place"] == hsm.place()
    assert not (house.data / "root.key").exists()
    house.stop("gate")
    start_again(house)
    admitted(house, key)
    assert house.cli("root", "show") == shown
    [finding] = [each for each in house.cli("doctor")["findings"] if each["what"] == "root"]
    assert finding["said"] == f"{hsm.place()}: a token, which is asked when the house is opened"


def test_there_are_no_paper_shares(house: House) -> None:
    """The key does not come out."""
    said = house.cli("root", "backup")
    assert "which shows it to nobody: back it up by the token's own means" in said["error"]


def test_a_wrong_pin(house: House, hsm: Hsm) -> None:
    """It is tried once, it is in no text, and the right one does afterwards."""
    house.stop("gate")
    hsm.set_pin("11112222")
    said = does_not_start(house)
    assert "the PIN is wrong. It was tried once" in said
    assert "11112222" not in said
    hsm.set_pin(PIN)
    start_again(house)


def test_a_token_that_is_gone(house: House, hsm: Hsm) -> None:
    """A running server does not miss it; a start does, and nothing is made in its place."""
    key = house.issue("binance", "trade")
    hsm.tokens.rename(hsm.folder / "elsewhere")
    hsm.tokens.mkdir()
    admitted(house, key)
    assert "plug the token in" in house.cli("shards", "rotate")["error"]
    assert "plug the token in" in house.cli("root", "backup")["error"]
    house.stop("gate")
    assert "there is no key root of token bitting: plug the token in" in does_not_start(house)
    hsm.tokens.rmdir()
    (hsm.folder / "elsewhere").rename(hsm.tokens)
    start_again(house)
    admitted(house, key)
    assert "error" not in house.cli("shards", "rotate", "--resume")


def test_another_token_of_the_same_label(house: House, hsm: Hsm) -> None:
    """With a key of the same label, too: two are not guessed between, and the wrong one is not taken."""
    house.stop("gate")
    [serial] = hsm.serials()
    hsm.new_token("bitting")
    [other] = set(hsm.serials()) - {serial}
    assert "2 tokens are called bitting: say which, with serial=" in does_not_start(house)
    assert "root" in House(house.folder / "another").cli("root", "init", hsm.place(serial=other))
    said = house.cli("root", "use", hsm.place(serial=other))
    assert "and this house is under root" in said["error"]
    assert "root" in house.cli("root", "use", hsm.place(serial=serial))
    start_again(house)


def test_a_key_that_was_deleted(house: House, hsm: Hsm) -> None:
    """Nothing is made in its place, for it would open nothing."""
    house.stop("gate")
    python(
        hsm,
        "[key] = session.get_objects({Attribute.LABEL: 'root'})",
        "key.destroy()",
    )
    assert "there is no key root of token bitting: name the right one, or restore it" in does_not_start(house)


def python(hsm: Hsm, *lines: str) -> None:
    """What somebody else does with the token."""
    program = [
        "import pkcs11",
        "from pkcs11 import Attribute, KeyType",
        f"token = next(pkcs11.lib({MODULE!r}).get_tokens(token_label='bitting'))",
        f"session = token.open(rw=True, user_pin={PIN!r})",
        *lines,
    ]
    subprocess.run([sys.executable, "-c", "\n".join(program)], check=True)


def test_a_key_that_can_be_taken_out(house: House, hsm: Hsm) -> None:
    """It is refused as a root, whoever made it."""
    template = "{Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False}"
    python(hsm, f"session.generate_key(KeyType.AES, 256, label='loose', store=True, template={template})")
    said = house.cli("root", "rotate", "--to", hsm.place("loose"))
    assert "key loose of token bitting can be taken out of the token" in said["error"]
    assert house.cli("root", "show")["place"] == hsm.place()


@pytest.mark.parametrize("at", [-1, -40])
def test_an_altered_shard(house: House, at: int) -> None:
    """One bit of what the token wrapped: the token refuses it, and still knows its own id."""
    house.stop("gate")
    with closing(sqlite3.connect(house.data / "bitting.db", isolation_level=None)) as database:
        [[box]] = database.execute("SELECT box FROM shards WHERE environment = 'house' AND shard = 1")
        altered = bytearray(box)
        altered[at] ^= 1
        database.execute("UPDATE shards SET box = ? WHERE environment = 'house' AND shard = 1", (bytes(altered),))
    assert "does not open shard 1 of environment house" in does_not_start(house)


def test_from_a_file_into_a_token_and_on(tmp_path: Path, hsm: Hsm) -> None:
    """While a client trades: into the token, to another key in it, and out of it again; the roots of before are not
    needed any more."""
    with House(tmp_path) as house:
        key = house.issue("binance", "trade")
        places = [hsm.place("one"), hsm.place("two"), f"file:{tmp_path}/back.key"]
        ids: list[Any] = [house.cli("root", "show")["root"]]
        for each in places:
            said = house.cli("root", "rotate", "--to", each)
            assert said["before"] == ids[-1], said
            ids.append(said["root"])
            admitted(house, key)
            assert "error" not in house.cli("shards", "rotate")
            admitted(house, key)
            house.stop("gate")
            start_again(house)
        assert len(set(ids)) == 4
        (house.data / "root.key").unlink()
        shutil.rmtree(hsm.tokens)
        house.stop("gate")
        start_again(house)
        admitted(house, key)


def test_a_token_that_is_slow(house: House, hsm: Hsm, tmp_path: Path) -> None:
    """A module that does not come back from opening a session: the start gives up, with the token's name."""
    slow = tmp_path / "slow.so"
    source = tmp_path / "slow.c"
    source.write_text(SLOW)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", slow, source, "-ldl"], check=True)
    house.stop("gate")
    at = house.data / "root.at"
    at.write_text(at.read_text().replace(MODULE, str(slow)))
    impatient = "import bitting.kms.pkcs11 as it; it.opened.__wrapped__.__defaults__ = (1.0,)"
    assert "key root of token bitting: no answer within 1 seconds" in does_not_start(house, impatient)
    at.write_text(at.read_text().replace(str(slow), MODULE))
    start_again(house)


# SoftHSM behind a C_OpenSession that takes a minute. Of CK_FUNCTION_LIST only the places are needed: a version, and
# then one pointer a function, in the order of the standard (PKCS #11 v2.40, section 3.6); C_OpenSession is the 13th.
SLOW: Final = f"""
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>
static void *functions[80];
static unsigned long slow(void) {{ sleep(60); return 5; }}
unsigned long C_GetFunctionList(void ***list) {{
    void *real = dlopen("{MODULE}", RTLD_NOW);
    unsigned long (*get)(void ***) = (unsigned long (*)(void ***))dlsym(real, "C_GetFunctionList");
    void **theirs;
    unsigned long rv = get(&theirs);
    memcpy(functions, theirs, 69 * sizeof(void *));
    functions[13] = (void *)slow;
    *list = functions;
    return rv;
}}
"""
