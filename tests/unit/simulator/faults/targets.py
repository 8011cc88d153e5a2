"""Targets that faults are planned for."""

from __future__ import annotations

from services_stub.contracts.control import KafkaMode, KafkaState, Payments, ProcessState, ServiceState, Status
from simulator.faults.target import Target

SERVICES = ("gateway", "order", "payment", "product")
LINK = "order-product"


def status_of(kafka: KafkaMode = "embedded", payments: Payments = "sandbox") -> Status:
    """A marketplace that works."""
    return Status(
        gateway="http://127.0.0.1:1",
        kafka=KafkaState(mode=kafka, bootstrap_servers="127.0.0.1:2"),
        cart_store="valkey://127.0.0.1:3/0",
        data_dir="/nowhere",
        services=[
            ServiceState(name=name, pid=number, port=1, ready=True, restarts=0, paused=False)
            for number, name in enumerate(SERVICES, 100)
        ],
        infrastructure=[ProcessState(name="kafka", pid=200, restarts=0, paused=False)],
        phase="running",
        started_at="now",
        supervisor_pid=1,
        launcher_pid=2,
        seed=3,
        payments=payments,
        links=[LINK],
    )


def target_of(kafka: KafkaMode = "embedded", payments: Payments = "sandbox") -> Target:
    """The same as a target."""
    return Target.of(status_of(kafka, payments))


OUTSIDE = Target()
"""A marketplace that is known by its addresses alone."""
