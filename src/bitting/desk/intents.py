"""Everything anybody may ask the desk for; `rights` says who."""

from __future__ import annotations

from bitting.desk import (
    accounts,
    actions,
    activity,
    approvals,
    bulk,
    confirmations,
    entries,
    explain,
    journal,
    keys,
    nonces,
    preview,
    records,
    stops,
    usage,
    users,
    vault,
    wishes,
)
from bitting.desk.desk import Intent

INTENTS: dict[str, Intent] = {
    **accounts.INTENTS,
    **actions.INTENTS,
    **activity.INTENTS,
    **bulk.INTENTS,
    **confirmations.INTENTS,
    **entries.INTENTS,
    **explain.INTENTS,
    **journal.INTENTS,
    **keys.INTENTS,
    **nonces.INTENTS,
    **preview.INTENTS,
    **records.INTENTS,
    **stops.INTENTS,
    **usage.INTENTS,
    **users.INTENTS,
    **vault.INTENTS,
    **wishes.INTENTS,
}
INTENTS.update(approvals.over(INTENTS))
