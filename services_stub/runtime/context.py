"""The context: the parts of a running service that its routes, sinks and workers use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.gateway import TopicProgress
from services_stub.runtime.faults import ActiveFaults
from services_stub.runtime.hops import HopReporter
from services_stub.runtime.peers import Peers
from services_stub.runtime.sampling import SampleSender, Sampling
from services_stub.runtime.settings import Settings
from services_stub.runtime.sql.reader import Reader
from services_stub.runtime.sql.transaction import Transaction
from services_stub.runtime.sql.writer import Writer
from services_stub.runtime.tokens import Verifier

C = TypeVar("C")
R = TypeVar("R")
P = ParamSpec("P")


class Context:
    """The parts of one running service. `state` holds the resources that the service itself keeps while it runs.

    `faults` are those that the service shall carry out. `progress` says how far it has come in the topics it consumes.
    `silences` tell for how many seconds a store has not answered, by its name; 0 where it does.
    `cluster_id` names the Kafka cluster and its present log: another one means that the log is another one.
    `stopping` is set when the service begins to drain: answers that would not end by themselves must end then.
    Coroutines write by `write`, threads by `write_from_thread`. `hops` reports sampled events and requests.
    """

    def __init__(
        self,
        settings: Settings,
        loop: asyncio.AbstractEventLoop,
        peers: Peers,
        verifier: Verifier,
        writer: Writer | None = None,
        reader: Reader | None = None,
        sender: SampleSender | None = None,
        cluster_id: str = "",
    ) -> None:
        self.settings = settings
        self.loop = loop
        self.peers = peers
        self.verifier = verifier
        self.faults = ActiveFaults(settings.faults)
        self.state: dict[str, Any] = {}
        self.stopping = asyncio.Event()
        self.progress: Callable[[], list[TopicProgress]] = list
        self.silences: dict[str, Callable[[], float]] = {}
        self.cluster_id = cluster_id
        self._writer = writer
        self._reader = reader
        self._sampling = None if sender is None else Sampling(settings, sender)
        self.hops = HopReporter(settings, sender)

    @property
    def writer(self) -> Writer:
        """The writer of the service's database."""
        if self._writer is None:
            raise LookupError(f"{self.settings.service} has no database")
        return self._writer

    @property
    def sampling(self) -> Sampling:
        """Publishes events of which a sample suffices."""
        if self._sampling is None:
            raise LookupError(f"{self.settings.service} publishes nothing")
        return self._sampling

    async def write(self, handler: Callable[[Transaction, C], R], command: C, cause: Cause) -> R:
        """Have `handler(transaction, command)` run in the writer's next batch; its result, or what it raised.

        Raises:
            Refused: the handler refused.
            Unavailable: the database is away or full; nothing was changed.
        """
        result: R = await self.writer.run(handler, command, cause)
        return result

    def write_from_thread(self, handler: Callable[[Transaction, C], R], command: C, cause: Cause) -> R:
        """Like `write`, for a worker's thread: it waits until the batch is committed, without the event loop.

        Raises:
            Refused: the handler refused.
            Unavailable: the database is away or full; nothing was changed.
        """
        result: R = self.writer.run_from_thread(handler, command, cause)
        return result

    async def read(
        self, function: Callable[Concatenate[Connection, P], R], *arguments: P.args, **keywords: P.kwargs
    ) -> R:
        """The result of `function(connection, ...)` on a committed snapshot.

        Raises:
            Refused: the function refused.
            Unavailable: the database is away.
        """
        if self._reader is None:
            raise LookupError(f"{self.settings.service} has no database")
        result: R = await self._reader.run(function, *arguments, **keywords)
        return result

    async def read_long(
        self, function: Callable[Concatenate[Connection, P], R], *arguments: P.args, **keywords: P.kwargs
    ) -> R:
        """Like `read`, for what may take long: it holds up no other request, and is ended where it takes too long.

        Raises:
            Refused: the function refused, or it took too long.
            Unavailable: the database is away, or too many such reads are under way.
        """
        if self._reader is None:
            raise LookupError(f"{self.settings.service} has no database")
        result: R = await self._reader.long.run(function, *arguments, **keywords)
        return result

    def run(self, work: Coroutine[Any, Any, R], timeout: float) -> R:
        """Run a coroutine on the event loop for a worker's thread, which waits for it up to `timeout` seconds."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout)
