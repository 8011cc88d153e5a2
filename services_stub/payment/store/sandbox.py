"""The sandbox: a payment provider that takes no money, for the test cards of `domain`.

It remembers its charges in a file of its own, because a provider knows nothing of our transactions: a charge whose
answer got lost in a crash must not be made twice, and what was taken must be there to be given back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from services_stub.contracts.control_faults import DeclinedPayments, DoubleCharges, LostPaymentAnswers
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
    Taken,
    card_of,
)
from services_stub.payment.store.sandbox_faults import SandboxFaults
from services_stub.runtime import clock

_CHARGED, _PROCESSING, _CANCELED, _DECLINED = "charged", "processing", "canceled", "declined"
_FAULT_REASON = "card_declined"
_SECOND = "#2"
"""Behind the id of an order: its second charge, which only a fault makes."""
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
_FIND_TAKEN = """
SELECT amount_cents - (SELECT coalesce(sum(amount_cents), 0) FROM refunds WHERE order_id = :order_id) FROM charges
WHERE order_id = :order_id AND state = 'charged'
"""
_CHANGE = "UPDATE charges SET state = ? WHERE order_id IN (?, ?)"


class Sandbox:
    """Every call is durable when it returns. `clock` gives Unix time. One thread at a time may call.

    It answers at once, also for the slow card and under a fault, so more threads would only cost.
    """

    concurrency = 1

    def __init__(
        self, file: Path | str, clock: Callable[[], float] = clock.seconds, faults: SandboxFaults | None = None
    ) -> None:
        self._clock = clock
        self._faults = faults or SandboxFaults()
        with _mapped_errors():
            self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-1024"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(_CREATE)

    def charge(self, request: ChargeRequest) -> ChargeResult:
        """Do what the card is for.

        Raises:
            ProviderUnavailable: the card is the unreachable one, a fault is in force, or the file cannot be written.
        """
        self._check_outage()
        card = card_of(request.payment_method)
        if card.behaviour is Behaviour.NOT_ANSWER:
            raise ProviderUnavailable("the sandbox does not answer for this card")
        if card.behaviour is Behaviour.DECLINE:
            return Declined(card.reason)
        seconds = SLOW_SECONDS if card.behaviour is Behaviour.TAKE_TIME else 0.0
        with _mapped_errors():
            result = self._charge(request, seconds) if self._faults.any else self._insert_charge(request, seconds)
            result = result or self._charge_again(request.order_id)
        if isinstance(result, Charged) and self._faults.strikes(LostPaymentAnswers):
            raise ProviderUnavailable("sandbox: the answer got lost")
        return result

    def refund(self, request: RefundRequest) -> str | None:
        """Give back a part of what was taken for an order, or take nothing for it any more.

        Raises:
            ProviderUnavailable: a fault is in force, or the file cannot be written.
            RefundRefused: more than is left of the charge, or the key of a refund of another amount.
        """
        self._check_outage()
        order_id = _order_id(request.charge_id) or request.charge.order_id
        with _mapped_errors():
            if self._insert(order_id, _CANCELED, 0, 0.0):
                return None
            state, _ = self._known(order_id)
            if state == _PROCESSING:
                self._connection.execute(_CHANGE, (_CANCELED, order_id, order_id + _SECOND))
            if state != _CHARGED:
                return None
            asked = {"order_id": order_id, "key": request.key, "cents": request.amount_cents}
            self._connection.execute(_REFUND, asked)
            if self._connection.execute(_FIND_REFUND, (order_id, request.key)).fetchone() != (request.amount_cents,):
                raise RefundRefused(f"sandbox: {request.amount_cents} cents are not left of {_charge_id(order_id)}")
            return _charge_id(order_id)

    def surplus(self, request: ChargeRequest, charge_id: str) -> Sequence[Taken]:  # noqa: ARG002 the first one's
        """The second charge of an order, if a fault has made one and it is not given back.

        Raises:
            ProviderUnavailable: a fault is in force, or the file cannot be read.
        """
        self._check_outage()
        second = request.order_id + _SECOND
        with _mapped_errors():
            taken = self._connection.execute(_FIND_TAKEN, {"order_id": second}).fetchone()
        return [Taken(_charge_id(second), taken[0])] if taken and taken[0] else []

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def reach(self) -> None:
        """Nothing but a fault keeps it from answering. Raises ProviderUnavailable."""
        self._check_outage()

    def _check_outage(self) -> None:
        if self._faults.outage:
            raise ProviderUnavailable("sandbox: outage")

    def _charge(self, request: ChargeRequest, seconds: float) -> ChargeResult | None:
        """Like `_insert_charge`, under the faults in force."""
        faults, order_id = self._faults, request.order_id
        if self._find(order_id):
            return None
        if faults.strikes(DeclinedPayments):
            self._insert(order_id, _DECLINED, 0, 0.0)
            return Declined(_FAULT_REASON)
        twice = faults.strikes(DoubleCharges)
        result = self._insert_charge(request, seconds + faults.delay)
        if twice:
            # Last: a second charge without a first would be found by no one who asks for the order's charge.
            self._insert_charge(replace(request, order_id=order_id + _SECOND), seconds + faults.delay)
        return result

    def _insert_charge(self, request: ChargeRequest, seconds: float) -> ChargeResult | None:
        """Take the money, in so many seconds; None where the order is known."""
        state, ready_at = (_PROCESSING, self._clock() + seconds) if seconds else (_CHARGED, 0.0)
        if not self._insert(request.order_id, state, request.amount_cents, ready_at):
            return None
        return Processing(seconds) if seconds else Charged(_charge_id(request.order_id))

    def _charge_again(self, order_id: str) -> ChargeResult:
        state, ready_at = self._known(order_id)
        if state == _DECLINED:
            return Declined(_FAULT_REASON)
        if state == _CANCELED:
            return Declined(_CANCELED)
        if state == _PROCESSING:
            left = ready_at - self._clock()
            if left > 0:
                return Processing(left)
            self._connection.execute(_CHANGE, (_CHARGED, order_id, order_id + _SECOND))
        return Charged(_charge_id(order_id))

    def _insert(self, order_id: str, state: str, amount_cents: int, ready_at: float) -> bool:
        return self._connection.execute(_INSERT, (order_id, state, amount_cents, ready_at)).rowcount == 1

    def _find(self, order_id: str) -> tuple[str, float] | None:
        found: tuple[str, float] | None = self._connection.execute(_FIND, (order_id,)).fetchone()
        return found

    def _known(self, order_id: str) -> tuple[str, float]:
        found = self._find(order_id)
        if found is None:
            raise LookupError(order_id)
        return found


def _charge_id(order_id: str) -> str:
    return f"ch_{order_id}"


def _order_id(charge_id: str) -> str:
    return charge_id.removeprefix("ch_")


@contextmanager
def _mapped_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise ProviderUnavailable(f"sandbox: {error}") from error
