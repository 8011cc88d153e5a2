"""Sellers are told when the stock of a product becomes low or is sold out, once for each time that it does."""

from __future__ import annotations

import msgspec

from services_stub.contracts.events.product import ProductCreated, ProductDeleted, ProductUpdated
from services_stub.contracts.events.seller import StockLow
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.sql.transaction import Received, Transaction
from services_stub.seller.domain import StockLevel, stock_level
from services_stub.seller.handlers.progress import note_progress
from services_stub.seller.store import stock


def on_product_created(tx: Transaction, received: Received[ProductCreated]) -> None:
    """Keep the level that a product begins with. Its seller knows how little that is, and is not told."""
    note_progress(tx, received)
    event = received.event
    if stock.find(tx, event.product_id) is None:
        level = stock_level(event.quantity, stock.threshold_of(tx.connection, event.seller_id))
        stock.add(tx, event.product_id, level, event.version)


def on_product_updated(tx: Transaction, received: Received[ProductUpdated]) -> None:
    """Tell the seller of a product whose stock fell to a lower level than at the version before.

    A product whose creation was not heard of counts as having had enough. Late versions change nothing.
    """
    happened_at = note_progress(tx, received)
    event = received.event
    known = stock.find(tx, event.product_id)
    if known is not None and (known.deleted or known.version >= event.version):
        return
    threshold = stock.threshold_of(tx.connection, event.seller_id)
    level = stock_level(event.quantity, threshold)
    if known is None:
        stock.add(tx, event.product_id, level, event.version)
    else:
        stock.replace(tx, event.product_id, level, event.version)
    if level > (StockLevel.ENOUGH if known is None else known.level):
        _tell(tx, event, threshold, happened_at)


def on_product_deleted(tx: Transaction, received: Received[ProductDeleted]) -> None:
    """Tell nothing more of a product."""
    note_progress(tx, received)
    event = received.event
    change = stock.add if stock.find(tx, event.product_id) is None else stock.replace
    change(tx, event.product_id, StockLevel.SOLD_OUT, event.version, deleted=True)


def _tell(tx: Transaction, event: ProductUpdated, threshold: int, happened_at: int) -> None:
    notice = StockLow(
        seller_id=event.seller_id,
        product_id=event.product_id,
        name=event.name,
        quantity=event.quantity,
        threshold=threshold,
        sold_out=event.quantity <= 0,
    )
    tx.publish(notice)
    row = {"notice_id": new_id(), "read": False, "happened_at": happened_at}
    stock.add_notice(tx, msgspec.structs.asdict(notice) | row)
