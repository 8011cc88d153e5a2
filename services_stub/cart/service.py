"""Wires the cart service: two connections to the store, one for requests and one for events."""

from __future__ import annotations

from collections.abc import Sequence

from services_stub.cart.api import FAST_ROUTES, RESOURCES, ROUTES
from services_stub.cart.handlers import CALLS, EventSink, Resources
from services_stub.cart.store import Carts, Executor, StoreConnection
from services_stub.runtime.context import Context
from services_stub.runtime.service import Service, Sink, Worker


def _workers(context: Context) -> Sequence[Worker]:
    executor = Executor(StoreConnection(context.settings.options["store_url"]))
    context.state[RESOURCES] = Resources(Carts(executor), context.peers)
    return (executor,)


def _sink(context: Context) -> Sink:
    return EventSink(StoreConnection(context.settings.options["store_url"]))


SERVICE = Service(
    name="cart", routes=ROUTES, fast_routes=FAST_ROUTES, consumes=tuple(CALLS), sink=_sink, workers=_workers
)
