"""bitting key explain, bitting key can: why a request is refused, and what a key could do."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from bitting.cli import pasted
from bitting.cli.common import HERE, Common, KeyName
from bitting.cli.page import fields, visible
from bitting.domain.errors import MalformedValue

_MARKS: Final = {
    "passes": "ok",
    "refused": "NO",
    "would pass": "ok, then",
    "would be refused too": "NO, then",
    "not known": "?",
}
_WIDTH: Final = 8
From = Annotated[str | None, Parameter(name="--from")]
File = Annotated[Path | None, Parameter(allow_leading_hyphen=True)]  # for the one that is all hyphen


def add_to(app: App) -> None:
    """Both commands belong to the noun `key`."""
    app.command(explain)
    app.command(can)


def explain(
    file: File = None,
    /,
    *,
    request: str | None = None,
    mount: str | None = None,
    dialect: str | None = None,
    environment: str | None = None,
    from_: From = None,
    at: str | None = None,
    entry: str | None = None,
    common: Common = HERE,
) -> None:
    """Why a request is refused, step by step, and what would pass.

    Paste a raw HTTP request, a curl command or a HAR file, whole. Nothing is
    used up, counted or kept: the same request can still be sent. A signature
    that does not match is held against the known mistakes in signing.

    For example:

        bitting key explain request.http --from 203.0.113.7

        bitting key explain capture.har --entry order --at captured

        bitting key explain --request hq3x5vkz-1f

    Parameters
    ----------
    file: Path
        The request; - is standard input.
    request: str
        Instead of a file: a decision of the past, by the id that every reply carries (x-request-id).
    mount: str
        The mount it is for, like /binance; by default the one that its path begins with.
    dialect: str
        The dialect, where the request is for no mount of this gate.
    environment: str
        live or test; live when not given.
    from_: str
        The address it comes from.
    at: str
        Judge it at another moment: a time with its zone, or captured for the time in a HAR file.
    entry: str
        Which request of a HAR file: its number, or a piece of its URL.
    """
    if request is not None:
        if file is not None:
            raise MalformedValue("name a file or --request, not both")
        common.show(common.ask("key.explain-record", request_id=request), record_page)
        return
    if file is None:
        raise MalformedValue("name the file with the request, - for standard input, or --request")
    read = pasted.read(_octets(file), entry)
    if at == "captured":
        if not read.at:
            raise MalformedValue("nothing says when it was captured: name the moment with --at")
        at = read.at
    said = common.ask(
        "key.explain",
        **read.form(),
        **{"mount": mount, "dialect": dialect, "environment": environment, "from": from_, "at": at},
    )
    common.show(said, _page)


def can(
    key: KeyName,
    action: str,
    /,
    *,
    from_: From = None,
    pair: str | None = None,
    side: str | None = None,
    amount: str | None = None,
    price: str | None = None,
    quote: str | None = None,
    to: str | None = None,
    asset: str | None = None,
    tag: str | None = None,
    at: str | None = None,
    common: Common = HERE,
) -> None:
    r"""What if: could the key do this now, and if not, everything that stops it.

    For example:

        bitting key can bot order.place --from 203.0.113.7 --pair BTC/USDT \
            --side buy --amount 0.5 --price 60000

        bitting key can bot withdrawals.write --asset USDT --amount 100 \
            --to ETH:0x52908400098527886E0F7030069857D2E4169EE7

    Parameters
    ----------
    action: str
        What: order.place, order.cancel, balances.read, or any permission.
    from_: str
        From which address.
    pair: str
        Of an order: BASE/QUOTE.
    side: str
        buy or sell; buy when not given.
    amount: str
        How much, in the base currency, or of the asset.
    price: str
        The limit price; none is a market order.
    quote: str
        Instead of amount: how much may be spent, in the quote currency.
    to: str
        Of a withdrawal: NETWORK:ADDRESS.
    asset: str
        Of a withdrawal: the code of the asset.
    tag: str
        Of a withdrawal: the memo or destination tag, if the chain has one.
    at: str
        At another moment, with its zone.
    """
    given = {"pair": pair, "side": side, "amount": amount, "price": price, "quote": quote}
    goes = {"to": to, "asset": asset, "tag": tag, "at": at, "from": from_}
    common.show(common.ask("key.can", key=key, action=action, **given, **goes), _can_page)


def _octets(file: Path) -> bytes:
    if str(file) != "-":
        if str(file).startswith("-"):
            raise MalformedValue(f"there is no option {str(file)[:32]}: see `bitting key explain --help`")
        return file.read_bytes()
    stream = sys.stdin
    return stream.buffer.read(pasted.MOST + 1) if isinstance(stream, io.TextIOWrapper) else stream.read().encode()


def _page(said: Mapping[str, Any]) -> Iterator[str]:
    key = said["key"]
    yield from fields(
        {
            "mount": f"{said['mount']} ({said['dialect']}, {said['environment']})",
            "key": "none" if key is None else f"{key['label']}, {key['key_id']}",
            "judged at": said["judged_at"],
        }
    )
    yield ""
    for step in said["steps"]:
        yield from _step(step)
    yield ""
    yield _verdict("As it stands", said["verdict"])
    anew = said["signed_anew"]
    if anew is not None and anew != said["verdict"]:
        yield _verdict("Signed anew, and rightly", anew)
    if said["observes"]:
        yield "The mount only observes: what is refused goes on all the same, but for withdrawals."
    yield "Nothing was used up: this was a rehearsal."


def _step(step: Mapping[str, Any]) -> Iterator[str]:
    first, *more = step["said"] or [""]
    mark = _MARKS[step["result"]]
    yield visible(f"{step['step']:>2}  {mark:<{_WIDTH}}  {step['title']}: {first}")
    for line in more:
        yield visible(f"{'':>2}  {'':<{_WIDTH}}    {line}")
    for line in step["would_pass"]:
        yield visible(f"{'':>2}  {'':<{_WIDTH}}    -> {line}")


def _verdict(when: str, verdict: Mapping[str, Any]) -> str:
    if verdict["admitted"]:
        return f"{when}: admitted."
    return visible(f"{when}: refused, {verdict['reason']}. {verdict['why']}")


def record_page(said: Mapping[str, Any]) -> Iterator[str]:
    """A decision of the past."""
    record = said["record"]
    shown = ("at", "method", "path", "action", "pair", "value", "address", "client", "key_id", "label", "verdict")
    yield from fields({name.replace("_", " "): record[name] for name in shown if record[name]})
    yield ""
    if not record["reason"]:
        outcome = " ".join(filter(None, (str(record["status"] or ""), record["outcome"])))
        yield f"Every step passed. The exchange: {outcome or 'nothing is known of its answer'}."
        return
    said_of = ": ".join(filter(None, (record["reason"], record["shown"], record["detail"])))
    yield visible(f"Refused by step {said['step']}: {said_of}" if said["step"] else f"Refused: {said_of}")
    yield record["why"]
    for line in said["would_pass"]:
        yield visible(f"-> {line}")
    if said["changed_since"]:
        yield "The key has been changed since: what would pass is as of now."
    yield "What it said besides is not known: the bytes of a request are not kept. Paste it to see every step."


def _can_page(said: Mapping[str, Any]) -> Iterator[str]:
    key = said["key"]
    yield visible(f"{key['label']} ({key['key_id']}): {said['action']}, at {said['judged_at']}")
    yield "yes" if said["can"] else "no"
    for each in said["objections"]:
        yield visible(f"step {each['step']}: {each['said']}")
        for line in each["would_pass"]:
            yield visible(f"    -> {line}")
    if not said["all_found"]:
        yield "There may be more behind the last one."
    if said["not_judged"]:
        yield f"Not judged: {'; '.join(said['not_judged'])}."
