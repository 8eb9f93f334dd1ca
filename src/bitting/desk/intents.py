"""Everything a person may ask the desk for."""

from __future__ import annotations

from bitting.desk import accounts, actions, explain, keys, nonces, records, stops, vault, wishes
from bitting.desk.desk import Intent

INTENTS: dict[str, Intent] = {
    **accounts.INTENTS,
    **actions.INTENTS,
    **explain.INTENTS,
    **keys.INTENTS,
    **nonces.INTENTS,
    **records.INTENTS,
    **stops.INTENTS,
    **vault.INTENTS,
    **wishes.INTENTS,
}
