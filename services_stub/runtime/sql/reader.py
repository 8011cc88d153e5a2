"""Answers the reads of a service's requests, each from a committed snapshot beside the writer."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any

from services_stub.runtime.completions import Completions
from services_stub.runtime.sql.database import Database, mapped_errors
from services_stub.runtime.sql.long_reads import LongReads

_Read = tuple[Callable[..., Any], tuple[Any, ...], asyncio.Future[Any]]


class Reader:
    """Runs `function(connection, *arguments)` for callers that wait, each on a committed snapshot.

    Where a statement never waits for a network, in the event loop itself: handing a look-up by key to another thread
    costs more than the look-up. Elsewhere in a thread, where reads that wait together follow each other. `long` runs
    those that may take long.
    """

    def __init__(self, service: str, database: Database) -> None:
        self._reads: queue.SimpleQueue[_Read | None] = queue.SimpleQueue()
        self._database = database
        self._connection = database.connect_reader()
        self.long = LongReads(service, database)
        self._thread = threading.Thread(target=self._run, name=f"reader-{service}", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        if self._database.waits:
            self._thread.start()

    async def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The result of `function(connection, *arguments)`, or the error that it raised.

        Raises:
            Refused: the function refused.
            Unavailable: the database is away.
        """
        if not self._database.waits:
            return self._read(function, arguments)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._reads.put((function, arguments, future))
        return await future

    def stop(self, timeout: float) -> None:
        """Answer the waiting reads and end."""
        self.long.stop()
        if self._database.waits:
            self._reads.put(None)
            self._thread.join(timeout)
        self._connection.close()

    def _read(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        with mapped_errors(), self._connection.begin():
            return function(self._connection, *arguments)

    def _run(self) -> None:
        while (read := self._reads.get()) is not None:
            function, arguments, future = read
            completions = Completions()
            try:
                completions.add(future, self._read(function, arguments))
            except Exception as error:  # noqa: BLE001 - handed to the caller, whose request fails with it
                completions.add(future, None, error)
            completions.deliver()
