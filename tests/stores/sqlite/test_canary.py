"""G6, K-18: no secret and no address stands in the database, its sides or its backups in any spelling."""

from __future__ import annotations

import base64
from pathlib import Path

from bitting.activity.ports import Batch, Line
from bitting.domain.activity import Outcome
from bitting.domain.network import address_to_text
from bitting.lifecycle.rotate import rotate
from bitting.stores.sqlite import SqliteEngine
from tests.stores.trial import HMAC, PEER, Trial, binance_dialect, record, shards

CANARY = b"canary-secret-that-must-not-sing"


def spellings(secret: bytes) -> set[bytes]:
    """As a program or a person would write it."""
    return {
        secret,
        secret.hex().encode(),
        secret.hex().upper().encode(),
        base64.b64encode(secret),
        base64.urlsafe_b64encode(secret),
        base64.b32encode(secret),
    }


def test_no_secret_is_in_any_file(engine: SqliteEngine, database: Path, tmp_path: Path) -> None:
    """Issued, imported, rotated and used keys leave their secrets, and their callers' addresses, nowhere."""
    trial = Trial(engine)
    account = trial.account()
    issued = trial.issue(account)
    adopted = trial.adopt(account, "foreign-key-1", secret=CANARY)
    rotated = trial.do(lambda act: rotate(act, issued.key.id, binance_dialect(), HMAC, 3600))
    assert issued.secret is not None
    assert rotated.secret is not None
    lines = [Line(record(each), None) for each in (adopted, rotated.key, None) for _ in range(50)]
    refused = record(adopted, verdict="denied", reason="network.outside", shown=address_to_text(PEER))
    lines.append(Line(refused, None))
    trial.store.write(Batch(lines, [Outcome(lines[0].record.request_id, 200, "order 7")], {}, {}))
    trial.look(lambda shelf: shelf.backup(str(tmp_path / "copy.db"), lambda done, total: None))
    with engine.writing() as tables:
        tables.wrapped.put_shards("house", shards())
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert {each.name for each in files} == {"bitting.db", "bitting.db-wal", "bitting.db-shm", "copy.db"}
    addresses = {PEER.to_bytes(16, "big"), str(PEER).encode(), address_to_text(PEER).encode()}
    canaries = addresses.union(*(spellings(each) for each in (CANARY, issued.secret.reveal(), rotated.secret.reveal())))
    for file in files:
        content = file.read_bytes()
        assert [each for each in canaries if each in content] == [], file.name
    assert adopted.wire_id.encode() in b"".join(each.read_bytes() for each in files)  # the search finds what is there
