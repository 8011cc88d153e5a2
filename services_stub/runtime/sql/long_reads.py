"""Reads that may take long: in a thread of their own, a few at a time, each with a deadline that ends its statement."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection

from services_stub.runtime.errors import Unavailable
from services_stub.runtime.sql.database import Database, limited_to, mapped_errors

LONGEST_SECONDS = 1.0
MOST_WAITING = 16


class LongReads:
    """Runs `function(connection, *arguments)` for callers that wait, beside the event loop, one after the other."""

    def __init__(self, service: str, database: Database) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"long-reads-{service}")
        self._connection: Connection | None = None
        self._waiting = 0

    async def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The result of `function(connection, *arguments)`, or the error that it raised.

        Raises:
            Refused: the function refused, or a statement took too long and was ended.
            Unavailable: the database is away, or too many wait already.
        """
        if self._waiting >= MOST_WAITING:
            raise Unavailable("too many searches at a time")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, function, arguments)
        finally:
            self._waiting -= 1

    def stop(self) -> None:
        """End what is under way; nothing is answered any more."""
        self._thread.shutdown()
        if self._connection is not None:
            self._connection.close()

    def _read(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        with mapped_errors():
            if self._connection is None:
                self._connection = self._database.connect_reader()
            with self._connection.begin(), limited_to(self._connection, LONGEST_SECONDS):
                return function(self._connection, *arguments)
