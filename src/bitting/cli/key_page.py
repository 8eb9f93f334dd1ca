"""How a key is shown to people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bitting.cli.page import aligned, columns, fields, visible
from bitting.cli.spelling import spelled

MOST_SEEN: Final = 5  # addresses, and clients
NAMES = ("label", "account", "key id", "dialect", "state", "network", "expires", "last used")


def key_list(said: Mapping[str, Any]) -> Iterator[str]:
    """The keys, and below them those whose rows cannot be believed."""
    yield from columns(NAMES, list(map(row, said["keys"])))
    for each in said["damaged"]:
        yield f"damaged, and refused by the gate: {each}"


def unused_list(said: Mapping[str, Any]) -> Iterator[str]:
    """Keys and what they could do without."""
    rows = [
        [each["label"], each["key_id"], each["last_used_at"] or "never", _idle(each["unused"], each["granted"])]
        for each in said["keys"]
    ]
    yield from columns(("label", "key id", "last used", "not used"), rows)
    for each in said["damaged"]:
        yield visible(f"damaged, and refused by the gate: {each}")


def _idle(unused: Sequence[str], granted: int) -> str:
    return f"all {granted}" if len(unused) == granted else ", ".join(unused)


def row(key: Mapping[str, Any]) -> list[str]:
    """One line of the list, under `NAMES`."""
    network = key["network"]
    first = network[0] if network else "nobody"
    return [
        key["label"],
        key["account_name"],
        key["key_id"],
        _dialect(key),
        key["state"],
        first if len(network) < 2 else f"{first} and {len(network) - 1} more",
        key["expires_at"] or "never",
        key["last_used_at"] or "never",
    ]


def card(key: Mapping[str, Any]) -> Iterator[str]:
    """The key, whole; its secret stands in the reply that makes one, and nowhere else."""
    shown = {
        "label": key["label"],
        "key id": key["key_id"],
        "id": key["id"],
        "account": f"{key['account_name']}, {key['account']}",
        "state": key["state"],
        "dialect": _dialect(key),
        "network": tuple(key["network"]) or "nobody: name an address with `bitting key edit`",
        "expires": key["expires_at"] or "never",
        "last used": key["last_used_at"] or "never",
        "credentials": tuple(map(_credential, key["credentials"])),
        "version": key["version"],
        "permissions": aligned([(name, limits_text(limits)) for name, limits in key["grants"].items()]),
    }
    if "used" in key:
        shown.update(_used(key))
    secret = key.get("secret")
    yield from fields(shown if secret is None else {**shown, "secret": secret})
    if secret is not None:
        yield ""
        yield "This is the only time the secret is shown. If it is lost, rotate the key."


def _used(key: Mapping[str, Any]) -> dict[str, Any]:
    """What it was used for, as far as that can be told."""
    used = key["used"]
    if used is None:
        return {"use": f"not told: {key['used_why_not']}"}
    if not used["credentials"]:
        return {}  # never used at all, which stands there
    permissions = [
        (name, f"used {at}" if at else "never used", limits_text(key["grants"][name]))
        for name, at in used["permissions"].items()
    ]
    known = {
        "last use": tuple(map(_last, used["credentials"])),
        "addresses": _seen(used["addresses"]),
        "clients": _seen(used["clients"]),
    }
    return {"permissions": aligned(permissions), **{name: lines for name, lines in known.items() if lines}}


def _last(use: Mapping[str, Any]) -> str:
    where = " ".join(filter(None, ("from", use["address"], "by", use["client"])))
    return f"{use['at']}  {use['method']} {use['path']}  {where}"


def _seen(sightings: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    shown = aligned(
        [
            (each["text"], f"first {each['first_at']}", f"last {each['last_at']}", f"{each['times']:,} times")
            for each in sightings[:MOST_SEEN]
        ]
    )
    more = len(sightings) - MOST_SEEN
    return (*shown, f"{more} more: with --json") if more > 0 else shown


def limits_text(limits: Mapping[str, Any]) -> str:
    """Limits as they are typed behind `--limit`."""
    return "  ".join(f"{name}={spelled(value)}" for name, value in limits.items())


def _dialect(key: Mapping[str, Any]) -> str:
    return str(key["dialect"]) + ("" if key["environment"] == "live" else f" ({key['environment']})")


def _credential(each: Mapping[str, Any]) -> str:
    words = [each["algorithm"]]
    words += ["counting nonces"] if each["nonce_mode"] == "counter" else []
    words += [f"until {each['works_until']}"] if each["works_until"] else []
    words += ["due for rotation"] if each["due_for_rotation"] else []
    return ", ".join(words)
