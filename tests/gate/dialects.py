"""Two small exchanges of the gate's own tests, so that what is tested here depends on no exchange's habits.

STAMPED binds neither method nor path and carries a time that must agree with ours; COUNTED binds everything and
carries a nonce that only has to grow. They share one table of routes. Parameters stand in the query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from bitting.dialects.dialect import Binds, Claim, Clock, Description, Draft, Effect, Slip
from bitting.dialects.routing import Route
from bitting.dialects.signatures import check_ed25519, check_hex_mac, mac, sign_ed25519
from bitting.dialects.strict import ascii_text, one_header, parameters, whole_number
from bitting.domain.action import Action, Kind, Order, Side, Withdrawal
from bitting.domain.canonical import framed
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import MalformedRequest
from bitting.domain.ids import Entropy
from bitting.domain.keys import Key
from bitting.domain.pairs import Pair
from bitting.domain.permissions import Permission
from bitting.domain.request import Header, Reply, Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Admitted, Answer, Denied

WINDOW_NS: Final = 5_000_000_000

Given = dict[str, str]


def _order(given: Given) -> Action:
    order = Order(
        Pair.from_text(given["pair"]),
        Side(given["side"]),
        _amount(given, "amount"),
        _amount(given, "price"),
        _amount(given, "spend"),
        "reduce" in given,
    )
    return Action("order.place", Kind.ORDER, Permission.ORDERS_WRITE, order.pair, order)


def _batch(given: Given) -> tuple[Action, ...]:
    """`items=BTC/USD:buy:1:100,ETH/USD:sell:2:50`; an item may also be the word `read` or `cancel`."""
    alone = {"read": _read(Permission.ORDERS_READ)(given), "cancel": _cancel(given)}
    fields = ("pair", "side", "amount", "price")
    return tuple(
        action
        for item in given["items"].split(",")
        for action in alone.get(item) or (_order(dict(zip(fields, item.split(":"), strict=False))),)
    )


def _cancel(given: Given) -> tuple[Action, ...]:
    pair = Pair.from_text(given["pair"]) if "pair" in given else None
    return (Action("order.cancel", Kind.CANCEL, Permission.ORDERS_WRITE, pair),)


def _withdraw(given: Given) -> tuple[Action, ...]:
    goes = Withdrawal(
        given["asset"], given.get("network"), given.get("address"), given.get("tag", ""), _amount(given, "amount")
    )
    return (Action("withdrawal.place", Kind.WITHDRAWAL, Permission.WITHDRAWALS_WRITE, withdrawal=goes),)


def _gift(given: Given) -> tuple[Action, ...]:
    """Value leaves by a route that says nothing of where to."""
    return (Action("gift.make", Kind.WITHDRAWAL, Permission.WITHDRAWALS_WRITE),)


def _transfer(given: Given) -> tuple[Action, ...]:
    """To another of the own wallets, or to another user: then value leaves."""
    if given["to"] == "user":
        return _gift(given)
    return (Action("transfer.make", Kind.CHANGE, Permission.TRANSFERS_WRITE),)


def _read(permission: Permission) -> Callable[[Given], tuple[Action, ...]]:
    def read(given: Given) -> tuple[Action, ...]:
        pair = Pair.from_text(given["pair"]) if "pair" in given else None
        return (Action(permission.value, Kind.READ, permission, pair, weight=int(given.get("weight", "1"))),)

    return read


def _own(kind: Kind) -> Callable[[Given], tuple[Action, ...]]:
    return lambda given: (Action(kind.value, kind, None),)


def _amount(given: Given, name: str) -> Decimal | None:
    return Decimal(given[name]) if name in given else None


_ROUTES: Final[dict[tuple[bytes, bytes], Callable[[Given], tuple[Action, ...]]]] = {
    (b"GET", b"/balances"): _read(Permission.BALANCES_READ),
    (b"POST", b"/balances"): _read(Permission.HISTORY_READ),
    (b"GET", b"/orders"): _read(Permission.ORDERS_READ),
    (b"POST", b"/order"): lambda given: (_order(given),),
    (b"POST", b"/orders"): _batch,
    (b"DELETE", b"/order"): _cancel,
    (b"POST", b"/withdrawal"): _withdraw,
    (b"POST", b"/gift"): _gift,
    (b"POST", b"/transfer"): _transfer,
    (b"GET", b"/key"): _own(Kind.SELF_READ),
    (b"DELETE", b"/key"): _own(Kind.SELF_REVOKE),
}
_OUT: Final = Permission.WITHDRAWALS_WRITE
# As a table of the dialect would list them; only the ways out are asked for.
_ROWS: Final = (
    Route("GET", "/balances", Action("balances.read", Kind.READ, Permission.BALANCES_READ)),
    Route("POST", "/order", Action("order.place", Kind.ORDER, Permission.ORDERS_WRITE)),
    Route("POST", "/transfer", Action("transfer.make", Kind.CHANGE, Permission.TRANSFERS_WRITE)),
    Route("POST", "/withdrawal", Action("withdrawal.place", Kind.WITHDRAWAL, _OUT)),
    Route("POST", "/gift", Action("gift.make", Kind.WITHDRAWAL, _OUT)),
    Route("POST", "/pay/{id}/Refund", Action("pay.refund", Kind.WITHDRAWAL, _OUT)),
)
_STATUS: Final = {Answer.MALFORMED: 400, Answer.NOT_PROVEN: 401, Answer.RATE: 429, Answer.UNAVAILABLE: 503}
_KEY, _SIGNATURE, _NONCE = b"x-key", b"x-signature", b"x-nonce"


class _Small:
    """What the two have in common; see the port `Dialect` for what each method promises."""

    def __init__(self, name: str, clock: Clock, *, binds_all: bool) -> None:
        self.description: Final = Description(
            name=name,
            title=name,
            places={},
            formula="",
            algorithms=(Algorithm.HMAC_SHA256, Algorithm.ED25519),
            encoding="hex",
            binds=Binds(binds_all, binds_all, True, True, not binds_all),
            clock=clock,
            credential_headers=frozenset({_KEY, _SIGNATURE, _NONCE}),
            sources=(),
            notes=(),
        )

    routes: Final = _ROWS
    open_routes: Final = ("GET /time",)

    def is_public(self, request: Request) -> bool:
        return request.path == b"/time"

    def check(self, claim: Claim, algorithm: Algorithm, material: bytes) -> None:
        if algorithm is Algorithm.ED25519:
            check_ed25519(material, claim.signing_input, claim.signature)
        else:
            check_hex_mac(algorithm, material, claim.signing_input, claim.signature)

    def actions(self, request: Request) -> tuple[Action, ...] | None:
        route = _ROUTES.get((request.method, request.path))
        if route is None:
            return None
        try:
            return route(parameters(request.query))
        except KeyError as missing:
            raise MalformedRequest(f"parameter {missing} is missing") from None

    def slips(self, request: Request, claim: Claim) -> Iterable[Slip]:
        return ()

    def refuse(self, denied: Denied, request_id: str) -> Reply:
        wait = ((b"retry-after", b"%d" % -(-denied.retry_after_ms // 1000)),) if denied.retry_after_ms else ()
        words = f"{denied.reason.code} | {denied.text} | {request_id}"
        return Reply(_STATUS.get(denied.reason.answer, 403), wait, words.encode())

    def effect(self, reply: Reply) -> Effect:
        return Effect(reply.status == 400, reply.body.decode())

    def about(self, key: Key, action: Action, request: Request) -> Reply:
        return Reply(200, (), f"{action.name} {key.id}".encode())

    def usage(self, admitted: Admitted) -> tuple[Header, ...]:
        return ((b"x-used", b"%d" % admitted.used),)

    def mint(self, entropy: Entropy) -> Secret:
        return Secret(entropy(32))


class Stamped(_Small):
    """Signed bytes: the query as sent, which ends in `time` and `window` (both ns), then the body."""

    def read(self, request: Request) -> Claim | None:
        wire_id, signature = one_header(request, _KEY), one_header(request, _SIGNATURE)
        if wire_id is None or signature is None:
            return None
        given = parameters(request.query)
        return Claim(
            ascii_text(wire_id, 128, "x-key"),
            request.query + request.body,
            signature,
            stamp_ns=whole_number(given.get("time", "").encode(), 19, "time"),
            window_ns=whole_number(given.get("window", "").encode(), 11, "window"),
        )

    def sign(self, draft: Draft, wire_id: str, algorithm: Algorithm, secret: Secret, moment_ns: int) -> Request:
        joint = b"&" if b"?" in draft.target else b"?"
        target = draft.target + joint + b"time=%d&window=%d" % (moment_ns, WINDOW_NS)
        signed = target.partition(b"?")[2] + draft.body
        headers = ((_KEY, wire_id.encode()), (_SIGNATURE, _proof(algorithm, secret, signed)))
        return Request(draft.method, target, headers, draft.body, 0)


class Counted(_Small):
    """Signed bytes: method, target, nonce and body, each behind its length."""

    def read(self, request: Request) -> Claim | None:
        wire_id, signature = one_header(request, _KEY), one_header(request, _SIGNATURE)
        if wire_id is None or signature is None:
            return None
        nonce = one_header(request, _NONCE) or b""
        return Claim(
            ascii_text(wire_id, 128, "x-key"),
            framed(request.method, request.target, nonce, request.body),
            signature,
            nonce=whole_number(nonce, 20, "x-nonce"),
        )

    def sign(self, draft: Draft, wire_id: str, algorithm: Algorithm, secret: Secret, moment_ns: int) -> Request:
        return self.sign_with(b"%d" % moment_ns, draft, wire_id, algorithm, secret)

    def sign_with(self, nonce: bytes, draft: Draft, wire_id: str, algorithm: Algorithm, secret: Secret) -> Request:
        """A client whose nonce is whatever it says."""
        proof = _proof(algorithm, secret, framed(draft.method, draft.target, nonce, draft.body))
        headers = ((_KEY, wire_id.encode()), (_NONCE, nonce), (_SIGNATURE, proof))
        return Request(draft.method, draft.target, headers, draft.body, 0)


def _proof(algorithm: Algorithm, secret: Secret, signed: bytes) -> bytes:
    if algorithm is Algorithm.ED25519:
        return sign_ed25519(secret.reveal(), signed)
    return mac(algorithm, secret.reveal(), signed).hex().encode()


STAMPED: Final = Stamped("stamped", Clock.AGREES, binds_all=False)
COUNTED: Final = Counted("counted", Clock.FREE, binds_all=True)
