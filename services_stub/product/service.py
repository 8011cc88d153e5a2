"""The product service, wired."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from services_stub.contracts.events.order import OrderUpdated
from services_stub.product.api import FAST_ROUTES, ROUTES, reservation_seconds
from services_stub.product.handlers import HANDLERS, concerns_no_stock
from services_stub.product.handlers.expiry import LONGEST_PAUSE, settle_overdue_now
from services_stub.product.store import TABLES
from services_stub.runtime.context import Context
from services_stub.runtime.periodic import PeriodicWorker
from services_stub.runtime.service import Service, Worker


def _workers(context: Context) -> Sequence[Worker]:
    pause = min(LONGEST_PAUSE, reservation_seconds(context) / 4)
    return [PeriodicWorker("reservation-expiry", partial(settle_overdue_now, context), pause)]


SERVICE = Service(
    name="product",
    routes=ROUTES,
    fast_routes=FAST_ROUTES,
    tables=TABLES,
    handlers=HANDLERS,
    filters={OrderUpdated: concerns_no_stock},
    calls=("order",),
    batch_linger=0.1,
    workers=_workers,
)
