"""The thread that answers the reads of a service's requests, each from a committed snapshot beside the writer."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any

from services_stub.runtime.completions import Completions
from services_stub.runtime.database import Database, mapped_errors

LARGEST_BATCH = 100

_Read = tuple[Callable[..., Any], tuple[Any, ...], asyncio.Future[Any]]


class Reader:
    """Runs `function(connection, *arguments)` for callers that wait. Reads that wait together share a snapshot."""

    def __init__(self, service: str, database: Database) -> None:
        self._reads: queue.SimpleQueue[_Read | None] = queue.SimpleQueue()
        self._database = database
        self._thread = threading.Thread(target=self._run, name=f"reader-{service}", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    async def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The result of `function(connection, *arguments)`, or what it raised.

        Raises:
            Refused: the function refused.
            Unavailable: the database is away.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._reads.put((function, arguments, future))
        return await future

    def stop(self, timeout: float) -> None:
        """Answer what waits and end."""
        self._reads.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        connection = self._database.connect()
        while (read := self._reads.get()) is not None:
            reads = [read]
            while len(reads) < LARGEST_BATCH and not self._reads.empty():
                following = self._reads.get()
                if following is None:
                    self._reads.put(None)
                    break
                reads.append(following)
            completions = Completions()
            for function, arguments, future in reads:
                try:
                    with mapped_errors(), connection.begin():
                        completions.add(future, function(connection, *arguments))
                except Exception as error:  # noqa: BLE001 - handed to the caller, whose request fails with it
                    completions.add(future, None, error)
            completions.deliver()
        connection.close()
