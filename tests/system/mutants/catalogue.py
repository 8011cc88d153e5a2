"""All mutants, and how one of them gets into the processes of a marketplace."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from services_stub.infra.processes.messages import ServiceArguments
from tests.system.mutants import (  # noqa: F401 - they declare the mutants
    of_copies,
    of_events,
    of_notification,
    of_orders,
    of_payments,
    of_products,
    of_the_runtime,
)
from tests.system.mutants.mutant import MUTANTS

__all__ = ["MUTANTS", "break_services", "environment"]

VARIABLE = "MARKETPLACE_MUTANT"

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parents[2]


def environment(name: str) -> dict[str, str]:
    """The environment in which a command starts a marketplace with a mutant; as it is where that has no name."""
    if not name:
        return dict(os.environ)
    path = os.pathsep.join([str(_HERE / "startup"), str(_ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    return {**os.environ, VARIABLE: name, "PYTHONPATH": path}


def break_services(argument: bytes) -> None:
    """Apply the mutant of the environment, if it is one of the services that a process is to run."""
    mutant = MUTANTS[os.environ[VARIABLE]]
    services = msgspec.json.decode(argument, type=ServiceArguments).services
    if mutant.services & {own.service for own in services}:
        mutant.patch()
