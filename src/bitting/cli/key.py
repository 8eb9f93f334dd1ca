"""bitting key: list, show, edit, rotate, roll-back, pause, resume, lock, unlock, revoke; other verbs stand beside."""

from __future__ import annotations

from cyclopts import App

from bitting.cli import bulk, explain, given, issue, nonce, spelling
from bitting.cli.common import HERE, AccountName, Common, Flag, KeyName, Words
from bitting.cli.key_page import card, key_list, unused_list

app = App(name="key", help="Keys: issue, edit, rotate, pause, revoke.")
issue.add_to(app)
bulk.add_to(app)


@app.command(name="list")
def list_(*, account: AccountName | None = None, common: Common = HERE) -> None:
    """All keys, or those of one account.

    For example:

        bitting key list --account alice
    """
    common.show_pages("key.list", key_list, account=account)


@app.command
def show(key: KeyName, /, *, common: Common = HERE) -> None:
    """One key, by id, key id or label.

    For example:

        bitting key show bot
    """
    common.show(common.ask("key.show", key=key), card)


@app.command
def unused(
    *,
    since: str = "90d",
    account: AccountName | None = None,
    common: Common = HERE,
) -> None:
    """Keys with permissions that were not used for a time; `bitting key edit` takes them away.

    For example:

        bitting key unused --since 30d --account alice

    Parameters
    ----------
    since: str
        How long ago: 30d, 12w; or a time with its zone. Keys that are younger are left out.
    """
    common.show_pages("key.unused", unused_list, account=account, since=since)


@app.command
def edit(
    key: KeyName,
    /,
    *,
    label: str | None = None,
    permission: Words | None = None,
    allow: Words | None = None,
    deny: Words | None = None,
    network: Words | None = None,
    pair: Words | None = None,
    limit: Words | None = None,
    expires: str | None = None,
    if_version: int | None = None,
    common: Common = HERE,
) -> None:
    r"""Change what is named; the rest stays. The key id and the secret stay too.

    For example:

        bitting key edit bot --deny orders.write \
            --network 203.0.113.7 --network 203.0.113.8

        bitting key edit bot --limit largest_order=USD:500 \
            --limit daily_orders=none

    Parameters
    ----------
    label: str
        Another name for people.
    permission: list[str]
        Set the permissions anew: rights and presets; repeat for more.
    allow: list[str]
        Switch a right on; repeat for more.
    deny: list[str]
        Switch a right off; repeat for more.
    network: list[str]
        Set the network anew: addresses, CIDR blocks, or the word anywhere; repeat for more.
    pair: list[str]
        Set the pairs of orders anew; repeat for more.
    limit: list[str]
        Set a limit, NAME=VALUE as for a new key; none takes it away, nothing admits nothing. The others stay.
    expires: str
        never, a time from now (90d), or a date with zone.
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
        limits=spelling.limits(limit, pair),
        expires=expires,
        if_version=if_version,
    )
    common.show(said, card)


@app.command
def rotate(
    key: KeyName,
    /,
    *,
    overlap: str | None = None,
    public_key: str | None = None,
    algorithm: str | None = None,
    nonce_mode: str | None = None,
    common: Common = HERE,
) -> None:
    """A new secret under the same key id; the old one works until the overlap ends.

    For example:

        bitting key rotate bot --overlap 1h

    Parameters
    ----------
    overlap: str
        0 to 24h; 1h when not given.
    public_key: str
        For a key pair: the new public key, as a PEM file or base64. It says the algorithm.
    algorithm: str
        Another algorithm of the dialect; the same as before when not given.
    nonce_mode: str
        time or counter; the same as before when not given.
    """
    said = common.ask(
        "key.rotate",
        key=key,
        overlap=overlap,
        public_key=given.public_key(public_key),
        algorithm=algorithm,
        nonce_mode=nonce_mode,
    )
    common.show(said, card)


@app.command
def roll_back(key: KeyName, /, *, common: Common = HERE) -> None:
    """Undo a rotation while its overlap lasts; the secret before it is back.

    For example:

        bitting key roll-back bot
    """
    common.show(common.ask("key.roll-back", key=key), card)


@app.command
def pause(key: KeyName, /, *, common: Common = HERE) -> None:
    """Stop the key for a while.

    For example:

        bitting key pause bot
    """
    common.show(common.ask("key.pause", key=key), card)


@app.command
def resume(key: KeyName, /, *, common: Common = HERE) -> None:
    """Let a paused key work again.

    For example:

        bitting key resume bot
    """
    common.show(common.ask("key.resume", key=key), card)


@app.command
def lock(key: KeyName, /, *, leaked: Flag = False, common: Common = HERE) -> None:
    """Stop the key in the house's name; its owner cannot undo it.

    For example:

        bitting key lock bot --leaked

    Parameters
    ----------
    leaked: bool
        Because its secret was seen where it should not be.
    """
    common.show(common.ask("key.lock", key=key, hold="leak" if leaked else None), card)


@app.command
def unlock(key: KeyName, /, *, leaked: Flag = False, common: Common = HERE) -> None:
    """Take the house's lock away.

    For example:

        bitting key unlock bot

    Parameters
    ----------
    leaked: bool
        The one that was set because the secret had leaked. Rotate the key first.
    """
    common.show(common.ask("key.unlock", key=key, hold="leak" if leaked else None), card)


@app.command
def revoke(key: KeyName, /, *, common: Common = HERE) -> None:
    """End the key, for ever. Open orders stay.

    For example:

        bitting key revoke bot
    """
    common.show(common.ask("key.revoke", key=key), card)


explain.add_to(app)
app.command(nonce.nonce)
