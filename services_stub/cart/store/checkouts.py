"""The operations on checkouts, each a call of one script: lines leave a cart for an order, stay out, or go back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from services_stub.cart.domain import Line, owner_of_user
from services_stub.cart.store import scripts
from services_stub.cart.store.executor import Executor
from services_stub.cart.store.failed_orders import FORGET_LINES, RETURN_LINES
from services_stub.cart.store.scripts import CartRefusal
from services_stub.contracts import topics
from services_stub.contracts.http.cart import MOST_PER_LINE
from services_stub.contracts.times import to_microseconds

LARGEST_OVERDUE_BATCH = 500

_ORDER_TOPIC = next(topic for topic in topics.BUSINESS_TOPICS if topic.name == topics.ORDER_CREATED)
CONFIRMED_SECONDS = _ORDER_TOPIC.retention_ms // 1000
"""How long a confirmed checkout is remembered: until the event of its order can no longer be delivered."""

KEPT_SECONDS = 300
"""How long the lines of an order are kept that never go back: longer than an attempt to place it takes."""

_OPEN = "checkouts"


class TakenLines(msgspec.Struct, frozen=True, array_like=True):
    """The lines of a checkout, and its deadline in microseconds of Unix time."""

    deadline: int
    lines: list[Line]


_taken = msgspec.json.Decoder(TakenLines)
_order_ids = msgspec.json.Decoder(list[str])


class Checkouts:
    """Lines on their way from a cart to an order. Every operation may be repeated."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def take(self, user_id: str, order_id: str, attempt_id: str, deadline: datetime) -> TakenLines | CartRefusal:
        """Take everything out of a user's cart, or get the lines again that were taken for the order before."""
        keys = (_cart_of(user_id), _checkout_of(order_id), _OPEN, _mark_of(order_id))
        call = scripts.TAKE.call(keys, order_id, attempt_id, str(to_microseconds(deadline)))
        reply = await self._executor.run(call)
        assert isinstance(reply, bytes)
        return CartRefusal.CART_EMPTY if reply == CartRefusal.CART_EMPTY.value else _taken.decode(reply)

    async def give_back(self, order_id: str, attempt_id: str) -> bool:
        """End an attempt; whether it was the last one, so that the lines went back to the cart."""
        call = scripts.GIVE_BACK.call((_checkout_of(order_id), _OPEN), order_id, attempt_id)
        return await self._executor.run(call) == 1

    async def expire(self, order_id: str, before: datetime) -> bool:
        """Give the lines of a checkout back that is not confirmed and whose deadline was not after `before`."""
        call = scripts.EXPIRE.call((_checkout_of(order_id), _OPEN), order_id, str(to_microseconds(before)))
        return await self._executor.run(call) == 1

    async def confirm(self, order_id: str) -> None:
        """The order exists, as the order service answered: its lines never go back."""
        await self._executor.run(_confirm_call("", order_id, "worker", ()))

    async def overdue(self, before: datetime) -> list[str]:
        """The orders whose checkouts are not confirmed and had their deadline not after `before`, the oldest first."""
        call = scripts.OVERDUE.call((_OPEN,), str(to_microseconds(before)), str(LARGEST_OVERDUE_BATCH))
        reply = await self._executor.run(call)
        assert isinstance(reply, bytes)
        return _order_ids.decode(reply)


def order_created_call(user_id: str, order_id: str, lines: Iterable[tuple[str, int]]) -> bytes:
    """Confirm the checkout of an order that was published; without a checkout, take its lines (id, quantity) out.

    No line of a cart has more than `MOST_PER_LINE`, so larger numbers mean all of it.
    """
    return _confirm_call(user_id, order_id, "event", lines)


def order_failed_call(order_id: str, product_ids: Iterable[str]) -> bytes:
    """Give the lines of an order back that could not be paid, except where the shopper has put the product in since."""
    keys = (_checkout_of(order_id), _OPEN, _mark_of(order_id))
    return RETURN_LINES.call(keys, order_id, str(CONFIRMED_SECONDS), *product_ids)


def order_settled_call(order_id: str) -> bytes:
    """Forget the lines of an order that never go back, soon."""
    keys = (_checkout_of(order_id), _OPEN, _mark_of(order_id))
    return FORGET_LINES.call(keys, order_id, str(CONFIRMED_SECONDS), str(KEPT_SECONDS))


def _confirm_call(user_id: str, order_id: str, source: str, lines: Iterable[tuple[str, int]]) -> bytes:
    words = [order_id, source, str(CONFIRMED_SECONDS)]
    for product_id, quantity in lines:
        words += (product_id, str(min(max(quantity, 0), MOST_PER_LINE)))
    keys = (_cart_of(user_id), _checkout_of(order_id), _OPEN, _mark_of(order_id))
    return scripts.CONFIRM.call(keys, *words)


def _cart_of(user_id: str) -> str:
    return f"cart:{owner_of_user(user_id)}"


def _checkout_of(order_id: str) -> str:
    return f"checkout:{order_id}"


def _mark_of(order_id: str) -> str:
    return f"settled:{order_id}"
