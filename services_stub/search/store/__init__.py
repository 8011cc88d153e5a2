"""The index of products: its tables, the statements that keep it, and those that search it."""

from __future__ import annotations

from services_stub.search.store.tables import TABLES

__all__ = ["TABLES"]
