"""What people are shown: keys, accounts and records as plain JSON values. No secret has a place here."""

from __future__ import annotations

from typing import Any

from bitting.activity.ports import Entry
from bitting.desk.form import time_text
from bitting.domain.account import Account
from bitting.domain.credentials import Credential, State
from bitting.domain.house_policy import DAY_MS, HousePolicy
from bitting.domain.keys import Key
from bitting.domain.network import address_to_text
from bitting.domain.verdict import Reason

_REASONS = {each.code: each for each in Reason}


def key_view(key: Key, house: HousePolicy, now_ms: int) -> dict[str, Any]:
    """A key, whole. `state` is `working`, or why it is not."""
    against = key.out_of_force(now_ms)
    state = "working"
    if against is not None:
        state = against.detail if against.reason is Reason.HELD else against.reason.code.removeprefix("key.")
    policy = key.policy.to_plain()
    return {
        "id": key.id,
        "key_id": key.wire_id,
        "account": key.account,
        "label": key.policy.label,
        "dialect": key.dialect,
        "environment": key.environment.value,
        "state": state,
        "grants": policy["grants"],
        "network": policy["network"],
        "expires_at": time_text(key.policy.expires_at_ms),
        "created_at": time_text(key.created_at_ms),
        "revoked_at": time_text(key.revoked_at_ms),
        "version": key.version,
        "digest": key.policy.digest().hex(),
        "credentials": [
            _credential_view(each, house, now_ms)
            for each in key.credentials
            if each.state is not State.RETIRED and (each.live(now_ms) or each.state is State.PRIMARY)
        ],
    }


def _credential_view(credential: Credential, house: HousePolicy, now_ms: int) -> dict[str, Any]:
    age_days = (now_ms - credential.created_at_ms) // DAY_MS
    return {
        "id": credential.id,
        "algorithm": credential.algorithm.value,
        "state": credential.state.value,
        "created_at": time_text(credential.created_at_ms),
        "works_until": time_text(credential.retires_at_ms),
        "due_for_rotation": age_days >= house.rotation_age_days,
    }


def account_view(account: Account, now_ms: int) -> dict[str, Any]:
    """An account with its address book."""
    return {
        "id": account.id,
        "name": account.name,
        "parent": account.parent,
        "tenant": account.tenant,
        "state": "frozen" if account.holds else "open",
        "holds": sorted(each.value for each in account.holds),
        "limits": account.limits.to_plain(),
        "addresses": [
            {
                "id": entry.id,
                "asset": entry.asset,
                "network": entry.network,
                "address": entry.address,
                "tag": entry.tag,
                "label": entry.label,
                "usable_from": time_text(entry.matures_at_ms),
                "usable": now_ms >= entry.matures_at_ms,
            }
            for entry in account.book
        ],
        "created_at": time_text(account.created_at_ms),
        "version": account.version,
    }


def entry_view(entry: Entry) -> dict[str, Any]:
    """One line of activity, with the owner's text for a refusal."""
    record = entry.record
    reason = _REASONS.get(record.reason)
    return {
        "row": entry.row,
        "at": time_text(record.at_ns // 1_000_000),
        "request_id": record.request_id,
        "account": record.account,
        "key": record.key,
        "key_id": record.wire_id,
        "dialect": record.dialect,
        "method": record.method,
        "path": record.path,
        "action": record.action,
        "pair": record.pair,
        "verdict": record.verdict,
        "reason": record.reason,
        "why": reason.owner if reason else "",
        "shown": record.shown,
        "detail": record.detail,
        "address": address_to_text(record.peer) if record.peer else "",
        "client": record.agent,
        "value": f"{record.value} {record.currency}".strip(),
        "status": entry.status,
        "outcome": entry.note,
    }
