"""The store of the order service: orders with their parts and their history, and the blocks of sellers."""

from services_stub.order.store.tables import TABLES

__all__ = ["TABLES"]
