"""Requests about an order: to read it, and to cancel, ship, deliver or refund parts of it."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from services_stub.contracts.http.order import Order
from services_stub.contracts.problem import FieldError
from services_stub.order.domain import total
from services_stub.order.fulfilment import Trigger
from services_stub.order.handlers.transitions import apply_transitions, find, no_such_order
from services_stub.order.store import orders as store
from services_stub.order.store.orders import PlacedOrder
from services_stub.runtime.errors import Refused
from services_stub.runtime.sql.transaction import Transaction

_NAME_OF_ROLE = {"user": "shopper", "seller": "seller", "admin": "admin"}


class PartCommand(msgspec.Struct, frozen=True):
    """A request about the part of `seller_id`; `why` is their own text.

    Without a seller it is about the seller's own part, or about every part that the caller may change.
    """

    order_id: str
    role: str
    user_id: str
    seller_id: str = ""
    why: str = ""


class Cancel(PartCommand, frozen=True):
    """Do not ship; the money is given back."""


class Ship(PartCommand, frozen=True):
    """The items were handed to the carrier."""


class Deliver(PartCommand, frozen=True):
    """The items have arrived."""


class Refund(PartCommand, frozen=True):
    """Give the money back, also of what was shipped."""


def read_order(connection: Connection, order_id: str, role: str, user_id: str) -> Order:
    """One order with its history, as the caller may see it.

    Raises:
        Refused: there is none, or it is another shopper's, or nothing in it is the seller's.
    """
    found = store.find_order(connection, order_id)
    if found is None or (role == "user" and found.row.user_id != user_id):
        raise no_such_order()
    order = store.with_history(connection, found)
    if role != "seller":
        return order
    if not any(part.seller_id == user_id for part in order.parts):
        raise no_such_order()
    return as_seller_sees(order, user_id)


def as_seller_sees(order: Order, seller_id: str) -> Order:
    """The order as if the seller's part were all of it: other sellers' sales are confidential."""
    items = [item for item in order.items if item.seller_id == seller_id]
    (part,) = (part for part in order.parts if part.seller_id == seller_id)
    return msgspec.structs.replace(
        order,
        status=part.status,
        reason=part.reason,
        items=items,
        amount=total((item.quantity, item.unit_price) for item in items),
        parts=[part],
        history=[step for step in order.history if step.seller_id in ("", seller_id)],
        returned_to_cart=False,
    )


def cancel(tx: Transaction, command: Cancel) -> None:
    """Cancel what is not shipped yet: the named part, or every one."""
    order = _find_for(tx, command)
    triggers = dict.fromkeys(_targets(order, command), Trigger.CANCEL)
    apply_transitions(tx, order, triggers, by=_NAME_OF_ROLE[command.role], note=command.why)


def refund(tx: Transaction, command: Refund) -> None:
    """Give the money of the named part back, or of every one; what is not shipped yet is cancelled."""
    order = _find_for(tx, command)
    triggers = dict.fromkeys(_targets(order, command), Trigger.REFUND)
    apply_transitions(tx, order, triggers, by=_NAME_OF_ROLE[command.role], note=command.why)


def ship(tx: Transaction, command: Ship) -> None:
    """A part is on its way."""
    order = _find_for(tx, command)
    apply_transitions(tx, order, {_one_target(order, command): Trigger.SHIP})


def deliver(tx: Transaction, command: Deliver) -> None:
    """A part arrived."""
    order = _find_for(tx, command)
    apply_transitions(tx, order, {_one_target(order, command): Trigger.DELIVER})


def _find_for(tx: Transaction, command: PartCommand) -> PlacedOrder:
    """The order, if it concerns the caller."""
    order = find(tx, command.order_id)
    if command.role == "user" and order.row.user_id != command.user_id:
        raise no_such_order()
    if command.role == "seller" and command.user_id not in _sellers(order):
        raise no_such_order()
    return order


def _targets(order: PlacedOrder, command: PartCommand) -> list[str]:
    """The sellers whose parts are meant: a seller's own, the named one, or all."""
    own = command.user_id if command.role == "seller" else ""
    named = command.seller_id or own
    if not named:
        return _sellers(order)
    if named not in _sellers(order) or (own and named != own):
        raise Refused(404, "part-not-found", "the order has no part of this seller that is yours to change")
    return [named]


def _one_target(order: PlacedOrder, command: PartCommand) -> str:
    targets = _targets(order, command)
    if len(targets) > 1:
        message = f"name the seller whose part it is, one of {', '.join(targets)}"
        errors = [FieldError(field="sellerId", message=message)]
        raise Refused(400, "invalid-input", f"`sellerId`: {message}", errors=errors)
    return targets[0]


def _sellers(order: PlacedOrder) -> list[str]:
    return [part.seller_id for part in order.parts]
