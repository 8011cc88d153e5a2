"""Mutants of the order service: orders without a request, under no key, at wrong prices, in wrong statuses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace as changed
from sqlalchemy import Connection, delete

from services_stub.cart.domain import owner_of_user
from services_stub.cart.handlers import carts, checkouts
from services_stub.cart.handlers import events as cart_events
from services_stub.cart.store import CartRefusal, order_created_call
from services_stub.contracts.envelope import Cause
from services_stub.contracts.events import OrderCreated
from services_stub.contracts.events.order import OrderItem, OrderStatus
from services_stub.contracts.http.cart import Checkout, TakeCart
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.page import Page
from services_stub.contracts.http.product import Reservation
from services_stub.contracts.money import CENT, ZERO
from services_stub.contracts.times import rfc3339
from services_stub.order.api import checkout, routes
from services_stub.order.api.checkout import check_out
from services_stub.order.api.peers import Attempt, CheckoutPeers
from services_stub.order.fulfilment import TRANSITIONS, Effect, Transition, Trigger
from services_stub.order.handlers import commands
from services_stub.order.handlers.placing import Place, Placed, place
from services_stub.order.store import blocks, tables
from services_stub.order.store import orders as store
from services_stub.product.store import reservations
from services_stub.runtime.errors import Refused
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.sql.transaction import Transaction
from simulator.auditor.checks import Check
from tests.system.mutants.mutant import mutant
from tests.system.mutants.patching import every, put, replace

S, T = OrderStatus, Trigger


def comes_to(before: OrderStatus, trigger: Trigger, after: OrderStatus) -> None:
    """A trigger leads to another status than it should."""
    put(TRANSITIONS, (before, trigger), Transition(after, TRANSITIONS[before, trigger].reason, Effect.PUBLISHED))


def reserving_as(change: Any) -> None:
    """The lines of a reservation are others by the time that they become an order."""
    reserve = CheckoutPeers.reserve

    async def reserved(self: CheckoutPeers, attempt: Attempt, taken: Checkout) -> Reservation:
        found = await reserve(self, attempt, taken)
        return changed(found, lines=[change(line) for line in found.lines])

    replace(CheckoutPeers, "reserve", reserved)


@mutant("order", Check.LOST_ORDER)
def answer_comes_without_a_commit() -> None:
    """Every sixth order is answered, and rolled back."""
    due = every(6)

    def placed(tx: Transaction, command: Place) -> Placed:
        answer = place(tx, command)
        if not answer.replayed and due():
            tx.rollback_item()
            for table in (tables.order_parts, tables.orders):
                tx.execute(delete(table).where(table.c.order_id == command.order_id))
        return answer

    replace(checkout, "place", placed)


@mutant("order", Check.REFUSED_ORDER)
def placed_order_is_refused() -> None:
    """Every sixth checkout is refused after its order was written."""
    due = every(6)

    async def refused(*arguments: Any) -> Placed:
        placed = await check_out(*arguments)
        if due():
            raise Refused(409, "out-of-stock", "there is too little of it")
        return placed

    replace(routes, "check_out", refused)


@mutant("order", Check.PHANTOM_ORDER, Check.NOT_RESERVED)
def order_comes_from_nowhere() -> None:
    """With every eighth order another one is published that no request asked for."""
    due = every(8)

    def placed(tx: Transaction, command: Place) -> Placed:
        answer = place(tx, command)
        if due():
            other = new_id()
            event = OrderCreated(
                order_id=other,
                user_id=command.user_id,
                items=command.items,
                status=S.PENDING,
                amount=command.amount,
                currency=command.currency,
                payment_method=command.payment_method,
            )
            tx.publish(event, correlation_id=other, cause=Cause(other, new_id(), ""))
        return answer

    replace(checkout, "place", placed)


@mutant("order", Check.OTHER_ANSWER)
def key_is_not_looked_at() -> None:
    """A checkout that is repeated under its key is another one, which finds the cart empty."""
    replace(checkout, "order_id_for", lambda _user_id, _key: new_id())


@mutant("order cart", Check.DUPLICATE_ORDER)
def repeated_checkout_orders_again() -> None:
    """A checkout that is repeated under its key is another one, and the lines are still in the cart."""
    replace(checkout, "order_id_for", lambda _user_id, _key: new_id())

    async def take(resources: carts.Resources, command: TakeCart, cause: Cause) -> Checkout:
        found = await resources.carts.read(owner_of_user(command.user_id), "")
        if not found:
            raise carts.refusal_of(CartRefusal.CART_EMPTY)
        lines = await carts.complete(resources, found, cause)
        return Checkout(
            order_id=command.order_id,
            lines=[carts.to_cart_line(line) for line in lines],
            currency="USD",
            expires_at=rfc3339(datetime.now(UTC) + timedelta(minutes=1)),
        )

    replace(checkouts, "take", take)
    put(cart_events.CALLS, OrderCreated, lambda event: order_created_call("-", event.order_id, []))


@mutant("order", Check.NOT_RESERVED)
def stock_is_not_reserved() -> None:
    """The lines of a cart become an order without a reservation."""

    async def reserve(_self: CheckoutPeers, attempt: Attempt, taken: Checkout) -> Reservation:
        lines = [
            OrderItem(
                product_id=line.product_id,
                seller_id=line.seller_id,
                name=line.name,
                quantity=line.quantity,
                unit_price=line.unit_price,
            )
            for line in taken.lines
        ]
        return Reservation(order_id=attempt.order_id, expires_at=taken.expires_at, lines=lines)

    replace(CheckoutPeers, "reserve", reserve)


@mutant("order", Check.WRONG_PRICE)
def price_is_not_that_of_the_reservation() -> None:
    """A line is sold for a cent less than it was reserved for."""
    reserving_as(lambda line: changed(line, unit_price=line.unit_price - CENT))


@mutant("order", Check.WRONG_PRICE)
def name_is_not_that_of_the_reservation() -> None:
    """A line is sold under another name than it was reserved under."""
    reserving_as(lambda line: changed(line, name=f"{line.name} (used)"))


@mutant("order", Check.WRONG_AMOUNT)
def quantities_are_not_counted() -> None:
    """An order costs one unit of each line, whatever the quantity."""

    def total(lines: Iterable[tuple[int, Decimal]]) -> Decimal:
        return sum((price for _, price in lines), ZERO)

    replace(checkout, "total", total)


@mutant("order", Check.ILLEGAL_TRANSITION)
def shipping_is_delivery() -> None:
    """A part that is shipped is delivered at once."""
    comes_to(S.PAID, T.SHIP, S.DELIVERED)


@mutant("order", Check.PAID_WITHOUT_CHARGE)
def declined_order_is_paid() -> None:
    """An order whose card is declined counts as paid."""
    comes_to(S.PENDING, T.PAYMENT_FAILED, S.PAID)


@mutant("order", Check.EFFECT_WITHOUT_CAUSE)
def paid_order_has_failed() -> None:
    """An order that was charged counts as declined."""
    comes_to(S.PENDING, T.PAYMENT_SUCCESS, S.FAILED)


@mutant("order", Check.EFFECT_WITHOUT_CAUSE, Check.ILLEGAL_TRANSITION, Check.MISSING_REFUND)
def cancelled_order_counts_as_refunded() -> None:
    """An order that is cancelled counts as refunded at once, so that payment gives nothing back."""
    comes_to(S.PAID, T.CANCEL, S.REFUNDED)


@mutant("order product", Check.BLOCKED_SELLER_SOLD)
def blocked_sellers_sell() -> None:
    """Neither the order nor the product service acts on a block."""
    replace(blocks, "record", lambda *_arguments, **_options: False)
    replace(blocks, "blocked_among", lambda _connection, _seller_ids: set())
    replace(reservations, "record_seller_block", lambda *_arguments, **_options: False)


@mutant("order", Check.LEAK)
def order_is_shown_to_who_asks() -> None:
    """An order is shown to every shopper and seller who knows its id."""
    read = commands.read_order
    replace(
        commands,
        "read_order",
        lambda connection, order_id, _role, user_id: read(connection, order_id, "admin", user_id),
    )


def _all_orders(connection: Connection, _whose: str, status: Any, cursor: str, limit: int) -> Page[Order]:
    return store.all_orders(connection, status, cursor, limit)


@mutant("order", Check.LEAK)
def shopper_lists_all_orders() -> None:
    """The list of the own orders has those of all."""
    replace(store, "orders_of_user", _all_orders)


@mutant("order", Check.LEAK)
def seller_lists_all_orders() -> None:
    """The list of the own sales has those of all."""
    replace(store, "orders_of_seller", _all_orders)
    replace(commands, "as_seller_sees", lambda order, _seller_id: order)
