"""The order service as the runtime starts it."""

from __future__ import annotations

from services_stub.order.api import FAST_ROUTES, ROUTES
from services_stub.order.handlers import HANDLERS
from services_stub.order.store import TABLES
from services_stub.runtime.service import Service

SERVICE = Service(name="order", routes=ROUTES, fast_routes=FAST_ROUTES, tables=TABLES, handlers=HANDLERS)
