"""Going on with a database that has lost what a witness saw, because an operator says so.

It is treated like a restored one (`settle`): nothing that was signed until now is admitted, the house is frozen, and
keys whose clients count are held. Both happen before anybody can be let in, however early this is interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping

from bitting.domain.canonical import Plain
from bitting.domain.consent import Consent
from bitting.lifecycle.act import Act
from bitting.lifecycle.journal import accept_loss
from bitting.stores.settle import settle
from bitting.stores.store import Store
from bitting.stores.work import UnitOfWork


def recover(store: Store, consent: Consent, now_ns: int, facts: Mapping[str, Plain]) -> list[str]:
    """Record the loss, and settle. Returns the ids of the keys that were held. Raises as `Store.change` does."""

    def make(work: UnitOfWork) -> None:
        work.give_up()
        accept_loss(Act(work, consent, now_ns, work.entropy), facts)

    store.change(now_ns, make)
    return settle(store, now_ns, consent.request_id)
