"""Mutants of what every service runs on: the outbox, the inbox, the order of handling and committing, dead letters."""

from __future__ import annotations

import time
from functools import wraps
from typing import Any

from msgspec.structs import replace as changed

from services_stub.contracts.events import PaymentSuccess
from services_stub.notification.handlers.notifying import NotificationRequest, Notifier
from services_stub.product.domain import TRANSITIONS, Effect, ReservationStatus, Trigger
from services_stub.runtime import in_database
from services_stub.runtime.consumer import Consumer
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql import inbox
from services_stub.runtime.sql.outbox import Outbox
from services_stub.seller.handlers import HANDLERS as OF_SELLER
from simulator.auditor.checks import Check
from tests.system.mutants.mutant import mutant
from tests.system.mutants.patching import put, replace

_HANDLING = 0.8
"""Seconds between a commit that comes too early and the handling."""


class _Nothing(set[str]):
    """The ids that were handled, of which none is remembered, also within a batch."""

    def add(self, element: str, /) -> None:
        """Forget it."""


def forget_the_inbox() -> None:
    """Handle every record, whether its event was handled before or not."""
    replace(inbox, "seen", lambda _connection, _event_ids: _Nothing())
    replace(inbox, "claim", lambda _transaction, _event_id: None)


def commit_first() -> None:
    """Commit the offsets of a batch before it is handled."""
    handle = Consumer._handle

    def handled(self: Any, records: Any) -> None:
        self._source.commit(records)
        self._source._commit()  # at once, and not with one of the next samples
        time.sleep(_HANDLING)
        handle(self, records)

    replace(Consumer, "_handle", handled)


@mutant("order", Check.LOST_ORDER, faults="stop:broker@2s+3s kill:order@4s")
def outbox_is_in_memory() -> None:
    """Events are sent after the commit, and not kept with it: a crash loses those that the broker has not got."""
    store = Outbox.store
    replace(Outbox, "store", lambda self, connection, _rows, **options: store(self, connection, [], **options))


@mutant("payment", Check.STUCK_ORDER, faults="kill:payment@3s")
def payment_commits_first() -> None:
    """Payment commits its offsets before it handles the records: a crash loses them."""
    commit_first()


@mutant("order", Check.STUCK_ORDER, faults="kill:order@3s")
def order_commits_first() -> None:
    """Order commits its offsets before it handles the records: a crash loses them."""
    commit_first()


@mutant("notification", Check.LOST_NOTIFICATION, faults="kill:notification@3s")
def notification_commits_first() -> None:
    """Notification commits its offsets before it handles the records: a crash loses them."""
    commit_first()


@mutant("notification", Check.DUPLICATE_NOTIFICATION, faults="duplicate:order-created=100%@1s+5s")
def notification_has_no_inbox() -> None:
    """A record that comes twice is handled twice, and each time is an occasion of its own."""
    forget_the_inbox()
    notify = Notifier.notify

    def notified(self: Notifier, tx: Any, request: NotificationRequest, **values: str) -> Outcome | None:
        alone = request.template == "order-placed"
        return notify(self, tx, changed(request, occasion=new_id()) if alone else request, **values)

    replace(Notifier, "notify", notified)


@mutant("product", Check.STOCK_BALANCE, faults="duplicate:order-updated=100%@1s+5s")
def product_has_no_inbox() -> None:
    """A record that comes twice is handled twice: the stock of an order that has ended goes back each time."""
    forget_the_inbox()
    put(
        TRANSITIONS,
        (ReservationStatus.RELEASED, Trigger.ORDER_ENDED),
        (ReservationStatus.RELEASED, Effect.RELEASE),
    )


@mutant("notification", Check.UNCONTAINED_POISON, faults="poison:payment-success=500ms@1s+4s")
def poison_is_skipped() -> None:
    """A record that is no event is passed over, without a dead letter."""
    replace(in_database._EventBatch, "_give_up", lambda *_arguments: Outcome.DEAD_LETTER)


@mutant("seller", Check.GIVEN_UP)
def handler_has_a_bug() -> None:
    """A bug that some orders provoke makes dead letters of sound events."""
    handle = OF_SELLER[PaymentSuccess]

    @wraps(handle)
    def handled(tx: Any, received: Any) -> Outcome | None:
        if received.event.order_id[-1] in "0123":
            raise ZeroDivisionError("a bug")
        return handle(tx, received)

    put(OF_SELLER, PaymentSuccess, handled)
