"""The one writer of a service's database.

It takes everything that waits (commands of HTTP requests and batches of events alike) and commits it as one
transaction. Each item has a savepoint, so that one that is refused fails alone.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import queue
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import structlog

from services_stub.contracts.envelope import Cause
from services_stub.runtime.completions import Completions, Waiting
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.sql import inbox
from services_stub.runtime.sql.database import Database, Savepoint, concerns_batch, mapped_errors
from services_stub.runtime.sql.outbox import Outbox, Sender
from services_stub.runtime.sql.transaction import Transaction

LARGEST_BATCH = 500
_TICK = 0.02
_IDLE = 1.0
_ACKNOWLEDGE_EVERY = 0.5
_DELETE_EVERY = 600.0


class Entry(Protocol):
    """Something that waits to be written."""

    def apply(self, transaction: Transaction, savepoint: Savepoint) -> None:
        """Do it in the batch's transaction; an error that concerns only this entry does not escape.

        It may be called again after it was rolled back.
        """

    def committed(self, completions: Completions, /) -> None:
        """The batch is committed."""

    def failed(self, error: Exception, completions: Completions, /) -> None:
        """The batch was rolled back; nothing of it is true."""


class Command:
    """A handler and the command for it; `future` gets the result."""

    def __init__(self, handler: Callable[[Transaction, Any], Any], command: Any, cause: Cause, future: Waiting) -> None:
        self._handler, self._command, self._cause, self._future = handler, command, cause, future
        self._result: Any = None
        self._error: Exception | None = None

    def apply(self, transaction: Transaction, savepoint: Savepoint) -> None:
        """Call the handler; its refusal, and any bug in it, is told to the caller alone."""
        self._result, self._error = None, None
        transaction.begin_item(self._cause)
        savepoint.set()
        try:
            self._result = self._handler(transaction, self._command)
        except Refused as error:
            self._error = error
        except Exception as error:
            if concerns_batch(error):
                raise
            # A future does not take a StopIteration.
            self._error = RuntimeError(repr(error)) if isinstance(error, StopIteration) else error
        if self._error is None:
            savepoint.release()
        else:
            savepoint.rollback()
            transaction.rollback_item()

    def committed(self, completions: Completions) -> None:
        """Tell the caller."""
        completions.add(self._future, self._result, self._error)

    def failed(self, error: Exception, completions: Completions) -> None:
        """Tell the caller that nothing was changed."""
        completions.add(self._future, None, error)


class Writer:
    """Runs entries in batches, one batch at a time, on one connection.

    Where a statement never waits for a network (SQLite), the thread that brings an entry takes the write lock and
    writes all waiting entries: handing a batch to another thread and back costs more than the batch. Elsewhere the
    writer's thread does. That thread also keeps the outbox going. `on_bug` is called with an error that concerns no
    entry alone; the process ends then.
    """

    def __init__(
        self, service: str, database: Database, sender: Sender, cluster_id: str, on_bug: Callable[[BaseException], None]
    ) -> None:
        self._service, self._database, self._on_bug = service, database, on_bug
        self.cluster_id = cluster_id
        self._entries: queue.SimpleQueue[Entry] = queue.SimpleQueue()
        self._replays: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._write_lock = threading.Lock()
        self._wakeup = threading.Event()
        self._scheduled = False
        self._connection = database.connect()
        with mapped_errors(), self._connection.begin():
            self.outbox = Outbox(self._connection, sender, cluster_id)
        self._thread = threading.Thread(target=self._run, name=f"writer-{service}", daemon=True)
        self._written_at = self._deleted_at = time.monotonic()
        self._failing_since = 0.0
        self._stopping = False

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def submit(self, entry: Entry) -> None:
        """Have an entry written, behind those that wait. For threads: may write it, and others, before it returns."""
        self._entries.put(entry)
        if self._database.waits:
            self._wakeup.set()
        else:
            self.drain()

    async def run(self, handler: Callable[[Transaction, Any], Any], command: Any, cause: Cause) -> Any:
        """Have `handler(transaction, command)` run in the next batch; its result, or what it raised.

        Raises:
            Refused: the handler refused.
            Unavailable: the database is away or full; nothing was changed.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._entries.put(Command(handler, command, cause, future))
        if self._database.waits:
            self._wakeup.set()
        elif not self._scheduled:
            # All requests of one round of the event loop become one batch.
            self._scheduled = True
            loop.call_soon(self._drain_scheduled)
        return await future

    def run_from_thread(self, handler: Callable[[Transaction, Any], Any], command: Any, cause: Cause) -> Any:
        """Like `run`, for a thread beside the event loop: it waits for the commit."""
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self.submit(Command(handler, command, cause, future))
        return future.result()

    def replay(self, topic: str) -> None:
        """Send the retained events of a topic again. For any thread; never waits."""
        self._replays.put(topic)
        self._wakeup.set()

    def silence(self) -> float:
        """The seconds for which nothing could be written; 0 where it can."""
        return time.monotonic() - self._failing_since if self._failing_since else 0.0

    def stop(self, timeout: float) -> None:
        """Write what waits, wait for the broker's acknowledgements up to `timeout` seconds, and end."""
        deadline = time.monotonic() + timeout
        self._stopping = True
        self._wakeup.set()
        self._thread.join(timeout)
        self.drain()
        while self.outbox.pending() and time.monotonic() < deadline:
            with self._write_lock:
                self.write([])
            time.sleep(_TICK)
        with self._write_lock:
            self._connection.close()

    def drain(self) -> None:
        """Write the waiting entries, unless another thread is at it, which then writes them before it leaves."""
        try:
            while self._write_lock.acquire(blocking=False):
                try:
                    self._write_waiting(self._take_batch())
                finally:
                    self._write_lock.release()
                if self._entries.empty():
                    return
        except BaseException as error:
            self._on_bug(error)
            raise

    def write(self, entries: list[Entry]) -> None:
        """Write one batch. The caller holds the write lock."""
        completions = Completions()
        transaction = Transaction(self._connection, self._service)
        try:
            with mapped_errors(), self._connection.begin():
                savepoint = Savepoint(self._connection)
                for entry in entries:
                    entry.apply(transaction, savepoint)
                transaction.flush()
                self.outbox.store(self._connection, transaction.outbox, probing=not entries)
                self._delete_expired(transaction.now)
        except Unavailable as error:
            structlog.get_logger().error("a batch was rolled back", service=self._service, reason=str(error))
            self._written_at = time.monotonic()
            self._failing_since = self._failing_since or self._written_at
            for entry in entries:
                entry.failed(error, completions)
            completions.deliver()
            return
        except Exception as error:
            if isinstance(error, MemoryError) or not entries:
                raise
            self._write_alone(entries, error)
            return
        self._written_at, self._failing_since = time.monotonic(), 0.0
        self.outbox.committed(transaction.outbox)
        for callback in transaction.callbacks:
            callback()
        for entry in entries:
            entry.committed(completions)
        completions.deliver()
        if self.outbox.behind:
            with mapped_errors(), self._connection.begin():
                self.outbox.catch_up(self._connection)

    def _write_alone(self, entries: list[Entry], error: Exception) -> None:
        """Write each entry of a batch that was rolled back by an error of one: that one alone fails."""
        if len(entries) > 1:
            for entry in entries:
                self.write([entry])
            return
        structlog.get_logger().error("an entry failed by a bug", service=self._service, exc_info=error)
        completions = Completions()
        entries[0].failed(error, completions)
        completions.deliver()

    def _write_waiting(self, entries: list[Entry]) -> None:
        acknowledged = self.outbox.poll()
        for topic in {self._replays.get() for _ in range(self._replays.qsize())}:
            with mapped_errors(), self._connection.begin():
                self.outbox.replay(self._connection, topic)
        due = time.monotonic() - self._written_at > _ACKNOWLEDGE_EVERY
        if entries or self.outbox.behind or ((acknowledged or self._failing_since) and due):
            self.write(entries)

    def _drain_scheduled(self) -> None:
        self._scheduled = False
        self.drain()

    def _take_batch(self) -> list[Entry]:
        entries: list[Entry] = []
        while len(entries) < LARGEST_BATCH and not self._entries.empty():
            entries.append(self._entries.get_nowait())
        return entries

    def _delete_expired(self, now: datetime) -> None:
        if time.monotonic() - self._deleted_at > _DELETE_EVERY:
            self._deleted_at = time.monotonic()
            inbox.delete_expired(self._connection, now)

    def _run(self) -> None:
        while not self._stopping:
            self._wakeup.wait(_TICK if self.outbox.pending() else _IDLE)
            self._wakeup.clear()
            self.drain()
