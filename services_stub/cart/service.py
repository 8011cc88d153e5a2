"""The cart service, wired: connections to the store for requests, for events, and to see whether it answers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from services_stub.cart.api import FAST_ROUTES, RESOURCES, ROUTES
from services_stub.cart.domain import CHECKOUT_SECONDS
from services_stub.cart.handlers.carts import Resources
from services_stub.cart.handlers.events import CALLS, EventSink, leaves_lines_alone
from services_stub.cart.handlers.expiry import LONGEST_PAUSE, settle_overdue_now
from services_stub.cart.store import Carts, Checkouts, Executor, StoreConnection
from services_stub.cart.store.watch import EVERY, StoreWatch
from services_stub.contracts.events.order import OrderUpdated
from services_stub.runtime.context import Context
from services_stub.runtime.periodic import PeriodicWorker
from services_stub.runtime.service import Service, Sink, Worker


def _workers(context: Context) -> Sequence[Worker]:
    options = context.settings.options
    executor, seconds = Executor(StoreConnection(options["store_url"])), _checkout_seconds(context)
    resources = Resources(Carts(executor), Checkouts(executor), context.peers, seconds, context.sampling)
    context.state[RESOURCES] = resources
    watch = StoreWatch(StoreConnection(options["store_url"]))
    context.silences["the cart store"] = watch.silence
    # They stop in this order: a sweep under way still needs the executor.
    settle = partial(settle_overdue_now, context, resources.checkouts)
    expiry = PeriodicWorker("checkout-expiry", settle, min(LONGEST_PAUSE, seconds / 4))
    return (PeriodicWorker("store-watch", watch.look, EVERY), expiry, executor)


def _checkout_seconds(context: Context) -> float:
    """How long a cart's lines stay out for an order that is not placed yet; the option `checkout_seconds`."""
    return float(context.settings.options.get("checkout_seconds", CHECKOUT_SECONDS))


def _sink(context: Context) -> Sink:
    return EventSink(StoreConnection(context.settings.options["store_url"]))


SERVICE = Service(
    name="cart",
    routes=ROUTES,
    fast_routes=FAST_ROUTES,
    consumes=tuple(CALLS),
    filters={OrderUpdated: leaves_lines_alone},
    calls=("product", "order"),
    batch_linger=0.02,
    sink=_sink,
    workers=_workers,
)
