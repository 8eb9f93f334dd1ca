"""What people are shown: keys, accounts and records as plain JSON values. No secret has a place here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bitting.activity.ports import Entry
from bitting.desk.form import time_text
from bitting.desk.ports import Shelf
from bitting.domain.account import Account
from bitting.domain.credentials import Credential, State
from bitting.domain.holds import Hold
from bitting.domain.house_policy import HousePolicy
from bitting.domain.keys import Key
from bitting.domain.network import address_to_text
from bitting.domain.verdict import Reason
from bitting.gate.explain.words import moment
from bitting.gate.freeze import Freeze

REASONS: Final = {each.code: each for each in Reason}
_HELD: Final = {
    Hold.HOLDER: "paused",
    Hold.WATCH: "stopped by a watch",
    Hold.OPERATOR: "locked",
    Hold.LEAK: "leaked",
}


def key_views(shelf: Shelf, keys: Iterable[Key], freeze: Freeze, now_ms: int) -> list[dict[str, Any]]:
    """Keys, whole. `state` is `working`, or everything for which they do not work just now."""
    house, _ = shelf.house()
    chains: dict[str, tuple[Account, ...]] = {}
    views = []
    for key in keys:
        if key.account not in chains:
            chains[key.account] = shelf.chain(key.account)
        used_at_ns = shelf.usage(key.id)
        policy, accounts = key.policy.to_plain(), chains[key.account]
        views.append(
            {
                "id": key.id,
                "key_id": key.wire_id,
                "account": key.account,
                "account_name": accounts[0].name,
                "label": key.policy.label,
                "dialect": key.dialect,
                "environment": key.environment.value,
                "state": _state(key, accounts, house, freeze, now_ms),
                "holds": sorted(each.value for each in key.holds),
                "grants": policy["grants"],
                "network": policy["network"],
                "expires_at": time_text(key.policy.expires_at_ms),
                "created_at": time_text(key.created_at_ms),
                "revoked_at": time_text(key.revoked_at_ms),
                "last_used_at": time_text(None if used_at_ns is None else used_at_ns // 1_000_000),
                "version": key.version,
                "digest": key.policy.digest().hex(),
                "credentials": [_credential_view(each, house, now_ms) for each in key.credentials if each.live(now_ms)],
            }
        )
    return views


def _state(key: Key, accounts: Sequence[Account], house: HousePolicy, freeze: Freeze, now_ms: int) -> str:
    """The same that the gate asks in step 8, but all of it."""
    against = key.out_of_force(now_ms)
    if against is not None and against.reason is not Reason.HELD:
        return against.reason.code.removeprefix("key.")
    why = [_HELD[each] for each in Hold if each in key.holds]
    why += ["account frozen"] if any(each.holds for each in accounts) else []
    why += ["house frozen"] if house.frozen else []
    why += ["stopped in memory"] if freeze.objection(key.id, tuple(each.id for each in accounts)) else []
    return ", ".join(why) or "working"


def _credential_view(credential: Credential, house: HousePolicy, now_ms: int) -> dict[str, Any]:
    return {
        "id": credential.id,
        "algorithm": credential.algorithm.value,
        "state": credential.state.value,
        "nonce_mode": credential.nonce_mode.value,
        "created_at": time_text(credential.created_at_ms),
        "works_until": time_text(credential.retires_at_ms),
        "due_for_rotation": credential.state is State.PRIMARY and house.due(credential, now_ms),
    }


def _account_state(account: Account) -> str:
    if account.shredded_at_ms is not None:
        return "shredded"
    return "frozen" if account.holds else "open"


def account_view(account: Account, now_ms: int) -> dict[str, Any]:
    """An account with its address book."""
    return {
        "id": account.id,
        "name": account.name,
        "parent": account.parent,
        "tenant": account.tenant,
        "state": _account_state(account),
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
        "withdrawals_from": time_text(account.withdrawals_from_ms or None),
        "created_at": time_text(account.created_at_ms),
        "version": account.version,
    }


def entry_view(entry: Entry, labels: Mapping[str, str]) -> dict[str, Any]:
    """One line of activity, with the owner's text for a refusal; `labels` are those of keys by their ids."""
    record = entry.record
    reason = REASONS.get(record.reason)
    return {
        "row": entry.row,
        "at": moment(record.at_ns),
        "request_id": record.request_id,
        "account": record.account,
        "key": record.key,
        "key_id": record.wire_id,
        "label": labels.get(record.key, ""),
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
