"""The seller service, wired."""

from __future__ import annotations

from services_stub.runtime.service import Service
from services_stub.seller.api import ROUTES
from services_stub.seller.handlers import HANDLERS
from services_stub.seller.store import TABLES

SERVICE = Service(name="seller", routes=ROUTES, tables=TABLES, handlers=HANDLERS, batch_linger=0.2)
