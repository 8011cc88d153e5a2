"""The declaration of a service: its routes, its tables, the events it consumes and its background workers.

One value for each service, so that production and tests put the same thing together from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp
from sqlalchemy import MetaData

from services_stub.contracts.base import Event
from services_stub.contracts.events.trace import HopOutcome
from services_stub.runtime.fast_path import FastRoute
from services_stub.runtime.sql.transaction import Received, Transaction

if TYPE_CHECKING:
    from services_stub.runtime.context import Context

Outcome = HopOutcome
"""The result of handling an event."""

Handler = Callable[[Transaction, Received[Any]], Outcome | None]
"""Handles one event in the batch's transaction; None means that it was handled."""

Sink = Callable[[Sequence[Received[Event]]], list[Outcome]]
"""Handles a batch of events in a store of its own; raises `Unavailable` to see the same batch again."""


class Worker(Protocol):
    """Something that works in the background of a service."""

    def start(self) -> None:
        """Begin; called once, after the writer runs and before events and requests come."""

    def stop(self, timeout: float) -> None:
        """End within `timeout` seconds; called after events and requests have stopped."""


def _no_workers(_context: Context) -> Sequence[Worker]:
    return ()


@dataclass(frozen=True)
class Service:
    """A service as its `service.py` wires it.

    `fast_routes` are those of its routes that every purchase takes, each with its adapter.
    `tables` give it a database with writer, outbox and inbox; `handlers` name the events that it consumes there, and
    `filters` tell which of them change nothing, so that nothing is written for them. A service with another store
    gives `consumes` and `sink` instead. `follows` names the events that its workers read outside its consumer group.
    `calls` names its peers; it can call no others. `batch_linger` is how many seconds an event may wait for others to
    be handled with it, and up to 20 ms of it to be published, for a service whose effects no request waits for, and
    `largest_batch` how many events are handled together. `wrap` puts an ASGI application in front of the routes.
    `is_public` lets requests come from anywhere, and not by the gateway alone. `marketplace diagram` draws what is
    declared here; the events that it publishes are those of its module in `contracts/events`.

    Raises:
        ValueError: a fast route has no adapter, or is none of the routes.
    """

    name: str
    routes: Sequence[HTTPRouteHandler]
    fast_routes: Sequence[FastRoute] = ()
    tables: MetaData | None = None
    handlers: Mapping[type[Event], Handler] = field(default_factory=dict)
    filters: Mapping[type[Event], Callable[[Any], bool]] = field(default_factory=dict)
    consumes: Sequence[type[Event]] = ()
    follows: Sequence[type[Event]] = ()
    calls: Sequence[str] = ()
    batch_linger: float = 0.0
    largest_batch: int = 500
    sink: Callable[[Context], Sink] | None = None
    workers: Callable[[Context], Sequence[Worker]] = _no_workers
    wrap: Callable[[ASGIApp, Context], ASGIApp] | None = None
    is_public: bool = False

    def __post_init__(self) -> None:
        """Refuse what would answer otherwise than it was declared."""
        for route in self.fast_routes:
            if not isinstance(route, FastRoute) or not callable(route.adapter):
                raise ValueError(f"{self.name}: {route} has no adapter: declare FastRoute(handler, adapter)")
            if route.handler not in self.routes:
                raise ValueError(f"{self.name}: {route.method} {route.path} is a fast route, but not among the routes")

    def filters_out(self, event: Event) -> bool:
        """Whether `event` changes nothing for the service."""
        changes_nothing = self.filters.get(type(event))
        return changes_nothing is not None and changes_nothing(event)

    def events(self) -> tuple[type[Event], ...]:
        """The events that it consumes."""
        return (*self.handlers, *self.consumes)
