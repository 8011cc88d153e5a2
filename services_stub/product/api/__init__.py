"""The HTTP routes of the product service: the access to each, and the handler that answers it."""

from __future__ import annotations

from services_stub.product.api import bulk, routes
from services_stub.product.api.routes import reservation_seconds

ROUTES = [*routes.ROUTES, *bulk.ROUTES]
FAST_ROUTES = routes.FAST_ROUTES
"""The routes that every purchase takes."""

__all__ = ["FAST_ROUTES", "ROUTES", "reservation_seconds"]
