"""The sandbox: a payment provider that takes no money, for the test cards of `domain`.

It remembers its charges in a file of its own, because a provider knows nothing of our transactions: a charge whose
answer got lost in a crash must not be made twice, and what was taken must be there to be given back.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from services_stub.payment.domain import (
    SLOW_SECONDS,
    Behaviour,
    Charged,
    ChargeRequest,
    ChargeResult,
    Declined,
    Processing,
    ProviderUnavailable,
    RefundRefused,
    RefundRequest,
    card_of,
)

_CHARGED, _PROCESSING, _CANCELED = "charged", "processing", "canceled"
_CREATE = """
CREATE TABLE IF NOT EXISTS charges (
    order_id TEXT PRIMARY KEY, state TEXT NOT NULL, amount_cents INTEGER NOT NULL, ready_at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refunds (
    order_id TEXT NOT NULL, refund_key TEXT NOT NULL, amount_cents INTEGER NOT NULL, PRIMARY KEY (order_id, refund_key)
) WITHOUT ROWID;
"""
_INSERT = "INSERT INTO charges VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_FIND = "SELECT state, ready_at FROM charges WHERE order_id = ?"
_REFUND = """
INSERT INTO refunds SELECT order_id, :key, :cents FROM charges
WHERE order_id = :order_id AND amount_cents >= :cents + (
    SELECT coalesce(sum(amount_cents), 0) FROM refunds WHERE order_id = :order_id
)
ON CONFLICT DO NOTHING
"""
_FIND_REFUND = "SELECT amount_cents FROM refunds WHERE order_id = ? AND refund_key = ?"
_CHANGE = "UPDATE charges SET state = ? WHERE order_id = ?"


class Sandbox:
    """Every call is durable when it returns. `clock` gives Unix time. One thread at a time may call.

    It answers at once, also for the slow card, so more threads would only cost.
    """

    concurrency = 1

    def __init__(self, file: Path | str, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        with _mapped_errors():
            self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-1024"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(_CREATE)

    def charge(self, request: ChargeRequest) -> ChargeResult:
        """Do what the card is for.

        Raises:
            ProviderUnavailable: the card is the unreachable one, or the file cannot be written.
        """
        card = card_of(request.payment_method)
        if card.behaviour is Behaviour.NOT_ANSWER:
            raise ProviderUnavailable("the sandbox does not answer for this card")
        if card.behaviour is Behaviour.DECLINE:
            return Declined(card.reason)
        slow = card.behaviour is Behaviour.TAKE_TIME
        ready_at = self._clock() + SLOW_SECONDS if slow else 0.0
        state = _PROCESSING if slow else _CHARGED
        with _mapped_errors():
            if self._insert(request.order_id, state, request.amount_cents, ready_at):
                return Processing(SLOW_SECONDS) if slow else Charged(_charge_id(request.order_id))
            return self._charge_again(request.order_id)

    def refund(self, request: RefundRequest) -> str | None:
        """Give back a part of what was taken for an order, or take nothing for it any more.

        Raises:
            ProviderUnavailable: the file cannot be written.
            RefundRefused: more than is left of the charge, or the key of a refund of another amount.
        """
        order_id = request.charge.order_id
        with _mapped_errors():
            if self._insert(order_id, _CANCELED, 0, 0.0):
                return None
            state, _ = self._find(order_id)
            if state == _PROCESSING:
                self._connection.execute(_CHANGE, (_CANCELED, order_id))
            if state != _CHARGED:
                return None
            asked = {"order_id": order_id, "key": request.key, "cents": request.amount_cents}
            self._connection.execute(_REFUND, asked)
            if self._connection.execute(_FIND_REFUND, (order_id, request.key)).fetchone() != (request.amount_cents,):
                raise RefundRefused(f"sandbox: {request.amount_cents} cents are not left of {_charge_id(order_id)}")
            return _charge_id(order_id)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _charge_again(self, order_id: str) -> ChargeResult:
        state, ready_at = self._find(order_id)
        if state == _CANCELED:
            return Declined(_CANCELED)
        if state == _PROCESSING:
            left = ready_at - self._clock()
            if left > 0:
                return Processing(left)
            self._connection.execute(_CHANGE, (_CHARGED, order_id))
        return Charged(_charge_id(order_id))

    def _insert(self, order_id: str, state: str, amount_cents: int, ready_at: float) -> bool:
        return self._connection.execute(_INSERT, (order_id, state, amount_cents, ready_at)).rowcount == 1

    def _find(self, order_id: str) -> tuple[str, float]:
        state, ready_at = self._connection.execute(_FIND, (order_id,)).fetchone()
        return str(state), float(ready_at)


def _charge_id(order_id: str) -> str:
    return f"ch_{order_id}"


@contextmanager
def _mapped_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise ProviderUnavailable(f"sandbox: {error}") from error
