"""A process that writes until it is killed: one line out for each thing that was acknowledged, and not before.

python -m tests.stores.sqlite.writer DATABASE
"""

from __future__ import annotations

import sys
from functools import partial
from itertools import count
from pathlib import Path

from bitting.activity.ports import Batch, Line
from bitting.gate.ports import Effects
from bitting.lifecycle.edit import edit
from bitting.stores.sqlite import SqliteEngine
from tests.stores.trial import Trial, policy, record


def main(path: Path) -> None:
    trial = Trial(SqliteEngine.open(path))
    account = trial.account("killed")
    key = trial.key(account, "killed")
    for number in count():
        edited = trial.do(partial(edit, key_id=key.id, policy=policy(f"label {number}")))
        print("key", edited.id, edited.version, flush=True)
        lines = [Line(record(key, request_id=f"{key.id}/{number}/{n}"), None) for n in range(5)]
        marked = Line(record(key, request_id=f"{key.id}/{number}"), Effects({key.primary.id: number}, {}, None))
        trial.store.write(Batch([*lines, marked], [], {}, {}))
        print("record", f"{key.id}/{number}", number, flush=True)
        trial.store.commit_floor(number)
        print("floor", number, 0, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
