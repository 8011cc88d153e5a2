"""Mutants of the services that keep what others own: carts, the search index, the sales of sellers."""

from __future__ import annotations

from dataclasses import replace as changed_sum
from decimal import Decimal
from typing import Any

from msgspec.structs import replace as changed

from services_stub.cart.handlers.events import CALLS
from services_stub.contracts.events import OrderCreated, OrderUpdated, ProductCreated, ProductDeleted, ProductUpdated
from services_stub.search.handlers import HANDLERS as OF_SEARCH
from services_stub.seller.handlers import HANDLERS as OF_SELLER
from services_stub.seller.store import dashboard
from simulator.auditor.checks import Check
from tests.system.mutants.mutant import mutant
from tests.system.mutants.patching import every, put, replace


@mutant("cart", Check.STALE_REPLICA)
def cart_keeps_the_first_price() -> None:
    """A cart shows the price that a product had first."""
    prices: dict[str, Decimal] = {}
    for kind in (ProductCreated, ProductUpdated):
        call = CALLS[kind]

        def called(event: Any, call: Any = call) -> bytes:
            found: bytes = call(changed(event, price=prices.setdefault(event.product_id, event.price)))
            return found

        put(CALLS, kind, called)


@mutant("search", Check.STALE_REPLICA)
def search_does_not_follow_changes() -> None:
    """The search index keeps a product as it was created."""
    put(OF_SEARCH, ProductUpdated, lambda _tx, _received: None)


@mutant("search", Check.STALE_REPLICA)
def search_does_not_follow_deletions() -> None:
    """The search still finds what was deleted."""
    put(OF_SEARCH, ProductDeleted, lambda _tx, _received: None)


@mutant("seller", Check.DASHBOARD)
def revenue_is_a_cent_too_high() -> None:
    """The revenue of a dashboard is not that of its sales."""
    add_up = dashboard._sum_of

    def added_up(groups: Any) -> Any:
        found = add_up(groups)
        return changed_sum(found, revenue_cents=found.revenue_cents + 1)

    replace(dashboard, "_sum_of", added_up)


@mutant("seller", Check.WRONG_SALES)
def sales_do_not_follow_updates() -> None:
    """A sale that is shipped stays PAID for its seller."""
    put(OF_SELLER, OrderUpdated, lambda _tx, _received: None)


@mutant("seller", Check.WRONG_SALES)
def sale_is_forgotten() -> None:
    """Every fifth order is no sale of its sellers."""
    handle, due = OF_SELLER[OrderCreated], every(5)
    forgotten: set[str] = set()

    def handled(tx: Any, received: Any) -> Any:
        if due():
            forgotten.add(received.event.order_id)
        return None if received.event.order_id in forgotten else handle(tx, received)

    update = OF_SELLER[OrderUpdated]
    put(OF_SELLER, OrderCreated, handled)
    put(OF_SELLER, OrderUpdated, lambda tx, each: None if each.event.order_id in forgotten else update(tx, each))
