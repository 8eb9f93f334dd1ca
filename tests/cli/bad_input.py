"""Whatever can be typed wrong, or had gone wrong before: what is typed, and what is said of it."""

from __future__ import annotations

import shutil
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.journal.note import Signer
from tests.cli.breakage import (
    MOUNT,
    Break,
    another_root,
    content,
    deaf,
    exchanged,
    exported,
    gone,
    in_use,
    link,
    listening,
    misspelt,
    mode,
    other_split,
    rotten,
    shares,
    sql,
    toml,
)

SEALED: Final = b"age-encryption.org/v1\n" + bytes(100)

ISSUE: Final = "key issue --account alice --dialect binance --label new --permission trade"
BIDI: Final = "a\u202eb"
OTHER: Final = Signer("bitting.local/journal", Ed25519PrivateKey.generate()).verifier.to_vkey()


class Bad(NamedTuple):
    """What was typed, what is said of it, and what had happened before. OWN is the house's public key, OTHER that of
    another house, CUT one that was not copied whole."""

    typed: str
    said: str
    before: Break | None = None
    code: int = 1


CASES: Final[dict[str, Bad]] = {
    # the folder
    "no house": Bad("key list --data nowhere", "there is no house in nowhere: start one with `bitting serve`"),
    "folder open to others": Bad("key list", "others may enter the data folder .*: `chmod 700 .*`", mode("", 0o755)),
    "folder is a file": Bad("key list --data file", "there is no house in file", content("file", b"")),
    "folder in a file": Bad("backup restore there.db --data file/x", "cannot be made", content("file", b"")),
    "folder with a long name": Bad(
        f"serve --config bitting.toml --data {'long/' * 25}",
        "a Unix socket .* 107 bytes: give a shorter --data",
        toml(MOUNT),
    ),
    "folder in use": Bad("key list", "another bitting .* works in .*: stop it, or use another --data", in_use),
    "server that hangs up": Bad("key list", "the server did not answer .*; `bitting doctor` looks closer", deaf),
    # keys
    "root of another mode": Bad(
        "key list", "root.key has mode 0644, wider than 0600: `chmod 600", mode("root.key", 0o644)
    ),
    "root is a link": Bad("key list", "root.key is a symbolic link: name the file itself", link("root.key")),
    "root is garbage": Bad("key list", "root.key is no whole key file", content("data/root.key", b"garbage")),
    "root is missing": Bad("key list", "root.key is not there: restore it from its backup", gone("root.key")),
    "root of another house": Bad("key list", "root", another_root),
    "checkpoint key is missing": Bad("key list", "checkpoint.key is not there: restore it", gone("checkpoint.key")),
    "checkpoint key is a root": Bad(
        "key list",
        "is a root key, not a checkpoint key: name the right file",
        lambda folder, ends: shutil.copy2(folder / "data/root.key", folder / "data/checkpoint.key"),
    ),
    # the database
    "database is garbage": Bad(
        "key list", "no database: stop, keep it, and restore a backup", content("data/bitting.db", b"x" * 9000)
    ),
    "database is damaged": Bad("key list", "damaged: .*restore a backup", rotten),
    "database of a newer bitting": Bad(
        "key list", "newer Bitting .*: upgrade Bitting", sql("PRAGMA user_version = 99")
    ),
    "database of another program": Bad("key list", "a database of another program", sql("PRAGMA application_id = 7")),
    "database open to others": Bad(
        "key list", "bitting.db is for us alone to read and write: chmod 600", mode("bitting.db", 0o644)
    ),
    "database that is empty": Bad("key list", "bitting.db is empty: restore a backup", content("data/bitting.db", b"")),
    "key of key ids is gone": Bad(
        "key list", "is gone: restore a backup", sql("DELETE FROM shards WHERE environment != 'house'")
    ),
    "row that was edited": Bad(
        "key show mine", "key .* is not as it is written here", sql("UPDATE keys SET label = 'mine'")
    ),
    # settings
    "no settings": Bad("serve", r"there is no .*bitting\.toml: write one with at least one \[\[mount\]\]"),
    "broken settings": Bad(
        "serve --config bitting.toml", r"bitting\.toml: Invalid .*line 2", toml("[listen]\nport =\n")
    ),
    "unknown setting": Bad("serve --config bitting.toml", r"\[listen\] has no 'prot'", toml("[listen]\nprot = 1")),
    "no mounts": Bad("serve --config bitting.toml", r"no \[\[mount\]\] in the settings: name at least one", toml("")),
    "unknown dialect": Bad(
        "serve --config bitting.toml",
        "no dialect 'bybit'; there are: binance, bitfinex",
        toml(MOUNT.replace('"binance"', '"bybit"')),
    ),
    "mounts that overlap": Bad(
        "serve --config bitting.toml",
        "the mounts /binance/ and /binance/x/ overlap",
        toml(MOUNT + MOUNT.replace('"/binance"', '"/binance/x"')),
    ),
    "mount that is no path": Bad(
        "serve --config bitting.toml", "is not a path like /bitfinex", toml(MOUNT.replace('"/binance"', '"binance"'))
    ),
    "upstream that is none": Bad(
        "serve --config bitting.toml", "an upstream is written http://host:port", toml(MOUNT.replace("http://", ""))
    ),
    "port in use": Bad(
        "serve --config bitting.toml", "something else listens there; stop it, or choose another", listening
    ),
    "port that is none": Bad("serve --config bitting.toml --port 65536", "a port is 0 to 65535", toml(MOUNT)),
    "host that is none": Bad(
        "serve --config bitting.toml",
        "cannot listen on no.such.host",
        toml(f'[listen]\nhost = "no.such.host.invalid"\n{MOUNT}'),
    ),
    # keys and what they may do
    "address that is none": Bad(f"{ISSUE} --network example.com", "not an IP address: 'example.com'"),
    "block that is none": Bad(f"{ISSUE} --network 203.0.113.0/33", "not a prefix length"),
    "block with host bits": Bad(f"{ISSUE} --network 203.0.113.7/24", "did you mean a single address without /24"),
    "permission that is none": Bad(f"{ISSUE} --permission orders.wite", "no permission 'orders.wite'; there are: "),
    "dialect that is none": Bad(ISSUE.replace("binance", "bybit"), "no dialect 'bybit'; there are: binance, bitfinex"),
    "account that is none": Bad(ISSUE.replace("alice", "bob"), "there is no account bob"),
    "limit misspelt": Bad(
        f"{ISSUE} --limit larges_order=USD:1", "no limit 'larges_order'; there are: pairs, largest_order"
    ),
    "limit below zero": Bad(f"{ISSUE} --limit largest_order=USD:-1", "a limit cannot be below zero"),
    "limit without a number": Bad(f"{ISSUE} --limit open_orders=many", "a whole number from 0 to 1000000 is wanted"),
    "limit without a currency": Bad(
        f"{ISSUE} --limit largest_order=1000", "wants CURRENCY:AMOUNT, like largest_order=USD:1000"
    ),
    "limit given twice": Bad(f"{ISSUE} --limit open_orders=1 --limit open_orders=9", "open_orders is given twice"),
    "limit for nothing": Bad(
        f"{ISSUE} --limit daily_withdrawals=USD:1", "is for withdrawals.write, and the key may do none of that"
    ),
    "pair that is none": Bad(f"{ISSUE} --pair BTCUSDT", "not a pair: 'BTCUSDT'; write BASE/QUOTE, like BTC/USD"),
    "expiry in the past": Bad(f"{ISSUE} --expires 2020-01-01T00:00:00Z", "a key expires in the future"),
    "expiry without a zone": Bad(f"{ISSUE} --expires 2030-01-01", "write never, 90d, or 2027-01-31T00:00:00Z"),
    "label turned round": Bad(ISSUE.replace("new", BIDI), "a label has only visible characters"),
    "public key that is none": Bad(f"{ISSUE} --public-key nonsense", "the public key is PEM, as `openssl pkey"),
    "name that is no text": Bad("key show \udcff", "key is not Unicode"),
    # the house's own routes
    "table that is nowhere": Bad("house actions load nowhere.toml --dialect native", "nowhere.toml cannot be read"),
    "table with a mistake": Bad(
        "house actions load a.toml --dialect native",
        r"a\.toml: row 1 \(GET /x\): no permission 'orders.raed'; there are: ",
        content("a.toml", b'[[action]]\nmethod = "GET"\npath = "/x"\nname = "x"\npermission = "orders.raed"\n'),
    ),
    "table for a route of the dialect": Bad(
        "house actions check a.toml --dialect binance",
        "GET /api/v3/time: open to everybody in the dialect binance already: leave the row out",
        content("a.toml", b'[[action]]\nmethod = "GET"\npath = "/api/v3/time"\nname = "x"\npublic = true\n'),
    ),
    "table that is no table": Bad(
        "house actions load a.txt --dialect native", "a table is a .toml file", content("a.txt", b"")
    ),
    # copies
    "backup onto a file": Bad(
        "backup make there.db --plain", "there.db is there already; nothing is overwritten", content("there.db", b"")
    ),
    "backup into nowhere": Bad("backup make nowhere/copy.db --plain", "cannot be (made|created)"),
    "restore over a house": Bad(
        "backup restore there.db", "a restore overwrites nothing, so move it away first", content("there.db", b"")
    ),
    "backup for nobody": Bad("backup make copy.age", "say for whom to seal it: --recipient age1"),
    "backup for somebody and everybody": Bad(
        "backup make copy.age --recipient age1x --plain", "say for whom to seal it"
    ),
    "backup for no public key": Bad("backup make copy.age --recipient age1x", "a recipient is a public key of age"),
    "backup key onto a file": Bad("backup key there.key", "is never overwritten", content("there.key", b"")),
    "sealed backup without its key": Bad(
        "backup restore there.age --data new", "is sealed: name the identity", content("there.age", SEALED)
    ),
    "verify a backup that is none": Bad("backup verify there.db", "no database", content("there.db", b"x" * 9000)),
    "verify a database in use": Bad("backup verify data/bitting.db", "is no backup but a database that is in use"),
    "verify with no public key": Bad("backup verify there.db --vkey x", "--vkey: .*: copy it whole"),
    "restore of nothing": Bad("backup restore nowhere.db --data new", "there is no backup at nowhere.db"),
    "restore of garbage": Bad("backup restore there.db --data new", "no database", content("there.db", b"x" * 9000)),
    "restore of an empty file": Bad("backup restore there.db --data new", "empty", content("there.db", b"")),
    "restore in use": Bad("backup restore there.db", "another bitting .* works in", in_use),
    # the root
    "share misspelt": Bad(
        "root restore new.key < typed", "share 1: not in the word list, so misspelt: word 2", shares(misspelt)
    ),
    "share with another word": Bad("root restore new.key < typed", "share 1: its checksum is wrong", shares(exchanged)),
    "share too short": Bad(
        "root restore new.key < typed",
        "share 4 has 32 words, not 33",
        shares(lambda all: [*all[:3], all[3].rsplit(" ", 1)[0]]),
    ),
    "shares too few": Bad(
        "root restore new.key < typed", "3 different shares are needed, and here are 2", shares(lambda all: all[:2])
    ),
    "shares of two splits": Bad(
        "root restore new.key < typed", r"from different splits, \[1, 2\] and \[3\]", shares(other_split)
    ),
    "no shares": Bad("root restore new.key < typed", "type or pipe them in", shares(lambda all: [])),
    "root over a root": Bad(
        "root restore < typed", "root.key exists and is never overwritten", shares(lambda all: all)
    ),
    "split that is none": Bad("root backup --needed 1 --shares 3", "need at least 2"),
    # the journal
    "journal with another key": Bad("journal verify good.jsonl --vkey OTHER", "line 1: ", exported(lambda all: all)),
    "key that is none": Bad("journal verify good.jsonl --vkey CUT", "verifier key", exported(lambda all: all)),
    "journal cut off": Bad(
        "journal verify journal.jsonl --vkey OWN", "the end has been cut off", exported(lambda all: all[:-1])
    ),
    "journal with a hole": Bad(
        "journal verify journal.jsonl --vkey OWN", "line 2: ", exported(lambda all: [all[0], *all[2:]])
    ),
    "journal that is garbage": Bad(
        "journal verify there --vkey OWN", "line 1: not a line of JSON", content("there", b"hello\n")
    ),
    "journal that is no text": Bad(
        "journal verify there --vkey OWN", "there is neither an export nor a proof", content("there", b"\xff\xfe")
    ),
    "journal that is empty": Bad("journal verify there --vkey OWN", "this file is empty", content("there", b"")),
    "journal that is nowhere": Bad("journal verify nowhere --vkey OWN", "nowhere cannot be read: No such file"),
    "proof that is none": Bad(
        "journal verify there --vkey OWN",
        "is not a c2sp.org/tlog-proof",
        content("there", b"c2sp.org/tlog-proof@v1\nx\n"),
    ),
    "export into nowhere": Bad("journal export nowhere/journal.jsonl", "cannot be made: No such file or directory"),
    "entry that is none": Bad("journal prove 99 new.proof", "there is no leaf 99"),
    # the activity
    "request that is none": Bad("activity why nope", "there is no record of nope"),
    "reason that is none": Bad(
        "activity list --reason because", "there is no reason 'because'; docs/reasons.md has the list"
    ),
    "records of no verdict": Bad("activity --verdict maybe", "verdict is admitted or denied or observed"),
    "records of no pair": Bad("activity --pair BTCUSDT", "not a pair: 'BTCUSDT'"),
    "records of no address": Bad("activity --address 203.0.113", "not an IP address: '203.0.113'"),
    "records of no time": Bad("activity --since yesterday", "not a time: 'yesterday'; write 24h for a day ago"),
    "chart that is none": Bad("activity chart --over decade", "over is hour or day or week or year"),
    "format that is none": Bad("activity export new.x --format xlsx", "no format .xlsx.; there are: csv"),
    "records into nowhere": Bad("activity export nowhere/a.csv", "cannot be made: No such file or directory"),
    "records over something": Bad("activity export there", "is there already", content("there", b"mine")),
    "export from no time": Bad("activity export new.csv --since soon", "not a time: 'soon'"),
    "records of nobody": Bad("activity export new.csv --key nobody", "there is no key nobody"),
    # the command itself
    "command that is none": Bad("key isue", 'Unknown command "isue". Did you mean "issue"', code=2),
    "option that is none": Bad("key list --jsn", "Unknown option: --jsn. Did you mean --json", code=2),
}
