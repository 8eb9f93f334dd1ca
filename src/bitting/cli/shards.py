"""bitting shards: the few keys that all others are under, and another one in the place of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cyclopts import App

from bitting.cli.common import HERE, Common, Flag, Words

app = App(name="shards", help="The few keys under the root, which all other keys and rows are under.")


@app.command
def show(*, common: Common = HERE) -> None:
    """The key of each shard, by a name that tells nothing about it, and since when.

    For example:

        bitting shards show
    """
    common.show(common.ask("shards.show"), _shown)


@app.command
def rotate(*, shard: Words | None = None, resume: Flag = False, common: Common = HERE) -> None:
    """Give shards new keys, one after another, while keys go on working.

    Every account key is wrapped anew, and every row gets a new MAC. It can be
    cut short at any moment: --resume does what is left.

    For example:

        bitting shards rotate
        bitting shards rotate --resume

    Parameters
    ----------
    shard: list[str]
        A shard, 0 to 3; repeat for more. By default all.
    resume: bool
        Go on with what was begun before.
    """
    left = common.ask("shards.show")["left"] if resume else common.ask("shards.plan", shards=shard)["left"]
    turned = []
    while left:
        turned.append(common.ask("shards.next"))
        left = turned[-1]["left"]
        if not common.json:
            common.show(turned[-1], _turned)
    common.show({"turned": turned}, lambda said: ["every shard of the plan has its new key"])


def _shown(said: Mapping[str, Any]) -> Iterator[str]:
    for each in said["shards"]:
        yield f"shard {each['shard']}  key {each['key']}  since {each['since']}"
    if said["left"]:
        numbers = ", ".join(map(str, said["left"]))
        yield f"A rotation is under way: {numbers} still to be done. `bitting shards rotate --resume`"


def _turned(said: Mapping[str, Any]) -> Iterator[str]:
    yield f"shard {said['shard']}  key {said['key']}  {said['rows']} rows sealed anew"
    yield from (f"  left as it was, and refused as before: {each}" for each in said["wrong"])
