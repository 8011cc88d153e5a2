"""The analytics service, wired: each batch of events is one command of its writer."""

from __future__ import annotations

from services_stub.analytics.api import ROUTES
from services_stub.analytics.handlers import COUNTED, count_events
from services_stub.analytics.store import TABLES
from services_stub.runtime.context import Context
from services_stub.runtime.service import Service, Sink
from services_stub.runtime.sql.transaction import NO_CAUSE


def _sink(context: Context) -> Sink:
    return lambda batch: context.write_from_thread(count_events, batch, NO_CAUSE)


SERVICE = Service(name="analytics", routes=ROUTES, tables=TABLES, consumes=tuple(COUNTED), sink=_sink, batch_linger=0.2)
