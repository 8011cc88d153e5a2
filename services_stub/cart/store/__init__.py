"""The cart store: Valkey or Redis, reached by one thread that batches what waits."""

from services_stub.cart.store.carts import Answer, Carts, cache_product_call, completed, ordered_call, tombstone_call
from services_stub.cart.store.connection import StoreConnection
from services_stub.cart.store.executor import Executor
from services_stub.cart.store.scripts import CartRefusal

__all__ = [
    "Answer",
    "CartRefusal",
    "Carts",
    "Executor",
    "StoreConnection",
    "cache_product_call",
    "completed",
    "ordered_call",
    "tombstone_call",
]
