"""Everything a person may ask the desk for."""

from __future__ import annotations

from bitting.desk import accounts, keys, records, stops
from bitting.desk.desk import Intent

INTENTS: dict[str, Intent] = {**accounts.INTENTS, **keys.INTENTS, **records.INTENTS, **stops.INTENTS}
