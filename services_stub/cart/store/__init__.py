"""The cart store: Valkey or Redis, reached by one thread that sends the waiting calls together."""

from services_stub.cart.store.carts import Answer, Carts, cache_product_call, completed, tombstone_call
from services_stub.cart.store.checkouts import (
    LARGEST_OVERDUE_BATCH,
    Checkouts,
    TakenLines,
    order_created_call,
    order_failed_call,
    order_settled_call,
)
from services_stub.cart.store.connection import StoreConnection
from services_stub.cart.store.executor import Executor
from services_stub.cart.store.scripts import CartRefusal

__all__ = [
    "LARGEST_OVERDUE_BATCH",
    "Answer",
    "CartRefusal",
    "Carts",
    "Checkouts",
    "Executor",
    "StoreConnection",
    "TakenLines",
    "cache_product_call",
    "completed",
    "order_created_call",
    "order_failed_call",
    "order_settled_call",
    "tombstone_call",
]
