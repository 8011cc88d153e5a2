"""The search service, wired."""

from __future__ import annotations

from collections.abc import Sequence

from services_stub.runtime.context import Context
from services_stub.runtime.service import Service, Worker
from services_stub.search.api import KEPT, ROUTES
from services_stub.search.handlers import HANDLERS
from services_stub.search.store import TABLES
from services_stub.search.store.hits import Kept


def _workers(context: Context) -> Sequence[Worker]:
    context.state[KEPT] = Kept()
    return ()


SERVICE = Service(
    name="search",
    routes=ROUTES,
    tables=TABLES,
    handlers=HANDLERS,
    batch_linger=0.02,
    # Each batch rewrites the bitmaps of the facets that it touches, however many products it has.
    largest_batch=2000,
    workers=_workers,
)
