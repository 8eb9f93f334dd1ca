"""Everything a request can be refused for by the pipeline, one small fault each, in the order in which they count.

Two faults can stand in one request, so the tests can ask which one is named.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bitting.domain.holds import Hold
from bitting.domain.network import ANYWHERE
from bitting.domain.permissions import Permission
from bitting.domain.request import Request
from bitting.domain.verdict import Reason
from bitting.gate.freeze import EVERYTHING
from bitting.gate.times import AHEAD_NS, NONCE_AHEAD_NS
from tests.gate.dialects import COUNTED, WINDOW_NS
from tests.gate.scene import ORDERS, Fault, Scene
from tests.gate.world import AWAY, NOW, NOW_MS, World, spoilt


def exhausted_address(scene: Scene) -> None:
    scene.before.append(lambda made: scene.world.flood(made, scene.world.rates.strangers.burst))


def doubled_header(scene: Scene) -> None:
    scene.changes.append(lambda made: made._replace(headers=(*made.headers, made.headers[0])))


def unknown_id(scene: Scene) -> None:
    stranger = World(scene.world.dialect).issue(secret=scene.holder.secret, algorithm=scene.holder.algorithm)
    scene.holder = replace(stranger, world=scene.world)


def wrong_signature(scene: Scene) -> None:
    scene.changes.append(spoilt)


def too_old(scene: Scene) -> None:
    scene.at_ns = NOW - WINDOW_NS - 1


def too_far_ahead(scene: Scene) -> None:
    scene.at_ns = NOW + AHEAD_NS


def before_the_last_start(scene: Scene) -> None:
    scene.world.footing.floor = scene.world.footing.floor._replace(start_ns=scene.at_ns)


def beyond_the_committed_floor(scene: Scene) -> None:
    scene.world.footing.floor = scene.world.footing.floor._replace(committed_ns=scene.at_ns - 1)


def sent_before(scene: Scene) -> None:
    scene.before.append(scene.world.judge)


def nonce_without_the_shape_of_a_time(scene: Scene) -> None:
    scene.at_ns = 12


def nonce_more_than_a_day_ahead(scene: Scene) -> None:
    scene.at_ns = NOW + NONCE_AHEAD_NS + 1


def everything_stopped(scene: Scene) -> None:
    scene.world.freeze.stop(EVERYTHING)


def account_stopped(scene: Scene) -> None:
    scene.world.freeze.stop("acc-1")


def key_stopped(scene: Scene) -> None:
    scene.world.freeze.stop(scene.holder.key)


def revoked(scene: Scene) -> None:
    scene.world.change(scene.holder, lambda key: key.revoked(NOW_MS))


def expired(scene: Scene) -> None:
    scene.world.edit(scene.holder, expires_at_ms=NOW_MS)


def paused(scene: Scene) -> None:
    scene.world.change(scene.holder, lambda key: key.held(frozenset({Hold.HOLDER})))


def house_frozen(scene: Scene) -> None:
    scene.world.edit_house(frozen=True, forbidden=scene.world.store.house.forbidden)


def account_held(scene: Scene) -> None:
    scene.world.edit_account(holds=frozenset({Hold.OPERATOR}))


def from_elsewhere(scene: Scene) -> None:
    scene.peer = AWAY


def no_such_endpoint(scene: Scene) -> None:
    scene.route = "POST /nowhere"


def missing_parameter(scene: Scene) -> None:
    scene.route = "POST /order"


def forbidden_by_the_house(scene: Scene) -> None:
    scene.world.edit_house(forbidden=frozenset({ORDERS}), frozen=scene.world.store.house.frozen)


def permission_missing(scene: Scene) -> None:
    scene.world.edit(scene.holder, grants={Permission.ORDERS_READ: scene.world.store.accounts["acc-1"].limits})


def another_pair(scene: Scene) -> None:
    scene.limit(pairs=["ETH/USD"])


def outside_the_collar(scene: Scene) -> None:
    scene.limit(collar_bp=100)
    scene.given["price"] = "101.01"


def of_unknown_value(scene: Scene) -> None:
    scene.limit(largest_order={"USD": "1000000"})
    scene.given |= {"side": "sell", "price": "100"}
    scene.world.board.last.clear()


def too_large(scene: Scene) -> None:
    scene.limit(largest_order={"USD": "99.99"})


def too_many_resting(scene: Scene) -> None:
    scene.limit(open_orders=3)
    scene.world.board.resting[scene.holder.key] = 3


def key_rate_used_up(scene: Scene) -> None:
    for _ in range(scene.world.rates.key.burst):
        scene.world.judge(scene.holder.read())


def account_rate_used_up(scene: Scene) -> None:
    bots = [(scene.world.issue(), weight) for weight in ("200", "200", "200", "199", "1")]

    def bots_read(_: Request) -> None:
        for bot, weight in bots:
            scene.world.judge(bot.ask("GET /balances", weight=weight))

    scene.before.append(bots_read)


def order_rate_used_up(scene: Scene) -> None:
    scene.limit(order_rate="1/60")
    scene.world.judge(scene.holder.order(amount="0.1"))


def daily_total_passed(scene: Scene) -> None:
    scene.limit(daily_orders={"USD": "99.99"})


def denials_used_up(scene: Scene) -> None:
    for _ in range(scene.world.rates.denials.burst):
        scene.world.judge(scene.holder.ask("POST /nowhere"))
    scene.route = "POST /nowhere"


def used_from_anywhere(scene: Scene) -> None:
    scene.world.edit(scene.holder, network=ANYWHERE)


def with_a_shared_secret(scene: Scene) -> None:
    scene.holder = scene.world.issue()


def to_no_entry_of_the_book(scene: Scene) -> None:
    scene.given["address"] = "0x" + "cd" * 20


def to_an_entry_that_waits(scene: Scene) -> None:
    book = scene.world.store.accounts["acc-1"].book
    scene.world.edit_account(book=tuple(replace(each, matures_at_ms=NOW_MS + 1) for each in book))


def soon_after_a_change_of_factors(scene: Scene) -> None:
    scene.world.edit_account(withdrawals_from_ms=NOW_MS + 1)


def more_than_a_day_allows(scene: Scene) -> None:
    scene.limit(daily_withdrawals={"ETH": "0.99"})


# In the order in which they count, for an order in a dialect whose clock agrees: when two of them stand in one
# request, the earlier is named. So the last of the table is told only to who has everything else right.
ORDER_FAULTS: Final = (
    Fault(Reason.STRANGER_RATE, exhausted_address),
    Fault(Reason.MALFORMED, doubled_header),
    Fault(Reason.NOT_PROVEN, unknown_id),
    Fault(Reason.NOT_PROVEN, wrong_signature),
    Fault(Reason.TIME_STALE, too_old),
    Fault(Reason.TIME_AHEAD, too_far_ahead),
    Fault(Reason.TIME_FLOOR, before_the_last_start),
    Fault(Reason.UNAVAILABLE, beyond_the_committed_floor),
    Fault(Reason.REPLAYED, sent_before),
    Fault(Reason.HOUSE_HELD, everything_stopped),
    Fault(Reason.ACCOUNT_HELD, account_stopped),
    Fault(Reason.HELD, key_stopped),
    Fault(Reason.REVOKED, revoked),
    Fault(Reason.EXPIRED, expired),
    Fault(Reason.HELD, paused),
    Fault(Reason.HOUSE_HELD, house_frozen),
    Fault(Reason.ACCOUNT_HELD, account_held),
    Fault(Reason.NETWORK, from_elsewhere),
    Fault(Reason.UNMAPPED, no_such_endpoint),
    Fault(Reason.MALFORMED, missing_parameter),
    Fault(Reason.HOUSE_FORBIDS, forbidden_by_the_house),
    Fault(Reason.PERMISSION, permission_missing),
    Fault(Reason.PAIR, another_pair),
    Fault(Reason.ORDER_PRICE, outside_the_collar),
    Fault(Reason.ORDER_VALUE, of_unknown_value),
    Fault(Reason.ORDER_SIZE, too_large),
    Fault(Reason.ORDERS_OPEN, too_many_resting),
    Fault(Reason.KEY_RATE, key_rate_used_up),
    Fault(Reason.ACCOUNT_RATE, account_rate_used_up),
    Fault(Reason.ORDER_RATE, order_rate_used_up),
    Fault(Reason.DAILY_TOTAL, daily_total_passed),
)
WITHDRAWAL_FAULTS: Final = (
    Fault(Reason.WITHDRAWAL_NETWORK, used_from_anywhere, withdraws=True),
    Fault(Reason.WITHDRAWAL_HMAC, with_a_shared_secret, withdraws=True),
    Fault(Reason.WITHDRAWAL_ADDRESS, to_no_entry_of_the_book, withdraws=True),
    Fault(Reason.WITHDRAWAL_WAITING, to_an_entry_that_waits, withdraws=True),
    Fault(Reason.WITHDRAWALS_WAIT, soon_after_a_change_of_factors, withdraws=True),
    Fault(Reason.WITHDRAWAL_TOTAL, more_than_a_day_allows, withdraws=True),
)
OTHER_FAULTS: Final = (
    Fault(Reason.NONCE_LOW, sent_before, COUNTED),
    Fault(Reason.NONCE_LOW, nonce_without_the_shape_of_a_time, COUNTED),
    Fault(Reason.NONCE_AHEAD, nonce_more_than_a_day_ahead, COUNTED),
    Fault(Reason.DENIAL_RATE, denials_used_up),
)
FAULTS: Final = ORDER_FAULTS + WITHDRAWAL_FAULTS + OTHER_FAULTS
