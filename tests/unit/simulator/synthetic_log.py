"""A synthetic log: the partitions of a marketplace, with accounts and products, made event by event."""

from __future__ import annotations

import zlib
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from services_stub.contracts.base import Event
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import Envelope, event_type
from services_stub.contracts.events import (
    NotificationSent,
    ProductCreated,
    ProductDeleted,
    ProductStatus,
    ProductUpdated,
    SellerBlocked,
    SellerUnblocked,
    UserCreated,
    owner_of,
)
from services_stub.contracts.times import from_microseconds, rfc3339
from simulator.trace.records import TracedRecord

START = 1_795_437_045_000_000
PARTITIONS = 3


class SyntheticLog:
    """The records of a marketplace that keeps its products in a dictionary, and tells of all that happens to them."""

    def __init__(self) -> None:
        self.records: list[TracedRecord] = []
        self.products: dict[str, ProductUpdated] = {}
        self.reserved: dict[str, int] = {}
        self.deleted: set[str] = set()
        self._offsets: dict[tuple[str, int], int] = {}
        self._events = 0
        self.now = START

    def put(self, event: Event, flow: str = "", cause: str = "") -> str:
        """Publish an event; its id."""
        self._events += 1
        self.now += 1000
        event_id = f"e{self._events}"
        envelope = Envelope(
            id=event_id,
            type=event_type(type(event)),
            source=f"/services/{owner_of(type(event))}",
            time=rfc3339(from_microseconds(self.now)),
            subject=event.subject,
            dataschema="",
            correlation_id=flow or event_id,
            causation_id=cause,
            traceparent="",
        )
        partition = zlib.crc32(event.subject.encode()) % PARTITIONS
        headers = tuple((name, value) for name, value in envelope.headers())
        self.append(
            TracedRecord(event.topic, partition, 0, self.now, headers, encode_json(event), event.subject.encode())
        )
        return event_id

    def append(self, record: TracedRecord) -> TracedRecord:
        """Put a record at the end of its partition."""
        lane = (record.topic, record.partition)
        offset = self._offsets.get(lane, 0)
        self._offsets[lane] = offset + 1
        self.records.append(replace(record, offset=offset))
        return self.records[-1]

    def user(self, user_id: str, role: str = "user") -> None:
        created = self.put(UserCreated(user_id=user_id, email=f"{user_id}@example.org", role=role))
        self.tell(user_id, "welcome", user_id, cause=created)

    def block(self, seller_id: str) -> str:
        event_id = self.put(SellerBlocked(seller_id=seller_id, reason="test"))
        self.tell(seller_id, "seller-blocked", seller_id, cause=event_id)
        self._set_status(seller_id, ProductStatus.DISABLED)
        self.now += 1_000_000
        return event_id

    def unblock(self, seller_id: str) -> None:
        self.put(SellerUnblocked(seller_id=seller_id, reason=""))
        self._set_status(seller_id, ProductStatus.ACTIVE)
        self.now += 1_000_000

    def _set_status(self, seller_id: str, status: ProductStatus) -> None:
        for product_id, product in list(self.products.items()):
            if product.seller_id == seller_id and product_id not in self.deleted:
                self.change(product_id, status=status)

    def product(self, product_id: str, seller_id: str, price: str = "5.00", quantity: int = 10) -> None:
        state = {
            "product_id": product_id,
            "seller_id": seller_id,
            "name": f"Thing {product_id}",
            "category": "test",
            "price": Decimal(price),
            "quantity": quantity,
            "status": ProductStatus.ACTIVE,
            "version": 1,
            "seller_sequence": 1,
        }
        self.put(ProductCreated(**state))  # type: ignore[arg-type]
        self.products[product_id] = ProductUpdated(**state)  # type: ignore[arg-type]
        self.reserved[product_id] = 0

    def change(self, product_id: str, flow: str = "", cause: str = "", **values: Any) -> None:
        before = self.products[product_id]
        after = self.products[product_id] = replace(before, version=before.version + 1, **values)
        if product_id not in self.deleted:
            self.put(after, flow, cause)

    def edit(self, product_id: str, **values: Any) -> None:
        """A change by the seller, which has a number."""
        self.change(product_id, seller_sequence=self.products[product_id].seller_sequence + 1, **values)

    def delete(self, product_id: str) -> None:
        before = self.products[product_id]
        self.products[product_id] = replace(before, version=before.version + 1)
        self.put(ProductDeleted(product_id=product_id, seller_id=before.seller_id, version=before.version + 1))
        self.deleted.add(product_id)

    def move(self, order_id: str, product_id: str, units: int, cause: str = "") -> None:
        """Move units into the reservation of an order, or (negative) back."""
        self.reserved[product_id] += units
        self.change(product_id, order_id, cause, quantity=self.products[product_id].quantity - units)

    def tell(
        self, user_id: str, template: str, about: str, flow: str = "", cause: str = "", channel: str = "email"
    ) -> None:
        message = NotificationSent(
            notification_id=f"n{self._events}", user_id=user_id, channel=channel, template=template, about=about
        )
        self.put(message, about, cause)

    def find(self, topic: str, flow: str = "", place: int = 0) -> TracedRecord:
        """One of the records of a topic and a flow, by default the first."""
        return [
            record
            for record in self.records
            if record.topic == topic and (not flow or record.header("ce_correlationid") == flow.encode())
        ][place]

    def lose(self, record: TracedRecord) -> None:
        """As if it had never been published."""
        self.records.remove(record)
        self.number()

    def number(self) -> None:
        """Number the records of each partition anew, in their order."""
        offsets: dict[tuple[str, int], int] = {}
        for index, record in enumerate(self.records):
            lane = (record.topic, record.partition)
            offset = offsets[lane] = offsets.get(lane, -1) + 1
            self.records[index] = replace(record, offset=offset)

    def publish_again(self, record: TracedRecord) -> None:
        """Publish what a record says once more, under a new id."""
        self._events += 1
        again = f"again-{self._events}".encode()
        headers = tuple((name, again if name == "ce_id" else value) for name, value in record.headers)
        self.append(replace(record, headers=headers))
