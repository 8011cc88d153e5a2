"""Bodies that the gateway composes of several services."""

from __future__ import annotations

from enum import StrEnum

from services_stub.contracts.base import Body, OptionalId
from services_stub.contracts.http.notification import Notification
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.payment import Payment
from services_stub.contracts.http.product import CategoryCount
from services_stub.contracts.http.search import SearchPage
from services_stub.contracts.money import Money


class MissingPart(Body, frozen=True, kw_only=True):
    """A part that the answer lacks. `reason` is `unavailable`, `too-slow`, or the code of a refusal."""

    part: str
    reason: str


class OrderOverview(Body, frozen=True, kw_only=True):
    """An order with its payment and what the shopper was told of it; a part that is missing is None."""

    order: Order
    payment: Payment | None
    notifications: list[Notification] | None
    missing: list[MissingPart] = []


class CartSummary(Body, frozen=True, kw_only=True):
    """A cart in numbers: its lines, the units in them, and the sum of those lines that can be bought."""

    lines: int
    units: int
    amount: Money
    currency: str


class Storefront(Body, frozen=True, kw_only=True):
    """The first page of a shop: found products with facets, the categories, the own cart and unread messages.

    A part that is missing is None, and so are the cart where neither a token nor a guest's session was sent, and the
    unread messages of a guest.
    """

    search: SearchPage | None
    categories: list[CategoryCount] | None
    cart: CartSummary | None
    unread: int | None
    missing: list[MissingPart]


class TimelineKind(StrEnum):
    """The subject of an entry of a timeline."""

    ORDER = "order"
    PAYMENT = "payment"
    REFUND = "refund"
    NOTIFICATION = "notification"


class TimelineEntry(Body, frozen=True, kw_only=True):
    """Something that happened to an order, at a time in RFC 3339.

    `what` is the status that the order or payment got, or the template of a notification, whose subject line is `text`.
    `seller_id` names the part of the order where it concerns one alone, and `amount` the money that moved.
    """

    at: str
    kind: TimelineKind
    what: str
    text: str = ""
    amount: Money | None = None
    seller_id: OptionalId = ""


class OrderTimeline(Body, frozen=True, kw_only=True):
    """An order, and all that happened to it, oldest first; a part that is missing is None."""

    order: Order | None
    payment: Payment | None
    entries: list[TimelineEntry]
    missing: list[MissingPart]


class TopicProgress(Body, frozen=True, kw_only=True):
    """How far a service has come in a topic that it consumes.

    `newest_event_time` is the time of the newest event that it has handled since it started (RFC 3339; None before the
    first). `lag_records` wait to be handled. `staleness_seconds` is how old the oldest of these is at most: 0 without
    lag, however long ago the last event was. It also grows while Kafka does not answer.
    """

    topic: str
    newest_event_time: str | None
    lag_records: int
    staleness_seconds: float


class ServiceHealth(Body, frozen=True, kw_only=True):
    """Whether a service is ready, how many HTTP requests it has answered since it started, and how far it has read.

    `p99_ms` is the 99th percentile of its answer times in the last minute, as the gateway saw them (milliseconds);
    None without requests, and where the service itself is asked.
    """

    name: str
    ready: bool
    detail: str = ""
    requests: int = 0
    p99_ms: float | None = None
    topics: list[TopicProgress] = []


class Health(Body, frozen=True, kw_only=True):
    """Whether everything behind the gateway answers."""

    ready: bool
    services: list[ServiceHealth]
