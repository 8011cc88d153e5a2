"""The rules of products, stock and reservations. Pure: they decide, others carry it out.

Stock lies in one of three places: `quantity` can be bought, `reserved` is held for orders that are not paid, and the
rest was sold. Every rule here moves units between these places and never makes or loses one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from services_stub.contracts.text import without_controls

CURRENCY = "USD"
MOST_PRODUCTS = 5000
"""So many products a seller has at a time."""

SORT_KEY_LENGTH = 200
RESERVATION_SECONDS = 60
GRACE = timedelta(seconds=2)
"""How long after its expiry a reservation is asked about, so that an order under way has been written by then."""


class ReservationStatus(StrEnum):
    """The status of a reservation, or of one seller's part of it where the parts of its order went different ways.

    HELD waits for the end of its order; COMMITTED was sold; RELEASED was an order and gave its stock back for good.

    EXPIRED never became an order: the same order id may reserve anew.
    """

    HELD = "HELD"
    COMMITTED = "COMMITTED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


class Trigger(StrEnum):
    """The meaning of the status of an order, or of a part of it, for its stock."""

    ORDER_PAID = "SOLD"
    ORDER_ENDED = "GONE"
    ORDER_REFUNDED = "REFUNDED"


class Effect(StrEnum):
    """Where the units of a reservation move."""

    NONE = "none"
    SELL = "reserved to sold"
    RELEASE = "reserved to quantity"
    RESTOCK = "sold to quantity"
    SELL_LATE = "quantity to sold"


TRIGGER_OF_ORDER_STATUS: Mapping[str, Trigger] = {
    "PAID": Trigger.ORDER_PAID,
    "SHIPPED": Trigger.ORDER_PAID,
    "DELIVERED": Trigger.ORDER_PAID,
    # What was shipped stays sold.
    "REFUNDING": Trigger.ORDER_PAID,
    "FAILED": Trigger.ORDER_ENDED,
    "CANCELLED": Trigger.ORDER_ENDED,
    "REFUNDED": Trigger.ORDER_REFUNDED,
}
"""Statuses that are missing here do not concern the stock."""

TRANSITIONS: Mapping[tuple[ReservationStatus, Trigger], tuple[ReservationStatus, Effect]] = {
    (ReservationStatus.HELD, Trigger.ORDER_PAID): (ReservationStatus.COMMITTED, Effect.SELL),
    (ReservationStatus.HELD, Trigger.ORDER_ENDED): (ReservationStatus.RELEASED, Effect.RELEASE),
    (ReservationStatus.HELD, Trigger.ORDER_REFUNDED): (ReservationStatus.RELEASED, Effect.RELEASE),
    (ReservationStatus.COMMITTED, Trigger.ORDER_PAID): (ReservationStatus.COMMITTED, Effect.NONE),
    (ReservationStatus.COMMITTED, Trigger.ORDER_ENDED): (ReservationStatus.RELEASED, Effect.RESTOCK),
    # It was shipped: had it been cancelled, its stock would be back already.
    (ReservationStatus.COMMITTED, Trigger.ORDER_REFUNDED): (ReservationStatus.COMMITTED, Effect.NONE),
    # An order that ended does not come back: a record that says otherwise is late.
    (ReservationStatus.RELEASED, Trigger.ORDER_PAID): (ReservationStatus.RELEASED, Effect.NONE),
    (ReservationStatus.RELEASED, Trigger.ORDER_ENDED): (ReservationStatus.RELEASED, Effect.NONE),
    (ReservationStatus.RELEASED, Trigger.ORDER_REFUNDED): (ReservationStatus.RELEASED, Effect.NONE),
    # Let go although the order existed: its stock was given back, so it is taken once more.
    (ReservationStatus.EXPIRED, Trigger.ORDER_PAID): (ReservationStatus.COMMITTED, Effect.SELL_LATE),
    (ReservationStatus.EXPIRED, Trigger.ORDER_ENDED): (ReservationStatus.RELEASED, Effect.NONE),
    (ReservationStatus.EXPIRED, Trigger.ORDER_REFUNDED): (ReservationStatus.RELEASED, Effect.NONE),
}
"""The next status of a reservation or a part of it, and where its units move."""

_LEAST_ENDED_FIRST = tuple(ReservationStatus)


def status_of_parts(parts: Collection[ReservationStatus]) -> ReservationStatus:
    """The status of a reservation whose parts have these: that of the part which has ended least."""
    return min(parts, key=_LEAST_ENDED_FIRST.index)


@dataclass(frozen=True)
class RequestedLine:
    """Units of one product that a shopper wants, at the price that they were shown."""

    product_id: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True)
class Offer:
    """A product as it can be bought now."""

    available: int
    price: Decimal
    buyable: bool


@dataclass(frozen=True)
class LineRefusal:
    """Why a line cannot be reserved. Without an offer the product cannot be bought at all."""

    wanted: RequestedLine
    code: str
    offer: Offer | None


UNAVAILABLE, OUT_OF_STOCK, PRICE_CHANGED = "product-unavailable", "out-of-stock", "price-changed"
_MOST_SEVERE_FIRST = (UNAVAILABLE, OUT_OF_STOCK, PRICE_CHANGED)


def totals(lines: Sequence[RequestedLine]) -> dict[str, int]:
    """The units wanted of each product, over all lines."""
    wanted: dict[str, int] = {}
    for line in lines:
        wanted[line.product_id] = wanted.get(line.product_id, 0) + line.quantity
    return wanted


def line_refusals(lines: Sequence[RequestedLine], offers: Mapping[str, Offer]) -> list[LineRefusal]:
    """The refusals of those lines that cannot be reserved; where there are none, all of `lines` can be."""
    units = totals(lines)
    found = []
    for line in lines:
        offer = offers.get(line.product_id)
        if offer is None or not offer.buyable:
            found.append(LineRefusal(line, UNAVAILABLE, None))
        elif offer.available < units[line.product_id]:
            found.append(LineRefusal(line, OUT_OF_STOCK, offer))
        elif offer.price != line.unit_price:
            found.append(LineRefusal(line, PRICE_CHANGED, offer))
    return found


def most_severe(found: Sequence[LineRefusal]) -> str:
    """The code of the refusal that a shopper must hear of first."""
    return min((refusal.code for refusal in found), key=_MOST_SEVERE_FIRST.index)


def status_of(*, blocked: bool, disabled: bool) -> str:
    """The status that shows: an admin's block outlives the block of its seller."""
    if blocked:
        return "BLOCKED"
    return "DISABLED" if disabled else "ACTIVE"


def folded(text: str) -> str:
    """`text` in a form in which texts that look the same compare equal, in any case and any Unicode form."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def sort_key(text: str) -> str:
    """The place of `text` in a list. A character can fold to 18, which no index and no cursor has room for."""
    return folded(text.strip())[:SORT_KEY_LENGTH]


def search_text(name: str, category: str, description: str) -> str:
    """The text in which the words of a search are looked for."""
    return folded(f"{name}\n{category}\n{description}")


def search_words(query: str) -> list[str]:
    """The words that a product must contain, all of them. Control characters part words: no text contains them."""
    return folded(without_controls(query)).split()
