"""The search service, wired."""

from __future__ import annotations

from services_stub.runtime.service import Service
from services_stub.search.api import ROUTES
from services_stub.search.handlers import HANDLERS
from services_stub.search.store import TABLES

SERVICE = Service(name="search", routes=ROUTES, tables=TABLES, handlers=HANDLERS, batch_linger=0.02)
