"""The order service as the runtime starts it."""

from __future__ import annotations

from services_stub.order.api import HOT, ROUTES
from services_stub.order.handlers import HANDLERS
from services_stub.order.store import TABLES
from services_stub.runtime.service import Service

SERVICE = Service(name="order", routes=ROUTES, hot=HOT, tables=TABLES, handlers=HANDLERS)
