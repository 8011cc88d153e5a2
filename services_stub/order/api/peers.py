"""Cart and product as a checkout asks them; checkouts that wait at the same moment share one call to each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import structlog

from services_stub.contracts.envelope import Cause, is_sampled
from services_stub.contracts.events.trace import LONGEST_REQUEST_ID, RequestHop
from services_stub.contracts.http.cart import Checkout, GivenBack, TakeCart
from services_stub.contracts.http.product import Reservation, ReservationLine, Reserve
from services_stub.runtime.batching import RequestBatcher
from services_stub.runtime.clock import microseconds
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.hops import HopReporter
from services_stub.runtime.peers import Peers

_LARGEST_RESERVATION_BATCH = 40
"""So many reservations, each of a full cart, fit into the largest body that a service accepts."""

_CHECKOUTS = "/internal/checkouts"
_RESERVATIONS = "/internal/reservations"

_LONGEST_CAUSE = LONGEST_REQUEST_ID
"""Of a request id or traceparent, in characters: clients choose them, and other orders share the call."""


class Attempt(msgspec.Struct, frozen=True):
    """One attempt to place an order. Several may go on at the same time, in several instances of this service too."""

    order_id: str
    attempt_id: str
    user_id: str
    cause: Cause


class CheckoutPeers:
    """The calls of a checkout. Each is reported to the flow of its order, also where several orders share it."""

    def __init__(self, peers: Peers, hops: HopReporter) -> None:
        self._peers, self._hops = peers, hops
        self._carts = RequestBatcher(peers, "cart", _CHECKOUTS, Checkout)
        self._stock = RequestBatcher(peers, "product", _RESERVATIONS, Reservation, _LARGEST_RESERVATION_BATCH)

    async def take_cart(self, attempt: Attempt) -> Checkout:
        """Take the lines of the shopper's cart out for the order.

        Raises:
            Refused: the cart is empty.
            Unavailable: the cart service is away; lines that it took out for the order stay for its next attempt.
        """
        command = TakeCart(
            order_id=attempt.order_id,
            user_id=attempt.user_id,
            attempt_id=attempt.attempt_id,
            causation_id=attempt.cause.causation_id[:_LONGEST_CAUSE],
            traceparent=attempt.cause.traceparent[:_LONGEST_CAUSE],
        )
        with self._reported(attempt, "cart", "POST", _CHECKOUTS):
            return await self._carts.request(command, attempt.cause)

    async def reserve(self, attempt: Attempt, checkout: Checkout) -> Reservation:
        """Reserve the stock of the lines, at the prices that the cart knows.

        Raises:
            Refused: a line cannot be reserved; none is.
            Unavailable: the product service is away; what it reserved all the same expires.
        """
        command = Reserve(
            order_id=attempt.order_id,
            lines=[
                ReservationLine(product_id=line.product_id, quantity=line.quantity, unit_price=line.unit_price)
                for line in checkout.lines
            ],
            causation_id=attempt.cause.causation_id[:_LONGEST_CAUSE],
            traceparent=attempt.cause.traceparent[:_LONGEST_CAUSE],
        )
        with self._reported(attempt, "product", "POST", _RESERVATIONS):
            return await self._stock.request(command, attempt.cause)

    async def give_up(self, attempt: Attempt, *, reserved: bool) -> None:
        """End an attempt that places no order: give the lines back to the cart, and the stock that was reserved.

        While another attempt at the same order goes on, lines and stock stay for that one. Where cart or product is
        away now, the lines go back at the deadline of the checkout, and the reservation expires.
        """
        lines = f"{_CHECKOUTS}/{attempt.order_id}/attempts/{attempt.attempt_id}"
        stock = f"{_RESERVATIONS}/{attempt.order_id}"
        try:
            with self._reported(attempt, "cart", "DELETE", f"{_CHECKOUTS}/{{order_id}}/attempts/{{attempt_id}}"):
                answer = await self._peers.call("cart", "DELETE", lines, expect=GivenBack, cause=attempt.cause)
            if answer.returned and reserved:
                with self._reported(attempt, "product", "DELETE", f"{_RESERVATIONS}/{{order_id}}"):
                    await self._peers.call("product", "DELETE", stock, expect=type(None), cause=attempt.cause)
        except (Refused, Unavailable) as error:
            structlog.get_logger().warning(
                "a checkout will expire", service="order", correlation_id=attempt.order_id, reason=str(error)
            )

    @contextmanager
    def _reported(self, attempt: Attempt, callee: str, method: str, path: str) -> Iterator[None]:
        """Report a call, from when it is asked for on: it may wait for the one before it."""
        if not (self._hops.enabled and is_sampled(attempt.cause.traceparent)):
            yield
            return
        started_at, status = microseconds(), 0
        try:
            yield
            status = 200
        except Refused as refused:
            status = refused.problem.status
            raise
        finally:
            request = RequestHop(
                request_id=attempt.cause.causation_id[:_LONGEST_CAUSE],
                correlation_id=attempt.order_id,
                method=method,
                path=path,
                status=status,
                caller="order",
                callee=callee,
                started_at=started_at,
                answered_at=microseconds(),
            )
            self._hops.report_request(request)
