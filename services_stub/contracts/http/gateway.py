"""Bodies that the gateway composes of several services."""

from __future__ import annotations

from services_stub.contracts.base import Body
from services_stub.contracts.http.notification import Notification
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.payment import Payment


class OrderOverview(Body, frozen=True, kw_only=True):
    """An order with its payment and what the shopper was told of it; a part whose service is away is None."""

    order: Order
    payment: Payment | None
    notifications: list[Notification] | None


class ServiceHealth(Body, frozen=True, kw_only=True):
    """Whether a service is ready, and how many HTTP requests it has answered since it started."""

    name: str
    ready: bool
    detail: str = ""
    requests: int = 0


class Health(Body, frozen=True, kw_only=True):
    """Whether everything behind the gateway answers."""

    ready: bool
    services: list[ServiceHealth]
