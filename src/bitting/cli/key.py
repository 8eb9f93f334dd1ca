"""bitting key: issue, import, list, show, edit, rotate, roll-back, pause, resume, lock, unlock, revoke."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console

from bitting.cli.common import HERE, Common, fields, limits, rows
from bitting.domain.errors import Misconfigured

app = App(name="key", help="Keys: issue, edit, rotate, pause, revoke.")

Words = Annotated[list[str] | None, Parameter(negative=())]


@app.command
def issue(
    *,
    account: str,
    dialect: str,
    label: str,
    permission: Annotated[list[str], Parameter(negative=())],
    network: Words = None,
    pair: Words = None,
    limit: Words = None,
    expires: str | None = None,
    public_key: str | None = None,
    environment: str | None = None,
    nonce_mode: str | None = None,
    common: Common = HERE,
) -> None:
    """Make a new key. Its secret is shown once, now.

    Examples
    --------
    bitting key issue --account alice --dialect binance --label bot --permission trade --network 203.0.113.7

    bitting key issue --account alice --dialect bitfinex --label one-pair --permission trade --pair BTC/USD
        --network 203.0.113.0/24 --limit largest_order=USD:1000 --expires 30d

    Parameters
    ----------
    account: str
        Whose key it is: name or id of the account.
    dialect: str
        How its client signs: bitfinex or binance.
    label: str
        A name for people.
    permission: list[str]
        A right (orders.write) or a preset (read-only, trade, withdraw, all); repeat for more.
    network: list[str]
        An address or CIDR block it may be used from, or the word anywhere; repeat for more. Without: nobody may.
    pair: list[str]
        Limit orders to this pair (BTC/USD); repeat for more.
    limit: list[str]
        NAME=VALUE, like largest_order=USD:1000, daily_orders=USD:5000, order_rate=10/60, open_orders=5, collar_bp=500.
    expires: str
        never, a time from now (90d), or a date with zone. 90d when not given.
    public_key: str
        The holder's Ed25519 public key: a PEM file, or base64. Then there is no secret.
    environment: str
        live (default) or test.
    nonce_mode: str
        time (default), or counter for clients whose nonce is not a time.
    """
    said = common.ask(
        "key.issue",
        account=account,
        dialect=dialect,
        label=label,
        permissions=permission,
        network=network,
        limits=_limits(pair, limit),
        expires=expires,
        public_key=_public_key(public_key),
        environment=environment,
        nonce_mode=nonce_mode,
    )
    common.show(said, lambda screen: _issued(screen, said))


@app.command(name="import")
def import_(
    *,
    account: str,
    dialect: str,
    label: str,
    permission: Annotated[list[str], Parameter(negative=())],
    key_id: str,
    secret_file: Path | None = None,
    network: Words = None,
    pair: Words = None,
    limit: Words = None,
    expires: str | None = None,
    public_key: str | None = None,
    environment: str | None = None,
    nonce_mode: str | None = None,
    common: Common = HERE,
) -> None:
    """Take over a key that clients use already, with its key id and its secret or public key.

    Examples
    --------
    bitting key import --account alice --dialect bitfinex --label old --permission trade --network 203.0.113.7
        --key-id oldKeyId0123456789 --secret-file old.secret

    Parameters
    ----------
    key_id: str
        The key id its clients send.
    secret_file: Path
        A file of mode 0600 that holds the secret; `-` reads it from standard input.
    """
    said = common.ask(
        "key.import",
        account=account,
        dialect=dialect,
        label=label,
        permissions=permission,
        key_id=key_id,
        secret=None if secret_file is None else _secret(secret_file),
        network=network,
        limits=_limits(pair, limit),
        expires=expires,
        public_key=_public_key(public_key),
        environment=environment,
        nonce_mode=nonce_mode,
    )
    common.show(said, lambda screen: _card(screen, said))


@app.command(name="list")
def list_(*, account: str | None = None, common: Common = HERE) -> None:
    """All keys, or those of one account.

    Examples
    --------
    bitting key list --account alice
    """
    said = common.ask("key.list", account=account)
    names = ["label", "key id", "dialect", "state", "network", "expires"]
    common.show(said, lambda screen: rows(screen, names, [_line(each) for each in said["keys"]]))


@app.command
def show(key: str, /, *, common: Common = HERE) -> None:
    """One key, by id, key id or label.

    Examples
    --------
    bitting key show bot
    """
    said = common.ask("key.show", key=key)
    common.show(said, lambda screen: _card(screen, said))


@app.command
def edit(
    key: str,
    /,
    *,
    label: str | None = None,
    permission: Words = None,
    allow: Words = None,
    deny: Words = None,
    network: Words = None,
    pair: Words = None,
    limit: Words = None,
    expires: str | None = None,
    if_version: int | None = None,
    common: Common = HERE,
) -> None:
    """Change what is named; the rest stays. The key id and the secret stay too.

    Examples
    --------
    bitting key edit bot --deny withdrawals.write --network 203.0.113.7 --network 203.0.113.8

    bitting key edit bot --limit largest_order=USD:500 --limit daily_orders=none

    Parameters
    ----------
    permission: list[str]
        Set the permissions anew.
    allow: list[str]
        Switch a right on.
    deny: list[str]
        Switch a right off.
    network: list[str]
        Set the network anew.
    if_version: int
        Refuse when the key has changed since this version.
    """
    said = common.ask(
        "key.edit",
        key=key,
        label=label,
        permissions=permission,
        allow=allow,
        deny=deny,
        network=network,
        limits=_limits(pair, limit),
        expires=expires,
        if_version=if_version,
    )
    common.show(said, lambda screen: _card(screen, said))


@app.command
def rotate(
    key: str,
    /,
    *,
    overlap: str | None = None,
    public_key: str | None = None,
    algorithm: str | None = None,
    common: Common = HERE,
) -> None:
    """A new secret under the same key id; the old one works on until the overlap ends.

    Examples
    --------
    bitting key rotate bot --overlap 1h

    Parameters
    ----------
    overlap: str
        0 to 24h; 1h when not given.
    public_key: str
        For Ed25519: the new public key.
    """
    said = common.ask("key.rotate", key=key, overlap=overlap, public_key=_public_key(public_key), algorithm=algorithm)
    common.show(said, lambda screen: _issued(screen, said))


def _step(name: str, intent: str, text: str) -> None:
    """A command that only names a key."""

    def command(key: str, /, *, common: Common = HERE) -> None:
        said = common.ask(intent, key=key)
        common.show(said, lambda screen: _card(screen, said))

    command.__doc__ = f"{text}\n\nExamples\n--------\nbitting key {name} bot\n"
    app.command(command, name=name)


_step("roll-back", "key.roll-back", "Undo a rotation while its overlap lasts: the secret before it is the one again.")
_step("pause", "key.pause", "Stop the key for a while.")
_step("resume", "key.resume", "Let a paused key work again.")
_step("lock", "key.lock", "Stop the key in the house's name; its owner cannot undo it.")
_step("unlock", "key.unlock", "Take the house's lock away.")
_step("revoke", "key.revoke", "End the key, for ever. Open orders stay.")


def _limits(pairs: list[str] | None, given: list[str] | None) -> dict[str, Any] | None:
    table = limits(given)
    return table if pairs is None else {**(table or {}), "pairs": pairs}


def _public_key(given: str | None) -> str | None:
    """What was given, or the content of the file it names."""
    if given is None or not Path(given).is_file():
        return given
    return Path(given).read_text()


def _secret(path: Path) -> str:
    if str(path) == "-":
        return sys.stdin.read().strip()
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise Misconfigured(f"others may read {path}: `chmod 600 {path}`, and think about who has")
        return path.read_text().strip()
    except OSError as problem:
        raise Misconfigured(f"{path} cannot be read ({problem.strerror})") from None


def _line(key: dict[str, Any]) -> list[str]:
    network = ", ".join(key["network"]) or "nobody"
    return [key["label"], key["key_id"], key["dialect"], key["state"], network, key["expires_at"] or "never"]


def _issued(screen: Console, key: dict[str, Any]) -> None:
    _card(screen, key)
    if key["secret"] is not None:
        screen.print(f"\n{'secret':>12}  {key['secret']}", markup=False, soft_wrap=True)
        screen.print("\nThis is the only time the secret is shown. If it is lost, rotate the key.", style="bold")


def _card(screen: Console, key: dict[str, Any]) -> None:
    grants = [name if not given else f"{name} {_said(given)}" for name, given in key["grants"].items()]
    credentials = [
        f"{each['algorithm']}, {each['state']}" + (f" until {each['works_until']}" if each["works_until"] else "")
        for each in key["credentials"]
    ]
    fields(
        screen,
        {
            "label": key["label"],
            "key id": key["key_id"],
            "id": key["id"],
            "state": key["state"],
            "dialect": f"{key['dialect']} ({key['environment']})",
            "network": ", ".join(key["network"]) or "nobody: name an address with `bitting key edit`",
            "expires": key["expires_at"] or "never",
            "credentials": "; ".join(credentials) or "none",
            "version": key["version"],
            "permissions": "\n              ".join(grants),
        },
    )


def _said(given: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in given.items())
