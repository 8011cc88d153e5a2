"""Reads that may take long: in a thread of their own, a few at a time, each with a deadline that ends its statement."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection

from services_stub.runtime.errors import Unavailable
from services_stub.runtime.sql.database import Database, limited_to, mapped_errors

LONGEST_SECONDS = 1.0
LONGEST_WAIT = 2.0
"""Seconds; a few slow statements fill a queue as much as many quick ones do, so it is bounded by time."""


class LongReads:
    """Runs `function(connection, *arguments)` for callers that wait, beside the event loop, one after the other."""

    def __init__(self, service: str, database: Database) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"long-reads-{service}")
        self._connection: Connection | None = None

    async def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The result of `function(connection, *arguments)`, or the error that it raised.

        Raises:
            Refused: the function refused, or a statement took too long and was ended.
            Unavailable: the database is away, or what came before took so long that the caller is not to wait.
        """
        by = time.monotonic() + LONGEST_WAIT
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, by, function, arguments)

    def stop(self) -> None:
        """End what is under way; nothing is answered any more."""
        self._thread.shutdown()
        if self._connection is not None:
            self._connection.close()

    def _read(self, by: float, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if time.monotonic() > by:
            raise Unavailable("too many searches at a time")
        with mapped_errors():
            if self._connection is None:
                self._connection = self._database.connect_reader()
            with self._connection.begin(), limited_to(self._connection, LONGEST_SECONDS):
                return function(self._connection, *arguments)
