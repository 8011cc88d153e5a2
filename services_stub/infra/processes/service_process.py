"""What a forked process does first: it turns its argument into services and runs them."""

from __future__ import annotations

import importlib

import msgspec

from services_stub.infra.config.services import SERVICES, module_of
from services_stub.infra.processes.channel import Message
from services_stub.runtime import process
from services_stub.runtime.http import build_app
from services_stub.runtime.service import Service
from services_stub.runtime.settings import Settings


class Arguments(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of the services that share the process."""

    services: list[Settings]


def prepare() -> None:
    """Build every service's application once: what that imports and caches is shared by the processes forked later."""
    for name in SERVICES:
        build_app(name, _declared(name).routes, None)


def run_services(argument: Message) -> None:
    """Run the services until SIGTERM."""
    settings = msgspec.convert(argument, Arguments).services
    process.run([(_declared(own.service), own) for own in settings])


def _declared(name: str) -> Service:
    service: Service = importlib.import_module(module_of(name)).SERVICE
    return service
