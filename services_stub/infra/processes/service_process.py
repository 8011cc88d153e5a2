"""The entry of a forked service process: it decodes its settings and runs the services."""

from __future__ import annotations

import importlib

import msgspec

from services_stub.infra.config.services import SERVICES, module_of
from services_stub.infra.processes.messages import ServiceArguments
from services_stub.runtime import process
from services_stub.runtime.http import build_app
from services_stub.runtime.service import Service


def prepare() -> None:
    """Build every service's application once: its imports and caches are shared by the processes forked later."""
    for name in SERVICES:
        build_app(name, _declared(name).routes, None)


def run_services(argument: bytes) -> None:
    """Run the services until SIGTERM."""
    settings = msgspec.json.decode(argument, type=ServiceArguments).services
    process.run([(_declared(own.service), own) for own in settings])


def _declared(name: str) -> Service:
    service: Service = importlib.import_module(module_of(name)).SERVICE
    return service
