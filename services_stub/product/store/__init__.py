"""The store of the product service: products with their stock, reservations, and blocked sellers."""

from services_stub.product.store import text_index  # makes the index together with the table
from services_stub.product.store.tables import TABLES

__all__ = ["TABLES", "text_index"]
