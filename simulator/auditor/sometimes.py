"""Things that must have happened for a run to show anything: without a race for a last unit no race was safe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from services_stub.contracts.events import OrderStatus
from simulator.auditor.accounts import Accounts
from simulator.auditor.order_state import OrderState
from simulator.auditor.product_state import Products
from simulator.auditor.requests import Requests
from simulator.history.operations import FaultRecord
from simulator.measure.outcomes import Outcome

S = OrderStatus


class Happening(StrEnum):
    """Something that is counted."""

    PAID = "an order was paid"
    DECLINED = "a payment was declined"
    REFUNDED = "money was given back"
    CANCELLED_CHARGED = "an order was cancelled, and charged all the same"
    SEVERAL_SELLERS = "an order had parts of several sellers"
    SHIPPED = "a part was shipped"
    GIVEN_BACK = "a reservation became no order"
    SOLD_OUT = "the last units of a product were sold"
    RACE = "two checkouts raced for the last units of a product"
    BLOCKED = "a seller was blocked"
    BLOCKED_ORDER = "a block cancelled an order"
    REPEATED = "an event lay twice in its topic"
    DELIVERED_AGAIN = "an event was delivered again, and ignored"
    TRIED_AGAIN = "an event was tried again"
    POISON = "a record was no event"
    UNKNOWN = "the outcome of an operation was unknown"
    RETRIED = "a checkout was repeated under its key"
    ASKED_BY_OTHERS = "an order was asked for by others"
    FAULT = "a fault hit an order that was under way"


H = Happening


class Sometimes:
    """Counts what happened."""

    def __init__(self) -> None:
        self._counts: Counter[Happening] = Counter()
        self.repeated = self.delivered_again = self.tried_again = 0

    def add_all(self, happenings: Iterable[Happening]) -> None:
        """Count what happened to an order."""
        self._counts.update(happenings)

    def add_run(
        self, products: Products, requests: Requests, accounts: Accounts, poison: int, faults: Sequence[FaultRecord]
    ) -> None:
        """Count what happened beside the orders."""
        self._counts += Counter(
            {
                H.SOLD_OUT: len(products.sold_out_at),
                H.RACE: requests.races(products.sold_out_at),
                H.BLOCKED: accounts.blocks,
                H.REPEATED: self.repeated + products.repeated,
                H.DELIVERED_AGAIN: self.delivered_again,
                H.TRIED_AGAIN: self.tried_again,
                H.POISON: poison,
                H.UNKNOWN: requests.outcomes[Outcome.UNKNOWN],
                H.RETRIED: requests.retried,
                H.FAULT: sum(fault.hit_sagas > 0 for fault in faults),
            }
        )

    def counts(self) -> dict[str, int]:
        """Everything that is counted, also what did not happen."""
        return {happening.value: self._counts[happening] for happening in H}


def of_order(state: OrderState) -> Iterator[Happening]:
    """The happenings of an order."""
    statuses = {status for known in state.parts.values() for status in known}
    if S.PAID in statuses:
        yield H.PAID
    if state.declines:
        yield H.DECLINED
    if state.refunds:
        yield H.REFUNDED
    if state.charges and S.CANCELLED in statuses and S.PAID not in statuses:
        yield H.CANCELLED_CHARGED
    if len({line.seller_id for line in state.lines}) > 1:
        yield H.SEVERAL_SELLERS
    if S.SHIPPED in statuses:
        yield H.SHIPPED
    if not state.created and any(offer.moved > 0 for offer in state.offers):
        yield H.GIVEN_BACK
    if state.blocked:
        yield H.BLOCKED_ORDER
