"""Mutants of the product service: stock that is sold twice, kept, or comes from nowhere, and products that stay."""

from __future__ import annotations

from typing import Any

from services_stub.product import domain
from services_stub.product.domain import OUT_OF_STOCK, TRANSITIONS, Effect, ReservationStatus, Trigger
from services_stub.product.store import products
from simulator.auditor.checks import Check
from tests.system.mutants.mutant import mutant
from tests.system.mutants.patching import put, replace


@mutant("product", Check.OVERSOLD)
def stock_is_not_checked() -> None:
    """More units are reserved than there are."""
    refusals = domain.line_refusals
    replace(
        domain,
        "line_refusals",
        lambda lines, offers: [each for each in refusals(lines, offers) if each.code != OUT_OF_STOCK],
    )


@mutant("product", Check.LEAKED_RESERVATION)
def stock_is_not_given_back() -> None:
    """The stock of an order that is not paid stays reserved, as far as its buyable units tell."""
    put(
        TRANSITIONS,
        (ReservationStatus.HELD, Trigger.ORDER_ENDED),
        (ReservationStatus.RELEASED, Effect.NONE),
    )


@mutant("product", Check.STOCK_BALANCE)
def a_unit_too_many_is_given_back() -> None:
    """With the units of an order that has ended one more comes back."""
    move = products.move

    def moved(transaction: Any, product_id: str, *, quantity: int = 0, reserved: int = 0) -> Any:
        return move(transaction, product_id, quantity=quantity + (quantity > 0), reserved=reserved)

    replace(products, "move", moved)


@mutant("product", Check.SOLD_AFTER_DELETION, Check.STALE_REPLICA)
def deletion_is_only_published() -> None:
    """A product whose deletion is published is still there, and changes."""
    change = products.change
    replace(
        products,
        "change",
        lambda transaction, product_id, values: change(
            transaction, product_id, {name: value for name, value in values.items() if name != "deleted"}
        ),
    )
