"""The entry of a forked service process: it decodes its settings and runs the services."""

from __future__ import annotations

import importlib

import msgspec

from services_stub.infra.config.services import SERVICES, module_of
from services_stub.infra.processes.messages import ServiceArguments
from services_stub.runtime import process
from services_stub.runtime.application import Application
from services_stub.runtime.service import Service

_applications: dict[str, Application] = {}


def prepare() -> None:
    """Build every service's application once: the processes forked later share it, its imports and its caches."""
    for name in SERVICES:
        _applications[name] = Application(_declared(name))


def run_services(argument: bytes) -> None:
    """Run the services until SIGTERM."""
    settings = msgspec.json.decode(argument, type=ServiceArguments).services
    process.run([(_declared(own.service), _applications[own.service], own) for own in settings])


def _declared(name: str) -> Service:
    service: Service = importlib.import_module(module_of(name)).SERVICE
    return service
