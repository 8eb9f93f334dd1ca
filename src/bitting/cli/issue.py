"""bitting key issue and bitting key import: the two ways in which a key comes into the house."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from bitting.cli import given, spelling
from bitting.cli.common import HERE, Common, Words
from bitting.cli.key_page import card


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class New:
    """What a new and an imported key have in common.

    Parameters
    ----------
    account: str
        Whose key it is: name or id of the account.
    dialect: str
        How its client signs, by the name of the exchange; docs/dialects/ has the list.
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
        The holder's public key (Ed25519, P-256, RSA): a PEM file, or base64. It says the algorithm, and there is no
        secret.
    algorithm: str
        Another algorithm than the first of the dialect; docs/dialects/ lists them.
    environment: str
        live (default) or test.
    nonce_mode: str
        time (default), or counter for clients whose nonce is not a time.
    """

    account: str
    dialect: str
    label: str
    permission: Words
    network: Words | None = None
    pair: Words | None = None
    limit: Words | None = None
    expires: str | None = None
    public_key: str | None = None
    algorithm: str | None = None
    environment: str | None = None
    nonce_mode: str | None = None

    def values(self) -> dict[str, Any]:
        """For the desk. Raises MalformedValue, Misconfigured."""
        return {
            "account": self.account,
            "dialect": self.dialect,
            "label": self.label,
            "permissions": self.permission,
            "network": self.network,
            "limits": spelling.limits(self.limit, self.pair),
            "expires": self.expires,
            "public_key": given.public_key(self.public_key),
            "algorithm": self.algorithm,
            "environment": self.environment,
            "nonce_mode": self.nonce_mode,
        }


def issue(*, new: New, common: Common = HERE) -> None:
    r"""Make a new key. Its secret is shown once, now.

    For example:

        bitting key issue --account alice --dialect binance --label bot \
            --permission trade --network 203.0.113.7

        bitting key issue --account alice --dialect bitfinex --label one-pair \
            --permission trade --pair BTC/USD --network 203.0.113.0/24 \
            --limit largest_order=USD:1000 --expires 30d

        bitting key issue --account alice --dialect binance --label pair \
            --permission withdraw --network 203.0.113.7 --public-key pair.pub.pem
    """
    common.show(common.ask("key.issue", **new.values()), card)


def import_(
    *,
    new: New,
    key_id: str,
    secret_file: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None,
    common: Common = HERE,
) -> None:
    r"""Take over a key that clients use already, with its secret or public key.

    For example:

        bitting key import --account alice --dialect bitfinex --label old \
            --permission trade --network 203.0.113.7 \
            --key-id oldKeyId0123456789 --secret-file old.secret

    Parameters
    ----------
    key_id: str
        The key id its clients send.
    secret_file: Path
        A file of mode 0600 that holds the secret; - reads it from standard input.
    """
    common.show(common.ask("key.import", **new.values(), key_id=key_id, secret=given.secret(secret_file)), card)


def add_to(keys: App) -> None:
    """Make them commands of `bitting key`."""
    keys.command(issue)
    keys.command(import_, name="import")
