"""Every service at work, each as its users meet it: for tests that hold for all of them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services_stub.infra.config.services import module_of
from services_stub.runtime.service import Service
from tests.cart_store import running_store
from tests.unit.serving import Serving, serving


def declared(name: str) -> Service:
    """The declaration of a service."""
    service: Service = importlib.import_module(module_of(name)).SERVICE
    return service


@contextmanager
def at_work(service: Service, data_dir: Path) -> Iterator[Serving]:
    """A service at work; the gateway without the workers that follow Kafka."""
    if service.name == "gateway":
        with serving(service, data_dir, with_workers=False) as running:
            yield running
    elif service.name == "cart":
        with running_store() as server, serving(service, data_dir, {"store_url": server.connection_url}) as running:
            yield running
    else:
        options = {"password_profile": "development"} if service.name == "auth" else {}
        with serving(service, data_dir, options) as running:
            yield running
