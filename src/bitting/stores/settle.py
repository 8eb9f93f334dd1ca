"""What has to be done with a restored store before its keys work again.

Keys that were revoked after the backup was made are alive in it, and nobody here knows which; so the house is frozen,
and the operator thaws it when the backup has been held against what is known since (G12). Keys whose clients count
their nonces are held one by one as well: nobody knows how far they had counted, so they are rotated, or unlocked by
somebody who does know.
"""

from __future__ import annotations

from bitting.domain.consent import Consent, Strength
from bitting.domain.holds import Authority, Hold
from bitting.lifecycle.act import Act
from bitting.lifecycle.hold import lock
from bitting.lifecycle.house import freeze_house
from bitting.stores.store import Store
from bitting.stores.work import UnitOfWork


def settle(store: Store, now_ns: int, request_id: str) -> list[str]:
    """Freeze the house, hold the counting keys, and let the store be used, all in one change. Call it at every start,
    before anything is cached.

    Returns the ids of the keys that were held; does nothing with a store that is settled. Raises as `Store.change`
    does, and then nothing is settled.
    """

    def make(work: UnitOfWork) -> list[str]:
        if work.settled():
            return []
        consent = Consent("bitting", Strength.LOCAL, Authority.HOUSE, request_id)
        act = Act(work, consent, now_ns, work.entropy)
        counting = [id for id in work.keys_with_counters() if Hold.OPERATOR not in work.key(id).holds]
        for key_id in counting:
            lock(act, key_id)
        if not work.house()[0].frozen:
            freeze_house(act)
        work.people.forget_signed_in()
        work.settle()
        return counting

    held, _ = store.change(now_ns, make)
    return held
