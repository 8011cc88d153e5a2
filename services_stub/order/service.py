"""The order service as the runtime starts it."""

from __future__ import annotations

from collections.abc import Sequence

from services_stub.order.api import FAST_ROUTES, ROUTES
from services_stub.order.api.checkout import CHECKOUT_PEERS
from services_stub.order.api.peers import CheckoutPeers
from services_stub.order.handlers import HANDLERS
from services_stub.order.store import TABLES
from services_stub.runtime.context import Context
from services_stub.runtime.service import Service, Worker


def _workers(context: Context) -> Sequence[Worker]:
    context.state[CHECKOUT_PEERS] = CheckoutPeers(context.peers, context.hops)
    return ()


SERVICE = Service(
    name="order",
    routes=ROUTES,
    fast_routes=FAST_ROUTES,
    tables=TABLES,
    handlers=HANDLERS,
    calls=("cart", "product"),
    workers=_workers,
)
