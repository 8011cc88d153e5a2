"""The search service, wired."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from services_stub.runtime.context import Context
from services_stub.runtime.kafka.log_reader import LogReader
from services_stub.runtime.service import Service, Worker
from services_stub.runtime.settings import Settings
from services_stub.search.api import KEPT, REBUILDER, ROUTES
from services_stub.search.handlers import HANDLERS, Rebuilder
from services_stub.search.handlers.rebuild import Log
from services_stub.search.store import TABLES
from services_stub.search.store.hits import Kept


def _log_of(settings: Settings) -> Log:
    return LogReader(settings, [event.topic for event in HANDLERS])


def search_service(open_log: Callable[[Settings], Log] = _log_of) -> Service:
    """The service; a rebuild reads the log that `open_log` opens."""

    def workers(context: Context) -> Sequence[Worker]:
        rebuilder = Rebuilder(context, lambda: open_log(context.settings))
        context.state |= {KEPT: Kept(), REBUILDER: rebuilder}
        return [rebuilder]

    return Service(
        name="search",
        routes=ROUTES,
        tables=TABLES,
        handlers=HANDLERS,
        calls=("product",),
        batch_linger=0.1,
        # Each batch rewrites the bitmaps of the facets that it touches, however many products it has.
        largest_batch=2000,
        workers=workers,
    )


SERVICE = search_service()
