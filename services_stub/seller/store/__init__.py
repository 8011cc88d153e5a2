"""The store of the seller service: sales, the stock of products as far as it concerns notices, and the notices."""

from services_stub.seller.store.tables import TABLES

__all__ = ["TABLES"]
