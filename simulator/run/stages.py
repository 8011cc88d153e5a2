"""The latency of sagas by stage, from the planned start of the checkout, measured like operations.

Each checkout that made an order, as its answer or the log says, counts once in every stage; its repetitions do not.
What has not come when the log ends is unknown: it is counted, as slower than everything that came.
"""

from __future__ import annotations

from collections.abc import Iterable

from services_stub.contracts.events import OrderStatus
from simulator.history import Operation
from simulator.history.operations import ACCEPTED, CHECKOUT, NOTIFIED, PAID, PAYMENT
from simulator.measure.measurements import Measurements
from simulator.measure.outcomes import Outcome
from simulator.run.sagas import Saga, Sagas


def measured_sagas(
    operations: Iterable[Operation], sagas: Sagas, started_at: int, ended_at: int
) -> tuple[Measurements, int]:
    """The measurements of all stages, and how many sagas are open. Times are microseconds of Unix time."""
    measurements, open_sagas = Measurements(), 0
    counted: set[str] = set()
    for operation in operations:
        order_id = operation.order_id or sagas.caused_by(operation.request_id)
        if operation.operation != CHECKOUT or not order_id or order_id in counted:
            continue
        counted.add(order_id)
        saga = sagas.by_order.get(order_id) or Saga()
        open_sagas += saga.is_open or not saga.created_at
        planned, sent = operation.planned_at - started_at, operation.sent_at - started_at
        for stage, (at, outcome) in _stages_of(operation, saga).items():
            # A clock that differs a little must not make an effect earlier than its cause.
            done = max(sent, (at or ended_at) - started_at)
            measurements.record(stage, outcome, planned=planned, sent=sent, done=done)
    return measurements, open_sagas


def _stages_of(operation: Operation, saga: Saga) -> dict[str, tuple[int, Outcome]]:
    """When each stage came, and how; what has not come is unknown."""
    settled = Outcome.OK if saga.settled_as == OrderStatus.PAID else Outcome.REFUSED
    payment = (saga.payment_at, Outcome.OK if saga.charged else Outcome.REFUSED)
    if not saga.payment_at and saga.settled_at:  # cancelled before it was charged
        payment = (saga.settled_at, Outcome.REFUSED)
    return {
        ACCEPTED: (operation.done_at, operation.outcome),
        PAYMENT: payment if payment[0] else (0, Outcome.UNKNOWN),
        PAID: (saga.settled_at, settled) if saga.settled_at else (0, Outcome.UNKNOWN),
        NOTIFIED: (saga.notified_at, Outcome.OK if saga.notified_at else Outcome.UNKNOWN),
    }
