"""The payment service's handlers: orders are charged or refunded, and events tell how that went."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from services_stub.contracts.base import Event
from services_stub.contracts.events.order import OrderCreated, OrderUpdated
from services_stub.payment.handlers.jobs import Jobs
from services_stub.payment.handlers.orders import keeps_its_money, on_order_created, on_order_updated
from services_stub.runtime.service import Handler

__all__ = ["handlers", "keeps_its_money"]


def handlers(jobs: Jobs) -> Mapping[type[Event], Handler]:
    """The handlers, which put requests to the provider into `jobs`."""
    return {
        OrderCreated: partial(on_order_created, jobs),
        OrderUpdated: partial(on_order_updated, jobs),
    }
