"""The store of the analytics service: what is known of users, products and orders, and the numbers that follow."""

from __future__ import annotations

from services_stub.analytics.store.tables import TABLES

__all__ = ["TABLES"]
