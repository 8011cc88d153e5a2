"""The cart store: Valkey or Redis, reached by one thread that batches what waits."""

from services_stub.cart.store.carts import Answer, Carts, completed, forget_call, ordered_call, remember_call
from services_stub.cart.store.connection import StoreConnection
from services_stub.cart.store.executor import Executor
from services_stub.cart.store.scripts import Verdict

__all__ = [
    "Answer",
    "Carts",
    "Executor",
    "StoreConnection",
    "Verdict",
    "completed",
    "forget_call",
    "ordered_call",
    "remember_call",
]
