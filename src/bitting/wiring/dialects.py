"""Every dialect that keys can be issued for, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bitting.dialects import binance, bitfinex, bithumb, bithumb_v1, kraken, native
from bitting.dialects.dialect import Dialect

DIALECTS: Final[Mapping[str, Dialect]] = {
    each.description.name: each
    for each in (
        binance.DIALECT,
        bitfinex.DIALECT,
        bithumb.DIALECT,
        bithumb_v1.DIALECT,
        kraken.DIALECT,
        native.DIALECT,
    )
}
