"""Building the index anew from the log, while the old one answers; when it is complete, it takes the old one's place.

Live events reach both indexes from the beginning on, and in both the version decides, so nothing is missed or undone.
The log may not reach back to the first product: topics keep records for a time only. Product knows how many products
there ever were; when the log told of fewer, product is asked for all of them. Where that cannot be made sure of, the
old index stays.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol
from urllib.parse import quote

import msgspec
import structlog

from services_stub.contracts.base import Event
from services_stub.contracts.http.product import ProductStates
from services_stub.contracts.http.search import Rebuild
from services_stub.contracts.times import rfc3339
from services_stub.runtime import clock
from services_stub.runtime.context import Context
from services_stub.runtime.decoding import EventDecoder
from services_stub.runtime.errors import Poison, Refused, Unavailable
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.sql.transaction import NO_CAUSE, Received
from services_stub.search.handlers.events import HANDLERS, change_of, change_to
from services_stub.search.store import rebuilding
from services_stub.search.store.changes import Change
from services_stub.search.store.rebuilding import Fill

_BATCH = 1000
_PAGE = 500
_WAIT = 0.2
_ANSWER_SECONDS = 30.0
"""How long the broker, or product, may be silent before a rebuild is given up."""


class Log(Protocol):
    """The records of the products' topics, from the beginning to where they ended when it was opened."""

    dropped: int
    total: int

    @property
    def finished(self) -> bool:
        """Whether all were read."""

    def read(self, most: int, timeout: float) -> list[Record]:
        """Up to `most` records; none where `timeout` seconds bring none."""

    def close(self) -> None:
        """Let go."""


class _Failed(Exception):
    """The rebuild is given up; the text says why."""


class Rebuilder:
    """Builds the index anew when it is asked to, once at a time, in a thread of its own."""

    def __init__(self, context: Context, open_log: Callable[[], Log]) -> None:
        self._context, self._open_log = context, open_log
        self._decoder = EventDecoder(list[type[Event]](HANDLERS))
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.latest: Rebuild | None = None

    def start(self) -> None:
        """Give up a rebuild that was under way when the process ended."""
        self._context.write_from_thread(rebuilding.abandon, None, NO_CAUSE)

    def stop(self, timeout: float) -> None:
        """Let a rebuild end that is under way."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def begin(self) -> Rebuild:
        """Begin; how far it is.

        Raises:
            Refused: one is under way.
        """
        with self._lock:
            if self.latest is not None and self.latest.state not in ("done", "failed"):
                raise Refused(409, "rebuild-under-way", "the index is being rebuilt already")
            self.latest = Rebuild(state="reading", started_at=rfc3339(clock.now()))
            self._thread = threading.Thread(target=self._run, name="rebuild", daemon=True)
            self._thread.start()
            return self.latest

    def _run(self) -> None:
        begun = time.monotonic()
        try:
            self._rebuild()
            self._tell(state="done", seconds=round(time.monotonic() - begun, 1))
        except Exception as error:  # noqa: BLE001 - told to the one who asked for the rebuild; the old index answers
            expected = isinstance(error, _Failed | Unavailable | Refused | TimeoutError)
            structlog.get_logger().error("the rebuild failed", exc_info=None if expected else error, reason=str(error))
            self._tell(state="failed", detail=str(error) or "no answer in time")
        structlog.get_logger().info("rebuild", **msgspec.to_builtins(self.latest))

    def _rebuild(self) -> None:
        place = self._context.write_from_thread(rebuilding.begin, None, NO_CAUSE)
        try:
            complete = self._read_log(place)
            self._tell(state="comparing")
            self._compare(place, complete)
            products = self._context.write_from_thread(rebuilding.swap, place, NO_CAUSE)
            self._tell(products=products)
        finally:
            # What is left is the old index, or the one that did not become complete.
            self._context.write_from_thread(rebuilding.abandon, None, NO_CAUSE)

    def _read_log(self, place: int) -> bool:
        """Read the log into the new index; whether it held every record from the first on."""
        log = self._open_log()
        try:
            self._tell(records=log.total)
            heard = time.monotonic()
            while not log.finished:
                self._check_stopping()
                records = log.read(_BATCH, _WAIT)
                if records:
                    heard = time.monotonic()
                    self._fill(place, [change for record in records if (change := self._change(record)) is not None])
                    self._tell(records_read=self._now.records_read + len(records))
                elif time.monotonic() - heard > _ANSWER_SECONDS:
                    raise _Failed(f"Kafka: no records for {_ANSWER_SECONDS:g} seconds")
            self._tell(records_dropped=log.dropped)
            return log.dropped == 0
        finally:
            log.close()

    def _compare(self, place: int, complete: bool) -> None:
        """See to it that no product is missing: by the number that product tells, or by the old index.

        Raises:
            _Failed: products would be lost, or may be.
        """
        counted = self._context.write_from_thread(rebuilding.count, place, NO_CAUSE)
        try:
            total = self._products_after("", 1).total
        except (Unavailable, Refused, TimeoutError) as error:
            if complete and not counted.only_in_old:
                self._tell(detail=f"not compared with product: {error}")
                return
            raise _Failed(
                f"the log does not hold all products ({self._now.records_dropped} records were dropped,"
                f" {counted.only_in_old} products are in the old index alone), and product cannot be asked: {error}"
            ) from error
        if complete and total <= counted.products:
            return
        last = ""
        while states := self._products_after(last, _PAGE).items:
            self._check_stopping()
            self._fill(place, [change_to(state) for state in states])
            self._tell(from_product=self._now.from_product + len(states))
            last = states[-1].product_id

    def _products_after(self, product_id: str, most: int) -> ProductStates:
        call = self._context.peers.call(
            "product",
            "GET",
            f"/internal/products?after={quote(product_id)}&limit={most}",
            expect=ProductStates,
            cause=NO_CAUSE,
        )
        return self._context.run(call, _ANSWER_SECONDS)

    def _change(self, record: Record) -> Change | None:
        item = self._decoder.decode(record)
        try:
            if isinstance(item, Received):
                return change_of(item.event)  # type: ignore[arg-type]
        except Poison:
            pass
        # The consumer made it a dead letter.
        self._tell(skipped=self._now.skipped + 1)
        return None

    def _fill(self, place: int, changes: Sequence[Change]) -> None:
        self._context.write_from_thread(rebuilding.fill, Fill(place, changes), NO_CAUSE)

    def _check_stopping(self) -> None:
        if self._stopping.is_set():
            raise _Failed("search is ending")

    @property
    def _now(self) -> Rebuild:
        assert self.latest is not None
        return self.latest

    def _tell(self, **changes: object) -> None:
        self.latest = msgspec.structs.replace(self._now, **changes)
